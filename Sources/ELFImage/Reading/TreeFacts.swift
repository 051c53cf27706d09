/// What a folder, such as an unpacked layer of an image, holds for the dynamic linker: its ELF files, its links, and where
/// it says that libraries are. Small, so that it can be kept and the files need not be read again.
///
/// Paths are absolute, as a process in the image would see them.
package struct TreeFacts: Sendable, Hashable, Codable {
    package struct File: Sendable, Hashable, Codable {
        package let path: String
        package let facts: ELFFacts

        private enum CodingKeys: String, CodingKey {
            case path = "p"
            case facts = "f"
        }
    }

    /// A file that begins like ELF and is none, or one that may not be read.
    package struct Damage: Sendable, Hashable, Codable {
        package let path: String
        package let reason: String
    }

    package internal(set) var files: [File] = []
    package internal(set) var damaged: [Damage] = []
    /// Symbolic links: path, target, path, target.
    var links: [String] = []
    /// Folders that hold none of these.
    var folders: [String] = []
    /// The texts of `/etc/ld.so.conf` and of what it includes, by their paths.
    package internal(set) var loaderConfiguration: [String: String] = [:]

    package init() {}
}

extension LibraryTree {
    /// Puts a layer on top.
    ///
    /// - Parameter owner: the package that brought the file at a path.
    package mutating func add(_ layer: TreeFacts, owner: (String) -> FileOwner?) {
        for folder in layer.folders { addFolder(folder) }
        for index in stride(from: 0, to: layer.links.count - 1, by: 2) {
            addLink(layer.links[index], target: layer.links[index + 1])
        }
        for file in layer.files { add(file.path, facts: file.facts, owner: owner(file.path)) }
        for file in layer.damaged { addDamaged(file.path, reason: file.reason, owner: owner(file.path)) }
    }
}
