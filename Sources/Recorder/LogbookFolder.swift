import ExperimentModel
import Glibc
import HostSystem
import MarkdownEntry

/// The folder that holds the entries of a project.
package struct LogbookFolder: Sendable {
    /// With links followed.
    package let path: String

    /// Opens the folder, and makes it where it is missing. A link is followed when it leads to a folder; a dangling link,
    /// a file, and a folder that cannot be written are errors, and nothing is made then.
    package init(_ path: String) throws(RecorderError) {
        let operation = "use the log folder"
        var status = stat()
        if lstat(path, &status) != 0 {
            guard errno == ENOENT else { throw RecorderError(operation, path, cause: SystemError("read", path)) }
            do { try Files.makeFolder(path) } catch { throw RecorderError(operation, path, cause: error) }
        } else if !Files.isFolder(path) {
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            let reason =
                !isLink
                ? "it is a file"
                : Files.exists(path)
                    ? "it is a link to a file"
                    : "it is a link to something that does not exist"
            throw RecorderError(operation, path, reason: reason)
        }
        guard let resolved = Files.resolved(path) else {
            throw RecorderError(operation, path, cause: SystemError("resolve", path))
        }
        guard access(resolved, W_OK | X_OK) == 0 else {
            throw RecorderError(operation, path, cause: SystemError("write in", resolved))
        }
        self.path = resolved
    }

    /// The folder of the entry whose front matter, or else whose manifest, names the run; nil where there is none.
    package func entry(of run: String) throws(RecorderError) -> String? {
        do {
            for name in try Files.names(in: path) where !name.hasPrefix(".") {
                let index = "\(path)/\(name)/index.md"
                guard let head = Self.head(index), Self.contains(head, run) else { continue }
                if let document = try? EntryDocument(parsing: Files.read(index), path: index) {
                    if document.frontMatter?.text("run_id") == run { return "\(path)/\(name)" }
                } else if Self.names(run, in: head) {
                    // It cannot be parsed, but it is the entry: whoever asked will be told what is wrong with it.
                    return "\(path)/\(name)"
                }
            }
            return try entryWithoutFrontMatter(of: run)
        } catch {
            throw RecorderError("look for the entry of run", run, cause: error)
        }
    }

    /// Where a person removed the front matter, the manifest beside it still says whose entry it is.
    private func entryWithoutFrontMatter(of run: String) throws -> String? {
        try Files.names(in: path).first { name in
            guard !name.hasPrefix("."), Files.exists("\(path)/\(name)/index.md"),
                let bytes = try? Files.read("\(path)/\(name)/run.json", limit: 64 << 20)
            else { return false }
            return (try? RecordCoding.decode(Identified.self, from: bytes))?.id.text == run
        }.map { "\(path)/\($0)" }
    }

    private struct Identified: Decodable {
        let id: RunID
    }

    /// The front matter is at the head of a file, so that thousands of entries are looked through in one moment.
    private static func head(_ path: String) -> [UInt8]? {
        guard let descriptor = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = bytes.withUnsafeMutableBytes { buffer in
            retryingInterrupts { read(descriptor.number, buffer.baseAddress, buffer.count) }
        }
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    private static func contains(_ head: [UInt8], _ run: String) -> Bool {
        String(decoding: head, as: UTF8.self).contains(run)
    }

    private static func names(_ run: String, in head: [UInt8]) -> Bool {
        String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline).contains {
            $0.hasPrefix("run_id:") && $0.contains(run)
        }
    }

    /// Takes a name that nobody has: `base`, `base-2`, `base-3`, … The folder is made, which decides between several who
    /// ask at once.
    func claim(_ base: String) throws -> String {
        for number in 1...100_000 {
            let folder = number == 1 ? "\(path)/\(base)" : "\(path)/\(base)-\(number)"
            if mkdir(folder, 0o755) == 0 { return folder }
            guard errno == EEXIST else { throw SystemError("make the folder", folder) }
        }
        throw SystemError("make the folder", "\(path)/\(base)", code: EEXIST)
    }
}
