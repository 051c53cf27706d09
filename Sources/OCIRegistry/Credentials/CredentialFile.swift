import FoundationEssentials
import Glibc
import HTTPTransfer
import HostSystem

/// One file in the form that docker and podman share: `auths`, `credHelpers`, `credsStore`.
struct CredentialFile: Sendable {
    let path: String
    private(set) var tree: JSONTree

    /// The file, or an empty one when there is none.
    init(_ path: String) throws {
        var bytes: [UInt8] = []
        do { bytes = try Files.read(path, limit: 4 << 20) } catch let error as SystemError
            where error.code == ENOENT || error.code == ENOTDIR
        {}
        try self.init(path, parsing: bytes)
    }

    init(_ path: String, parsing bytes: [UInt8]) throws {
        self.path = path
        guard !bytes.isEmpty else {
            tree = .object([:])
            return
        }
        guard let tree = try? JSONTree(parsing: bytes), case .object = tree else {
            throw OCIRegistryError("read the credentials", path, .credentials("it is not a JSON object"))
        }
        self.tree = tree
    }

    /// The name of the helper program that has a registry's password.
    func helper(for key: RegistryKey) -> String? {
        let helpers = tree["credHelpers"]?.object ?? [:]
        for (name, helper) in helpers.sorted(by: { $0.key < $1.key }) where key.matches(name) {
            if let helper = helper.string, !helper.isEmpty { return helper }
        }
        return tree["credsStore"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What the file itself says: podman's entries may name a part of a registry, and the longest one counts.
    func credentials(for key: RegistryKey) throws -> RegistryCredentials? {
        let auths = tree["auths"]?.object ?? [:]
        for candidate in key.namespaces {
            if let entry = auths[candidate], let found = try Self.parse(entry, candidate, path) { return found }
        }
        for (name, entry) in auths.sorted(by: { $0.key < $1.key }) where key.matches(name) {
            if let found = try Self.parse(entry, name, path) { return found }
        }
        return nil
    }

    private static func parse(_ entry: JSONTree, _ name: String, _ path: String) throws -> RegistryCredentials? {
        func text(_ key: String) -> String? { entry[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        if let token = text("identitytoken") { return .identityToken(token) }
        if let token = text("registrytoken") { return .bearer(token) }
        if let encoded = text("auth") {
            let malformed = OCIRegistryError(
                "read the credentials of \(name)", path, .credentials("its \"auth\" is not user:password in base64"))
            guard let data = Data(base64Encoded: encoded.trimmed), let decoded = String(bytes: data, encoding: .utf8),
                let colon = decoded.firstIndex(of: ":")
            else { throw malformed }
            // Docker fills the password up with zero bytes.
            let password = decoded[decoded.index(after: colon)...].prefix { $0 != "\0" }
            return .password(user: String(decoded[..<colon]), password: String(password))
        }
        if let user = text("username"), let password = text("password") {
            return .password(user: user, password: password)
        }
        return nil
    }

    mutating func set(_ credentials: RegistryCredentials?, for key: RegistryKey) {
        var auths = tree["auths"]?.object ?? [:]
        for name in auths.keys where key.matches(name) { auths[name] = nil }
        switch credentials {
        case .password(let user, let password):
            let text = Data("\(user):\(password)".utf8).base64EncodedString()
            auths[key.name] = .object(["auth": .string(text)])
        case .identityToken(let token): auths[key.name] = .object(["identitytoken": .string(token)])
        case .bearer(let token): auths[key.name] = .object(["registrytoken": .string(token)])
        case nil: break
        }
        tree["auths"] = .object(auths)
    }

    /// The name alone, without a secret, as docker notes what its helper keeps.
    mutating func note(_ key: RegistryKey) {
        var auths = tree["auths"]?.object ?? [:]
        auths[key.name] = .object([:])
        tree["auths"] = .object(auths)
    }

    func holds(_ key: RegistryKey) -> Bool { (tree["auths"]?.object ?? [:]).keys.contains { key.matches($0) } }

    /// Replaces the file in one step. Only its owner can read it. A link stays a link.
    func save() throws {
        let target = Files.resolved(path) ?? path
        if let folder = Files.parent(of: target) { try Files.makeFolder(folder, mode: 0o700) }
        try Files.write(try tree.prettyBytes(), to: target, mode: 0o600)
    }
}
