import HTTPTransfer
import OCIRegistry
import Testing

@testable import BunsenCommands

@Suite struct RegistryHintTests {
    private func failure(_ cause: OCIRegistryError.Cause) throws -> Failure {
        try #require(Failure(explaining: OCIRegistryError("push it", "registry.example.org:5000/team/a", cause)))
    }

    @Test func hintsNameTheRegistry() throws {
        for hadCredentials in [true, false] {
            let failure = try failure(.unauthorized(hadCredentials: hadCredentials, said: ""))
            #expect(failure.hint?.hasSuffix("bunsen login registry.example.org:5000 -u NAME") == true)
            #expect(failure.code == .unavailable)
        }
    }

    @Test func doubtfulCertificatesAndSilentHostsHaveHints() throws {
        func transfer(_ cause: HTTPTransferError.Cause) -> OCIRegistryError.Cause {
            .transfer(
                HTTPTransferError(operation: "GET", address: "https://registry.example.org:5000/v2/", cause: cause))
        }
        let certificate = try failure(transfer(.tls("self-signed", isCertificate: true)))
        #expect(certificate.hint?.contains("--insecure-registry registry.example.org:5000") == true)
        #expect(try failure(transfer(.unreachable("no route"))).hint != nil)
        #expect(try failure(transfer(.cancelled)).hint == nil)
    }

    @Test func missingImagesAreMissing() throws {
        #expect(try failure(.missing).code == .missing)
    }
}
