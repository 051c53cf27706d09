/// Why a library may be missing, or where to get it.
struct MissingLibraryHints {
    private let tree: LibraryTree
    private let bySoname: [String: [LibraryTree.Node]]
    /// Files of other machines.
    private let others: [LibraryTree.Node]

    init(_ tree: LibraryTree, bySoname: [String: [LibraryTree.Node]], others: [LibraryTree.Node]) {
        self.tree = tree
        self.bySoname = bySoname
        self.others = others
    }

    /// Looks at every name of the image, so it is to be asked once for each library that is missing.
    func hint(for name: String) -> String? {
        if name.hasPrefix("libc.musl-") || name.hasPrefix("/lib/ld-musl-") || name == "libc.so" {
            return "it is built for another C library (musl); the image has glibc"
        }
        let stem = KnownLibraries.stem(name)
        let relative = bySoname.keys.filter {
            $0.hasPrefix(stem) && $0 != stem + ".so" && KnownLibraries.stem($0) == stem
        }
        .max()
        if let relative {
            let owner = bySoname[relative]?.lazy.compactMap { tree.file($0)?.owner }.first
            let brings = owner.map { "\($0) brings \(relative)" } ?? "the image has \(relative)"
            guard let built = KnownLibraries.cudaMajor(name), let has = KnownLibraries.cudaMajor(relative) else {
                return "it is built for another version: \(brings)"
            }
            return "it is built for CUDA \(built), while \(brings) (CUDA \(has)): "
                + "take the build for CUDA \(has), or lock torch for CUDA \(built)"
        }
        if let cuda = KnownLibraries.cudaMajor(name) {
            return "it is built for CUDA \(cuda), and nothing in the image brings CUDA \(cuda)"
        }
        if let package = KnownLibraries.debianPackage(name) { return "add \(package) to system: in bunsen.yaml" }
        if others.contains(where: { tree.name($0) == name || tree.file($0)?.facts.soname == name }) {
            return "the image has it for another machine only"
        }
        return nil
    }
}
