import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Engines

@Suite struct DaemonPlaceTests {
    @Test func addressesAreThoseOfDockerHost() throws {
        #expect(try DaemonAddress("unix:///run/docker.sock") == .socket("/run/docker.sock"))
        #expect(try DaemonAddress("tcp://127.0.0.1:2375") == .tcp(host: "127.0.0.1", port: 2375))
        #expect(try DaemonAddress("tcp://[::1]:2375/") == .tcp(host: "::1", port: 2375))
    }

    @Test(arguments: [
        "", "docker.sock", "unix://docker.sock", "tcp://host", "tcp://:1", "tcp://host:0", "ssh://host", "fd://",
        "unix:///" + String(repeating: "x", count: 120),
    ])
    func addressesThatAreNoneAreRefused(_ text: String) {
        #expect(throws: EngineError.self) { try DaemonAddress(text) }
    }

    @Test func dockersOwnSettingsLeadToTheDaemon() throws {
        try withTemporaryFolder { folder in
            var environment = ["HOME": folder]
            #expect(try DockerPlaces(environment: environment).addresses().last == .socket("/var/run/docker.sock"))
            let name = "lab"
            let meta = "\(folder)/.docker/contexts/meta/\(SHA256.hexDigest(name.utf8))"
            try Files.makeFolder(meta)
            try Files.write(
                "{\"Name\":\"lab\",\"Metadata\":{},\"Endpoints\":{\"docker\":{\"Host\":\"unix:///run/lab.sock\"}}}",
                to: "\(meta)/meta.json")
            try Files.write("{\"auths\":{},\"currentContext\":\"lab\"}", to: "\(folder)/.docker/config.json")
            #expect(try DockerPlaces(environment: environment).addresses() == [.socket("/run/lab.sock")])
            environment["DOCKER_CONTEXT"] = "default"
            #expect(try DockerPlaces(environment: environment).addresses().last == .socket("/var/run/docker.sock"))
            environment["DOCKER_CONTEXT"] = "other"
            #expect(throws: EngineError.self) { try DockerPlaces(environment: environment).addresses() }
            environment["DOCKER_HOST"] = "tcp://127.0.0.1:2375"
            #expect(try DockerPlaces(environment: environment).addresses() == [.tcp(host: "127.0.0.1", port: 2375)])
            environment["DOCKER_TLS_VERIFY"] = "1"
            #expect(throws: EngineError.self) { try DockerPlaces(environment: environment).addresses() }
        }
    }

    /// The reason is told, for each way of not being there.
    @Test func aDaemonThatCannotBeUsedSaysWhy() throws {
        try withTemporaryFolder { folder in
            func reason(_ host: String) -> String {
                let engine = DaemonEngine(
                    .docker, environment: ["DOCKER_HOST": host], store: .init(home: folder), inventory: [])
                guard case .unusable(let reason, _) = engine.availability() else { return "usable" }
                return reason
            }
            #expect(reason("unix://\(folder)/none.sock") == "nobody listens at \(folder)/none.sock")
            #expect(reason("ssh://host").contains("unix:// and tcp://"))
            let server = try ScriptedServer { _ in ScriptedServer.answer(200, [:], Array("hello".utf8)) }
            defer { server.stop() }
            #expect(reason("tcp://127.0.0.1:\(server.port)").contains("does not have Docker's interface"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "root becomes another user for this")) func aSocketWithoutPermissionSaysSo()
        throws
    {
        let socket = try TestDaemons.environment(of: .docker)["DOCKER_HOST"] ?? ""
        _ = try TestDaemons.docker.get()
        chmod(String(socket.dropFirst(7)), 0o600)
        let bunsen = Project.program
        let tool = Tool(
            executable: "/usr/bin/setpriv",
            environment: [
                "DOCKER_HOST": socket, "PATH": "/nonexistent", "HOME": "/nonexistent", "BUNSEN_HOME": "/nonexistent",
            ])
        let result = try tool.run(
            ["--reuid=65534", "--regid=65534", "--clear-groups", bunsen, "doctor", "engines"], timeout: 60)
        #expect(result.outputText.contains("this user may not use"), "\(result.outputText)\(result.errorText)")
    }
}
