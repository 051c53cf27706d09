import ExperimentModel
import ImageBuilder
import Synchronization

/// Shows a build: one line that changes on a terminal, plain lines elsewhere.
final class BuildDisplay: Sendable {
    private let console: Console
    private let step = Mutex("")

    init(_ console: Console) { self.console = console }

    func show(_ event: BuildProgress.Event) {
        switch event {
        case .step(let text):
            step.withLock { $0 = text }
            if console.errorIsTerminal { console.progress("\(text) …") } else { console.say(text) }
        case .bytes(let done, let total):
            let text = step.withLock { $0 }
            let size = ReadableNumber.size(UInt64(max(0, done)))
            let of = total > 0 ? " of \(ReadableNumber.size(UInt64(total)))" : ""
            console.progress("\(text): \(size)\(of)")
        case .line(let text):
            console.endProgress()
            console.say(text)
        }
    }
}
