import ContentStore
import HostSystem
import LayerArchive
import OCIModel
import WheelFormat

/// Makes one layer from wheels: each member's deflate stream goes into the layer as it is, and its content is seen once,
/// for the digest of the layer, for RECORD, for the shared libraries in it, and for the unpacked snapshot.
struct WheelLayerMaker: Sendable {
    struct Result: Sendable {
        let record: LayerRecord
        /// In the order of the group.
        let facts: [WheelFacts]
    }

    let store: ContentStore
    let layout: ImageLayout
    let format: LayerFormat
    /// Whether the files are written unpacked too.
    let keepsSnapshot: Bool

    private struct Entry {
        let wheel: Int
        let file: InstallPlan.File
    }

    /// - Parameter paths: where the wheels of the group are.
    func make(_ group: LayerPlan.Group, paths: [Digest: String]) throws -> Result {
        var archives: [WheelArchive] = []
        var plans: [InstallPlan] = []
        let scheme = InstallScheme.virtualEnvironment(ImageLayout.prefix, pythonMinor: layout.pythonMinor)
        for pin in group.wheels {
            guard let path = paths[pin.digest] else {
                throw ImageBuildError(.wheelUnavailable, pin.fileName, "it is not in the store")
            }
            let archive = try WheelArchive(path: path, fileName: pin.fileName)
            archives.append(archive)
            plans.append(try archive.plan(for: scheme))
        }
        return Result(
            record: try write(archives, plans, title: group.title), facts: plans.map(WheelFacts.init(plan:)))
    }

    private func write(_ archives: [WheelArchive], _ plans: [InstallPlan], title: String) throws -> LayerRecord {
        let blob = try store.blobFile()
        let writer = try LayerWriter(
            blob.descriptor, name: title, format: format, owner: LayerOwner(modified: Int(ImageLayout.fileTime)))
        let snapshot = keepsSnapshot ? try store.snapshotWriter() : nil
        let tree = snapshot.map { SnapshotTree(root: $0.tree) }
        let checks = plans.map { SharedRecordCheck($0.recordCheck) }
        let readers = try archives.map { try MemberReader($0.zip) }
        let sources = try archives.map { try Self.source($0) }
        var lastPath = ""
        for entry in Self.entries(plans) {
            let file = entry.file
            // A file that several wheels bring, such as `nvidia/__init__.py`, is there once.
            if file.path == lastPath {
                try Self.check(entry, archives[entry.wheel], readers[entry.wheel], checks[entry.wheel])
                continue
            }
            lastPath = file.path
            let output = try tree?.file(file.path, mode: file.mode)
            switch file.source {
            case .generated(let bytes):
                try writer.addFile(file.path, mode: file.mode, content: bytes)
                try output?.writeAll(bytes, path: file.path)
            case .member(let index):
                let member = archives[entry.wheel].zip.members[index]
                let range = try readers[entry.wheel].dataRange(of: member)
                let data = DataRange(
                    sources[entry.wheel], path: archives[entry.wheel].zip.name, offset: range.lowerBound,
                    size: range.count)
                let observer = MemberObserver(
                    member: index, check: checks[entry.wheel], output: output, path: file.path)
                switch member.method {
                case .deflated:
                    let content = DeflatedContent(data: data, size: member.size, crc32: member.crc32)
                    try writer.addFile(file.path, mode: file.mode, deflated: content, observer: observer)
                case .stored:
                    try writer.addFile(
                        file.path, mode: file.mode, stored: data, crc32: member.crc32, observer: observer)
                }
            }
        }
        let result = try writer.finish()
        for check in checks { try check.finish() }
        _ = try blob.finish(trusting: result.descriptor.digest, size: result.descriptor.size)
        _ = try snapshot?.finish(as: result.diffID, note: title)
        return LayerRecord(
            descriptor: result.descriptor, diffID: result.diffID, unpackedSize: result.uncompressedSize)
    }

    private static func source(_ archive: WheelArchive) throws -> Descriptor {
        guard let file = archive.zip.source as? FileBytes else {
            throw ImageBuildError(.wheelUnavailable, archive.zip.name, "it is not a file")
        }
        return file.descriptor
    }

    /// Reads a file that is left out, because RECORD has to be right about it too.
    private static func check(
        _ entry: Entry, _ archive: WheelArchive, _ reader: MemberReader, _ check: SharedRecordCheck
    ) throws {
        guard case .member(let index) = entry.file.source else { return }
        let hash = SHA256()
        try reader.read(archive.zip.members[index]) { hash.update($0) }
        try check.add(member: index, sha256: hash.hexDigest(), size: archive.zip.members[index].size)
    }

    /// The files of all plans by path.
    private static func entries(_ plans: [InstallPlan]) -> [Entry] {
        var entries: [Entry] = []
        for (index, plan) in plans.enumerated() { entries += plan.files.map { Entry(wheel: index, file: $0) } }
        if plans.count > 1 {
            entries.sort { $0.file.path.utf8.lexicographicallyPrecedes($1.file.path.utf8) }
        }
        return entries
    }
}
