import ContentStore
import OCIModel
import Synchronization

/// The names of the manifests in one repository.
package protocol TagTable: Sendable {
    func descriptor(of tag: Tag) throws -> ContentDescriptor?
    func tags() throws -> [Tag]
    /// Gives names to a manifest. Without any it only becomes known.
    func set(_ descriptor: ContentDescriptor, tags: [Tag]) throws
    /// - Returns: false when there is no such name.
    func remove(_ tag: Tag) throws -> Bool
    /// Takes all names of a manifest away.
    func remove(_ digest: Digest) throws -> Bool
}

/// Names that live as long as the process.
package final class TagsInMemory: TagTable {
    private let table: Mutex<[Tag: ContentDescriptor]>

    package init(_ table: [Tag: ContentDescriptor] = [:]) { self.table = Mutex(table) }

    package func descriptor(of tag: Tag) -> ContentDescriptor? { table.withLock { $0[tag] } }
    package func tags() -> [Tag] { table.withLock { $0.keys.sorted() } }

    package func set(_ descriptor: ContentDescriptor, tags: [Tag]) {
        table.withLock { table in for tag in tags { table[tag] = descriptor } }
    }

    package func remove(_ tag: Tag) -> Bool { table.withLock { $0.removeValue(forKey: tag) != nil } }

    package func remove(_ digest: Digest) -> Bool {
        table.withLock { table in
            let count = table.count
            table = table.filter { $0.value.digest != digest }
            return table.count < count
        }
    }
}

/// The names that the content store has for a repository: `registry.example.org/vision/digits:v1`.
package struct TagsInStore: TagTable {
    private let store: ContentStore
    private let repository: Repository
    private let project: String?

    package init(_ store: ContentStore, _ repository: Repository, project: String? = nil) {
        self.store = store
        self.repository = repository
        self.project = project
    }

    private func name(_ tag: Tag) -> String { "\(repository):\(tag)" }

    package func descriptor(of tag: Tag) -> ContentDescriptor? { store.image(named: name(tag))?.manifest }

    package func tags() -> [Tag] { records().map(\.tag).sorted() }

    private func records() -> [(tag: Tag, image: ImageRecord)] {
        store.images().compactMap { image in
            guard let reference = try? ImageReference(image.name), reference.repository == repository,
                let tag = reference.tag
            else { return nil }
            return (tag, image)
        }
    }

    package func set(_ descriptor: ContentDescriptor, tags: [Tag]) throws {
        for tag in tags {
            try store.setImage(ImageRecord(name: name(tag), manifest: descriptor, project: project))
        }
    }

    package func remove(_ tag: Tag) throws -> Bool { try store.removeImage(named: name(tag)) }

    package func remove(_ digest: Digest) throws -> Bool {
        let found = records().filter { $0.image.manifest.digest == digest }
        for record in found { try store.removeImage(named: record.image.name) }
        return !found.isEmpty
    }
}
