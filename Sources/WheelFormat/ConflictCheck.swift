/// Finds files that two wheels write with different content, whichever came first would be lost.
///
/// Several wheels may own one path with the same content: `nvidia/__init__.py` is in a dozen of them.
package struct ConflictCheck: Sendable {
    /// A file and what is known of its content.
    package struct File: Sendable, Hashable {
        package let path: String
        /// As in RECORD, with the algorithm; nil where nobody knows.
        package let digest: String?
        package let size: Int

        package init(path: String, digest: String?, size: Int) {
            self.path = path
            self.digest = digest
            self.size = size
        }
    }

    private struct Owner {
        let wheel: String
        let digest: String?
        let size: Int
    }

    private var owners: [String: Owner] = [:]
    /// Folders that files lie in, with a wheel that put one there.
    private var folders: [String: String] = [:]

    package init() {}

    /// - Throws: `WheelError` that names both wheels and the path.
    package mutating func add(_ plan: InstallPlan) throws(WheelError) {
        let files = plan.files.map { File(path: $0.path, digest: $0.digest?.text, size: $0.size) }
        try add(files, of: plan.wheel.description)
    }

    /// - Parameters:
    ///   - files: sorted by path.
    ///   - wheel: the name of the wheel's file.
    /// - Throws: `WheelError` that names both wheels and the path.
    package mutating func add(_ files: [File], of wheel: String) throws(WheelError) {
        func conflict(_ path: String, _ other: String) -> WheelError {
            WheelError(.install, wheel: wheel, .conflict(path: path, otherWheel: other))
        }
        owners.reserveCapacity(owners.count + files.count)
        var known: Substring = ""
        for file in files {
            if let other = owners[file.path] {
                guard let digest = file.digest, digest == other.digest, file.size == other.size else {
                    throw conflict(file.path, other.wheel)
                }
                continue
            }
            if let other = folders[file.path] { throw conflict(file.path, other) }
            owners[file.path] = Owner(wheel: wheel, digest: file.digest, size: file.size)
            var folder = file.path[...]
            while let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")), slash != folder.startIndex {
                folder = folder[..<slash]
                if folder == known || folders[String(folder)] != nil { break }
                if let other = owners[String(folder)] { throw conflict(String(folder), other.wheel) }
                folders[String(folder)] = wheel
            }
            if let slash = file.path.utf8.lastIndex(of: UInt8(ascii: "/")) { known = file.path[..<slash] }
        }
    }
}
