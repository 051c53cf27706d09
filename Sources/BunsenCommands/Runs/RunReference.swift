import ArgumentParser
import ExperimentModel
import RunStore

/// The run that a command is about.
struct RunReference: ParsableArguments {
    @Argument(help: "A run: its id or the beginning of it, its name, or latest.")
    var run = "latest"

    func find(in context: CommandContext) throws -> (project: Project, folder: RunFolder) {
        let project = Project(context)
        return (project, try project.store.find(run))
    }
}
