import HostSystem
import OCIModel

/// The names in an OCI layout folder: `index.json`, whose entries have `org.opencontainers.image.ref.name` (OCI image
/// specification, image-layout.md). Entries that are not ours stay.
struct LayoutIndex: TagTable {
    let root: String

    static let nameKey = "org.opencontainers.image.ref.name"

    private var path: String { "\(root)/index.json" }

    func entries() throws -> [ContentDescriptor] { try read().manifests }

    private func read() throws -> ImageIndex {
        guard Files.exists(path) else { return ImageIndex(manifests: []) }
        do {
            return try Document<ImageIndex>(
                parsing: try Files.read(path, limit: ManifestDocument.sizeLimit), mediaType: .index
            ).value
        } catch let error as OCIModelError { throw OCIRegistryError("read the index", root, .document(error)) }
    }

    /// Changes the index in one step, one process at a time.
    private func change(_ body: (inout [ContentDescriptor]) -> Void) throws {
        try Files.makeFolder(root)
        let lock = try FileLock.wait("\(root)/.lock")
        defer { withExtendedLifetime(lock) {} }
        if !Files.exists("\(root)/oci-layout") {
            try Files.write("{\"imageLayoutVersion\":\"1.0.0\"}\n", to: "\(root)/oci-layout")
        }
        var index = try read()
        body(&index.manifests)
        index.mediaType = .index
        try Files.write(try Document(index, mediaType: .index).bytes, to: path)
    }

    private static func tag(_ descriptor: ContentDescriptor) -> Tag? {
        // Some programs write the whole reference there.
        descriptor.annotations?[nameKey].flatMap { name in
            (try? Tag(name)) ?? (try? ImageReference(name))?.tag
        }
    }

    func descriptor(of tag: Tag) throws -> ContentDescriptor? {
        try entries().last { Self.tag($0) == tag }
    }

    func tags() throws -> [Tag] { Array(Set(try entries().compactMap(Self.tag))).sorted() }

    func set(_ descriptor: ContentDescriptor, tags: [Tag]) throws {
        try change { entries in
            entries.removeAll { entry in Self.tag(entry).map { tags.contains($0) } ?? false }
            if tags.isEmpty, !entries.contains(where: { $0.digest == descriptor.digest }) { entries.append(descriptor) }
            for tag in tags {
                entries.removeAll { $0.digest == descriptor.digest && $0.annotations?[Self.nameKey] == nil }
                var entry = descriptor
                entry.annotations = (entry.annotations ?? [:]).merging([Self.nameKey: "\(tag)"]) { $1 }
                entries.append(entry)
            }
        }
    }

    func remove(_ tag: Tag) throws -> Bool { try remove { Self.tag($0) == tag } }

    func remove(_ digest: Digest) throws -> Bool { try remove { $0.digest == digest } }

    private func remove(_ matches: (ContentDescriptor) -> Bool) throws -> Bool {
        var found = false
        try change { entries in
            let count = entries.count
            entries.removeAll(where: matches)
            found = entries.count < count
        }
        return found
    }
}
