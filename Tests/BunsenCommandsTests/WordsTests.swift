import Testing

@testable import BunsenCommands

@Suite struct WordsTests {
    @Test(arguments: [
        (0.04, "0.0 s"), (0.44, "0.4 s"), (41.2, "41 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h"),
        (.nan, "?"), (-1, "?"), (1e300, "?"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(Words.duration(seconds) == text)
    }

    @Test(arguments: [
        (0.97491, "0.9749"), (3e-4, "0.0003"), (123456.7, "123500"), (0, "0"), (-0.5, "-0.5"), (.nan, "NaN"),
        (.infinity, "inf"), (1e300, "1e+300"), (5e-324, "5e-324"),
    ])
    func numbers(value: Double, text: String) {
        #expect(Words.number(value) == text)
    }

    @Test func sizes() {
        #expect(Words.bytes(512) == "512 B")
        #expect(Words.bytes(192 << 20) == "192.0 MiB")
        #expect(Words.bytes(.max).hasSuffix("TiB"))
    }

    @Test func columnsLineUpWithWideCharacters() {
        var table = TextTable(header: ["NAME", "N"], rightAligned: [1])
        table.append(["数字", "7"])
        table.append(["digits", "12"])
        #expect(table.text == "NAME     N\n数字     7\ndigits  12\n")
    }
}
