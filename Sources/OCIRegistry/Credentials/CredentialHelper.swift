import FoundationEssentials
import HTTPTransfer
import HostSystem

/// A `docker-credential-NAME` program, which keeps passwords in a keychain. It is told what to do by its argument, reads
/// one text from its standard input, and answers in JSON.
struct CredentialHelper: Sendable {
    let name: String
    let environment: [String: String]

    private struct Entry: Codable {
        var serverURL: String
        var username: String
        var secret: String

        enum CodingKeys: String, CodingKey {
            case serverURL = "ServerURL"
            case username = "Username"
            case secret = "Secret"
        }
    }

    /// Nil when the helper has none.
    func credentials(for key: RegistryKey) throws -> RegistryCredentials? {
        let result = try run("get", Array(key.name.utf8))
        if !result.succeeded {
            let said = (result.outputText + result.errorText).lowercased()
            if said.contains("credentials not found") { return nil }
            throw failed("get", result)
        }
        guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(result.output)) else {
            throw OCIRegistryError(
                "ask for credentials", program, .credentials("its answer is not the JSON it should be"))
        }
        if entry.username.isEmpty && entry.secret.isEmpty { return nil }
        return entry.username == "<token>"
            ? .identityToken(entry.secret) : .password(user: entry.username, password: entry.secret)
    }

    func store(_ credentials: RegistryCredentials, for key: RegistryKey) throws {
        let entry: Entry
        switch credentials {
        case .password(let user, let password): entry = Entry(serverURL: key.name, username: user, secret: password)
        case .identityToken(let token), .bearer(let token):
            entry = Entry(serverURL: key.name, username: "<token>", secret: token)
        }
        let result = try run("store", Array(try JSONEncoder().encode(entry)))
        guard result.succeeded else { throw failed("store", result) }
    }

    func erase(_ key: RegistryKey) throws {
        let result = try run("erase", Array(key.name.utf8))
        guard result.succeeded else { throw failed("erase", result) }
    }

    private var program: String { "docker-credential-\(name)" }

    private func run(_ verb: String, _ input: [UInt8]) throws -> Tool.Result {
        let isName = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
        }
        guard isName, let path = findExecutable(program, searchPath: environment["PATH"] ?? "", from: "/") else {
            throw OCIRegistryError(
                "ask for credentials", program, .credentials("the program is not on PATH; a credential file names it"))
        }
        return try Tool(executable: path, environment: environment)
            .run([verb], input: input, timeout: 60, outputLimit: 1 << 20)
    }

    private func failed(_ verb: String, _ result: Tool.Result) -> OCIRegistryError {
        // What helpers print on failure is a message; on success it would be the secret.
        let said = ServerMessage.cleaned(result.errorText.isEmpty ? result.outputText : result.errorText)
        let reason = result.timedOut ? "it did not answer within 60 s" : said.isEmpty ? "it failed" : said
        return OCIRegistryError("\(verb) credentials", program, .credentials(reason))
    }
}
