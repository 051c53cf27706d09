import ArgumentParser
import ContentStore
import ExperimentModel
import HostSystem

struct StoreCheckCommand: ContextualCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read everything in the store, and remove what is damaged.",
        discussion: "Exits with 65 when something was damaged or an image needs content that is not here.")

    @OptionGroup var output: FormatOption

    func run(in context: CommandContext) throws -> Int32 {
        let console = context.console
        let started = monotonicSeconds()
        let check = try ContentStore(home: context.home).check { files, bytes in
            console.progress("read \(files) files, \(StoreText.size(bytes))")
        }
        console.endProgress()
        try output.print(
            to: console, json: { try RecordCoding.encode(Report(check)) }, text: { text(check) })
        if output.format == .text {
            let time = ReadableNumber.duration(monotonicSeconds() - started)
            console.say(
                "read \(check.checked) files, \(StoreText.size(check.bytes)), in \(time): "
                    + (check.isSound ? "all sound" : "\(check.damaged.count) damaged"))
            if !check.isSound {
                console.say("hint: what is missing is made or downloaded again by the next command that needs it")
            }
        }
        return check.isSound ? 0 : ExitCode.data.rawValue
    }

    private func text(_ check: StoreCheck) -> String {
        check.damaged.map {
            "\($0.kind.words): \($0.name): \($0.reason)\($0.isRemoved ? ", removed" : ", and cannot be removed")\n"
        }.joined()
            + check.incomplete.map { "image \($0.image): needs \($0.digest), which is not here\n" }.joined()
    }

    private struct Report: Encodable {
        struct Damage: Encodable {
            let kind: StoreKind
            let name: String
            let reason: String
            let removed: Bool
        }
        struct Incomplete: Encodable {
            let image: String
            let missing: String
        }

        let files: Int
        let bytes: Int64
        let damaged: [Damage]
        let incomplete: [Incomplete]

        init(_ check: StoreCheck) {
            files = check.checked
            bytes = check.bytes
            damaged = check.damaged.map {
                Damage(kind: $0.kind, name: $0.name, reason: $0.reason, removed: $0.isRemoved)
            }
            incomplete = check.incomplete.map { Incomplete(image: $0.image, missing: "\($0.digest)") }
        }
    }
}
