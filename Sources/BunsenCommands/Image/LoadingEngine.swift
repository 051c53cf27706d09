import ArgumentParser
import ContentStore
import Engines
import Glibc
import HostSystem
import OCIModel
import OCIRegistry

/// An engine of this machine that takes images from the store.
struct LoadingEngine: Sendable {
    enum Kind: String, ExpressibleByArgument, CaseIterable { case docker, podman }

    let kind: Kind
    let tool: Tool
    /// Docker's; Podman is not asked.
    private let version: String?

    /// Finds the engine and sees that it runs and can pull from this process, before work is done that would be for
    /// nothing.
    init(_ kind: Kind, _ context: CommandContext) throws {
        self.kind = kind
        let searchPath = context.environment["PATH"] ?? ""
        guard let path = findExecutable(kind.rawValue, searchPath: searchPath, from: context.workingFolder) else {
            throw Failure("there is no \(kind) on PATH", hint: Self.otherWays(kind), code: .unavailable)
        }
        var environment = context.environment
        // What is pulled is one image for this machine, which nobody has signed.
        for name in ["DOCKER_DEFAULT_PLATFORM", "DOCKER_CONTENT_TRUST"] { environment[name] = nil }
        tool = Tool(executable: path, environment: environment)
        switch kind {
        case .docker:
            let endpoint = try Self.dockerEndpoint(tool)
            try Self.check(kind, endpoint)
            version = try Self.said(
                tool, ["version", "--format", "{{.Server.Version}}"], "docker at \(endpoint) does not answer", kind)
        case .podman:
            if let endpoint = environment["CONTAINER_HOST"], !endpoint.isEmpty { try Self.check(kind, endpoint) }
            version = nil
        }
        try checkReach(context)
    }

    /// Sees that the engine can unpack the layers of an image.
    func check(_ mediaTypes: some Sequence<MediaType>) throws {
        // Docker's own stores read zstd since 23.0; Podman has for longer than it has been packaged.
        guard let version, let major = Int(version.prefix { $0 != "." }), major < 23 else { return }
        guard mediaTypes.contains(where: { $0.layerCompression == .zstd }) else { return }
        throw Failure(
            "docker \(version) cannot unpack layers that are compressed with zstd",
            hint: "build with --layers gzip, or update docker to 23.0 or newer", code: .unavailable)
    }

    /// How an image gets into an engine that cannot pull from this process.
    static func otherWays(_ kind: Kind) -> String {
        "an engine elsewhere pulls from a registry (--push), or reads a file: "
            + "--output docker-archive:image.tar, then there: \(kind) load -i image.tar"
    }

    // MARK: Where the engine is

    /// The socket that the docker client talks to: its context's, unless DOCKER_HOST says otherwise.
    private static func dockerEndpoint(_ tool: Tool) throws -> String {
        try said(
            tool, ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
            "docker does not say where its daemon is", .docker)
    }

    private static func said(_ tool: Tool, _ arguments: [String], _ problem: String, _ kind: Kind) throws -> String {
        let result = try tool.run(arguments, timeout: 30)
        let text = result.outputText.split(separator: "\n").first.map(String.init) ?? ""
        guard result.succeeded, !text.isEmpty else {
            throw Failure("\(problem)\(lastWords(result))", hint: otherWays(kind), code: .unavailable)
        }
        return text
    }

    /// Whether the engine's service is on this machine, runs, and is open to this user.
    private static func check(_ kind: Kind, _ endpoint: String) throws {
        guard endpoint.hasPrefix("unix://") else {
            if endpoint.hasPrefix("tcp://127.") || endpoint.hasPrefix("tcp://localhost:") { return }
            throw Failure(
                "\(kind) is at \(endpoint), and pulls what is loaded from this machine only",
                hint: otherWays(kind), code: .unavailable)
        }
        do {
            try DaemonAddress(endpoint).probe()
        } catch let error as SystemError where [EACCES, EPERM].contains(error.code) {
            let path = endpoint.dropFirst(7)
            throw Failure(
                "\(kind)'s socket \(path) is not open to you",
                hint: "join the group that owns it: ls -l \(path); sudo usermod -aG GROUP USER; log in again",
                code: .unavailable)
        } catch let error as SystemError where [ENOENT, ECONNREFUSED].contains(error.code) {
            throw Failure(
                "\(kind) does not run: nothing answers at \(endpoint.dropFirst(7))",
                hint: "start it: systemctl start \(kind)", code: .unavailable)
        }
    }

    /// Has the engine ask for an image that is not there: what counts is that the question arrives. An engine in a
    /// virtual machine, in a container or in a network of its own would look for it at a loopback of its own.
    private func checkReach(_ context: CommandContext) throws {
        let registry = try LoopbackRegistry(ContentStore(home: context.home), images: [])
        let result = try pull(registry.reference(path: "nothing", tag: Tag("none")), timeout: 60)
        guard !registry.hasBeenReached else { return }
        throw Failure(
            "\(kind) cannot pull from this process\(Self.lastWords(result))", hint: Self.otherWays(kind),
            code: .unavailable)
    }

    func pull(_ reference: String, timeout: Double? = nil) throws -> Tool.Result {
        switch kind {
        case .docker: try tool.run(["pull", reference], timeout: timeout)
        case .podman: try tool.run(["pull", "--tls-verify=false", reference], timeout: timeout)
        }
    }

    /// The end of what a program said about its failure, to be put behind a sentence.
    static func lastWords(_ result: Tool.Result) -> String {
        if result.timedOut { return ": no answer in time" }
        let line = result.errorText.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
        return line.map { ", it says: \($0)" } ?? ""
    }
}
