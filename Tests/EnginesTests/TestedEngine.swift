import ContentStore
import Engines
import ExperimentModel
import Glibc
import HostSystem
import TestSupport

/// An engine that the contract's tests run on, with the real program behind it.
enum TestedEngine: String, CaseIterable, CustomStringConvertible {
    case process, docker, podman, runc

    /// All, or those that a copy of these tests was started for, as another user.
    static let allCases: [TestedEngine] = {
        guard let names = processEnvironment()[RootlessTests.variable] else { return [process, docker, podman, runc] }
        return names.split(separator: ",").compactMap { TestedEngine(rawValue: String($0)) }
    }()

    var description: String { rawValue }

    /// It keeps limits and mounts; the process engine refuses them.
    var hasContainers: Bool { self != .process }

    static let containers = allCases.filter(\.hasContainers)

    func with<Result>(_ body: (EngineBench) throws -> Result) throws -> Result {
        try withTemporaryFolder { folder in
            // Users of containers go through it to what is mounted.
            chmod(folder, 0o755)
            var bench = EngineBench(
                engine: ProcessEngine(inventory: []), environment: .machine, folder: folder, tested: self)
            switch self {
            case .process: break
            case .docker: bench.engine = try TestDaemons.docker.get()
            case .podman: bench.engine = try TestDaemons.podman.get()
            case .runc:
                bench.engine = try RuncEngine(
                    store: ContentStore(home: "\(TestDaemons.folder.get())/home"), environment: processEnvironment(),
                    inventory: [])
            }
            if hasContainers {
                let image = try TestDaemons.image.get()
                bench.environment = try bench.engine.prepare(.stored(name: image.name, manifest: image.manifest)) { _ in
                }
            }
            return try body(bench)
        }
    }
}

/// Starts commands on one engine and gathers what they do.
struct EngineBench {
    var engine: any ContainerEngine
    var environment: PreparedEnvironment
    /// A folder of the host that the test may use; what it makes there is visible where it is mounted.
    let folder: String
    let tested: TestedEngine

    struct Outcome {
        var end: ContainerEnd
        var output: String
        var error: String
    }

    func request(_ script: String) -> ContainerRequest {
        ContainerRequest(
            name: "bunsen-test-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))", environment: environment,
            command: ["/bin/sh", "-c", script], variables: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
            workingFolder: "/", streams: ContainerStreams())
    }

    /// Runs a command to its end, removes it, and gives what it printed.
    func run(_ request: ContainerRequest, _ meanwhile: (any RunningContainer) throws -> Void = { _ in }) throws
        -> Outcome
    {
        let output = try Descriptor.open("\(folder)/output-\(request.name)", O_RDWR | O_CREAT | O_TRUNC)
        let error = try Descriptor.open("\(folder)/error-\(request.name)", O_RDWR | O_CREAT | O_TRUNC)
        var request = request
        request.streams.output = output.number
        request.streams.error = error.number
        try engine.check(request)
        let container = try engine.start(request)
        defer { try? engine.remove(request.name) }
        try meanwhile(container)
        let end = try container.wait()
        return Outcome(
            end: end, output: try Files.readText("\(folder)/output-\(request.name)"),
            error: try Files.readText("\(folder)/error-\(request.name)"))
    }

    func run(_ script: String) throws -> Outcome { try run(request(script)) }

    /// Waits until a command has printed a text.
    func awaits(_ text: String, of request: ContainerRequest) -> Bool {
        eventually { (try? Files.readText("\(folder)/output-\(request.name)").contains(text)) ?? false }
    }
}
