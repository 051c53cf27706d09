import BaseSystem
import HostSystem
import OCIModel
import OCIRegistry
import RecipeModel
import Resolver

/// The pins of an image's base, made where they are missing or the recipe asks for something else by now.
enum BaseLocking {
    /// - Parameter mustAgree: throw when recipe and pins disagree, instead of pinning again.
    static func current(
        _ project: Project, _ recipe: Recipe, _ lock: Lock, mustAgree: Bool = false, _ registries: RegistrySession,
        _ context: CommandContext
    ) throws -> BaseLock {
        let request = try BaseRequest(recipe: recipe, lock: lock)
        let path = "\(project.folder)/\(BaseLock.fileName)"
        guard Files.exists(path) else {
            if mustAgree {
                throw Failure("there is no \(BaseLock.fileName)", hint: "make one: bunsen lock --image", code: .data)
            }
            context.console.say("there is no \(BaseLock.fileName) yet: pinning the base of the image")
            return try pin(project, request, registries, context)
        }
        let pinned = try BaseLockReader.read(folder: project.folder)
        let changes = pinned.changes(to: request)
        if changes.isEmpty { return pinned }
        if mustAgree {
            throw Failure(
                "bunsen.yaml and \(BaseLock.fileName) disagree: \(changes.joined(separator: "; "))",
                hint: "pin again: bunsen lock --image", code: .data)
        }
        context.console.say("the base has changed (\(changes.joined(separator: "; "))): pinning it again")
        return try pin(project, request, registries, context)
    }

    /// How the pins of the base differ from what recipe and lock ask for, one sentence each. Pins that do not exist agree,
    /// as long as nobody says that they must.
    static func changes(
        _ project: Project, _ recipe: Recipe, _ lock: Lock, mustExist: Bool
    ) throws -> [String] {
        guard mustExist || Files.exists("\(project.folder)/\(BaseLock.fileName)") else { return [] }
        return try BaseLockReader.read(folder: project.folder).changes(to: BaseRequest(recipe: recipe, lock: lock))
    }

    /// Pins the base now, whatever was pinned before, and writes bunsen-image.lock.
    static func pin(
        _ project: Project, _ request: BaseRequest, _ registries: RegistrySession, _ context: CommandContext
    ) throws -> BaseLock {
        let console = context.console
        let resolver = BaseResolver(home: context.home, environment: context.environment) { console.progress($0) }
        let pinned = try resolver.resolve(request) { reference, platform in
            let reference = try ImageReference(reference)
            let image = try registries.repository(reference.repository).image(reference.imageSelector())
            return ImagePin(reference: "\(reference)", digest: "\(image.digest)", platform: platform)
        }
        console.endProgress()
        try pinned.write(folder: project.folder)
        return pinned
    }
}
