import HostSystem

/// A file or folder of the host made visible at a path of the container.
package struct ContainerMount: Sendable, Hashable, CustomStringConvertible {
    /// Absolute path on the host; exists when the mount is made.
    package let source: String
    package let destination: String
    package let isReadOnly: Bool

    /// - Throws: `EngineError` when the source does not exist, or a path is of no use.
    package init(source: String, destination: String, isReadOnly: Bool) throws {
        let parts = destination.split(separator: "/")
        guard destination.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !parts.contains(".") else {
            throw EngineError(
                "mount", source,
                .notUnderstood("\"\(destination)\" is not the absolute path of a place in the container"),
                hint: "write source:/destination, or source:/destination:ro")
        }
        guard !source.utf8.contains(0), !destination.utf8.contains(0), !destination.contains(":") else {
            throw EngineError(
                "mount", source, .notUnderstood("a path in a container has no colon, and no path has a zero byte"),
                hint: "give it another place in the container")
        }
        // Links are followed now, so that the record names what was mounted.
        guard let resolved = Files.resolved(source) else {
            throw EngineError("mount", source, .refused("it does not exist"), hint: "make it, or look at the path")
        }
        self.source = resolved
        self.destination = "/" + parts.joined(separator: "/")
        self.isReadOnly = isReadOnly
    }

    /// Docker's own form, `source:/destination[:ro|:rw]`. A relative source is one of `folder`; there are no named
    /// volumes.
    package init(_ text: String, from folder: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, parts.count == 2 || ["ro", "rw"].contains(parts[2])
        else {
            throw EngineError(
                "mount", text, .notUnderstood("a mount is source:/destination, :ro behind it for reading only"),
                hint: "such as -v ./data:/workspace/data:ro")
        }
        let source = parts[0].hasPrefix("./") ? String(parts[0].dropFirst(2)) : parts[0]
        try self.init(
            source: source.isEmpty ? folder : Files.absolute(source, from: folder), destination: parts[1],
            isReadOnly: parts.count == 3 && parts[2] == "ro")
    }

    package var description: String { "\(source):\(destination)\(isReadOnly ? ":ro" : "")" }
}
