import HostSystem

/// A part of an entry that Bunsen writes and may write again.
///
///     <!-- bunsen:begin NAME sha256=HEX -->
///     content
///     <!-- bunsen:end -->
///
/// The digest is over the bytes between the two comment lines, with line ends counted as LF: a checkout that turns
/// LF into CRLF edits nothing.
package struct OwnedBlock: Sendable, Hashable {
    package let name: String
    /// As the comment line says.
    package let recordedDigest: String
    /// The bytes between the comment lines.
    package let content: [UInt8]
    /// The comment lines and what is between them, byte for byte.
    let source: [UInt8]
    /// Where the block begins, from 1.
    package let line: Int

    /// Whether a person changed the content after it was written.
    package var isEdited: Bool { Self.digest(content) != recordedDigest }

    static func digest(_ content: [UInt8]) -> String {
        SHA256.hexDigest(LineEnding.normalized(content))
    }

    /// The block as it is written: ends in a line end.
    static func render(_ name: String, _ content: String, _ ending: LineEnding) -> [UInt8] {
        var body = LineEnding.normalized(Array(content.utf8))
        if let last = body.last, last != UInt8(ascii: "\n") { body.append(UInt8(ascii: "\n")) }
        body = withoutMarkers(body)
        let text = "<!-- bunsen:begin \(name) sha256=\(SHA256.hexDigest(body)) -->\n"
        return ending.applied(to: Array(text.utf8) + body + Array("<!-- bunsen:end -->\n".utf8))
    }

    /// Output of a program may hold lines that look like our marks; one blank in front makes them text.
    private static func withoutMarkers(_ content: [UInt8]) -> [UInt8] {
        let lines = MarkdownLines(content)
        guard lines.lines.contains(where: { content[$0.content].starts(with: BlockMarker.prefix) }) else {
            return content
        }
        return lines.lines.flatMap { line in
            (content[line.content].starts(with: BlockMarker.prefix) ? [UInt8(ascii: " ")] : []) + content[line.whole]
        }
    }
}

/// One of the two comment lines around a block.
enum BlockMarker: Equatable {
    case begin(name: String, digest: String)
    case end
    case malformed

    static let prefix = Array("<!-- bunsen:".utf8)

    /// Nil for a line that does not begin as one of ours.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.starts(with: Self.prefix) else { return nil }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
        if words == ["<!--", "bunsen:end", "-->"] {
            self = .end
        } else if words.count == 5, words[1] == "bunsen:begin", words[4] == "-->", words[3].hasPrefix("sha256="),
            words[3].utf8.count == 71,
            words[3].utf8.dropFirst(7).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        {
            self = .begin(name: words[2], digest: String(words[3].dropFirst(7)))
        } else {
            self = .malformed
        }
    }
}

/// How the lines of a file end.
package enum LineEnding: Sendable {
    case lf, crlf

    /// The ending of the first line; LF for a file without one.
    init(of bytes: [UInt8]) {
        guard let first = bytes.firstIndex(of: UInt8(ascii: "\n")), first > 0 else {
            self = .lf
            return
        }
        self = bytes[first - 1] == UInt8(ascii: "\r") ? .crlf : .lf
    }

    static func normalized(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: "\r")) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\r"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") { continue }
            result.append(byte)
        }
        return result
    }

    /// - Parameter bytes: with LF.
    func applied(to bytes: [UInt8]) -> [UInt8] {
        guard self == .crlf else { return bytes }
        return bytes.flatMap { $0 == UInt8(ascii: "\n") ? [UInt8(ascii: "\r"), $0] : [$0] }
    }
}
