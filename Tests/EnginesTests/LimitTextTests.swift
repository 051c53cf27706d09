import Engines
import ExperimentModel
import TestSupport
import Testing

@Suite struct LimitTextTests {
    @Test func dockersSyntaxIsUnderstood() throws {
        #expect(try LimitText.memory("2g") == 2 << 30)
        #expect(try LimitText.memory("512M") == 512 << 20)
        #expect(try LimitText.sharedMemory("64m") == 64 << 20)
        #expect(try LimitText.cpus("1.5") == 1.5)
        #expect(try LimitText.gpus("2") == .count(2))
        #expect(try LimitText.gpus("all") == .all)
        #expect(try LimitText.gpus("\"device=0,1\"") == .devices(["0", "1"]))
        #expect(try LimitText.gpus("device=GPU-1a2b") == .devices(["GPU-1a2b"]))
        #expect(try LimitText.gpus("GPU-1a2b-3c") == .devices(["GPU-1a2b-3c"]))
        #expect(try LimitText.pids("200") == 200)
        #expect(try LimitText.ulimit("nofile=1024:2048") == ResourceUlimit(name: "nofile", soft: 1024, hard: 2048))
        #expect(try LimitText.ulimit("memlock=-1") == ResourceUlimit(name: "memlock", soft: -1, hard: -1))
    }

    @Test(arguments: ["", "0", "-1", "2x", "g", "1k", "99999999999999g", "2 g", "1e9"])
    func sizesThatAreNoneAreRefused(_ text: String) { #expect(throws: EngineError.self) { try LimitText.memory(text) } }

    @Test(arguments: ["", "0", "-1", "nan", "inf", "1e2", "0x1", "70000", " 1"])
    func processorsThatAreNoneAreRefused(_ text: String) {
        #expect(throws: EngineError.self) { try LimitText.cpus(text) }
    }

    @Test(arguments: ["", "-1", "2000", "device=", "device=0,", "device=0,0", "gpu0", "device=a b"])
    func gpusThatAreNoneAreRefused(_ text: String) { #expect(throws: EngineError.self) { try LimitText.gpus(text) } }

    @Test(arguments: ["nofile", "nofile=", "nofile=a", "nofile=1:2:3", "files=1", "nofile=5:4", "nofile=-1:4", "=1"])
    func ulimitsThatAreNoneAreRefused(_ text: String) {
        #expect(throws: EngineError.self) { try LimitText.ulimit(text) }
    }

    @Test func sharedMemoryIsHalfOfTheMemoryAndAtLeastTwoGigabytes() {
        var limits = ResourceLimits()
        #expect(limits.sharedMemoryOrDefault == 2 << 30)
        limits.memory = 1 << 30
        #expect(limits.sharedMemoryOrDefault == 2 << 30)
        limits.memory = 32 << 30
        #expect(limits.sharedMemoryOrDefault == 16 << 30)
        limits.sharedMemory = 1 << 20
        #expect(limits.sharedMemoryOrDefault == 1 << 20)
    }

    @Test func sizesReadAsTheyWereWritten() {
        #expect(ResourceLimits.memoryText(2 << 30) == "2 GB")
        #expect(ResourceLimits.memoryText(512 << 20) == "512 MB")
        #expect(ResourceLimits.memoryText(3 << 29) == "1.5 GB")
    }

    @Test func anyTextIsTakenOrRefused() {
        var random = SeededGenerator(7)
        let pieces = [
            "device=", "GPU-", "0", "1", ",", "\"", "nofile", "=", ":", "-", "g", "m", ".", "é", "9999999999",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            _ = try? LimitText.memory(text)
            _ = try? LimitText.cpus(text)
            _ = try? LimitText.pids(text)
            _ = try? LimitText.ulimit(text)
            if let selection = try? LimitText.gpus(text) { #expect(GPUSelection(selection.description) == selection) }
            _ = try? ContainerMount(text, from: "/")
        }
    }
}
