import Glibc
import HostSystem

/// Writes a plan to a folder: the plain installation, without an image.
///
/// Not in one step: an installation that fails leaves files behind, so the folder is one that the caller throws away
/// on an error, and renames into place when all is done.
package struct PlanWriter {
    /// The folder that stands for "/": "" writes to the paths of the plan themselves.
    package let root: String
    private var madeFolders: Set<String> = []

    package init(root: String = "") {
        self.root = root == "/" ? "" : root
    }

    /// Inflates and writes every file, comparing CRC-32, sizes and RECORD. What is there already is replaced.
    package mutating func write(_ plan: InstallPlan, from archive: WheelArchive) throws {
        let reader = try MemberReader(archive.zip)
        var check = plan.recordCheck
        for file in plan.files {
            let path = "\(root)\(file.path)"
            if let folder = Files.parent(of: path), madeFolders.insert(folder).inserted {
                try Files.makeFolder(folder)
            }
            // Never through a link or into a file that another path shares.
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("replace", path) }
            let descriptor = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
            switch file.source {
            case .generated(let bytes):
                try descriptor.writeAll(bytes, path: path)
            case .member(let index):
                let hash = SHA256()
                var size = 0
                try reader.read(archive.zip.members[index]) { piece in
                    hash.update(piece)
                    size += piece.count
                    try descriptor.writeAll(piece, path: path)
                }
                try check.add(member: index, sha256: hash.hexDigest(), size: size)
            }
            // After the content, and whatever the umask says.
            guard fchmod(descriptor.number, mode_t(file.mode)) == 0 else {
                throw SystemError("write", path)
            }
        }
        try check.finish()
    }
}
