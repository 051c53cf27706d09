/// Looks for libraries in a tree by the rules of ld.so(8).
final class LibrarySearch {
    typealias Node = LibraryTree.Node

    private let tree: LibraryTree
    private let settings: LoaderSettings
    private let libraryPath: [Node]
    private let systemFolders: [Node]
    private let programFolders: Set<Node>
    private var paths: [Place: OwnPaths] = [:]

    private struct Place: Hashable {
        let node: Node
        let folder: Node
    }

    private struct OwnPaths {
        /// Nil where there is `DT_RUNPATH`, which turns `DT_RPATH` off.
        let rpath: [Node]?
        let runpath: [Node]
    }

    init(_ tree: LibraryTree, _ settings: LoaderSettings) {
        self.tree = tree
        self.settings = settings
        func folders(_ paths: [String]) -> [Node] {
            var seen: Set<Node> = []
            return paths.compactMap { tree.resolve($0, from: LibraryTree.root) }
                .filter { tree.isFolder($0) && seen.insert($0).inserted }
        }
        libraryPath = folders(settings.libraryPath.filter { $0.hasPrefix("/") })
        systemFolders = folders(settings.configuredFolders + settings.defaultFolders)
        programFolders = Set(folders(settings.programFolders))
    }

    /// Whether people's programs are in it.
    func isProgramFolder(_ folder: Node) -> Bool { programFolders.contains(folder) }

    /// The file of a needed name, with the folder it was found in.
    ///
    /// - Parameter chain: the file that needs it, what loaded that, and so on, each with the folder it was found in.
    func find(_ name: String, for chain: some Sequence<(Node, Node)>) -> (node: Node, folder: Node)? {
        var iterator = chain.makeIterator()
        guard let user = iterator.next(), let facts = tree.file(user.0)?.facts else { return nil }
        if name.utf8.contains(UInt8(ascii: "/")) {
            guard name.hasPrefix("/"), let node = tree.resolve(name, from: LibraryTree.root) else { return nil }
            return fits(node, facts) ? (node, tree.parent(node)) : nil
        }
        let own = ownPaths(user.0, user.1)
        if let rpath = own.rpath {
            if let found = find(name, in: rpath, facts) { return found }
            while let loader = iterator.next() {
                if let rpath = ownPaths(loader.0, loader.1).rpath, let found = find(name, in: rpath, facts) {
                    return found
                }
            }
        }
        return find(name, in: libraryPath, facts) ?? find(name, in: own.runpath, facts)
            ?? find(name, in: systemFolders, facts)
    }

    private func find(_ name: String, in folders: [Node], _ facts: ELFFacts) -> (node: Node, folder: Node)? {
        for folder in folders {
            if let child = tree.child(name, of: folder), let node = tree.follow(child), fits(node, facts) {
                return (node, folder)
            }
        }
        return nil
    }

    /// The dynamic linker goes on looking where it finds a library of another machine.
    private func fits(_ node: Node, _ facts: ELFFacts) -> Bool { tree.file(node)?.facts.fits(facts) ?? false }

    private func ownPaths(_ node: Node, _ folder: Node) -> OwnPaths {
        let place = Place(node: node, folder: folder)
        if let known = paths[place] { return known }
        let facts = tree.file(node)?.facts
        let made = OwnPaths(
            rpath: facts?.runpath == nil ? expand(facts?.rpath, folder) : nil,
            runpath: expand(facts?.runpath, folder))
        paths[place] = made
        return made
    }

    private func expand(_ path: String?, _ origin: Node) -> [Node] {
        guard let path else { return [] }
        return path.split(separator: ":").flatMap { entry -> [Node] in
            let text = Self.replaced("PLATFORM", by: settings.platform, in: String(entry))
            let variants =
                text.utf8.contains(UInt8(ascii: "$"))
                ? settings.libraryNames.map { Self.replaced("LIB", by: $0, in: text) } : [text]
            return variants.compactMap { variant in
                for token in ["$ORIGIN", "${ORIGIN}"] where variant.hasPrefix(token) {
                    let rest = variant.dropFirst(token.count).drop { $0 == "/" }
                    return tree.resolve(rest, from: origin)
                }
                // Relative ones depend on the working folder, and prove nothing.
                return variant.hasPrefix("/") ? tree.resolve(variant, from: LibraryTree.root) : nil
            }
        }.reduce(into: []) { folders, node in
            if tree.isFolder(node), !folders.contains(node) { folders.append(node) }
        }
    }

    /// `$NAME` or `${NAME}` in a search path.
    private static func replaced(_ token: String, by value: String, in text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = Substring(text)
        while let character = rest.first {
            if let form = ["${\(token)}", "$\(token)"].first(where: { rest.hasPrefix($0) }) {
                result += value
                rest = rest.dropFirst(form.count)
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
