import ContentStore
import ExperimentModel
import HostSystem
import OCIModel
import OCIRegistry
import Synchronization

/// Gives an image of the store to an engine of this machine: the engine pulls it from a loopback registry that lives as
/// long as this takes, so that neither a registry nor an archive is needed and the digest stays.
struct ImageLoading {
    let engine: LoadingEngine
    let store: ContentStore
    let console: Console

    /// - Parameter names: what the engine calls the image afterwards; with tags.
    func load(_ image: Document<ImageManifest>, as names: [ImageReference]) throws {
        try engine.check(image.value.layers.map(\.mediaType))
        guard let first = names.first else { return }
        let kind = engine.kind
        let display = LoadDisplay(
            "loading \(first) into \(kind)", total: image.value.layers.reduce(0) { $0 &+ $1.size }, console)
        let served = LoopbackRegistry.Image(
            path: first.repository.path, tag: try first.tag ?? Tag("latest"), manifest: image.digest)
        let registry = try serve(served, as: first) { display.add($0) }
        let reference = registry.reference(of: served)
        defer { console.endProgress() }
        let pulled = try engine.pull(reference)
        guard pulled.succeeded else {
            throw Failure(
                "\(kind) could not pull \(first)\(LoadingEngine.lastWords(pulled))",
                hint: LoadingEngine.otherWays(kind), code: .unavailable)
        }
        // The name that nobody can pull from again goes, whatever happens to the others.
        defer {
            let removed = try? engine.tool.run(["rmi", reference], timeout: 60)
            if removed?.succeeded != true {
                console.warn("\(kind) keeps the name \(reference)\(removed.map(LoadingEngine.lastWords) ?? "")")
            }
        }
        for name in names { try run(["tag", reference, "\(name)"], "call the image \(name)") }
        try check(image, first)
    }

    private func serve(
        _ image: LoopbackRegistry.Image, as name: ImageReference, _ onSent: @escaping @Sendable (Int) -> Void
    ) throws -> LoopbackRegistry {
        do { return try LoopbackRegistry(store, images: [image], onSent: onSent) } catch let error as OCIRegistryError
            where error.isMissing
        {
            throw Failure("\(error)", hint: ImagePlace.missingLayersHint(name), code: .missing)
        }
    }

    /// What the engine has under the name is what it was given.
    private func check(_ image: Document<ImageManifest>, _ name: ImageReference) throws {
        let said = try run(["image", "inspect", "--format", "{{.Id}}", "\(name)"], "look at \(name)")
        let id = said.split(whereSeparator: \.isNewline).first.map { $0.hasPrefix("sha256:") ? $0.dropFirst(7) : $0 }
        // The configuration's digest, or the manifest's where images are kept by containerd.
        guard let id, id == image.value.config.digest.hex || id == image.digest.hex else {
            throw Failure(
                "\(engine.kind) has another image under the name \(name): \(id ?? "none")",
                hint: "it may have been named anew meanwhile: once more", code: .unavailable)
        }
    }

    @discardableResult
    private func run(_ arguments: [String], _ operation: String) throws -> String {
        let result = try engine.tool.run(arguments, timeout: 300)
        guard result.succeeded else {
            throw Failure(
                "\(engine.kind) cannot \(operation)\(LoadingEngine.lastWords(result))", code: .unavailable)
        }
        return result.outputText
    }
}

/// How much an engine has taken; it leaves out what it has, and unpacks while it takes.
private final class LoadDisplay: Sendable {
    private let state = Mutex((sent: Int64(0), shownAt: 0.0))
    private let what: String
    private let total: Int64
    private let console: Console

    init(_ what: String, total: Int64, _ console: Console) {
        self.what = what
        self.total = total
        self.console = console
        if console.errorIsTerminal { console.progress("\(what) …") } else { console.say(what) }
    }

    func add(_ bytes: Int) {
        state.withLock { state in
            state.sent &+= Int64(bytes)
            guard monotonicSeconds() - state.shownAt > 0.1 else { return }
            state.shownAt = monotonicSeconds()
            let sent = ReadableNumber.size(UInt64(max(0, min(state.sent, total))))
            console.progress("\(what): \(sent) of \(ReadableNumber.size(UInt64(max(0, total))))")
        }
    }
}
