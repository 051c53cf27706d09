import ContentStore
import Engines
import Glibc
import HostSystem
import OCIModel

// Runs a command in an image of a store by the runc engine alone, without a record: engine-start HOME IMAGE WORD…
let arguments = CommandLine.arguments
guard arguments.count >= 4 else {
    print("usage: engine-start BUNSEN_HOME IMAGE COMMAND...")
    exit(2)
}
let engine = RuncEngine(
    store: ContentStore(home: arguments[1]), environment: processEnvironment(), inventory: [])
let environment = try engine.prepare(.named(ImageReference(arguments[2]))) { _ in }
var request = ContainerRequest(
    name: "engine-start-\(getpid())", environment: environment, command: Array(arguments[3...]), variables: [:],
    workingFolder: "/", streams: ContainerStreams(input: 0, output: 1, error: 2))
request.streams.isForeground = true
let container = try engine.start(request)
let end = try container.wait()
try engine.remove(request.name)
exit(end.end.shellCode)
