import TestSupport
import Testing

@testable import MetricText

/// Any bytes must be read in finite time and without a trap.
@Suite struct FuzzTests {
    static let lines = [
        "step 1234 loss=0.3124 acc: 97.8%", "Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300039",
        "{'loss': 0.5, 'grad_norm': nan, 'a': {'b': [1, {'c': 2}]}, 'epoch': '0.5'}",
        #"{"step": 10, "train": {"loss": 0.5}, "lr": 1e-4, "s": "\"x"}"#,
        "Epoch(val) [1][10/10]    accuracy/top1: 75.1  eta: 0:12:34  max_mem: 2458M loss: tensor(0.5, device='cuda:0')",
        "\u{1b}[1m938/938\u{1b}[0m - loss：0.5 - acc: 9829 / 10000\r12% | 1,234,567 µs",
        "2026-11-23 10:12:44,123 | INFO | __main__:train:42 - iter 10: loss 2.3, time 12.3ms, mfu 1.2%",
        "Namespace(lr=0.1, x=(1, 2)) http://a:1/?b=2 /tmp/x=3 --lr=4 x::y=5",
    ]

    @Test func linesNeverTrap() {
        var generator = SeededGenerator(7)
        var scanner = MetricLineScanner()
        var result = ScannedLine()
        for round in 0..<6_000 {
            var bytes = mutated(Array(Self.lines[round % Self.lines.count].utf8), &generator)
            if round % 50 == 0 {
                bytes = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                    .random(in: 0...255, using: &generator)
                }
            }
            // An allocation of its own, so that reading past the end can be seen by a sanitizer.
            bytes.withUnsafeBytes { scanner.scan($0, into: &result) }
            #expect(result.metrics.count <= MetricCandidate.most)
            #expect(result.metrics.allSatisfy { $0.name >= 0 && Int($0.name) < scanner.names.count })
        }
        for name in scanner.names {
            #expect(name.utf8.count <= 140 && name.utf8.allSatisfy { $0.isNameByte && $0 != 0x40 })
        }
    }

    @Test func steepInputsStayCheap() {
        var scanner = MetricLineScanner()
        var result = ScannedLine()
        let clock = ContinuousClock()
        let time = clock.measure {
            for unit in [
                "(", "{\"a\":", "{'", "[1/2", "a=1 ", "1,111", "loss ", "tensor(", "loss: tensor(1,", "\u{1b}[", "::",
                "E", "epoch (", "9",
            ] {
                let line = Array(String(repeating: unit, count: 40_000 / unit.utf8.count).utf8)
                line.withUnsafeBytes { scanner.scan($0, into: &result) }
            }
        }
        // Linear work is a few milliseconds even unoptimized; quadratic work on 16 KiB would be seconds.
        #expect(time < .seconds(5))
    }

    @Test func trainerStateNeverTraps() throws {
        let sample = Array(TrainerStateTests.sample.utf8)
        var generator = SeededGenerator(11)
        for _ in 0..<3_000 {
            var state = TrainerState()
            let first = mutated(sample, &generator)
            _ = try first.withUnsafeBytes { try state.newPoints(in: $0) }
            _ = try sample.withUnsafeBytes { try state.newPoints(in: $0) }
        }
    }

    @Test func lightningFilesNeverTrap() throws {
        let sample = Array("epoch,step,train_loss,\"val,acc\"\r\n0,9,0.5,\r\n0,9,,\"0.9\"\r\n1,19,nan,\r\n".utf8)
        var generator = SeededGenerator(13)
        for _ in 0..<4_000 {
            var csv = LightningCSV()
            let first = mutated(sample, &generator)
            _ = try first.withUnsafeBytes { try csv.newPoints(in: $0) }
            _ = try sample.withUnsafeBytes { try csv.newPoints(in: $0) }
        }
    }

    @Test func commandsNeverTrap() {
        let pieces = [
            "python", "-m", "torchrun", "--nproc_per_node=2", "accelerate", "launch", "mpirun", "-np", "--", "-",
            "--lr", "3e-4",
            "x=1", "+a.b=c", "~x", "--no-", "--no-x", "-b64", "=", "-=", "--=", "env", "A=1", "", "-1", "train.py",
            "uv", "run", "😀=1",
        ]
        var generator = SeededGenerator(17)
        for _ in 0..<4_000 {
            let words = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }
            let text = ParameterText(arguments: words)
            #expect(text.parameters.count <= ParameterLimits.most)
            _ = text.launcher?.worldSize
        }
    }

    @Test func numbersEqualTheStandardLibrarys() {
        var generator = SeededGenerator(19)
        for round in 0..<8_000 {
            var text = String(
                (0..<Int.random(in: 1...21, using: &generator)).map { _ in
                    Character(String(Int.random(in: 0...9, using: &generator)))
                })
            if round % 2 == 0 {
                text.insert(
                    ".", at: text.index(text.startIndex, offsetBy: Int.random(in: 0...text.count, using: &generator)))
            }
            if round % 3 == 0 { text += "e\(Int.random(in: -330...310, using: &generator))" }
            if round % 5 == 0 { text = "-" + text }
            if text == "." { continue }
            let read = Array(text.utf8).withUnsafeBytes { NumberText.read($0, at: 0, limit: $0.count) }
            #expect(read?.value == Double(text), "\(text)")
            #expect(read?.end == text.utf8.count, "\(text)")
        }
    }
}

