import HostSystem
import Resolver

/// apt's programs, in a form that says the same on every machine.
enum AptTool {
    /// A tool of Debian, with untranslated output. Where it is missing, the error says which package has it.
    static func find(_ name: String, package: String? = nil, environment: [String: String]) throws -> Tool {
        var variables = environment.filter {
            !$0.key.hasPrefix("LC_") && $0.key != "LANGUAGE" && $0.key != "APT_CONFIG"
        }
        variables["LC_ALL"] = "C.UTF-8"
        let path = "\(environment["PATH"] ?? ""):/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/apt"
        variables["PATH"] = path
        guard let executable = findExecutable(name, searchPath: path, from: "/") else {
            let package = package ?? "apt"
            throw BaseSystemError(
                .missingTool, "cannot make a Debian base", "\(name) is not installed",
                hint: "sudo apt-get install \(package); or name the reference of an image as base")
        }
        return Tool(executable: executable, environment: variables)
    }
}

/// What apt and mmdebstrap say when they fail, understood.
enum AptFailure {
    static func error(_ operation: String, _ result: Tool.Result) -> BaseSystemError {
        let text = URLCredentials.removed(from: result.errorText)
        if result.timedOut {
            return BaseSystemError(
                .noNetwork, operation, "there was no answer in time", hint: networkHint, detail: tail(text))
        }
        if case .signalled(let number) = result.end {
            return BaseSystemError(.interrupted, operation, "it was ended by signal \(number)", detail: tail(text))
        }
        return error(operation, text)
    }

    private static let networkHint = "check the network and the proxy, or name a mirror: BUNSEN_DEBIAN_MIRROR"

    static func error(_ operation: String, _ text: String) -> BaseSystemError {
        func has(_ phrases: String...) -> Bool { phrases.contains { text.contains($0) } }
        let detail = tail(text)
        if has("No space left on device", "enough free space", "Disk quota exceeded") {
            return BaseSystemError(
                .diskFull, operation, "the disk is full",
                hint: "make room, or set TMPDIR and BUNSEN_HOME to another disk",
                detail: detail)
        }
        if let name = missingPackage(text) {
            return BaseSystemError(.missingPackage, operation, "Debian has no package \(name)", detail: detail)
        }
        if has("NO_PUBKEY", "is not signed", "BADSIG", "EXPKEYSIG", "EXPSIG", "signatures couldn't be verified") {
            return BaseSystemError(
                .unverified, operation, "the mirror's signature does not verify",
                hint: "install debian-archive-keyring, or name the key of your mirror: BUNSEN_DEBIAN_KEYRING",
                detail: detail)
        }
        if has("Hash Sum mismatch", "Hashes of received file") {
            return BaseSystemError(
                .hashMismatch, operation, "the mirror has other bytes than its index says",
                hint: "try again later, or use another mirror: BUNSEN_DEBIAN_MIRROR", detail: detail)
        }
        if has("does not have a Release file", "no longer has a Release file") {
            return BaseSystemError(
                .noMirror, operation, "the mirror does not have this suite",
                hint: "name another one: BUNSEN_DEBIAN_MIRROR", detail: detail)
        }
        if has(
            "Temporary failure resolving", "Could not resolve", "Could not connect", "Unable to connect",
            "Connection failed", "Connection timed out", "Network is unreachable", "Connection refused",
            "Could not handshake", "Failed to fetch")
        {
            return BaseSystemError(
                .noNetwork, operation, "the mirror cannot be reached", hint: networkHint, detail: detail)
        }
        if has("unmet dependencies", "held broken packages", "Conflicts:") {
            return BaseSystemError(
                .impossible, operation, "these packages cannot be installed together", hint: "leave one of them out",
                detail: detail)
        }
        let line = text.split(separator: "\n").last { $0.hasPrefix("E: ") }.map { String($0.dropFirst(3)) }
        return BaseSystemError(
            .other, operation, line?.lowercasedFirst ?? "the tool failed without saying why", detail: detail)
    }

    private static func missingPackage(_ text: String) -> String? {
        for (start, end) in [("E: Unable to locate package ", "\n"), ("E: Package '", "'")] {
            guard let range = text.firstRange(of: start) else { continue }
            let name = text[range.upperBound...].prefix { !end.contains($0) && !$0.isWhitespace }
            if !name.isEmpty, end == "\n" || text.contains("has no installation candidate") { return String(name) }
        }
        return nil
    }

    /// The last lines that are not progress.
    private static func tail(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.isEmpty && !$0.contains("\r") }
        return lines.suffix(30).joined(separator: "\n")
    }
}
