/// How the dynamic linker of an image looks for libraries, and what is known from outside.
package struct LoaderSettings: Sendable {
    /// `e_machine`, such as 62 for x86_64.
    package var machine: UInt16
    /// Folders of `LD_LIBRARY_PATH`.
    package var libraryPath: [String] = []
    /// Folders of `/etc/ld.so.conf`, in order: see `configuredFolders(_:)`.
    package var configuredFolders: [String] = []
    /// Folders in which people's programs are: PATH.
    package var programFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    /// The program that everything of the environment runs in.
    package var interpreter: String?
    /// As modules are tagged, such as `cpython-311`. Modules of other Pythons are never imported.
    package var pythonTag: String?

    package init(machine: UInt16) { self.machine = machine }

    /// `e_machine` of this machine.
    package static var hostMachine: UInt16 {
        #if arch(arm64)
            183
        #else
            62
        #endif
    }

    /// What Debian's dynamic linker calls the machine in the names of its folders.
    private var multiarch: String? {
        switch machine {
        case 62: "x86_64-linux-gnu"
        case 183: "aarch64-linux-gnu"
        case 21: "powerpc64le-linux-gnu"
        case 22: "s390x-linux-gnu"
        default: nil
        }
    }

    /// Of `$PLATFORM` in search paths.
    var platform: String { machine == 183 ? "aarch64" : "x86_64" }

    /// Of `$LIB`: as Debian has it, and as others have it.
    var libraryNames: [String] { (multiarch.map { ["lib/\($0)"] } ?? []) + ["lib64", "lib"] }

    var defaultFolders: [String] {
        let names = multiarch.map { ["/lib/\($0)", "/usr/lib/\($0)"] } ?? []
        return names + ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    }

    /// The folders that `/etc/ld.so.conf` and the files that it includes name.
    ///
    /// - Parameter texts: of these files, by their paths.
    package static func configuredFolders(_ texts: [String: String]) -> [String] {
        var waiting = ["/etc/ld.so.conf"]
        var seen: Set<String> = []
        var folders: [String] = []
        while let path = waiting.popLast() {
            guard seen.insert(path).inserted, let text = texts[path] else { continue }
            var included: [String] = []
            for line in text.split(separator: "\n") {
                let words = line.prefix { $0 != "#" }.split { " \t,:".contains($0) }.map(String.init)
                if words.first == "include" {
                    for pattern in words.dropFirst() { included += paths(pattern, texts) }
                } else if words.first != "hwcap" {
                    folders += words.filter { $0.hasPrefix("/") }
                }
            }
            waiting += included.reversed()
        }
        return folders
    }

    /// The files that a pattern such as `/etc/ld.so.conf.d/*.conf` stands for, in order. One star is what such files have.
    private static func paths(_ pattern: String, _ texts: [String: String]) -> [String] {
        let pattern = pattern.hasPrefix("/") ? pattern : "/etc/\(pattern)"
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return parts.count == 1 ? [pattern] : [] }
        return texts.keys.filter { path in
            path.count >= pattern.count - 1 && path.hasPrefix(parts[0]) && path.hasSuffix(parts[1])
                && !path.dropFirst(parts[0].count).dropLast(parts[1].count).contains("/")
        }.sorted()
    }
}
