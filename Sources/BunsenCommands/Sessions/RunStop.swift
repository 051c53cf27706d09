import ExperimentModel
import Glibc
import HostSystem
import RunStore

/// Stops a run by asking the process that stays with it, as Ctrl-C would.
struct RunStop: StopTarget {
    private let folder: RunFolder
    private let console: Console
    private let wasRunning: Bool

    init(_ folder: RunFolder, _ console: Console) {
        self.folder = folder
        self.console = console
        wasRunning = folder.isHeld
    }

    func request(time: Int32?) throws {
        let manifest = try folder.readManifest()
        // A manifest with an end is the supervisor's last but one word: it writes the entry now.
        guard folder.isHeld, manifest.end == nil else { return }
        guard let supervisor = manifest.supervisor else {
            throw Failure(
                "nothing tells which process stays with run \(folder.id.short)",
                hint: "press Ctrl-C where it was started", code: .notNow)
        }
        if try supervisor.send(SIGTERM, value: time) { return }
        // It ends at this moment, or it is not among the processes that are seen from here.
        guard isOver(within: 1) else {
            throw Failure(
                "run \(folder.id.short) is watched by process \(supervisor.id) of another machine or container",
                hint: "stop it where it was started: \(manifest.host.name)", code: .unavailable)
        }
    }

    func waitForEnd() throws -> StopEnd {
        if !isOver(within: 1) {
            console.progress("waiting for the end of run \(folder.id.short) …")
            while !isOver(within: 60) {}
            console.endProgress()
        }
        let manifest = try folder.readManifest()
        let id = folder.id.text
        guard let end = manifest.end else {
            return StopEnd(
                kind: "run", id: id, status: RunStatus.interrupted.rawValue,
                sentence: "run \(folder.id.short) was interrupted: its supervisor ended without a word")
        }
        let before = wasRunning ? "" : "it has ended already: "
        return StopEnd(
            kind: "run", id: id, status: end.status.rawValue, exitCode: end.exitCode, reason: end.reason,
            sentence: before + manifest.sentence(for: end, console))
    }

    /// The supervisor lets go of the journal with its own end, after the entry.
    private func isOver(within seconds: Double) -> Bool {
        let deadline = monotonicSeconds() + seconds
        while folder.isHeld {
            if monotonicSeconds() > deadline { return false }
            usleep(20_000)
        }
        return true
    }
}
