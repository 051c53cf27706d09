import CHostSystem
import ContentStore
import Engines
import ExperimentModel
import Glibc
import HostSystem
import TestSupport
import Testing

/// GPUs in containers of engines that take them by the Container Device Interface: other devices stand for them here.
@Suite(.serialized) struct DeviceTests {
    private static let gpus = ["GPU-a", "GPU-b"].enumerated().map {
        RunManifest.GPU(index: $0.offset, name: "test", uuid: $0.element, memory: 1 << 30, driver: "1")
    }

    private static let folder = Result<String, any Error> {
        let folder = "\(try TestDaemons.folder.get())/cdi"
        try Files.makeFolder(folder)
        try Files.write("library", to: "\(folder)/library")
        // A device that no container may open unless it is told to (fuse), and whose driver need not be there.
        guard mknod("\(folder)/device", S_IFCHR | 0o666, gnu_dev_makedev(10, 229)) == 0 else {
            throw SystemError("make the device", folder)
        }
        chmod("\(folder)/device", 0o666)
        try Files.write(
            """
            cdiVersion: 0.5.0
            kind: nvidia.com/gpu
            containerEdits:
              env: [FROM_FILE=yes]
              mounts:
              - { hostPath: \(folder)/library, containerPath: /opt/lib/library, options: [ro, nosuid, nodev, bind] }
              hooks:
              - { hookName: createContainer, path: /bin/sh, args: [sh, -c, "cat >\(folder)/state"] }
            devices:
            - name: "0"
              containerEdits: { deviceNodes: [ { path: /dev/nvidia0, hostPath: /dev/zero, type: c, major: 1, minor: 5 } ] }
            - name: "1"
              containerEdits:
                deviceNodes: [ { path: /dev/nvidia1, hostPath: \(folder)/device, type: c, major: 10, minor: 229 } ]
            """, to: "\(folder)/nvidia.yaml")
        return folder
    }

    /// Podman's service looks in /etc/cdi: this one sees another /etc.
    private static let podman = Result<DaemonEngine, any Error> {
        let folder = try TestDaemons.folder.get()
        let place = "\(folder)/cdi-podman"
        for name in ["lower/cdi", "runtime"] { try Files.makeFolder("\(place)/\(name)") }
        try Files.write(
            try Files.read("\(Self.folder.get())/nvidia.yaml"), to: "\(place)/lower/cdi/nvidia.yaml")
        try Files.write(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"\(place)/storage\"\nrunroot = \"\(place)/run\"\n",
            to: "\(place)/storage.conf")
        var environment = try TestDaemons.environment(of: .podman)
        environment["CONTAINERS_STORAGE_CONF"] = "\(place)/storage.conf"
        environment["XDG_RUNTIME_DIR"] = "\(place)/runtime"
        let socket = "unix://\(place)/socket"
        let script = """
            echo $$ >"$0/cdi-podman.pid"
            mount -t overlay -o lowerdir="$0/cdi-podman/lower:/etc" overlay /etc
            exec podman --cgroup-manager=cgroupfs system service --time=0 "$1"
            """
        _ = try Tool(executable: "/bin/sh", environment: environment).run(
            [
                "-c", "unshare --mount sh -c \"$@\" </dev/null >\"$0\" 2>&1 &", "\(place)/log", script, folder, socket,
            ])
        environment["CONTAINER_HOST"] = socket
        let engine = DaemonEngine(
            .podman, environment: environment, store: ContentStore(home: "\(folder)/home"), inventory: gpus,
            deviceFolders: ["\(place)/lower/cdi"])
        let isThere = eventually(40) { engine.availability().isUsable }
        guard isThere else {
            throw SystemError("start podman in", place, code: ETIMEDOUT)
        }
        return engine
    }

    private func with(_ tested: TestedEngine, _ body: (EngineBench) throws -> Void) throws {
        try tested.with { bench in
            var bench = bench
            let image = try TestDaemons.image.get()
            if tested == .podman {
                bench.engine = try Self.podman.get()
            } else {
                bench.engine = RuncEngine(
                    store: ContentStore(home: "\(try TestDaemons.folder.get())/home"),
                    environment: processEnvironment(), inventory: Self.gpus,
                    deviceFolders: [try Self.folder.get()])
            }
            bench.environment = try bench.engine.prepare(.stored(name: image.name, manifest: image.manifest)) { _ in }
            try body(bench)
        }
    }

