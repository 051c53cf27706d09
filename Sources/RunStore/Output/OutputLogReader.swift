import Glibc
import HostSystem

/// An entry of `output.log`, valid only while it is handed over.
package struct OutputLogEntry {
    /// RFC 3339, as written.
    package let time: UnsafeRawBufferPointer
    package let stream: OutputStream
    /// The next entry of the same stream goes on with the same line.
    package let isPiece: Bool
    /// Without line end; not always UTF-8.
    package let text: UnsafeRawBufferPointer

    /// Nil when the line has not the form of an entry.
    init?(_ line: UnsafeRawBufferPointer) {
        // The shortest time of RFC 3339 has 20 bytes; those with nanoseconds and an offset have 35.
        guard let space = line.prefix(40).firstIndex(of: 32), space >= 20, line.count >= space + 10,
            line[space + 7] == 32, line[space + 9] == 32
        else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: line[(space + 1)..<(space + 7)])
        if name.elementsEqual("stdout".utf8) {
            stream = .stdout
        } else if name.elementsEqual("stderr".utf8) {
            stream = .stderr
        } else {
            return nil
        }
        switch line[space + 8] {
        case UInt8(ascii: "F"): isPiece = false
        case UInt8(ascii: "P"): isPiece = true
        default: return nil
        }
        time = UnsafeRawBufferPointer(rebasing: line[..<space])
        text = UnsafeRawBufferPointer(rebasing: line[(space + 10)...])
    }
}

/// Reads an output log from any entry on, also while it grows. Lines that are no entries are counted and passed over.
package final class OutputLogReader {
    package private(set) var damagedLines = 0
    private var file: LineFileReader

    /// - Parameter offset: where to begin: 0, the `offset` of an earlier reader, or what `offsetOfLast` found.
    package init(_ path: String, offset: Int = 0) throws {
        file = try LineFileReader(path, offset: offset)
    }

    /// Just after the last entry that was handed out.
    package var offset: Int { file.offset }

    /// Hands out the entries that were added since the last call, in order.
    package func readAvailable(_ body: (OutputLogEntry) throws -> Void) throws {
        try file.readAvailable { line in
            guard let line, let entry = OutputLogEntry(line) else {
                damagedLines += 1
                return
            }
            try body(entry)
        }
    }

    /// Where the last `count` lines of a log begin. Reads from the end, about as much as those lines are long.
    package static func offsetOfLast(_ count: Int, in path: String) throws -> Int {
        let size = try LineFileReader(path, offset: 0).size()
        guard count > 0 else { return size }
        var span = 64 << 10
        while true {
            // Unless it is the beginning, the first line of the span is cut and its entry has to be left out.
            let start = max(0, size - span)
            if let offset = try lastLines(count, in: path, from: start) { return offset }
            if start == 0 { return 0 }
            span *= 4
        }
    }

    /// The beginning of the last `count` lines, if the entries after `start` have that many and one more, which tells
    /// where the first of them begins.
    private static func lastLines(_ count: Int, in path: String, from start: Int) throws -> Int? {
        var file = try LineFileReader(path, offset: start)
        // A ring of the offsets where lines begin; lines of the two streams may be mixed.
        var begins: [Int] = []
        var next = 0
        var openPiece: [Int?] = [nil, nil]
        var lineStart = start
        var isFirst = start > 0
        try file.readAvailable { line in
            // An entry takes its bytes and a line feed; one that is too long is no entry.
            defer { lineStart += (line?.count ?? 0) + 1 }
            if isFirst || line == nil {
                isFirst = false
                return
            }
            guard let line, let entry = OutputLogEntry(line) else { return }
            let stream = Int(entry.stream.rawValue)
            let begin = openPiece[stream] ?? lineStart
            openPiece[stream] = entry.isPiece ? begin : nil
            if entry.isPiece { return }
            if begins.count <= count {
                begins.append(begin)
            } else {
                begins[next] = begin
                next = (next + 1) % begins.count
            }
        }
        if begins.count <= count { return start == 0 ? 0 : nil }
        let ordered = (begins[next...] + begins[..<next]).dropFirst()
        return ordered.min()
    }
}
