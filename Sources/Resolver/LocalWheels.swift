import HostSystem
import RecipeModel

/// Wheels of torch in the folders that find-links names.
struct LocalWheels {
    struct Torch: Hashable {
        var version: TorchVersion
        /// `2.13.0+cpu`.
        var packageVersion: String
        var python: PythonVersion
    }

    /// CPU wheels for this machine's architecture.
    let cpuTorch: [Torch]
    /// The places of find-links in which none of them was found.
    let foldersWithoutTorch: [String]

    init(findLinks: [String], architecture: String) {
        var cpuTorch: [Torch] = []
        var others: [String] = []
        for link in findLinks {
            let folder = link.hasPrefix("file://") ? FileURL.path(link) ?? link : link
            let names = folder.contains("://") ? [] : (try? Files.names(in: folder)) ?? []
            let found = names.compactMap { Self.torch($0, architecture: architecture) }
            cpuTorch += found
            if found.isEmpty { others.append(link) }
        }
        self.cpuTorch = cpuTorch
        foldersWithoutTorch = others
    }

    /// The newest wheel that a recipe's torch includes, for one Python.
    func newest(_ wanted: TorchVersion, python: PythonVersion) -> Torch? {
        cpuTorch.filter { wanted.includes($0.version) && $0.python == python }.max { $0.version < $1.version }
    }

    /// Reads a wheel's file name: `torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl`.
    private static func torch(_ name: String, architecture: String) -> Torch? {
        let parts = name.split(separator: "-").map(String.init)
        guard parts.count == 5, parts[0] == "torch", parts[4].hasSuffix("\(architecture).whl") else { return nil }
        let packageVersion = parts[1].replacing("%2B", with: "+")
        guard packageVersion.hasSuffix("+cpu"), let version = TorchVersion(packageVersion: packageVersion),
            version.patch != nil, parts[2] == parts[3], parts[2].hasPrefix("cp3"),
            let minor = Int(parts[2].dropFirst(3))
        else { return nil }
        return Torch(version: version, packageVersion: packageVersion, python: PythonVersion(3, minor))
    }
}

/// `file:` addresses (RFC 8089).
enum FileURL {
    /// The path that an address names, or nil for an address of another kind.
    static func path(_ url: String) -> String? {
        guard url.hasPrefix("file://") else { return nil }
        let rest = url.dropFirst(7)
        guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(rest[..<slash]) else { return nil }
        return decoded(String(rest[slash...].prefix { $0 != "#" && $0 != "?" }))
    }

    /// The text with percent-encoded bytes decoded; a broken code stays as it is.
    static func decoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let code = UInt8(String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
            {
                result.append(code)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
