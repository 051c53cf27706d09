import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel

/// Makes a layer of a tar archive, such as a bootstrapped system, entry by entry.
struct BaseLayerMaker {
    let store: ContentStore

    /// - Parameters:
    ///   - path: of the archive, compressed or not.
    ///   - title: for messages.
    ///   - placing: what becomes of an entry; nil leaves it out.
    func make(
        archive path: String, title: String, placing: (TarEntry) -> TarEntry? = { $0 }
    ) throws -> LayerRecord {
        let blob = try store.blobFile()
        let writer = try LayerWriter(blob.descriptor, name: title)
        let file = DescriptorSource(try Descriptor.open(path, O_RDONLY), path: path)
        let reader = TarReader(try LayerSource.open(file))
        while let entry = try reader.next() {
            // The root itself is in every image.
            guard !entry.path.isEmpty, let placed = placing(entry) else { continue }
            try writer.add(placed, content: entry.kind == .file ? reader : nil)
        }
        let result = try writer.finish()
        _ = try blob.finish(trusting: result.descriptor.digest, size: result.descriptor.size)
        return LayerRecord(
            descriptor: result.descriptor, diffID: result.diffID, unpackedSize: result.uncompressedSize)
    }
}
