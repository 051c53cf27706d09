import Testing

@testable import MarkdownEntry

@Suite struct MarkdownTextTests {
    @Test func codeSpansHoldBackticks() {
        #expect(MarkdownText.code("a`b") == "``a`b``")
        #expect(MarkdownText.code("`a") == "`` `a ``")
        #expect(MarkdownText.code("a\nb") == "`a b`")
    }

    @Test func fencesAreLongerThanAnyInside() {
        #expect(MarkdownText.fenced("a\n````\nb", language: "sh") == "`````sh\na\n````\nb\n`````")
    }

    @Test func plainTextIsShownAsItIs() {
        #expect(MarkdownText.plain("<b>*x*_y_|[z](u)") == "\\<b\\>\\*x\\*\\_y\\_\\|\\[z\\](u)")
    }

    @Test func tablesKeepBarsInTheirCells() {
        #expect(MarkdownText.table(["a"], [["`x|y`"], ["z\\|w"]]) == "| a |\n| --- |\n| `x\\|y` |\n| z\\|w |")
    }

    @Test func terminalColoursAndControlsAreTakenOut() {
        #expect(MarkdownText.withoutControls("\u{1b}[1;31mred\u{1b}[0m\u{7}\u{1b}]0;title\u{7}\tx\n") == "red\tx\n")
    }

    @Test func linksKeepLettersAndEscapeTheRest() {
        #expect(MarkdownText.link("figures/训练 (1).svg") == "figures/训练%20%281%29.svg")
    }
}
