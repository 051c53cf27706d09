import ArgumentParser
import HostSystem
import Workbench

struct DownCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop a workbench and remove it: its home folder, its keys, its place in ssh's settings.",
        discussion: "The project itself, and everything in it, stays.")

    @Argument(help: "Names of workbenches.")
    var names: [String] = []

    @Flag(name: .long, help: "All of yours.")
    var all = false

    func validate() throws {
        guard all != !names.isEmpty else { throw ValidationError("name workbenches, or give --all") }
    }

    func run(in context: CommandContext) throws -> Int32 {
        let names = all ? WorkbenchFolder.all(home: context.home).map(\.name) : names
        // All are looked up before any is removed.
        let workbenches = try names.map { try WorkbenchReference.find($0, context) }
        if workbenches.isEmpty { context.console.say("there is no workbench") }
        for workbench in workbenches {
            let stop = WorkbenchStop(workbench, context)
            try stop.request(time: nil)
            _ = try stop.waitForEnd()
            ClientConfiguration(home: context.path("~"), name: workbench.record.name).remove()
            try workbench.folder.remove()
            context.console.say("\(workbench.record.name) is gone")
        }
        return 0
    }
}
