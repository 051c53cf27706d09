import HostSystem

/// Reads what `apt-get install --print-uris` says: `'ADDRESS' NAME_VERSION_ARCHITECTURE.deb SIZE SHA256:DIGEST`.
enum AptPlan {
    static func packages(_ text: String, sources: [DebianSource]) throws -> [DebianPackage] {
        var packages: [DebianPackage] = []
        for line in text.split(separator: "\n") where line.hasPrefix("'") {
            guard let package = package(line, sources: sources), package.isWellFormed else {
                throw BaseSystemError(
                    .unusableInput, AptState.operation, "apt plans a package in a form that is not known here",
                    detail: String(line.prefix(200)))
            }
            packages.append(package)
        }
        return packages.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    private static func package(_ line: Substring, sources: [DebianSource]) -> DebianPackage? {
        let words = line.split(separator: " ").map(String.init)
        guard words.count == 4, words[0].count > 2, words[0].hasSuffix("'"), words[1].hasSuffix(".deb"),
            let size = Int64(words[2]), let sha256 = words[3].removingPrefix("SHA256:")
        else { return nil }
        let address = String(words[0].dropFirst().dropLast())
        // Two archives of one mirror share an address; which of them had the file makes no difference to fetching it.
        let source = sources.filter { address.hasPrefix($0.address) }.max { $0.address.count < $1.address.count }
        let parts = words[1].dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
        guard let source, parts.count == 3 else { return nil }
        return DebianPackage(
            name: String(parts[0]), version: PercentCoding.decoded(String(parts[1])), architecture: String(parts[2]),
            size: size, sha256: sha256, archive: source.archive,
            path: PercentCoding.decoded(String(address.dropFirst(source.address.count))))
    }
}

/// Percent-encoding of addresses (RFC 3986, section 2.1).
enum PercentCoding {
    /// The text with encoded bytes decoded; a broken code stays as it is.
    static func decoded(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        var result: [UInt8] = []
        while let byte = bytes.popFirst() {
            if byte == UInt8(ascii: "%"), bytes.count >= 2,
                let code = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16)
            {
                result.append(code)
                bytes = bytes.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A path with everything encoded that could mean something else in an address.
    static func encoded(path: String) -> String {
        var result = ""
        for byte in path.utf8 {
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._~/".utf8.contains(byte)
            result += isPlain ? String(UnicodeScalar(byte)) : "%" + Hexadecimal.text([byte])
        }
        return result
    }
}
