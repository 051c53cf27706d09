import ContentStore
import HostSystem
import LayerArchive
import OCIModel
import OCIRegistry
import Synchronization

/// The repositories that an image will be pushed to, as far as a build asks them: which blobs they have, and what the
/// images of the first of them say their layers are made from.
///
/// That word counts for one build only and is never noted in the store. Answers are kept; any number of threads may ask.
package final class PushTarget: Sendable {
    private struct State {
        /// Whether every repository has a blob.
        var blobs: [ContentDescriptor: Bool] = [:]
        /// Layers of the images that were read, by the digest of the key that they claim.
        var claims: [Digest: ContentDescriptor] = [:]
        /// Tags whose images were not read yet; nil until they were asked for.
        var unread: [Tag]?
    }

    private let repositories: [RemoteRegistry]
    private let tag: Tag?
    private let state = Mutex(State())

    /// How many requests are on their way at once.
    private static let width = 8
    /// How many images beside the one with the same tag are read.
    private static let otherImages = 4
    /// Layers whose sources have fewer bytes together are made faster than they are looked for in further images.
    private static let worthLooking: Int64 = 1 << 20

    /// An image that stays here.
    package static let nowhere = PushTarget([], tag: nil)

    /// - Parameters:
    ///   - repositories: all that the image goes to; the first one's images are read.
    ///   - tag: what the image will be called there.
    package init(_ repositories: [RemoteRegistry], tag: Tag?) {
        self.repositories = repositories
        self.tag = tag
    }

    /// The repository whose images are read, for messages.
    package var name: String { repositories.first?.name ?? "nowhere" }

    /// Asks whether the image may be pushed, so that a wrong password is known before anything was built.
    package func open() throws {
        for repository in repositories { try repository.checkPush() }
    }

    /// Whether a blob need not be sent.
    func has(_ descriptor: ContentDescriptor) throws -> Bool { try present([descriptor]) == [descriptor.digest] }

    /// Those of some blobs that need not be sent.
    func present(_ descriptors: [ContentDescriptor]) throws -> Set<Digest> {
        guard !repositories.isEmpty else { return [] }
        let plain = descriptors.map {
            ContentDescriptor(mediaType: $0.mediaType, digest: $0.digest, size: $0.size)
        }
        let unknown = state.withLock { state in Set(plain.filter { state.blobs[$0] == nil }) }
        let answers = try Parallel.map(Array(unknown), width: Self.width) { [repositories] blob in
            (blob, try repositories.allSatisfy { try $0.hasBlob(blob) })
        }
        return state.withLock { state in
            for (blob, isThere) in answers { state.blobs[blob] = isThere }
            return Set(plain.filter { state.blobs[$0] == true }.map(\.digest))
        }
    }

    /// Layers by their keys, as the images of the repository name them, with their blobs there.
    ///
    /// - Parameter keys: with the bytes of what each layer would be made from here, if nobody has it.
    func layers(_ keys: [RecordKey: Int64], format: LayerFormat) throws -> [RecordKey: LayerRecord] {
        guard let repository = repositories.first, !keys.isEmpty else { return [:] }
        let digests = keys.map { (key: $0.key, digest: $0.key.digest, size: $0.value) }
        func missing() -> Int64 {
            state.withLock { state in digests.reduce(0) { $0 &+ (state.claims[$1.digest] == nil ? $1.size : 0) } }
        }
        if state.withLock({ $0.unread == nil }) {
            if let tag { try read(tag, of: repository) }
            state.withLock { $0.unread = [] }
            if missing() > Self.worthLooking {
                let others = try otherTags(of: repository)
                state.withLock { $0.unread = others }
            }
        }
        while missing() > Self.worthLooking, let tag = state.withLock({ $0.unread?.popFirst() }) {
            try read(tag, of: repository)
        }
        var records: [RecordKey: LayerRecord] = [:]
        for (key, digest, _) in digests {
            guard let claim = state.withLock({ $0.claims[digest] }) else { continue }
            records[key] = LayerAnnotations.claimedRecord(claim, format: format)
        }
        let there = try present(records.values.map(\.descriptor))
        return records.filter { there.contains($0.value.descriptor.digest) }
    }

    /// Notes what the layers of an image say that they are. One that is not there, or cannot be read, says nothing.
    private func read(_ tag: Tag, of repository: RemoteRegistry) throws {
        let image: Document<ImageManifest>
        do { image = try repository.image(.tag(tag)) } catch let error as OCIRegistryError {
            switch error.cause {
            case .missing, .document, .unsupported, .wrongDigest: return
            default: throw error
            }
        }
        state.withLock { state in
            for layer in image.value.layers {
                // The image with the tag's own name, which is read first, counts most.
                if let key = LayerAnnotations.claimedKey(layer), state.claims[key] == nil { state.claims[key] = layer }
            }
        }
    }

    /// Other tags, those that begin like this image's first: a variant, another version. None where the registry does not
    /// list them.
    private func otherTags(of repository: RemoteRegistry) throws -> [Tag] {
        let tags: [Tag]
        do { tags = try repository.tags() } catch let error as OCIRegistryError {
            if case .transfer = error.cause { throw error }
            return []
        }
        let own = tag?.description ?? ""
        let ranked = tags.filter { $0 != tag }.map { ($0.description.commonPrefix(with: own), $0) }
        return Array(ranked.sorted { ($0.0, $0.1) > ($1.0, $1.1) }.map(\.1).prefix(Self.otherImages))
    }
}

extension String {
    /// How many characters two texts have in common at their beginning.
    fileprivate func commonPrefix(with other: String) -> Int { zip(self, other).prefix { $0 == $1 }.count }
}

extension Array {
    fileprivate mutating func popFirst() -> Element? { isEmpty ? nil : removeFirst() }
}
