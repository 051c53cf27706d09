import ContentStore
import Engines
import Glibc
import HostSystem
import OCIModel

// Runs a command in an image of a store by one engine alone, without a record: engine-start ENGINE HOME IMAGE WORD…
let arguments = CommandLine.arguments
guard arguments.count >= 5, ["runc", "docker"].contains(arguments[1]) else {
    print("usage: engine-start runc|docker BUNSEN_HOME IMAGE COMMAND...")
    exit(2)
}
let store = ContentStore(home: arguments[2])
let engine: any ContainerEngine =
    arguments[1] == "runc"
    ? RuncEngine(store: store, environment: processEnvironment(), inventory: [])
    : DaemonEngine(.docker, environment: processEnvironment(), store: store, inventory: [])
let name = try ImageReference(arguments[3])
guard let image = store.image(named: "\(name)") else {
    print("there is no image \(name) in the store")
    exit(66)
}
let environment = try engine.prepare(.stored(name: name, manifest: image.manifest.digest)) { _ in }
var request = ContainerRequest(
    name: "engine-start-\(getpid())", environment: environment, command: Array(arguments[4...]), variables: [:],
    workingFolder: "/", streams: ContainerStreams(input: 0, output: 1, error: 2))
request.streams.isForeground = true
let container = try engine.start(request)
let end = try container.wait()
try engine.remove(request.name)
exit(end.end.shellCode)
