import Engines
import ExperimentModel
import Glibc
import HostSystem
import RunCapture
import RunStore

/// Stops a run by asking the process that stays with it, as Ctrl-C would.
struct RunStop: StopTarget {
    private let folder: RunFolder
    private let context: CommandContext
    private let wasRunning: Bool
    private var console: Console { context.console }

    init(_ folder: RunFolder, _ context: CommandContext) {
        self.folder = folder
        self.context = context
        wasRunning = folder.isHeld
    }

    func request(time: Int32?) throws {
        let manifest = try folder.readManifest()
        // A manifest with an end is the supervisor's last but one word: it writes the entry now.
        guard manifest.end == nil else { return }
        guard folder.isHeld else { return endLeftContainer(manifest) }
        guard let supervisor = manifest.supervisor else {
            throw Failure(
                "nothing tells which process stays with run \(folder.id.short)",
                hint: "press Ctrl-C where it was started", code: .notNow)
        }
        if try supervisor.send(SIGTERM, value: time.map(StopRequest.value)) { return }
        // It ends at this moment, or it is not among the processes that are seen from here.
        guard isOver(within: 1) else {
            throw Failure(
                "run \(folder.id.short) is watched by process \(supervisor.id) of another machine or container",
                hint: "stop it where it was started: \(manifest.host.name)", code: .unavailable)
        }
    }

    /// A daemon's container goes on where the Bunsen that stayed with it was killed.
    private func endLeftContainer(_ manifest: RunManifest) {
        guard let name = EngineName(rawValue: manifest.command.engine), [.docker, .podman].contains(name) else {
            return
        }
        do {
            let engines = EngineCatalog.ofThisMachine([], context)
            ContainerSweep.run(try engines.choose(name, need: nil).engine, console)
        } catch {
            console.warn("whether a container of run \(folder.id.short) still runs could not be asked: \(error)")
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
