import Glibc
import HostSystem
import LayerArchive

/// A standalone Python as a layer of its own, at a place of the image.
package enum StandalonePythonLayer {
    static let operation = "cannot make the layer of Python"

    /// Writes the layer: everything of a build but its pip, as root's, sorted. The bytes depend on the build and the
    /// place only.
    ///
    /// - Parameters:
    ///   - archive: what `StandalonePythonFinder.fetch` gave.
    ///   - prefix: where it will lie, an absolute path such as `/opt/python`; its interpreter is `bin/python3` below.
    ///   - scratch: a folder for a temporary file.
    package static func write(
        archive: String, prefix: String, scratch: String, to path: String
    ) throws -> TarResult {
        let place = try LayerPath.normal(prefix)
        guard prefix.hasPrefix("/"), !place.isEmpty else {
            throw BaseSystemError(.unusableInput, operation, "\(prefix) is not an absolute path")
        }
        let spoolPath = "\(scratch)/python-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).spool"
        let spool = try Descriptor.open(spoolPath, O_RDWR | O_CREAT | O_EXCL, 0o600)
        unlink(spoolPath)
        let entries = try self.entries(archive, place: place, spool: spool, spoolPath: spoolPath)
        guard entries.contains(where: { $0.entry.path == "\(place)/bin/python3" }) else {
            throw BaseSystemError(
                .unusableInput, operation, "the archive holds no bin/python3",
                hint: "it is not a standalone build of Python; look at the mirror: UV_PYTHON_INSTALL_MIRROR")
        }
        return try TarOutput.write(to: path) { output in
            for parent in LayerPath.parents(of: place) { try output.add(TarEntry(parent, .folder, mode: 0o755)) }
            for item in entries {
                guard lseek(spool.number, off_t(item.offset), SEEK_SET) >= 0 else {
                    throw SystemError("read", spoolPath)
                }
                try output.add(item.entry, content: DescriptorSource(spool, path: spoolPath))
            }
        }
    }

    private struct Item {
        var entry: TarEntry
        /// Of its content in the spool.
        var offset: Int
    }

    /// Unpacks the content into a spool, because the entries of an archive come in any order.
    private static func entries(
        _ archive: String, place: String, spool: Descriptor, spoolPath: String
    ) throws -> [Item] {
        let source = DescriptorSource(try Descriptor.open(archive, O_RDONLY), path: archive)
        let reader = TarReader(try LayerSource.open(source))
        var items: [String: Item] = [:]
        var offset = 0
        while var entry = try reader.next() {
            guard let inner = entry.path == "python" ? "" : entry.path.removingPrefix("python/") else {
                throw BaseSystemError(.unusableInput, operation, "the archive holds \(entry.path) beside python/")
            }
            if isLeftOut(inner) { continue }
            entry.path = inner.isEmpty ? place : "\(place)/\(inner)"
            entry.userID = 0
            entry.groupID = 0
            entry.mode &= 0o755
            entry.modified = max(entry.modified, LayerOwner.earliest)
            entry.extendedAttributes = [:]
            switch entry.kind {
            case .hardLink(let target):
                guard let inner = target.removingPrefix("python/") else {
                    throw BaseSystemError(.unusableInput, operation, "\(entry.path) is a link out of the archive")
                }
                entry.kind = .hardLink(target: "\(place)/\(inner)")
            case .file, .folder, .symbolicLink: break
            case .characterDevice, .blockDevice, .pipe:
                throw BaseSystemError(.unusableInput, operation, "\(entry.path) is a device")
            }
            let size: Int
            if isBuildDescription(inner), entry.size < 4 << 20 {
                let text = relocated(try content(reader, entry.size), place: place)
                entry.size = text.count
                size = text.count
                try spool.writeAll(text, path: spoolPath)
            } else {
                size = entry.size
                try copy(reader, to: spool, spoolPath)
            }
            items[entry.path] = Item(entry: entry, offset: offset)
            offset += size
        }
        return sorted(items)
    }

    /// By path, with hard links after everything that they may link to.
    private static func sorted(_ items: [String: Item]) -> [Item] {
        func rank(_ item: Item) -> Int { if case .hardLink = item.entry.kind { 1 } else { 0 } }
        return items.values.sorted { left, right in
            rank(left) != rank(right)
                ? rank(left) < rank(right) : LayerPath.precedes(left.entry.path, right.entry.path)
        }
    }

    /// pip, which would install into the image what no lock knows, and compiled forms of files that change here.
    private static func isLeftOut(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        if let place = parts.firstIndex(of: "site-packages"), place + 1 < parts.count {
            return parts[place + 1] == "pip" || parts[place + 1].hasPrefix("pip-")
        }
        if parts.count == 2, parts[0] == "bin", parts[1].hasPrefix("pip") { return true }
        return parts.last?.hasPrefix("_sysconfigdata_") == true && path.hasSuffix(".pyc")
    }

    /// Files that tell compilers where this Python is.
    private static func isBuildDescription(_ path: String) -> Bool {
        let name = Files.name(of: path)
        return (name.hasPrefix("_sysconfigdata_") && name.hasSuffix(".py"))
            || (path.contains("/pkgconfig/") && name.hasSuffix(".pc"))
    }

    /// Standalone builds say that they lie in /install and were compiled by clang; what is compiled for them is to look
    /// in their true place, with the compiler that is there.
    private static func relocated(_ bytes: [UInt8], place: String) -> [UInt8] {
        guard let text = String(validating: bytes, as: UTF8.self) else { return bytes }
        let moved = text.replacing("/install/", with: "/\(place)/").replacing("'/install'", with: "'/\(place)'")
            .replacing("=/install\n", with: "=/\(place)\n")
        return Array(moved.replacing("clang++", with: "c++").replacing("clang", with: "cc").utf8)
    }

    private static func content(_ reader: TarReader, _ size: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        let count = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
        guard count == size else { throw BaseSystemError(.unusableInput, operation, "the archive ends too early") }
        return bytes
    }

    private static func copy(_ reader: TarReader, to spool: Descriptor, _ spoolPath: String) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
            if count == 0 { return }
            try spool.writeAll(buffer[..<count], path: spoolPath)
        }
    }
}
