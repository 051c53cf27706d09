import ContentStore
import ExperimentModel
import HostSystem
import ImageBuilder
import OCIModel
import OCIRegistry
import Synchronization

/// Copies between the store and other places, with a line that shows how far it is.
enum Transfer {
    /// Sends an image of the store to the registry that its name has.
    ///
    /// - Returns: bytes that were sent.
    static func push(
        _ name: ImageReference, digest: Digest, _ store: ContentStore, _ registries: RegistrySession,
        _ context: CommandContext
    ) throws -> Int64 {
        let source = BlobFolderImages.stored(in: store, name.repository)
        let destination = registries.repository(name.repository)
        let missing = try source.manifest(.digest(digest)).blobs.filter { !source.hasBlob($0) }
        if try missing.contains(where: { try !destination.hasBlob($0) }) {
            throw Failure(
                "\(missing.count) blobs of \(digest) are in a registry only, and not in \(name.repository)",
                hint: "bring them here first: bunsen image pull NAME, with the name that the image has there",
                code: .missing)
        }
        return try copy(
            from: source, to: destination, .digest(digest),
            tags: name.tag.map { [$0] } ?? [],
            what: "pushing \(name)", context
        ).movedBytes
    }

    /// Copies one image and shows the progress.
    static func copy(
        from source: any ImageSource, to destination: any ImageDestination, _ selector: ImageSelector, tags: [Tag],
        platforms: ImageCopy.Platforms = .all, what: String, _ context: CommandContext
    ) throws -> ImageCopy.Result {
        let display = TransferDisplay(what, context.console)
        var copy = ImageCopy(from: source, to: destination)
        copy.platforms = platforms
        // An archive takes one after the other, and equal images are to give equal archives.
        if destination is DockerArchiveWriter { copy.parallel = 1 }
        copy.onEvent = { display.show($0) }
        defer { context.console.endProgress() }
        return try copy.run(selector, tags: tags)
    }
}

/// Adds up what is on its way.
private final class TransferDisplay: Sendable {
    private struct State {
        var total: Int64 = 0
        var moved: [Digest: Int64] = [:]
        var shownAt = 0.0
    }

    private let state = Mutex(State())
    private let what: String
    private let console: Console

    init(_ what: String, _ console: Console) {
        self.what = what
        self.console = console
        if console.errorIsTerminal { console.progress("\(what) …") } else { console.say(what) }
    }

    func show(_ event: CopyEvent) {
        state.withLock { state in
            switch event {
            case .planned(let blobs): state.total = blobs.reduce(0) { $0 &+ $1.size }
            case .progress(let blob, let moved): state.moved[blob.digest] = moved
            case .finished(let blob, _): state.moved[blob.digest] = blob.size
            case .manifest: break
            }
            guard monotonicSeconds() - state.shownAt > 0.1 else { return }
            state.shownAt = monotonicSeconds()
            let done = state.moved.values.reduce(0, &+)
            console.progress(
                "\(what): \(ReadableNumber.size(UInt64(max(0, done)))) of \(ReadableNumber.size(UInt64(max(0, state.total))))"
            )
        }
    }
}
