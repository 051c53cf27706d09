/// The package that brought a file.
package struct FileOwner: Sendable, Hashable, Codable, CustomStringConvertible {
    package let name: String
    package let version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    package var description: String { "\(name) \(version)" }
}

/// The folders, links and ELF files of an image, as a value. Files of other kinds need not be in it.
///
/// Paths are absolute, with or without a slash in front; links are followed inside the tree, as a process in the image
/// would.
package struct LibraryTree: Sendable {
    typealias Node = Int

    private enum Content: Sendable {
        case folder([String: Node])
        case link(String)
        /// An index into `files`.
        case file(Int)
        case damaged(String, FileOwner?)
    }

    struct File: Sendable {
        let facts: ELFFacts
        let owner: FileOwner?
    }

    private var contents: [Content] = [.folder([:])]
    private var parents: [Node] = [0]
    private var names: [String] = [""]
    private var files: [File] = []

    static let root: Node = 0

    package init() {}

    /// Adds a file with the folders above it. What was there under the path is replaced, as an upper layer does.
    package mutating func add(_ path: String, facts: ELFFacts, owner: FileOwner?) {
        files.append(File(facts: facts, owner: owner))
        place(path, .file(files.count - 1))
    }

    package mutating func addLink(_ path: String, target: String) { place(path, .link(target)) }

    /// A folder, also an empty one. One that is there stays with what is in it.
    package mutating func addFolder(_ path: String) { _ = makeFolder(Self.components(path)[...]) }

    /// A file that begins like ELF and cannot be read. It takes the place of what was there.
    package mutating func addDamaged(_ path: String, reason: String, owner: FileOwner?) {
        place(path, .damaged(reason, owner))
    }

    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    private mutating func place(_ path: String, _ content: Content) {
        let components = Self.components(path)
        guard let name = components.last else { return }
        let folder = makeFolder(components.dropLast())
        add(name, content, to: folder)
    }

    @discardableResult
    private mutating func add(_ name: String, _ content: Content, to folder: Node) -> Node {
        contents.append(content)
        parents.append(folder)
        names.append(name)
        if case .folder(var children) = contents[folder] {
            // Taken out while it changes, so that it is not copied.
            contents[folder] = .folder([:])
            children[name] = contents.count - 1
            contents[folder] = .folder(children)
        }
        return contents.count - 1
    }

    /// Where links lead to folders, layers put files below what the link names.
    private mutating func makeFolder(_ components: ArraySlice<String>) -> Node {
        var folder = Self.root
        for name in components {
            if let child = child(name, of: folder), let found = follow(child), isFolder(found) {
                folder = found
            } else {
                folder = add(name, .folder([:]), to: folder)
            }
        }
        return folder
    }

    // MARK: Looking

    func child(_ name: String, of folder: Node) -> Node? {
        if case .folder(let children) = contents[folder] { return children[name] }
        return nil
    }

    func isFolder(_ node: Node) -> Bool {
        if case .folder = contents[node] { return true }
        return false
    }

    func file(_ node: Node) -> File? {
        if case .file(let index) = contents[node] { return files[index] }
        return nil
    }

    func parent(_ node: Node) -> Node { parents[node] }

    func name(_ node: Node) -> String { names[node] }

    func path(_ node: Node) -> String {
        var path = ""
        var at = node
        while at != Self.root {
            path = "/\(names[at])\(path)"
            at = parents[at]
        }
        return path.isEmpty ? "/" : path
    }

    /// Links that are followed for one path, all together, as the kernel has it.
    private static let linkLimit = 40

    /// What a path leads to, from a folder on; nil when something on the way is missing or there are too many links.
    func resolve(_ path: some StringProtocol, from start: Node) -> Node? {
        var links = Self.linkLimit
        return resolve(path, from: start, &links)
    }

    /// The end of a chain of links.
    func follow(_ node: Node) -> Node? {
        var links = Self.linkLimit
        return follow(node, &links)
    }

    private func resolve(_ path: some StringProtocol, from start: Node, _ links: inout Int) -> Node? {
        var at = path.hasPrefix("/") ? Self.root : start
        for component in path.split(separator: "/") where component != "." {
            if component == ".." {
                at = parents[at]
                continue
            }
            guard let child = child(String(component), of: at), let found = follow(child, &links) else { return nil }
            at = found
        }
        return at
    }

    private func follow(_ node: Node, _ links: inout Int) -> Node? {
        guard case .link(let target) = contents[node] else { return node }
        guard links > 0 else { return nil }
        links -= 1
        return resolve(target, from: parents[node], &links)
    }

    /// Every file that can be reached by its own path, and not only by links.
    func eachFile(_ body: (Node, File) -> Void) {
        var stack = [Self.root]
        while let node = stack.popLast() {
            switch contents[node] {
            case .folder(let children):
                // In an order that is the same each time.
                stack += children.sorted { $0.key > $1.key }.map(\.value)
            case .file(let index): body(node, files[index])
            case .link, .damaged: break
            }
        }
    }

    func eachDamaged(_ body: (Node, _ reason: String, FileOwner?) -> Void) {
        for node in contents.indices {
            guard case .damaged(let reason, let owner) = contents[node], child(names[node], of: parents[node]) == node
            else { continue }
            body(node, reason, owner)
        }
    }
}
