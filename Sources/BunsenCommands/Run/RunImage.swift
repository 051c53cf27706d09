import ContentStore
import Engines
import OCIModel
import OCIRegistry
import RecipeModel
import Resolver

/// The image that a run's command is started in, and what it says of itself.
struct RunImage {
    let environment: ContainerEnvironment
    /// The labels of an image of Bunsen's store; empty for others, which only their engine knows.
    let labels: [String: String]
    /// What the person should know of it.
    var warning: String?

    /// The image that was asked for, else the one of the lock.
    static func chosen(
        _ name: String?, _ project: Project, _ lock: Lock?, variant: String?, _ context: CommandContext
    ) throws -> RunImage {
        let store = ContentStore(home: context.home)
        if let name { return try named(name, in: store) }
        guard let lock, let digest = try project.recipeDigest() else {
            throw Failure(
                "there is no bunsen.yaml here or above, so there is no image of it",
                hint: "name an image: --image REFERENCE, or write a recipe: bunsen init", code: .missing)
        }
        return try built(from: lock, variant: variant, recipeDigest: digest, in: store)
    }

    /// The image that was named: one of the store, else one that the engine has or pulls.
    private static func named(_ text: String, in store: ContentStore) throws -> RunImage {
        let isInStore = text.hasPrefix("store:")
        var name = try ImageReference(isInStore ? String(text.dropFirst(6)) : text)
        if name.tag == nil, name.digest == nil { name.tag = try Tag("latest") }
        if let record = store.image(named: "\(name)") { return try stored(record, store) }
        guard !isInStore else {
            throw Failure(
                "there is no image \(name) in the store", hint: "list them: bunsen image list", code: .missing)
        }
        return RunImage(environment: .named(name), labels: [:])
    }

    /// The newest image of the store that was built from a lock.
    private static func built(from lock: Lock, variant: String?, recipeDigest: String, in store: ContentStore) throws
        -> RunImage
    {
        let records = store.images().sorted { $0.time > $1.time }
        for record in records {
            guard var image = try? stored(record, store), image.labels["bunsen.lock.digest"] == lock.digest,
                image.labels["bunsen.variant"] == variant
            else { continue }
            if image.labels["bunsen.recipe.digest"] != recipeDigest {
                image.warning =
                    "the image \(record.name) was built before bunsen.yaml changed last; bunsen build makes it anew"
            }
            return image
        }
        throw Failure(
            "there is no image of this lock yet, and this engine runs images",
            hint: "make it, once for this lock: bunsen build\(variant.map { " --variant \($0)" } ?? "")",
            code: .missing)
    }

    private static func stored(_ record: ImageRecord, _ store: ContentStore) throws -> RunImage {
        let name = try ImageReference(record.name)
        let images = BlobFolderImages.stored(in: store, name.repository)
        let image = try images.image(.digest(record.manifest.digest))
        let configuration = try images.configuration(of: image).value
        return RunImage(
            environment: .stored(name: name, manifest: record.manifest.digest),
            labels: configuration.config?.labels ?? [:])
    }
}
