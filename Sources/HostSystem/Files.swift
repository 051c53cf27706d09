import Glibc

/// Whole-file operations on paths. Paths are plain strings in the system's own encoding.
package enum Files {
    /// The bytes of a file.
    ///
    /// - Parameter limit: the largest size in bytes that is accepted; a larger file throws `FileTooLarge`.
    package static func read(_ path: String, limit: Int = 256 << 20) throws -> [UInt8] {
        let descriptor = try Descriptor.open(path, O_RDONLY)
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read", path) }
        if status.st_mode & S_IFMT == S_IFDIR { throw SystemError("read", path, code: EISDIR) }
        guard status.st_size <= limit else { throw FileTooLarge(path: path, size: Int(status.st_size), limit: limit) }
        // Files in /proc say they are empty, so the end is where read(2) says it is.
        var bytes = [UInt8](repeating: 0, count: max(Int(status.st_size) + 1, 4096))
        var filled = 0
        while true {
            if filled == bytes.count { bytes += [UInt8](repeating: 0, count: max(65536, filled / 2)) }
            let count = bytes.withUnsafeMutableBytes { buffer in
                retryingInterrupts {
                    Glibc.read(descriptor.number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                }
            }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { break }
            filled += count
            if filled > limit { throw FileTooLarge(path: path, size: filled, limit: limit) }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// The text of a file; bytes that are not UTF-8 are replaced.
    package static func readText(_ path: String, limit: Int = 256 << 20) throws -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Replaces a file in one step: readers see the old bytes or the new ones, never a part, also after a power cut.
    package static func write(_ bytes: some Collection<UInt8>, to path: String, mode: mode_t = 0o644) throws {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        let descriptor = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode)
        do {
            try descriptor.writeAll(bytes, path: path)
            guard fsync(descriptor.number) == 0 else { throw SystemError("write", path) }
            guard rename(temporary, path) == 0 else { throw SystemError("write", path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    package static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Makes a folder and its missing parents. An existing folder is fine.
    package static func makeFolder(_ path: String, mode: mode_t = 0o755) throws {
        if mkdir(path, mode) == 0 || (errno == EEXIST && isFolder(path)) { return }
        guard errno == ENOENT, let parent = parent(of: path), parent != path else {
            throw SystemError("make the folder", path)
        }
        try makeFolder(parent, mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("make the folder", path) }
    }

    /// The names in a folder, without "." and "..", sorted by their bytes.
    package static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw SystemError("list", folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a file or a whole folder, following no links. What does not exist is fine.
    package static func remove(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("remove", path)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            if status.st_mode & 0o700 != 0o700 { chmod(path, 0o700) }
            for name in try names(in: path) { try remove("\(path)/\(name)") }
            guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
        }
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func isExecutable(_ path: String) -> Bool { !isFolder(path) && access(path, X_OK) == 0 }

    /// The path with links followed and dots removed, or nil when it does not exist.
    package static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    package static func workingFolder() throws -> String {
        guard let folder = getcwd(nil, 0) else { throw SystemError("find", "the working folder") }
        defer { free(folder) }
        return String(cString: folder)
    }

    /// `path` itself when it is absolute, else `path` below `folder`.
    package static func absolute(_ path: String, from folder: String) -> String {
        if path.hasPrefix("/") { return path }
        return path == "." ? folder : "\(folder)/\(path)"
    }

    /// The folder that holds `path`, or nil for a name without one and for "/".
    package static func parent(of path: String) -> String? {
        guard path != "/", let slash = path.lastIndex(of: "/") else { return nil }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of a path.
    package static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

/// A file is larger than its reader accepts.
package struct FileTooLarge: Error, CustomStringConvertible {
    package let path: String
    package let size: Int
    package let limit: Int

    package var description: String { "\(path) has \(size) bytes, more than the \(limit) that are accepted" }
}
