import ExperimentModel
import HostSystem
import TestSupport
import Testing

@testable import Engines

/// Reading of the files that say how devices get into containers.
@Suite struct DeviceSpecificationTests {
    private static let yaml = """
        cdiVersion: 0.5.0
        kind: nvidia.com/gpu
        containerEdits:
          env: [COMMON=1]
          hooks:
          - { hookName: createContainer, path: /usr/bin/nvidia-cdi-hook, args: [nvidia-cdi-hook, update-ldcache] }
        devices:
        - name: "0"
          containerEdits: { deviceNodes: [ { path: /dev/nvidia0, major: 195, minor: 0, permissions: rw } ] }
        - name: GPU-b
          containerEdits: { deviceNodes: [ { path: /dev/nvidia1 } ], additionalGids: [44] }
        """

    private static let gpus = ["GPU-a", "GPU-b"].enumerated().map {
        RunManifest.GPU(index: $0.offset, name: "test", uuid: $0.element, memory: 1 << 30, driver: "1")
    }

    private func registry(_ files: [String: String], _ body: (CDIRegistry) throws -> Void) throws {
        try withTemporaryFolder { folder in
            for place in ["one", "two"] { try Files.makeFolder("\(folder)/\(place)") }
            for (name, text) in files { try Files.write(text, to: "\(folder)/\(name)") }
            try body(CDIRegistry(folders: ["\(folder)/one", "\(folder)/two", "\(folder)/none"]))
        }
    }

    @Test func gpusAreFoundByNumberAndByUUID() throws {
        try registry(["one/nvidia.yaml": Self.yaml, "one/README": "no specification"]) { registry in
            let all = try registry.find(.all, of: Self.gpus)
            #expect(all.names == ["nvidia.com/gpu=0", "nvidia.com/gpu=GPU-b"])
            #expect(all.edits.environment == ["COMMON=1"] && all.edits.hooks.count == 1, "what is common is done once")
            #expect(all.edits.deviceNodes.map(\.path) == ["/dev/nvidia0", "/dev/nvidia1"])
            let first = try registry.find(.count(1), of: Self.gpus)
            #expect(first.names == ["nvidia.com/gpu=0"])
            let second = try registry.find(.devices(["1"]), of: Self.gpus)
            #expect(second.names == ["nvidia.com/gpu=GPU-b"])
            let third = try registry.find(.devices(["GPU-a"]), of: Self.gpus)
            #expect(third.edits.groups.isEmpty)
            let missing = try #require(throws: EngineError.self) {
                try registry.find(.devices(["7"]), of: Self.gpus)
            }
            #expect("\(missing)".contains("name 0, GPU-b"))
        }
    }

    @Test func laterFoldersGoBeforeEarlierOnesAndJSONIsReadToo() throws {
        let json =
            #"{"cdiVersion": "0.5.0", "kind": "nvidia.com/gpu", "devices": [{"name": "all", "containerEdits": {}}]}"#
        let other = Self.yaml.replacing("/dev/nvidia0", with: "/dev/other")
        try registry(["one/a.json": json, "one/b.yaml": Self.yaml, "two/c.yaml": other]) { registry in
            let all = try registry.find(.all, of: Self.gpus)
            #expect(all.names == ["nvidia.com/gpu=all"])
            let first = try registry.find(.count(1), of: Self.gpus)
            #expect(first.edits.deviceNodes.map(\.path) == ["/dev/other"])
        }
    }

    @Test(arguments: [
        ("kind: [", "no specification"), ("kind: nvidia.com/gpu", "no specification"),
        ("kind: a\ndevices: [{ name: x, containerEdits: { netDevices: [] } }]", "netDevices are not known"),
        (
            "kind: a\ndevices: [{ name: x, containerEdits: { mounts: [{ hostPath: a, containerPath: /b }] } }]",
            "absolute"
        ),
        ("kind: a\ndevices: [{ name: x, containerEdits: { deviceNodes: [{ path: /dev/../etc }] } }]", "absolute"),
        ("kind: a\ndevices: [{ name: x, containerEdits: { env: [A] } }]", "no variable"),
        ("kind: a\ndevices: [{ name: x, containerEdits: { hooks: [{ hookName: later, path: /a }] } }]", "no hooks"),
        ("a: &x [1]\nkind: *x", "anchors"),
    ])
    func whatIsNotUnderstoodIsSaid(text: String, words: String) throws {
        try registry(["one/broken.yaml": text]) { registry in
            let error = try #require(throws: EngineError.self) { try registry.find(.all, of: Self.gpus) }
            #expect("\(error)".contains(words) && "\(error)".contains("one/broken.yaml"), "\(error)")
            #expect(error.hint?.contains("nvidia-ctk cdi generate") == true)
        }
    }

    @Test func noTextEndsTheProcess() throws {
        var random = SeededGenerator(22)
        let whole = Array(Self.yaml.utf8)
        for round in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: whole.prefix(place).suffix(9), at: place)
                }
            }
            _ = try? CDISpecification(bytes, isJSON: round % 4 == 0)
        }
    }
}
