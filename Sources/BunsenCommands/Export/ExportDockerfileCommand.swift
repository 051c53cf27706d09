import ArgumentParser
import HostSystem
import ProjectExport
import Resolver

package struct ExportDockerfileCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dockerfile",
        abstract: "Write a Dockerfile that installs the lock without Bunsen.",
        discussion: """
            For those who must have one. Python packages are checked against the digests of the lock; Debian packages are \
            those of the day of the build. `bunsen build` needs no daemon and gives the same image everywhere.
            """)

    @Option(name: .long, help: "The number of the image's user, who owns what containers write.")
    var uid: UInt32 = 1000

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var file: ExportedFile
    @OptionGroup var format: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let project = Project(context)
        let recipe = try project.neededRecipe()
        let lock = try LockedEnvironment.currentLock(project, recipe, mustAgree: false, context)
        let base = try BaseLocking.current(project, recipe, lock, registry.session(context), context)
        let dockerfile = try Dockerfile(
            lock: lock, pylock: try Files.readText("\(project.folder)/\(Lock.pylockName)"), base: base,
            environment: recipe.run.environment, userID: uid)
        let code = try file.write(
            dockerfile.text, as: Dockerfile.path, format, context, next: "docker build --tag \(recipe.name) .")
        for path in dockerfile.localFiles {
            context.console.say(
                "note: the lock takes a package from a file of this machine; before building: mkdir -p wheels && "
                    + "cp '\(path)' wheels/")
        }
        return code
    }
}
