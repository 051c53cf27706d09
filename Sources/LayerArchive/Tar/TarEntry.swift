/// One entry of a tar archive, without its content.
package struct TarEntry: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file
        case folder
        case symbolicLink(target: String)
        /// Another name for a file that is already there; the target counts from the root of the archive.
        case hardLink(target: String)
        case characterDevice(major: Int, minor: Int)
        case blockDevice(major: Int, minor: Int)
        case pipe
    }

    /// Relative to the root of the layer, without a slash at either end; empty for the root itself.
    package var path: String
    package var kind: Kind
    /// Of the content; zero for everything that is not a file.
    package var size: Int
    /// The permission bits, with set-user-id, set-group-id and sticky: 0 to 0o7777.
    package var mode: UInt16
    package var userID: Int
    package var groupID: Int
    /// Seconds since 1970.
    package var modified: Int
    /// By name, such as `security.capability`.
    package var extendedAttributes: [String: [UInt8]]

    package init(
        _ path: String, _ kind: Kind, size: Int = 0, mode: UInt16, userID: Int = 0, groupID: Int = 0,
        modified: Int = LayerOwner.earliest, extendedAttributes: [String: [UInt8]] = [:]
    ) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
        self.extendedAttributes = extendedAttributes
    }
}

/// Whom the files of a layer belong to, and from when they are: the same for all entries that the writer makes.
package struct LayerOwner: Sendable, Hashable {
    /// 1980-01-01T00:00:00Z, the earliest time that a zip archive can hold: older times break programs that make one.
    package static let earliest = 315_532_800

    package var userID: Int
    package var groupID: Int
    package var modified: Int

    package init(userID: Int = 0, groupID: Int = 0, modified: Int = LayerOwner.earliest) {
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
    }
}

/// Paths within a layer.
package enum LayerPath {
    package static let longest = 4096

    /// The path without "." components and superfluous slashes; empty for the root.
    ///
    /// - Throws: for a ".." component, a zero byte and what is longer than any system accepts.
    package static func normal(_ path: String) throws(LayerArchiveError.Cause) -> String {
        guard path.utf8.count <= longest else { throw .tooLarge(what: "the path", limit: longest) }
        if path.utf8.contains(0) { throw .unsafePath }
        if isNormal(path) { return path }
        var kept: [Substring] = []
        for component in path.split(separator: "/") where component != "." {
            if component == ".." { throw .unsafePath }
            kept.append(component)
        }
        return kept.joined(separator: "/")
    }

    /// A quick look for what `normal` would return unchanged.
    private static func isNormal(_ path: String) -> Bool {
        var atStart = true
        for byte in path.utf8 {
            // A component that starts with a dot gets the slower look.
            if atStart, byte == 0x2f || byte == 0x2e { return false }
            atStart = byte == 0x2f
        }
        return !atStart
    }

    /// The folders above a normal path, outermost first.
    package static func parents(of path: String) -> [String] {
        path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }

    package static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// Entries of an image's layer that remove something from the layers below (OCI image specification, "Whiteouts").
package enum Whiteout: Sendable, Hashable {
    /// `.wh.NAME`: the path is removed.
    case removal(of: String)
    /// `.wh..wh..opq`: everything that layers below have in the folder is removed.
    case opaque(folder: String)

    package static let prefix = ".wh."
    package static let opaqueName = ".wh..wh..opq"

    /// Nil for an ordinary path.
    package init?(path: String) {
        let slash = path.lastIndex(of: "/")
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        guard name.hasPrefix(Self.prefix) else { return nil }
        let folder = slash.map { String(path[..<$0]) } ?? ""
        if name == Self.opaqueName {
            self = .opaque(folder: folder)
        } else {
            let removed = String(name.dropFirst(Self.prefix.count))
            self = .removal(of: folder.isEmpty ? removed : "\(folder)/\(removed)")
        }
    }
}
