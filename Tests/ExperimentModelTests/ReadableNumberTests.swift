import TestSupport
import Testing

@testable import ExperimentModel

@Suite struct ReadableNumberTests {
    @Test(arguments: [
        (0.0, "0"), (1, "1"), (0.978_25, "0.9783"), (0.000_03, "3e-5"), (3.214_567e-5, "3.215e-5"), (12_345.6, "12346"),
        (999_999, "999999"), (1_234_567, "1.235e6"), (99.996, "100"), (0.001, "0.001"), (-2.5, "-2.5"),
        (5e-324, "5e-324"), (1.797e308, "1.797e308"), (.nan, "NaN"), (.infinity, "∞"), (-.infinity, "-∞"),
    ])
    func valuesHaveFourSignificantDigits(value: Double, text: String) {
        #expect(ReadableNumber.text(value) == text)
    }

    @Test(arguments: [
        (3e-4, "3e-4"), (0.1, "0.1"), (0.001, "0.001"), (64, "64"), (1.234_567_89, "1.23456789"), (1e-5, "1e-5"),
        (1e20, "1e20"),
    ])
    func chosenValuesKeepEveryDigit(value: Double, text: String) {
        #expect(ReadableNumber.exact(value) == text)
    }

    @Test(arguments: [
        (0.0, "0 s"), (0.0123, "12 ms"), (1.2345, "1.2 s"), (41.2, "41 s"), (59.7, "1 min"), (200.4, "3 min 20 s"),
        (7530, "2 h 6 min"), (273_600, "3 d 4 h"), (.nan, "NaN"),
    ])
    func durationsReadAsPeopleSayThem(seconds: Double, text: String) {
        #expect(ReadableNumber.duration(seconds) == text)
    }

    @Test(arguments: [
        (UInt64(812), "812 B"), (1536, "1.5 KiB"), (13_207_024_435, "12.3 GiB"), (1_048_575, "1 MiB"),
        (.max, "16384 PiB"),
    ])
    func sizesHaveBinaryUnits(bytes: UInt64, text: String) {
        #expect(ReadableNumber.size(bytes) == text)
    }

    @Test func countsHaveGroups() {
        #expect(ReadableNumber.count(1_200_000) == "1,200,000")
        #expect(ReadableNumber.count(-999) == "-999")
    }

    @Test func fourDigitsAreNeverFurtherThanHalfAUnitFromTheValue() throws {
        var random = SeededGenerator(state: 3)
        for _ in 0..<5000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite, value != 0 else { continue }
            let read = try #require(Double(ReadableNumber.text(value)))
            #expect(abs(read / value - 1) < 5.001e-4)
            #expect(Double(ReadableNumber.exact(value)) == value)
        }
    }
}
