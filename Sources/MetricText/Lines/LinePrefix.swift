import Glibc

/// Looks at how a line begins: what may be skipped, and which lines are never output of the training itself.
enum LinePrefix {
    /// After `[rank0]: `, which torch puts before each line of a failing worker.
    static func afterRank(_ line: UnsafeRawBufferPointer) -> Int {
        guard line.matches("[rank", at: 0, line.count) else { return 0 }
        var at = 5
        while at < line.count, line[at].isDigit { at &+= 1 }
        guard line.matches("]:", at: at, line.count) else { return 0 }
        at &+= 2
        // One blank belongs to the prefix; the others are the indentation of the line.
        return at < line.count && line[at] == Byte.space ? at &+ 1 : at
    }

    static func isIndented(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        start < line.count && line.afterBlanks(start, line.count) &- start >= 2
    }

    /// `  File "train.py", line 12, in main`.
    static func isTracebackFrame(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        let at = line.afterBlanks(start, line.count)
        return line.matches("File \"", at: at, line.count)
    }

    /// Lines of pytest, pip and wandb, and Python's own words about a failure.
    static func isForeign(_ line: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        guard start < line.count else { return true }
        switch line[start] {
        case UInt8(ascii: "E"): return line.matches("E  ", at: start, line.count)
        case UInt8(ascii: ">"):
            return line.matches(">  ", at: start, line.count) || line.matches(">>>", at: start, line.count)
        case UInt8(ascii: "w"): return line.matches("wandb:", at: start, line.count)
        case UInt8(ascii: "T"): return line.matches("Traceback (", at: start, line.count)
        case UInt8(ascii: "R"): return line.matches("Requirement already", at: start, line.count)
        case UInt8(ascii: "C"): return line.matches("Collecting ", at: start, line.count)
        case UInt8(ascii: "D"): return line.matches("Downloading ", at: start, line.count)
        case UInt8(ascii: "U"): return line.matches("Using cached ", at: start, line.count)
        case UInt8(ascii: "+"): return true
        case UInt8(ascii: "$"): return true
        default: return false
        }
    }

    /// The index of the first `{` that opens a dictionary with quoted keys.
    static func dictionary(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        guard let base = line.baseAddress, start < line.count,
            let found = memchr(base + start, Int32(Byte.openBrace), line.count - start)
        else { return nil }
        let brace = base.distance(to: UnsafeRawPointer(found))
        let next = line.afterBlanks(brace + 1, line.count)
        guard next < line.count, line[next] == Byte.quote || line[next] == Byte.apostrophe else { return nil }
        return brace
    }
}

/// Removes what is meant for the terminal and not for the reader.
enum TerminalText {
    /// Appends `text` without ECMA-48 control sequences (`ESC [ … m`) and operating system commands (`ESC ] … BEL`).
    static func appendWithoutEscapes(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var at = 0
        while at < text.count {
            guard text[at] == Byte.escape else {
                bytes.append(text[at])
                at &+= 1
                continue
            }
            at &+= 1
            guard at < text.count else { return }
            let kind = text[at]
            at &+= 1
            if kind == Byte.openBracket {
                // Parameters and intermediates, then one final byte 0x40 ... 0x7E.
                while at < text.count, text[at] < 0x40 { at &+= 1 }
                at &+= 1
            } else if kind == Byte.closeBracket {
                while at < text.count, text[at] != 0x07, text[at] != Byte.escape { at &+= 1 }
                if at < text.count { at &+= 1 }
                if at < text.count, text[at &- 1] == Byte.escape, text[at] == Byte.backslash { at &+= 1 }
            }
        }
    }
}
