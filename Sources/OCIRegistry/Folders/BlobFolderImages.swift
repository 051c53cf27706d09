import ContentStore
import HTTPTransfer
import OCIModel

/// Images whose blobs and manifests are files by their digests, with a table of names.
package struct BlobFolderImages: ImageSource, ImageDestination {
    package let name: String
    package let blobs: any BlobFolder
    package let table: any TagTable

    package init(name: String, blobs: any BlobFolder, table: any TagTable) {
        self.name = name
        self.blobs = blobs
        self.table = table
    }

    /// An OCI layout folder (OCI image specification, image-layout.md), which is made with the first manifest.
    package static func layoutFolder(_ path: String) -> BlobFolderImages {
        BlobFolderImages(name: path, blobs: PlainBlobFolder(path), table: LayoutIndex(root: path))
    }

    /// What the content store has of a repository.
    ///
    /// - Parameter project: noted with the names that are given.
    package static func stored(in store: ContentStore, _ repository: Repository, project: String? = nil)
        -> BlobFolderImages
    {
        BlobFolderImages(
            name: "\(repository)", blobs: store, table: TagsInStore(store, repository, project: project))
    }

    package func manifest(_ selector: ImageSelector) throws -> ManifestDocument {
        let operation = "read the manifest \(selector)"
        let digest: Digest
        var mediaType: MediaType?
        switch selector {
        case .digest(let wanted): digest = wanted
        case .tag(let tag):
            guard let descriptor = try table.descriptor(of: tag) else {
                throw OCIRegistryError(operation, name, .missing)
            }
            digest = descriptor.digest
            mediaType = descriptor.mediaType
        }
        guard let bytes = try blobs.readBlob(digest, limit: ManifestDocument.sizeLimit) else {
            throw OCIRegistryError(operation, name, .missing)
        }
        do { return try ManifestDocument(parsing: bytes, mediaType: mediaType) } catch {
            throw OCIRegistryError(operation, name, .document(error))
        }
    }

    package func openBlob(_ descriptor: ContentDescriptor, from offset: Int64) throws -> any ByteReader {
        guard blobs.hasBlob(descriptor.digest, size: descriptor.size) else {
            throw OCIRegistryError("read the blob \(descriptor.digest)", name, .missing)
        }
        return try FileReader(blobs.path(of: descriptor.digest), from: offset)
    }

    package func tags() throws -> [Tag] { try table.tags() }

    package func hasBlob(_ descriptor: ContentDescriptor) -> Bool {
        blobs.hasBlob(descriptor.digest, size: descriptor.size)
    }

    package func putBlob(_ descriptor: ContentDescriptor, from content: BlobContent) throws {
        try blobs.store(content, as: descriptor)
    }

    package func putManifest(_ manifest: ManifestDocument, tags: [Tag]) throws {
        try blobs.store(manifest.bytes, as: manifest.descriptor)
        try table.set(manifest.descriptor, tags: tags)
    }

    package func delete(_ selector: ImageSelector) throws {
        let found =
            switch selector {
            case .tag(let tag): try table.remove(tag)
            case .digest(let digest): try table.remove(digest)
            }
        if !found { throw OCIRegistryError("delete \(selector)", name, .missing) }
    }
}
