import Testing

@testable import ExperimentModel

@Suite struct RunIDTests {
    @Test func idsAreVersionSevenUUIDsThatSortByTime() {
        var random = SystemRandomNumberGenerator()
        let early = RunID(milliseconds: 1_700_000_000_000, random: &random)
        let late = RunID(milliseconds: 1_700_000_000_001, random: &random)
        #expect(early < late)
        let text = Array(early.text)
        #expect(text[14] == "7")
        #expect("89ab".contains(text[19]))
        #expect(RunID(early.text) == early)
        #expect(early.short.count == 8)
    }

    @Test(arguments: ["", "abc", "018bcfe5-6800-7000-8000-00000000000G", "018BCFE5-6800-7000-8000-000000000000"])
    func otherTextIsNoID(text: String) {
        #expect(RunID(text) == nil)
    }

    @Test func valuesThatJSONCannotHoldSurvive() throws {
        let summary = RunManifest.MetricSummary(points: 1, last: ["loss": .nan, "up": .infinity])
        let bytes = try RecordCoding.encode(summary)
        let read = try RecordCoding.decode(RunManifest.MetricSummary.self, from: bytes)
        #expect(read.last["loss"]?.isNaN == true)
        #expect(read.last["up"] == .infinity)
    }

    @Test func equalValuesHaveEqualBytes() throws {
        let left = RunManifest.MetricSummary(points: 1, last: ["a": 1, "b": 2, "c": 3])
        let right = RunManifest.MetricSummary(points: 1, last: ["c": 3, "b": 2, "a": 1])
        #expect(try RecordCoding.encode(left) == RecordCoding.encode(right))
    }

    @Test(arguments: [
        ("64", ParameterValue.integer(64)), ("3e-4", .number(3e-4)), ("true", .boolean(true)),
        ("False", .boolean(false)),
        ("adam", .text("adam")), ("nan", .text("nan")), ("0x10", .text("0x10")), ("", .text("")),
    ])
    func wordsBecomeTheNarrowestValue(word: String, value: ParameterValue) {
        #expect(ParameterValue(parsing: word) == value)
    }
}