/// A scanner that has seen lines like it before must say the same of a line as one that has not.
@Suite struct RepeatedLineTests {
    @Test func whatWasSeenBeforeChangesNothing() {
        var generator = SeededGenerator(23)
        var old = MetricLineScanner()
        var (result, other) = (ScannedLine(), ScannedLine())
        for round in 0..<4_000 {
            var bytes = Array(FuzzTests.lines[Int.random(in: 0..<FuzzTests.lines.count, using: &generator)].utf8)
            if round % 3 > 0 {
                for index in bytes.indices where bytes[index].isDigit && Bool.random(using: &generator) {
                    bytes[index] = UInt8.random(in: 0x30...0x39, using: &generator)
                }
                if round % 3 == 2 {
                    let at = Int.random(in: 0..<bytes.count, using: &generator)
                    let marks = Array("0123456789.,-+e %/:=n ".utf8)
                    bytes.insert(marks.randomElement(using: &generator) ?? 0x30, at: at)
                }
            }
            var fresh = MetricLineScanner()
            bytes.withUnsafeBytes { old.scan($0, into: &result) }
            bytes.withUnsafeBytes { fresh.scan($0, into: &other) }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(result.step == other.step && result.stepKey == other.stepKey, "\(text)")
            #expect(result.epoch == other.epoch, "\(text)")
            #expect(
                result.position?.done == other.position?.done && result.position?.total == other.position?.total,
                "\(text)")
            let found = result.metrics.map { "\(old.names[Int($0.name)])=\($0.value)\($0.unit)" }
            let expected = other.metrics.map { "\(fresh.names[Int($0.name)])=\($0.value)\($0.unit)" }
            #expect(found == expected, "\(text)")
        }
    }

    @Test func likeLinesShareATemplateAndOthersDoNot() {
        var scanner = MetricLineScanner()
        var result = ScannedLine()
        func templates(after line: String) -> Int {
            Array(line.utf8).withUnsafeBytes { scanner.scan($0, into: &result) }
            return scanner.templates.count
        }
        #expect(templates(after: "10:12:44 step 9 loss=0.5 acc: 97%") == 1)
        #expect(templates(after: "11:59:00 step 1000 loss=1e-3 acc: 8%") == 1)
        #expect(result.step == 1000 && result.metrics.map(\.value) == [0.001, 8])
        #expect(templates(after: "11:59:00 step 1000 loss=1e-3 acc: 8.5%") == 2)
        #expect(templates(after: "{'loss': 0.5, 'epoch': 0.1}") == 3)
        #expect(templates(after: "{'loss': nan, 'epoch': 12.5}") == 3)
        #expect(result.epoch == 12.5 && result.step == nil && result.metrics.first?.value.isNaN == true)
    }
}
