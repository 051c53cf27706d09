import Engines
import HostSystem
import TestSupport
import Testing

@Suite struct MountTests {
    @Test func mountsAreReadAsDockerWritesThem() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/data")
            let mount = try ContainerMount("./data:/workspace/data/:ro", from: folder)
            #expect(mount.source == "\(folder)/data")
            #expect(mount.destination == "/workspace/data")
            #expect(mount.isReadOnly)
            #expect(try !ContainerMount("data:/data", from: folder).isReadOnly)
            #expect(try ContainerMount("\(folder):/data:rw", from: "/").description == "\(folder):/data")
        }
    }

    @Test(arguments: [
        "missing:/data", "data", "data:data", "data:/", "data:/a/../b", ":/data", "data:/data:rx", "data:/data:ro:ro",
    ])
    func mountsThatAreNoneAreRefused(_ text: String) throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/data")
            #expect(throws: EngineError.self) { try ContainerMount(text, from: folder) }
            #expect(!Files.exists("\(folder)/missing"), "a source is never made")
        }
    }
}
