import Glibc
import HostSystem
import TestSupport
import Testing

/// `kill -9` of a push and of a pull at any moment: the next one goes on, and nothing half-made is ever used.
@Suite struct KilledTransferTests {
    /// Seconds after which the program is killed: in its start, while blobs move, near its end.
    private static let moments = [0.02, 0.1, 0.25, 0.5, 0.8, 1.1]

    private func bench(_ body: (Project, SampleLayout, RealRegistry, CountingProxy) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let project = Project(folder: folder, home: "\(folder)/home")
                let layout = try SampleLayout(
                    "\(folder)/layout", layers: [8 << 20, 4 << 20, 2 << 20, 1 << 20, 300_000, 20_000])
                let proxy = try CountingProxy(before: registry.port, bytesPerSecond: 6 << 20)
                defer { proxy.stop() }
                try body(project, layout, registry, proxy)
            }
        }
    }

    /// - Returns: how often the program was killed before it was done.
    private func killed(_ project: Project, _ arguments: [String], after: () throws -> Void) throws -> Int {
        var count = 0
        for moment in Self.moments {
            let tool = Tool(
                executable: Project.program, environment: project.environment, workingFolder: project.folder)
            let running = try tool.start(arguments)
            usleep(UInt32(moment * 1e6))
            kill(running.child.id, SIGKILL)
            if running.child.wait() == .signalled(number: SIGKILL) { count += 1 }
            try after()
        }
        return count
    }

    private func isWhole(_ registry: RealRegistry, _ layout: SampleLayout, in folder: String) throws {
        let copied = try program("skopeo").run([
            "copy", "--preserve-digests", "--src-tls-verify=false", "docker://\(registry.host)/a:v1",
            "oci:\(folder):v1",
        ])
        #expect(copied.succeeded, "\(copied.errorText)")
        for blob in try Files.names(in: "\(layout.path)/blobs/sha256") {
            #expect(Files.exists("\(folder)/blobs/sha256/\(blob)"))
        }
    }

    @Test func pushesGoOn() throws {
        try bench { project, layout, registry, proxy in
            let name = "127.0.0.1:\(proxy.port)/a:v1"
            #expect(try project.bunsen("image", "copy", "oci:layout:v1", "store:\(name)").succeeded)
            let kills = try killed(project, ["image", "push", name]) {
                // The name appears with the last byte, or not at all.
                let tags = try project.bunsen("image", "list", "\(registry.host)/a")
                if tags.succeeded, tags.outputText.contains("v1") {
                    try isWhole(registry, layout, in: "\(project.folder)/early")
                }
            }
            #expect(kills >= 3, "the machine is too fast for this test")
            let before = proxy.bytes
            let done = try project.bunsen("image", "push", name)
            #expect(done.succeeded && done.outputText.contains(layout.digest), "\(done.errorText)")
            // Blobs that arrived are not sent again.
            #expect(proxy.bytes - before < layout.size)
            try isWhole(registry, layout, in: "\(project.folder)/whole")
            #expect(try project.bunsen("store", "check").succeeded)
        }
    }

    @Test func pullsGoOn() throws {
        try bench { project, layout, registry, proxy in
            let pushed = try project.bunsen("image", "copy", "oci:layout:v1", "\(registry.host)/a:v1")
            #expect(pushed.succeeded, "\(pushed.errorText)")
            let name = "127.0.0.1:\(proxy.port)/a:v1"
            let blobs = "\(project.folder)/home/store/blobs/sha256"
            let kills = try killed(project, ["image", "pull", name]) {
                for blob in (try? Files.names(in: blobs)) ?? [] {
                    #expect(try SHA256.hexDigest(file: "\(blobs)/\(blob)") == blob)
                }
                let isNamed = try !project.json("image", "list").array.isEmpty
                if isNamed { #expect(try project.bunsen("store", "check").succeeded) }
            }
            #expect(kills >= 3, "the machine is too fast for this test")
            let done = try project.bunsen("image", "pull", name)
            #expect(done.succeeded && done.outputText.contains(layout.digest), "\(done.errorText)")
            // What a killed process had fetched is used, but for what was on its way.
            #expect(proxy.bytes < layout.size + layout.size / 2, "\(proxy.bytes) of \(layout.size)")
            #expect(try project.bunsen("store", "check").succeeded)
            #expect(try project.bunsen("image", "copy", "store:\(name)", "oci:back:v1").succeeded)
            for blob in try Files.names(in: "\(layout.path)/blobs/sha256") {
                #expect(Files.exists("\(project.folder)/back/blobs/sha256/\(blob)"))
            }
        }
    }
}
