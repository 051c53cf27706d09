import ContentStore
import ExperimentModel
import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import Engines

/// What is particular to containers by runc alone: layers as they lie in the store, and what is left after a kill.
@Suite(.serialized) struct RuncTests {
    /// Runs a script in an image on this test's own store.
    private func with(
        layers: [[String: String]], _ body: (EngineBench, ContentStore) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            chmod(folder, 0o755)
            let store = ContentStore(home: "\(folder)/home")
            let tiny = try TinyImage(in: store)
            let manifest = try Self.stack(layers, on: tiny, in: store, folder: folder)
            let engine = RuncEngine(store: store, environment: processEnvironment(), inventory: [])
            let environment = try engine.prepare(.stored(name: tiny.name, manifest: manifest)) { _ in }
            try body(
                EngineBench(engine: engine, environment: environment, folder: folder, tested: .runc), store)
        }
    }

    /// An image with further layers, each unpacked by itself as those of wheels are.
    private static func stack(
        _ layers: [[String: String]], on tiny: TinyImage, in store: ContentStore, folder: String
    ) throws -> Digest {
        let below = try Document<ImageManifest>(parsing: store.read(tiny.manifest), mediaType: .manifest).value
        let base = try Document<ImageConfiguration>(
            parsing: store.read(below.config.digest), mediaType: .configuration
        ).value
        var diffIDs = base.rootfs.diffIDs
        var descriptors = below.layers
        for (number, files) in layers.enumerated() {
            let id = Digest(of: Array("layer \(number)".utf8))
            let writer = try store.snapshotWriter()
            for (path, content) in files {
                let place = "\(writer.tree)/\(path)"
                try Files.makeFolder(Files.parent(of: place) ?? "/")
                try Files.write(content, to: place, mode: 0o755)
            }
            chmod(writer.tree, 0o755)
            _ = try writer.finish(as: id, note: "layer \(number)")
            diffIDs.append(id)
            descriptors.append(ContentDescriptor(mediaType: .layer, digest: id, size: 1))
        }
        let configuration = try Document(
            ImageConfiguration(platform: .host, config: base.config, diffIDs: diffIDs, history: nil),
            mediaType: .configuration)
        try store.store(configuration)
        let document = try Document(
            ImageManifest(config: configuration.descriptor, layers: descriptors), mediaType: .manifest)
        try store.store(document)
        return document.digest
    }

    @Test func moreLayersThanAnyImageHas() throws {
        let layers = (0..<127).map { ["opt/part/\($0)": "\($0)", "opt/top": "\($0)"] }
        try with(layers: layers) { bench, _ in
            let outcome = try bench.run("ls /opt/part; cat /opt/top")
            let lines = outcome.output.split(separator: "\n").map(String.init)
            #expect(lines.count == 128 && lines.last == "126", "\(outcome)")
            #expect(Set(lines.dropLast()) == Set((0..<127).map(String.init)))
        }
    }

    @Test func nothingIsMountedOnTheHostAndNothingIsLeft() throws {
        try with(layers: []) { bench, store in
            let parent = ContainerFolder.parent(home: store.home)
            let request = bench.request("echo written >/etc/own; cat /etc/own; echo ready; sleep 60")
            _ = try bench.run(request) { container in
                try #require(bench.awaits("ready", of: request))
                #expect(!(try Files.readText("/proc/self/mountinfo").contains(bench.folder)))
                try container.signal(SIGKILL)
                let end = try container.wait()
                #expect(end == ContainerEnd(.signalled(number: SIGKILL)))
                #expect(try bench.engine.inspect(request.name).status == .ended(end))
            }
            #expect(try Files.names(in: parent) == [])
            let places = try #require(ControlGroups.ofThisMachine()?.places)
            for place in places { #expect(!Files.exists("\(place)/bunsen/\(request.name)")) }
        }
    }

    /// Bunsen is killed; the next command finds what is left.
    @Test func whatAKilledProcessLeavesIsFound() throws {
        try with(layers: []) { bench, store in
            let place = ContainerFolder(home: store.home, name: "abandoned")
            let group = "/bunsen/abandoned"
            let groups = try #require(ControlGroups.ofThisMachine())
            do {
                let lock = try place.make(
                    .init(
                        name: "abandoned", image: nil, started: .now, limits: .init(), labels: [:], controlGroup: group)
                )
                try Files.makeFolder("\(place.path)/upper/some/where")
                for hierarchy in groups.places { try Files.makeFolder("\(hierarchy)\(group)") }
                #expect(try bench.engine.list().map(\.name) == ["abandoned"], "somebody looks after it")
                withExtendedLifetime(lock) {}
            }
            #expect(try bench.engine.list().isEmpty)
            #expect(!Files.exists(place.path))
            for hierarchy in groups.places { #expect(!Files.exists(hierarchy + group)) }
        }
    }

    @Test func forbiddenCallsFail() throws {
        try with(layers: []) { bench, _ in
            let outcome = try bench.run(
                """
                busybox unshare -r true && echo users; busybox unshare -m true && echo mounts
                busybox mount -t tmpfs none /tmp && echo mounted; busybox chroot / true && echo root
                busybox mknod /tmp/device b 8 0 && echo device
                cat /proc/kcore | head -c 1 | busybox wc -c
                echo x >/proc/sys/kernel/hostname && echo name
                grep -c . /proc/self/status >/dev/null; grep Seccomp: /proc/self/status
                """)
            #expect(outcome.output == "0\nSeccomp:\t2\n", "\(outcome)")
        }
    }

    /// An ordinary user, with no right but to make namespaces: the same layers, one's own files, no limits.
    @Test func anOrdinaryUserRunsContainersToo() throws {
        try #require(geteuid() == 0, "this test becomes the user bunsen-test, which ./test makes")
        try withTemporaryFolder { folder in
            let home = "\(folder)/home"
            let image = try TinyImage(in: ContentStore(home: home))
            let project = Project(folder: "\(folder)/project", home: home)
            try Files.makeFolder(project.folder)
            chmod(folder, 0o755)
            let prefix = [
                "chown", "-R", "bunsen-test:", folder, "&&", "exec", "setpriv", "--reuid=bunsen-test",
                "--regid=bunsen-test", "--clear-groups", Project.program, "run", "--engine", "runc",
            ].joined(separator: " ")
            let result = try project.shell(
                "\(prefix) --image store:\(image.name) -- sh -c 'id -u; touch made /own; stat -c %u made; echo loss=0.5'"
            )
            #expect(result.succeeded, "\(result.errorText)")
            #expect(result.outputText == "0\n0\nloss=0.5\n", "\(result)")
            var made = stat()
            var place = stat()
            #expect(stat("\(project.folder)/made", &made) == 0 && stat(project.folder, &place) == 0)
            #expect(made.st_uid == place.st_uid && made.st_uid != 0)
            let limited = try project.shell("\(prefix) --memory 64m --image store:\(image.name) -- true")
            #expect(limited.errorText.contains("an ordinary user may not make"), "\(limited.errorText)")
            #expect(try Files.names(in: "\(home)/containers.\(place.st_uid)") == [])
        }
    }

    /// What one command tries out is not taken for what a killed one left.
    @Test func manyMayAskAtOnceWhetherRuncWorks() throws {
        try with(layers: []) { _, store in
            let answers = try Parallel.map(Array(0..<60), width: 6) { number in
                let engine = RuncEngine(store: store, environment: processEnvironment(), inventory: [])
                if number % 2 == 0 { return try engine.list().isEmpty }
                return engine.availability().isUsable
            }
            #expect(answers.allSatisfy { $0 })
        }
    }

    @Test func orphansAreReaped() throws {
        try with(layers: []) { bench, _ in
            let outcome = try bench.run(
                "(sleep 0.1 &); sleep 0.5; busybox ps -o stat | grep -c Z; busybox ps -o args | head -n 2 | tail -n 1")
            #expect(outcome.output.hasPrefix("0\n"), "\(outcome)")
            #expect(outcome.output.contains("/init -- /bin/sh"), "\(outcome)")
        }
    }

    @Test func parentsOfMountsBelongToTheUserAndScriptsAreLookedAt() throws {
        try with(layers: [["opt/broken": "#!/no/such/interpreter\n"]]) { bench, _ in
            try Files.makeFolder("\(bench.folder)/data")
            var request = bench.request("stat -c '%u %g' /home/new /home/new/cache; id -un; touch ~/file && echo home")
            request.mounts = [
                try ContainerMount("\(bench.folder)/data:/home/new/cache/models:ro", from: "/")
            ]
            request.identity = ContainerIdentity(user: 1234, group: 2345)
            let outcome = try bench.run(request)
            #expect(outcome.output == "1234 2345\n1234 2345\nperson\nhome\n", "\(outcome)")
            request.command = ["/opt/broken"]
            let error = try #require(throws: EngineError.self) { try bench.engine.start(request) }
            #expect("\(error)".contains("interpreter"))
        }
    }
}
