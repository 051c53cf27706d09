import Engines
import HostSystem

/// Containers whose Bunsen was killed: nobody records them any more, so they are ended before the next one is started.
enum ContainerSweep {
    /// Names the journal whose lock the supervisor of a container holds as long as it lives.
    static let label = "bunsen.journal"

    static func run(_ engine: any ContainerEngine, _ console: Console) {
        let states: [ContainerState]
        do {
            states = try engine.list()
        } catch {
            console.warn("containers that a killed bunsen run left could not be looked for: \(error)")
            return
        }
        for state in states {
            guard let journal = state.labels[label], Files.exists(journal), !FileLock.isHeld(journal) else { continue }
            do {
                try engine.remove(state.name)
                console.say("removed the container \(state.name), whose bunsen run was killed")
            } catch {
                console.warn("the container \(state.name) was left by a killed bunsen run: \(error)")
            }
        }
    }
}
