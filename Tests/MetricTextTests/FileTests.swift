import Testing

@testable import MetricText

@Suite struct TrainerStateTests {
    static let sample = """
        {"best_metric": null, "epoch": 1.0, "log_history": [
          {"epoch": 0.5, "grad_norm": NaN, "learning_rate": 1e-4, "loss": 2.5, "step": 500},
          {"epoch": 1.0, "eval_loss": Infinity, "step": 1000, "note": "x", "list": [1, {"a": 2}]}
        ], "max_steps": 1000}
        """

    private func points(_ state: inout TrainerState, _ text: String) throws -> [String] {
        try Array(text.utf8).withUnsafeBytes { try state.newPoints(in: $0) }
            .map { "\($0.step ?? -1) \($0.epoch ?? -1) \($0.name) \($0.value)" }
    }

    @Test func recordsBecomePointsOnce() throws {
        var state = TrainerState()
        #expect(
            try points(&state, Self.sample)
                == [
                    "500 0.5 grad_norm nan", "500 0.5 learning_rate 0.0001", "500 0.5 loss 2.5",
                    "1000 1.0 eval_loss inf",
                ])
        #expect(state.ignoredValues == 2)
        #expect(try points(&state, Self.sample) == [])
        let grown = Self.sample.replacing("}\n]", with: "},\n{\"step\": 1500, \"loss\": 2}\n]")
        #expect(try points(&state, grown) == ["1500 -1.0 loss 2.0"])
    }

    @Test func aCutFileGivesItsWholeRecords() throws {
        var state = TrainerState()
        let cut = Self.sample.prefix { $0 != "I" }
        #expect(try points(&state, String(cut)).count == 3)
        #expect(try points(&state, Self.sample) == ["1000 1.0 eval_loss inf"])
    }

    @Test func aResumedRunGivesWhatDiffers() throws {
        var state = TrainerState()
        _ = try points(&state, Self.sample)
        let other = Self.sample.replacing("Infinity", with: "1.5")
        #expect(try points(&state, other) == ["1000 1.0 eval_loss 1.5"])
    }

    @Test(arguments: [
        "", "[]", "{", "null", "{\"log_history\": 3}", "{\"log_history\": [1, \"a\", null, [2]]}", "\u{FEFF}{}",
        "{\"log_history\": {}}",
    ])
    func otherContentGivesNothing(_ text: String) throws {
        var state = TrainerState()
        #expect(try points(&state, text) == [])
    }

    @Test func deepNestingAndHugeFilesAreSafe() throws {
        var state = TrainerState()
        #expect(try points(&state, "{\"log_history\": [{\"a\": " + String(repeating: "[", count: 100_000)) == [])
        let huge = [UInt8](repeating: 0x20, count: MetricFileLimits.largest + 1)
        #expect(throws: MetricTextError.self) { try huge.withUnsafeBytes { try state.newPoints(in: $0) } }
    }
}

@Suite struct LightningCSVTests {
    private func points(_ csv: inout LightningCSV, _ text: String) throws -> [String] {
        try Array(text.utf8).withUnsafeBytes { try csv.newPoints(in: $0) }
            .map { "\($0.step ?? -1) \($0.epoch ?? -1) \($0.name) \($0.value)" }
    }

    @Test func rowsBecomePointsOnce() throws {
        var csv = LightningCSV()
        let text = "epoch,step,train_loss,\"val,acc\"\r\n0,9,0.5,\r\n0,9,,\"0.9\"\r\n"
        #expect(try points(&csv, text) == ["9 0.0 train_loss 0.5", "9 0.0 val_acc 0.9"])
        #expect(try points(&csv, text) == [])
        #expect(try points(&csv, text + "1,19,nan,") == [])
        #expect(try points(&csv, text + "1,19,nan,\r\n") == ["19 1.0 train_loss nan"])
    }

    @Test func aLongerHeaderRepeatsNothing() throws {
        var csv = LightningCSV()
        #expect(try points(&csv, "epoch,step,loss\n0,1,0.5\n0,2,0.4\n").count == 2)
        #expect(try points(&csv, "acc,epoch,loss,step\n,0,0.5,1\n,0,0.4,2\n0.9,0,,2\n") == ["2 0.0 acc 0.9"])
        #expect(try points(&csv, "acc,epoch,loss,step\n,0,0.5,1\n") == [])
        #expect(try points(&csv, "acc,epoch,loss,step\n,0,0.5,1\n,0,0.4,2\n0.9,0,,2\n,1,0.3,3\n") == ["3 1.0 loss 0.3"])
    }

    @Test func oddContentIsIgnoredAndCounted() throws {
        var csv = LightningCSV()
        #expect(
            try points(&csv, "step,loss,,name\n1,abc,3,x\n\n2,0.5\n3,0.4,,,,,\n") == [
                "2 -1.0 loss 0.5", "3 -1.0 loss 0.4",
            ])
        #expect(csv.ignoredCells == 3)
        for text in ["", "\n", "step", "step,loss", "\"open\n1,2\n", ",,,\n1,2,3\n"] {
            var fresh = LightningCSV()
            #expect(try points(&fresh, text) == [])
        }
    }
}
