import ContentStore
import Glibc
import HostSystem
import LayerArchive

/// Makes the layer that lets an image of a registry be a base: an account for the user, because programs ask for the
/// name and the home of who runs them (PyTorch's compiler among them), and a program to be process 1.
struct StartLayerMaker {
    /// Where the program is.
    static let initPath = "/opt/tini/bin/tini"

    let store: ContentStore
    let userID: UInt32

    /// - Parameters:
    ///   - base: the files of the image.
    ///   - initProgram: an executable without shared libraries; nil for none.
    func make(on base: Snapshot, initProgram: [UInt8]?) throws -> LayerRecord {
        let blob = try store.blobFile()
        let owner = LayerOwner(modified: Int(ImageLayout.fileTime))
        let writer = try LayerWriter(blob.descriptor, name: "account", owner: owner)
        var files = AccountFiles(passwd: read("passwd", base), group: read("group", base), shadow: read("shadow", base))
        if let home = files.add(user: ImageLayout.userName, id: userID) {
            try writer.addFile("etc/passwd", content: files.passwd)
            try writer.addFile("etc/group", content: files.group)
            // As Debian has it, readable for the group 42 there; nobody has a password in it that we made.
            if !files.shadow.isEmpty { try writer.addFile("etc/shadow", mode: 0o600, content: files.shadow) }
            let id = Int(userID)
            try writer.add(
                TarEntry(home, .folder, mode: 0o755, userID: id, groupID: id, modified: owner.modified))
        }
        if let initProgram { try writer.addFile(Self.initPath, mode: 0o755, content: initProgram) }
        let result = try writer.finish()
        _ = try blob.finish(trusting: result.descriptor.digest, size: result.descriptor.size)
        return LayerRecord(
            descriptor: result.descriptor, diffID: result.diffID, unpackedSize: result.uncompressedSize)
    }

    /// A file of the image's /etc; empty where it is missing, or is a link, which could lead out of the image.
    private func read(_ name: String, _ base: Snapshot) -> [UInt8] {
        var status = stat()
        for path in ["\(base.tree)/etc", "\(base.tree)/etc/\(name)"] {
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK else { return [] }
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return [] }
        return (try? Files.read("\(base.tree)/etc/\(name)", limit: 4 << 20)) ?? []
    }
}

/// The accounts of a system (passwd(5), group(5), shadow(5)).
struct AccountFiles: Hashable {
    var passwd: [UInt8]
    var group: [UInt8]
    var shadow: [UInt8]

    /// Adds an account without a password, with a group of its own.
    ///
    /// - Returns: its home, or nil where the number has an account already, which is then left as it is.
    mutating func add(user: String, id: UInt32) -> String? {
        let users = Self.rows(passwd)
        if users.contains(where: { $0.count > 2 && $0[2] == "\(id)" }) { return nil }
        func isTaken(_ rows: [[String]], _ name: String) -> Bool { rows.contains { $0.first == name } }
        let groups = Self.rows(group)
        let name = isTaken(users, user) || isTaken(groups, user) ? "\(user)\(id)" : user
        let home = "/home/\(name)"
        if users.isEmpty { Self.append("root:x:0:0:root:/root:/bin/sh", to: &passwd) }
        if groups.isEmpty { Self.append("root:x:0:", to: &group) }
        Self.append("\(name):x:\(id):\(id):Bunsen:\(home):/bin/sh", to: &passwd)
        if !groups.contains(where: { $0.count > 2 && $0[2] == "\(id)" }) {
            Self.append("\(name):x:\(id):", to: &group)
        }
        // "*" is no password, and unlike "!" no locked account, so that keys are accepted.
        if !shadow.isEmpty { Self.append("\(name):*:10957:0:99999:7:::", to: &shadow) }
        return home
    }

    private static func rows(_ bytes: [UInt8]) -> [[String]] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private static func append(_ line: String, to bytes: inout [UInt8]) {
        if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        bytes += Array("\(line)\n".utf8)
    }
}
