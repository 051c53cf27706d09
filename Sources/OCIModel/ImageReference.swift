/// The name of an image: `registry.example.org:5000/vision/pytorch-cuda:v2.8-cu128@sha256:…`.
///
/// The grammar is that of the distribution project (reference/regexp.go); names without a registry mean Docker Hub, as
/// everywhere else.
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    package let repository: Repository
    package var tag: Tag?
    package var digest: Digest?

    package init(repository: Repository, tag: Tag? = nil, digest: Digest? = nil) {
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    package init(_ text: String) throws(OCIModelError) {
        let expected = "an image reference"
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        // A colon after the last slash begins a tag; before it, a port.
        let nameStart = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[nameStart...].lastIndex(of: ":") {
            tag = try Tag(String(rest[rest.index(after: colon)...]))
            rest = rest[..<colon]
        }
        guard !rest.isEmpty else { throw OCIModelError(expected, text, "it has no repository") }
        repository = try Repository(String(rest))
    }

    /// What a registry is asked for: the digest where there is one, else the tag, else `latest`.
    package var selector: String { digest?.description ?? tag?.description ?? "latest" }

    /// As people write it: without the registry that is meant when none is named.
    package var familiarName: String {
        repository.familiarName + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    package var description: String {
        "\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}

/// A registry and a path in it.
package struct Repository: Sendable, Hashable, CustomStringConvertible {
    /// Host and port as written: `registry.example.org:5000`, `localhost:5000`, `docker.io`.
    package let registry: String
    /// Lower-case components between slashes: `vision/pytorch-cuda`.
    package let path: String

    package init(_ text: String) throws(OCIModelError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let first = parts[0]
        // The rule by which every client tells a host from a path.
        let namesRegistry = parts.count > 1 && (first.contains(".") || first.contains(":") || first == "localhost")
        let isHub = !namesRegistry || first == "index.docker.io"
        let registry = isHub ? "docker.io" : String(first)
        var path = namesRegistry ? parts.dropFirst().joined(separator: "/") : text
        if registry == "docker.io", !path.contains("/") { path = "library/\(path)" }
        try self.init(registry: registry, path: path)
    }

    package init(registry: String, path: String) throws(OCIModelError) {
        guard Self.isRegistry(registry) else {
            throw OCIModelError("a registry", registry, "write a host, or a host and a port: registry.example.org:5000")
        }
        guard path.utf8.count <= 255 else {
            throw OCIModelError("the path of a repository", path, "it is longer than 255 characters")
        }
        for component in path.split(separator: "/", omittingEmptySubsequences: false) {
            guard Self.isComponent(component) else {
                throw OCIModelError(
                    "the path of a repository", path,
                    "\"\(component)\" should be lower-case letters and digits, with single . _ __ or - between them")
            }
        }
        self.registry = registry
        self.path = path
    }

    package var description: String { "\(registry)/\(path)" }

    /// Docker Hub's names of one word live below `library`, and people leave that out.
    package var familiarName: String {
        guard registry == "docker.io" else { return description }
        return path.hasPrefix("library/") ? String(path.dropFirst(8)) : path
    }

    /// Letters, digits, dots and hyphens, or an IPv6 address in brackets; a port may follow.
    private static func isRegistry(_ text: String) -> Bool {
        var host = Substring(text)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let port = UInt16(host[host.index(after: colon)...]), port > 0 else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast()
            return !address.isEmpty && address.utf8.allSatisfy { ASCII.isHexadecimal($0) || $0 == UInt8(ascii: ":") }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isComponent(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, ASCII.isLowercaseAlphanumeric(first),
            ASCII.isLowercaseAlphanumeric(last)
        else { return false }
        var separator: [UInt8] = []
        for byte in bytes {
            if ASCII.isLowercaseAlphanumeric(byte) {
                guard
                    separator.isEmpty || separator.allSatisfy({ $0 == UInt8(ascii: "-") })
                        || [".", "_", "__"].contains(String(decoding: separator, as: UTF8.self))
                else { return false }
                separator = []
            } else {
                guard [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte) else { return false }
                separator.append(byte)
            }
        }
        return true
    }
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (OCI distribution specification, "Pulling manifests").
package struct Tag: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) throws(OCIModelError) {
        let punctuation = Array("._-".utf8)
        guard let first = text.utf8.first, ASCII.isAlphanumeric(first) || first == UInt8(ascii: "_"),
            text.utf8.count <= 128,
            text.utf8.allSatisfy({ ASCII.isAlphanumeric($0) || punctuation.contains($0) })
        else {
            throw OCIModelError(
                "a tag", text, "tags have up to 128 letters, digits, _ . and -, and do not begin with . or -")
        }
        description = text
    }

    package static func < (left: Tag, right: Tag) -> Bool { left.description < right.description }
}

private enum ASCII {
    static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }
    static func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowercaseAlphanumeric(byte) || (65...90).contains(byte) }
}
