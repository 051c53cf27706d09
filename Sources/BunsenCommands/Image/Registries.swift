import ArgumentParser
import HTTPTransfer
import OCIRegistry

/// How registries are spoken to.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: .customLong("insecure-registry"),
        help: "A registry that may be without TLS, or with a certificate that does not verify. May be repeated.")
    var insecure: [String] = []

    init() {}

    func session(_ context: CommandContext) -> RegistrySession {
        var settings = RegistrySession.Settings()
        settings.insecure = Set(insecure)
        let console = context.console
        settings.onRetry = { error, seconds in
            console.warn("\(error); trying again in \(Int(seconds.rounded(.up))) s")
        }
        return RegistrySession(
            credentials: CredentialStore(environment: context.environment),
            certificates: CertificateFolders(environment: context.environment), settings: settings)
    }
}
