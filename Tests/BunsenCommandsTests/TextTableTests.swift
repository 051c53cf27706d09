import Testing

@testable import BunsenCommands

@Suite struct TextTableTests {
    @Test func columnsLineUpWithWideCharacters() {
        var table = TextTable(header: ["NAME", "N"], rightAligned: [1])
        table.append(["数字", "7"])
        table.append(["digits", "12"])
        #expect(table.text == "NAME     N\n数字     7\ndigits  12\n")
    }

    @Test func combiningMarksTakeNoCell() {
        #expect("e\u{301}".cells == 1)
        #expect("损失 loss".cells == 9)
    }
}
