import OCIModel

/// How credential files and helpers call a registry.
struct RegistryKey: Sendable, Hashable {
    /// As docker writes it.
    let name: String
    /// `host/path/of/repository`, then each shorter part, down to the host.
    let namespaces: [String]
    private let aliases: Set<String>

    init(registry: String, path: String? = nil) {
        let isHub = Self.hubNames.contains(registry)
        let host = isHub ? "docker.io" : registry
        name = isHub ? "https://index.docker.io/v1/" : registry
        aliases = isHub ? Self.hubNames : [registry]
        var parts = path?.split(separator: "/").map(String.init) ?? []
        var namespaces: [String] = []
        while true {
            namespaces.append(([host] + parts).joined(separator: "/"))
            if parts.isEmpty { break }
            parts.removeLast()
        }
        self.namespaces = namespaces
    }

    private static let hubNames: Set<String> = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    /// Whether a key of a file means this registry: with or without a scheme, with or without the `/v1/` of old.
    func matches(_ key: String) -> Bool {
        var rest = Substring(key)
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        let hasScheme = rest.startIndex != key.startIndex
        while rest.hasSuffix("/") { rest.removeLast() }
        for version in ["/v1", "/v2"] where rest.hasSuffix(version) { rest = rest.dropLast(3) }
        // A path after the host is a namespace in podman's files, and nothing in docker's addresses.
        if hasScheme, let slash = rest.firstIndex(of: "/") { rest = rest[..<slash] }
        return aliases.contains(String(rest))
    }
}
