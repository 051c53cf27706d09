import ArgumentParser
import ProjectExport

/// `bunsen export` and its commands.
package struct ExportCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write files with which other tools start the image.",
        subcommands: [ExportDevContainerCommand.self, ExportComposeCommand.self, ExportDockerfileCommand.self])

    package init() {}
}

package struct ExportDevContainerCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "devcontainer",
        abstract: "Write .devcontainer/devcontainer.json: the image by digest, with the recipe's mounts and limits.")

    @OptionGroup var image: ExportedImage
    @OptionGroup var file: ExportedFile
    @OptionGroup var format: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let subject = try image.subject(context)
        return try file.write(
            DevContainerFile(subject).text, as: DevContainerFile.path, format, context,
            next: "open the folder in an editor that knows dev containers, or: devcontainer up --workspace-folder .")
    }
}

package struct ExportComposeCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "compose",
        abstract: "Write compose.yaml: the image by digest, with the recipe's mounts and limits.")

    @OptionGroup var image: ExportedImage
    @OptionGroup var file: ExportedFile
    @OptionGroup var format: FormatOption

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let compose = ComposeFile(try image.subject(context))
        return try file.write(
            compose.text, as: ComposeFile.path, format, context,
            next: "docker compose run --rm \(compose.serviceName) python train.py")
    }
}