    @Test(arguments: [TestedEngine.podman, .runc]) func onlyWhatWasAskedForIsThere(_ tested: TestedEngine) throws {
        try with(tested) { bench in
            let script = """
                ls /dev | grep nvidia; echo $FROM_FILE; cat /opt/lib/library; touch /opt/lib/library 2>/dev/null && echo wrong
                test -c /dev/nvidia0 && head -c 3 /dev/nvidia0 | od | head -n 1
                test -c /dev/nvidia1 && (: </dev/nvidia1) 2>&1 | grep -o 'not permitted'; sleep 0.3
                """
            var request = bench.request(script)
            request.identity = ContainerIdentity(user: 1234, group: 2345)
            request.limits.gpus = .devices(["GPU-a"])
            let first = try bench.run(request) { container in
                let applied = try container.appliedLimits()
                #expect(applied.gpus == .devices(["GPU-a"]))
            }
            #expect(first.output == "nvidia0\nyes\nlibrary0000000 000000 000000\n", "\(first)")
            #expect(
                try Files.readText("\(try Self.folder.get())/state").contains("\"bundle\""), "the hook had its input")

            request = bench.request(script)
            request.limits.gpus = .devices(["1"])
            let second = try bench.run(request)
            #expect(second.output == "nvidia1\nyes\nlibrary", "\(second)")

            request = bench.request(script)
            let all = try bench.run(request)
            #expect(all.output.hasPrefix("nvidia0\nnvidia1\n"), "all, where nothing was said: \(all)")

            request = bench.request(script)
            request.limits.gpus = .count(0)
            let none = try bench.run(request)
            #expect(none.output == "\n", "\(none)")
        }
    }

    /// Podman makes such containers through another interface of its own.
    @Test func limitsAndMountsAreKeptBesideDevices() throws {
        try with(.podman) { bench in
            let out = "\(bench.folder)/out"
            try Files.makeFolder(out)
            chown(out, 1234, 2345)
            var request = bench.request(
                "id -u; ulimit -n; df -k /dev/shm | tail -1; echo $GIVEN >made; pwd; grep NoNewPrivs /proc/self/status")
            request.identity = ContainerIdentity(user: 1234, group: 2345)
            request.mounts = [try ContainerMount(source: out, destination: "/workspace", isReadOnly: false)]
            request.workingFolder = "/workspace"
            request.variables["GIVEN"] = "two words"
            request.limits.memory = 64 << 20
            request.limits.cpus = 1.5
            request.limits.sharedMemory = 16 << 20
            request.limits.pids = 20
            request.limits.ulimits = [ResourceUlimit(name: "nofile", soft: 100, hard: 200)]
            request.limits.gpus = .count(1)
            let outcome = try bench.run(request) { container in
                var applied = try container.appliedLimits()
                applied.ulimits = applied.ulimits?.filter { $0.name == "nofile" }
                #expect(applied == request.limits)
            }
            #expect(outcome.end == ContainerEnd(.exited(code: 0)), "\(outcome)")
            #expect(outcome.output.hasPrefix("1234\n100\n") && outcome.output.contains(" 16384 "), "\(outcome)")
            #expect(outcome.output.contains("/workspace\nNoNewPrivs:\t1\n"), "\(outcome)")
            #expect(try Files.readText("\(out)/made") == "two words\n")
            let words = try #require(bench.engine.commandLine(for: request))
            #expect(words.contains("nvidia.com/gpu=0") && !words.contains("--gpus"))
        }
    }

    @Test(arguments: [TestedEngine.podman, .runc]) func withoutAFileGPUsAreRefused(_ tested: TestedEngine) throws {
        try tested.with { bench in
            let folder = try TestDaemons.folder.get()
            let store = ContentStore(home: "\(folder)/home")
            let engine: any ContainerEngine =
                tested == .runc
                ? RuncEngine(
                    store: store, environment: processEnvironment(), inventory: Self.gpus,
                    deviceFolders: [bench.folder])
                : DaemonEngine(
                    .podman, environment: try TestDaemons.environment(of: .podman), store: store,
                    inventory: Self.gpus, deviceFolders: [bench.folder])
            var request = bench.request("true")
            let error = try #require(throws: EngineError.self) { try engine.check(request) }
            guard case .refused = error.cause else { throw error }
            #expect(error.hint?.contains("nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml") == true)
            request.limits.gpus = .count(0)
            #expect(throws: Never.self) { try engine.check(request) }
        }
    }
}
