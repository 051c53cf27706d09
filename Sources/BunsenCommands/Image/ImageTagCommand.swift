import ArgumentParser
import ContentStore
import OCIModel

package struct ImageTagCommand: ContextualCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Give an image of the store another name.")

    @Argument(help: "The image.")
    var name: String

    @Argument(help: "Its further name.")
    var newName: String

    package init() {}

    package func run(in context: CommandContext) throws -> Int32 {
        let store = ContentStore(home: context.home)
        let source = try ImageReference(name)
        guard let record = store.image(named: "\(source)") else {
            throw Failure(
                "there is no image \(source) in the store", hint: "list them: bunsen image list", code: .missing)
        }
        var target = try ImageReference(newName)
        if target.tag == nil { target.tag = source.tag }
        try store.setImage(
            ImageRecord(name: "\(target)", manifest: record.manifest, project: record.project))
        context.console.writeLine("\(target)@\(record.manifest.digest)")
        return 0
    }
}
