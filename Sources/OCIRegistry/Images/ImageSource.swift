import HTTPTransfer
import OCIModel

/// A repository that images can be read from: a registry's, a folder, an archive, the content store.
///
/// All calls wait, and any number of threads may make them.
package protocol ImageSource: Sendable {
    /// For messages.
    var name: String { get }

    /// The manifest of a tag or digest, with its own bytes; a digest is checked.
    ///
    /// - Throws: `OCIRegistryError`, with `isMissing` where there is none.
    func manifest(_ selector: ImageSelector) throws -> ManifestDocument

    /// A blob for streaming, from a byte on. Its digest is not checked here.
    func openBlob(_ descriptor: ContentDescriptor, from offset: Int64) throws -> any ByteReader

    /// All tags, sorted.
    func tags() throws -> [Tag]

    /// The repository of a registry that this is, from which its registry can mount blobs into another one.
    var mountableRepository: Repository? { get }
}

extension ImageSource {
    package var mountableRepository: Repository? { nil }

    /// A small blob, such as a configuration, with its digest checked.
    package func readBlob(_ descriptor: ContentDescriptor, limit: Int = 8 << 20) throws -> [UInt8] {
        guard descriptor.size <= Int64(limit) else {
            throw OCIRegistryError(
                "read \(descriptor.digest)", name, .unsupported("it has more than the \(limit) bytes that are accepted")
            )
        }
        return try VerifyingReader(try openBlob(descriptor, from: 0), descriptor, place: name).readAll(limit: limit)
    }

    /// The image for one platform: the manifest itself, or the one that an index has for it.
    package func image(_ selector: ImageSelector, for platform: Platform = .host) throws -> Document<ImageManifest> {
        switch try manifest(selector) {
        case .image(let document): return document
        case .index(let index):
            guard let descriptor = index.value.manifest(for: platform) else {
                let known = index.value.manifests.compactMap { $0.platform?.description }.joined(separator: ", ")
                throw OCIRegistryError(
                    "choose an image of \(selector)", name,
                    .unsupported("there is none for \(platform), only for \(known.isEmpty ? "nothing" : known)"))
            }
            guard case .image(let document) = try manifest(.digest(descriptor.digest)) else {
                throw OCIRegistryError("choose an image of \(selector)", name, .unsupported("its index holds indexes"))
            }
            return document
        }
    }

    /// The configuration of an image.
    package func configuration(of image: Document<ImageManifest>) throws -> Document<ImageConfiguration> {
        do {
            return try Document(parsing: try readBlob(image.value.config), mediaType: image.value.config.mediaType)
        } catch let error as OCIModelError {
            throw OCIRegistryError("read the configuration of \(image.digest)", name, .document(error))
        }
    }
}
