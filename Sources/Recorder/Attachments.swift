import Glibc
import HostSystem

extension RunRecord {
    /// Files above this are left in the run folder.
    package static let attachmentLimit = 16 << 20

    /// Takes what belongs beside the entry from a run folder: `environment/`, the images that are named in `images`,
    /// an executed notebook with its figures.
    /// Sets `gpuReport` and `packages` where their files are there. Links and files of other kinds are not followed.
    package mutating func attach(runFolder: String) throws(RecorderError) {
        do {
            let environment = "\(runFolder)/environment"
            for name in Files.isFolder(environment) ? try Files.names(in: environment) : [] {
                guard let bytes = try Self.regularFile("\(environment)/\(name)") else { continue }
                attachments.append(EntryFile(path: "environment/\(name)", bytes: bytes))
                if name == "nvidia-smi.txt" { gpuReport = String(decoding: bytes, as: UTF8.self) }
                if name == "packages.txt" {
                    packages = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(
                        String.init)
                }
            }
            let notebook = manifest.notebook.map { [$0.executed] + $0.figures.map(\.file) } ?? []
            for path in Set(images.map(\.path) + notebook).sorted() where EntryPath.isSafe(path) {
                guard let bytes = try Self.regularFile("\(runFolder)/\(path)") else { continue }
                attachments.append(EntryFile(path: path, bytes: bytes))
            }
        } catch {
            throw RecorderError("read the run folder", runFolder, cause: error)
        }
    }

    private static func regularFile(_ path: String) throws -> [UInt8]? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= attachmentLimit else {
            return nil
        }
        return try Files.read(path, limit: attachmentLimit)
    }
}

/// Paths below an entry's folder.
enum EntryPath {
    /// Whether a path stays below the folder it is put in.
    static func isSafe(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.utf8.contains(0)
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !["", ".", ".."].contains($0)
            }
    }
}
