import ExperimentModel

extension RunEnd {
    /// The code that a shell would report of the command itself.
    var shellCode: Int32 { exitCode ?? signal.map { 128 + $0 } ?? ExitCode.failure.rawValue }
}

extension RunManifest {
    /// How the run ended, in a sentence for the person.
    func sentence(for end: RunEnd, _ console: Console) -> String {
        let style: Console.Style = end.status == .finished ? .green : .red
        var text =
            "run \(id.short) \(console.styled(end.status.rawValue, style)) after \(ReadableNumber.duration(end.duration))"
        if let reason = end.reason {
            text += ": \(reason)"
        } else if let code = end.exitCode, code != 0 {
            text += ": exit code \(code)"
        }
        if let primary, let value = summary?.primaryValue {
            text += "; best \(primary.metric) \(ReadableNumber.text(value))"
            if let step = summary?.primaryStep { text += " at step \(step)" }
        }
        return text
    }
}
