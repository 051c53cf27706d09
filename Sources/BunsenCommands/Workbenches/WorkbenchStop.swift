import Engines
import Glibc
import HostSystem
import RunCapture
import Workbench

/// Stops a workbench by asking the Bunsen that keeps it open; where that one was killed, by removing what it left.
struct WorkbenchStop: StopTarget {
    private let workbench: WorkbenchReference
    private let context: CommandContext
    private let wasOpen: Bool

    init(_ workbench: WorkbenchReference, _ context: CommandContext) {
        self.workbench = workbench
        self.context = context
        wasOpen = workbench.status(context).isOpen
    }

    func request(time: Int32?) throws {
        if let keeper = workbench.folder.keeper, try keeper.send(SIGTERM, value: time.map(StopRequest.value)) { return }
        if wasOpen {
            try removeContainer()
        }
    }

    func waitForEnd() throws -> StopEnd {
        // Its keeper kills what does not end in its time.
        while workbench.folder.isKept { usleep(20_000) }
        if !wasOpen { return end("it has ended already") }
        var record = workbench.folder.record() ?? workbench.record
        if record.end == nil {
            // Nobody was there to write it.
            record.end = .init(time: .now, reason: "stopped")
            try workbench.folder.write(record)
        }
        return end(record.end?.reason ?? "stopped")
    }

    private func end(_ reason: String) -> StopEnd {
        let name = workbench.record.name
        return StopEnd(kind: "workbench", id: name, status: "ended", reason: reason, sentence: "\(name): \(reason)")
    }

    private func removeContainer() throws {
        try WorkbenchReference.engine(workbench.record, context).remove(workbench.record.container)
    }
}
