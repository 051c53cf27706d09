import ArgumentParser
import Glibc
import OCIRegistry

package struct LoginCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to a registry; the password is kept where docker and podman keep theirs.",
        discussion: "  bunsen login registry.example.org -u team --password-stdin < token.txt")

    @Argument(help: "The registry: a host, or a host and a port.")
    var registry: String

    @Option(name: .shortAndLong, help: "The user's name.")
    var username: String

    @Flag(name: .long, help: "Read the password from standard input.")
    var passwordStdin = false

    @OptionGroup var options: RegistryOptions

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let credentials = RegistryCredentials.password(user: username, password: try password(context))
        try options.session(context).check(credentials, forRegistry: registry)
        let place = try CredentialStore(environment: context.environment).save(credentials, forRegistry: registry)
        context.console.say("logged in to \(registry) as \(username); the password is in \(place)")
        return 0
    }

    private func password(_ context: CommandContext) throws -> String {
        if !passwordStdin, isatty(STDIN_FILENO) == 1 {
            guard let typed = getpass("Password: ") else {
                throw Failure("no password was given", code: .usage)
            }
            return String(cString: typed)
        }
        guard passwordStdin else {
            throw Failure(
                "there is no terminal to ask for the password on", hint: "give it on standard input: --password-stdin",
                code: .usage)
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw Failure("standard input has no password", code: .usage)
        }
        return line
    }
}

package struct LogoutCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the password of a registry.")

    @Argument(help: "The registry.")
    var registry: String

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        guard try CredentialStore(environment: context.environment).remove(registry: registry) else {
            throw Failure("nobody is logged in to \(registry)", code: .missing)
        }
        context.console.say("logged out of \(registry)")
        return 0
    }
}
