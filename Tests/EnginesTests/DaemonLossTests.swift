import ContentStore
import Engines
import Glibc
import HostSystem
import TestSupport
import Testing

/// A daemon goes away under a container that runs.
@Suite(.serialized) struct DaemonLossTests {
    private func with(_ docker: RestartableDocker, patience: Double = 60, _ body: (EngineBench) throws -> Void) throws {
        let image = try TestDaemons.image.get()
        let engine = DaemonEngine(
            .docker, environment: processEnvironment().merging(docker.variables) { $1 },
            store: ContentStore(home: "\(try TestDaemons.folder.get())/home"), inventory: [], patience: patience)
        try withTemporaryFolder { folder in
            let environment = try engine.prepare(.stored(name: image.name, manifest: image.manifest)) { _ in }
            try body(EngineBench(engine: engine, environment: environment, folder: folder, tested: .docker))
        }
    }

    /// Prints until a file is there, so that it can be seen whether somebody listens.
    private func talkative(_ bench: EngineBench) throws -> ContainerRequest {
        var request = bench.request("until [ -e /shared/go ]; do echo tick; sleep 0.1; done; echo over; exit 7")
        request.mounts = [try ContainerMount("\(bench.folder):/shared", from: "/")]
        return request
    }

    private func ticks(_ bench: EngineBench, _ request: ContainerRequest) -> Int {
        let text = (try? Files.readText("\(bench.folder)/output-\(request.name)")) ?? ""
        return text.split(separator: "\n").count { $0 == "tick" }
    }

    @Test func aContainerIsFollowedOverARestart() throws {
        try RestartableDocker.with(keepsContainers: true) { docker in
            try with(docker) { bench in
                let request = try talkative(bench)
                let outcome = try bench.run(request) { container in
                    try #require(bench.awaits("tick", of: request))
                    docker.crash()
                    let before = ticks(bench, request)
                    try docker.start()
                    #expect(eventually { ticks(bench, request) > before })
                    #expect(!container.endNotice.isReadable)
                    try Files.write("", to: "\(bench.folder)/go")
                }
                #expect(outcome.end.end == .exited(code: 7) && outcome.output.hasSuffix("tick\nover\n"))
                let said = outcome.end.message ?? ""
                #expect(said.hasPrefix("docker went away for ") && said.contains("meanwhile is lost"), "\(said)")
            }
        }
    }

    @Test func oneThatTheDaemonTookAlongHasItsTrueEnd() throws {
        try RestartableDocker.with(keepsContainers: false) { docker in
            try with(docker) { bench in
                let request = try talkative(bench)
                let outcome = try bench.run(request) { _ in
                    try #require(bench.awaits("tick", of: request))
                    docker.crash()
                    try docker.start()
                }
                guard case .signalled(let number) = outcome.end.end else {
                    Issue.record("\(outcome.end)")
                    return
                }
                #expect([SIGTERM, SIGKILL].contains(number))
                #expect(outcome.end.message?.hasPrefix("docker went away for ") ?? false, "\(outcome.end)")
            }
        }
    }

    @Test func withoutTheDaemonTheEndIsNotKnown() throws {
        try RestartableDocker.with(keepsContainers: true) { docker in
            try with(docker, patience: 0.5) { bench in
                let request = try talkative(bench)
                let outcome = try bench.run(request) { container in
                    try #require(bench.awaits("tick", of: request))
                    docker.crash()
                    #expect(throws: (any Error).self) { try bench.engine.inspect(request.name) }
                    let end = try container.wait()
                    #expect(end.end == .signalled(number: SIGKILL))
                    #expect(end.message?.hasPrefix("its end is not known: ") ?? false, "\(end)")
                    // It is still there, and can be taken away.
                    try docker.start()
                    #expect(try bench.engine.inspect(request.name).status == .running)
                }
                #expect(outcome.end.message?.hasPrefix("its end is not known: ") ?? false)
                #expect(throws: EngineError.self) { try bench.engine.inspect(request.name) }
            }
        }
    }

    /// Podman's containers need no daemon at all; its service is started again.
    @Test func podmansServiceIsStartedAgain() throws {
        try TestedEngine.podman.with { bench in
            let request = try talkative(bench)
            let outcome = try bench.run(request) { _ in
                try #require(bench.awaits("tick", of: request))
                let socket = "\(try TestDaemons.folder.get())/runtime/bunsen/podman.sock"
                let killed = try program("pkill").run(["-KILL", "-f", "podma[n] .*system service .*\(socket)"])
                try #require(killed.succeeded)
                let before = ticks(bench, request)
                #expect(eventually { ticks(bench, request) > before + 5 })
                try Files.write("", to: "\(bench.folder)/go")
            }
            #expect(outcome.end.end == .exited(code: 7) && outcome.output.hasSuffix("tick\nover\n"), "\(outcome.end)")
            #expect(outcome.end.message?.hasPrefix("podman went away for ") ?? false)
        }
    }
}

extension EndNotice {
    fileprivate var isReadable: Bool {
        guard case .descriptor(let notice) = self else { return false }
        var poller = pollfd(fd: notice.number, events: Int16(POLLIN), revents: 0)
        return poll(&poller, 1, 0) > 0
    }
}
