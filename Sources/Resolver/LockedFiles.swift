import FoundationEssentials
import HostSystem

/// Where the files of a lock can be had, as the pylock.toml beside it says.
package struct LockedFiles: Sendable {
    package enum Place: Sendable, Hashable {
        /// On this machine.
        case file(String)
        /// On the network; the header for it, where the person's configuration of uv or pip has a password for it.
        case address(String, authorization: String?)
    }

    private let places: [String: Place]
    /// A file of certificates that the person's configuration names.
    package let certificates: String?

    /// - Parameters:
    ///   - folder: where bunsen.lock and pylock.toml are.
    ///   - pylock: which of them: a variant has one of its own, with all its packages.
    ///   - environment: the variables of this process.
    package init(
        folder: String, pylock: String = Lock.pylockName, home: String, environment: [String: String]
    ) throws {
        let text = try Files.readText("\(folder)/\(pylock)", limit: LockReader.largestSize)
        let variables = UVEnvironment(base: environment, home: home).variables
        let passwords = IndexPasswords(variables: variables)
        certificates = variables["SSL_CERT_FILE"]
        var places: [String: Place] = [:]
        for package in try PyLock(text: text).packages {
            guard let archive = package.archive, let sha256 = archive.sha256 else { continue }
            if archive.isPath {
                places[sha256] = .file(Files.absolute(archive.location, from: folder))
            } else if let path = FileURL.path(archive.location) {
                places[sha256] = .file(path)
            } else {
                let address = String(archive.location.prefix { $0 != "#" })
                places[sha256] = .address(address, authorization: passwords.authorization(for: address))
            }
        }
        self.places = places
    }

    /// Where the file with a digest is; nil for a digest that is not in the lock.
    package func place(sha256: String) -> Place? { places[sha256] }
}

/// The passwords in the addresses of indexes, for the hosts they are for. They are kept in memory only.
private struct IndexPasswords {
    private var byAuthority: [String: String] = [:]

    init(variables: [String: String]) {
        for name in ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"] {
            let words = (variables[name] ?? "").split { $0.isWhitespace || $0 == "," }
            for word in words {
                // An index of uv may have a name: `name=https://…`.
                guard let scheme = word.firstRange(of: "://") else { continue }
                let authority = word[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
                guard let at = authority.lastIndex(of: "@") else { continue }
                byAuthority[String(authority[authority.index(after: at)...])] = String(authority[..<at])
            }
        }
    }

    func authorization(for address: String) -> String? {
        guard let scheme = address.firstRange(of: "://") else { return nil }
        let authority = address[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let pair = byAuthority[String(authority)] else { return nil }
        let user = FileURL.decoded(pair.contains(":") ? pair : pair + ":")
        return "Basic " + Data(user.utf8).base64EncodedString()
    }
}
