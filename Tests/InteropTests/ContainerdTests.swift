import Glibc
import HostSystem
import TestSupport
import Testing

/// containerd pulls the image by its digest, unpacks it and trains in it, without anything of Docker.
@Suite(.serialized) struct ContainerdTests {
    @Test(.enabled(if: geteuid() == 0, "containerd needs root")) func containerdTrains() throws {
        try DigitsImage.with { image in
            try withContainerd(image.folder) { ctr in
                try Training.expect(image) { workspace, command in
                    let pulled = try ctr.run(
                        ["images", "pull", "--plain-http", "--snapshotter", "overlayfs", image.reference], timeout: 900)
                    try #require(pulled.succeeded, "\(pulled.errorText)")
                    let listed = try ctr.run(["images", "check", "name==\(image.reference)"], timeout: 120)
                    #expect(listed.outputText.contains(image.digest))
                    #expect(listed.outputText.contains("complete"), "\(listed.outputText)")
                    let mount = "type=bind,src=\(workspace),dst=/workspace,options=rbind:rw"
                    return try ctr.run(
                        ["run", "--rm", "--net-host", "--mount", mount, image.reference, "digits"] + command,
                        timeout: 900)
                }
            }
        }
    }

    /// A containerd of a test's own, beside one that the machine may have.
    private func withContainerd(_ folder: String, _ body: (Tool) throws -> Void) throws {
        let socket = "\(folder)/containerd.sock"
        // The plugin for Kubernetes wants a network of its own.
        let configuration = """
            version = 2
            root = "\(folder)/containerd"
            state = "\(folder)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
            address = "\(socket)"

            """
        try Files.write(configuration, to: "\(folder)/containerd.toml")
        var ctr = try program("ctr")
        ctr.environment["CONTAINERD_ADDRESS"] = socket
        let isReady = { try ctr.run(["version"], timeout: 10).succeeded }
        try Daemon.with(
            "containerd", ["--config", "\(folder)/containerd.toml"], log: "\(folder)/containerd.log", isReady: isReady
        ) { try body(ctr) }
    }
}
