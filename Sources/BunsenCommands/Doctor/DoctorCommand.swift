import ArgumentParser

package struct DoctorCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what works on this machine, and what the rest lacks.",
        subcommands: [DoctorEnginesCommand.self])

    package init() {}
}
