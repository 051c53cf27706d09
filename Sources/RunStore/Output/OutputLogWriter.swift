import Glibc
import HostSystem

/// Writes `output.log`: the lines that a command prints, with times, in the log format of the Kubernetes container
/// runtime interface. Nothing is written before `flush()`. Not for use by several threads at once.
///
/// A line that is redrawn with carriage returns is kept in its last state; `\r\n` ends a line. A line above 16 KiB
/// becomes several entries; once it has, what follows a carriage return begins a line of its own.
package final class OutputLogWriter {
    /// Gets every completed line, and every state of a redrawn one before the carriage return, without line end. The
    /// bytes are valid during the call only. Lines above 1 MiB are not handed over.
    package typealias LineHandler = (_ stream: OutputStream, _ line: UnsafeRawBufferPointer) -> Void

    /// The longest text of an entry.
    static let pieceSize = 16 << 10
    /// The longest line that is kept for the handler.
    static let scannedSize = 1 << 20

    private let file: AppendFile
    private let handler: LineHandler
    private var prefix = EntryPrefix()
    private var open: [OpenLine] = [OpenLine(), OpenLine()]

    /// A line whose end has not come yet.
    private final class OpenLine {
        var text = LineBuffer(capacity: 4096)
        /// Bytes at the beginning of `text` that are in the log already, as pieces.
        var logged = 0
        /// Pieces of this line are in the log.
        var hasPieces = false
        /// Too long for the handler: what is logged is forgotten.
        var isOversized = false
        /// The last byte was a carriage return: what comes next tells whether it ended the line.
        var hasReturned = false
        var isEmpty: Bool { text.count == 0 && !hasPieces && !hasReturned }
    }

    /// Opens or makes the log; a torn last line is cut off.
    package convenience init(_ path: String, handler: @escaping LineHandler) throws {
        self.init(try AppendFile(path, locked: false, pendingLimit: 16 << 20), handler: handler)
    }

    /// A writer on a file that is open already.
    package init(_ file: AppendFile, handler: @escaping LineHandler) {
        self.file = file
        self.handler = handler
    }

    package var path: String { file.path }
    package var pendingBytes: Int { file.pendingBytes }
    /// Entries that were lost because the disk took nothing while 16 MiB were waiting.
    package var droppedLines: Int { file.droppedLines }

    /// Writes the pending entries at once; on an error they stay pending, and the next call tries again.
    package func flush() throws { try file.flush() }

    /// Takes what the command printed: any bytes, cut anywhere.
    ///
    /// - Parameter time: when they came, for all lines that they complete.
    package func append(_ chunk: UnsafeRawBufferPointer, stream: OutputStream, time: Timestamp) {
        guard let start = chunk.baseAddress else { return }
        prefix.set(time)
        let line = open[Int(stream.rawValue)]
        var next = start
        let end = start + chunk.count
        while next < end {
            let feed = memchr(next, 10, end - next).map { UnsafeRawPointer($0) }
            let part = UnsafeRawBufferPointer(start: next, count: (feed ?? end) - next)
            if feed != nil, part.count <= Self.pieceSize, line.isEmpty, memchr(next, 13, part.count) == nil {
                handler(stream, part)
                put(part, stream, isWhole: true)
            } else {
                take(part, line, stream)
                if feed != nil { complete(line, stream) }
            }
            next = (feed ?? end) + (feed == nil ? 0 : 1)
        }
    }

    /// Ends the lines that have no line feed: the command is over.
    package func finish(time: Timestamp) {
        prefix.set(time)
        for stream in OutputStream.allCases {
            let line = open[Int(stream.rawValue)]
            if !line.isEmpty { complete(line, stream) }
        }
    }

    /// Adds bytes without a line feed to an open line.
    private func take(_ part: UnsafeRawBufferPointer, _ line: OpenLine, _ stream: OutputStream) {
        var rest = part
        while let start = rest.baseAddress, rest.count > 0 {
            if line.hasReturned, start.load(as: UInt8.self) != 13 { redraw(line, stream) }
            let carriage = memchr(start, 13, rest.count).map { UnsafeRawPointer($0) }
            let size = (carriage ?? start + rest.count) - start
            extend(line, UnsafeRawBufferPointer(start: start, count: size), stream)
            if carriage != nil, line.text.count > 0 || line.hasPieces { line.hasReturned = true }
            rest = UnsafeRawBufferPointer(rebasing: rest[(size + (carriage == nil ? 0 : 1))...])
        }
    }

    private func extend(_ line: OpenLine, _ bytes: UnsafeRawBufferPointer, _ stream: OutputStream) {
        var rest = bytes
        while rest.count > 0 {
            let room = Self.pieceSize - (line.text.count - line.logged)
            let size = min(room, rest.count)
            line.text.append(UnsafeRawBufferPointer(rebasing: rest[..<size]))
            rest = UnsafeRawBufferPointer(rebasing: rest[size...])
            // A full piece goes out only when more follows, so that a line of exactly 16 KiB is one entry.
            if size == room, rest.count > 0 { logPiece(line, stream) }
        }
    }

    private func logPiece(_ line: OpenLine, _ stream: OutputStream) {
        put(UnsafeRawBufferPointer(rebasing: line.text.bytes[line.logged...]), stream, isWhole: false)
        line.hasPieces = true
        line.logged = line.text.count
        if line.text.count > Self.scannedSize { line.isOversized = true }
        if line.isOversized {
            line.text.removeAll()
            line.logged = 0
        }
    }

    /// The line is drawn anew: its state so far is handed over, and forgotten unless pieces of it are logged.
    private func redraw(_ line: OpenLine, _ stream: OutputStream) {
        if line.hasPieces { return complete(line, stream) }
        handler(stream, line.text.bytes)
        line.text.removeAll()
        line.hasReturned = false
    }

    private func complete(_ line: OpenLine, _ stream: OutputStream) {
        if !line.isOversized { handler(stream, line.text.bytes) }
        put(UnsafeRawBufferPointer(rebasing: line.text.bytes[line.logged...]), stream, isWhole: true)
        line.text.removeAll()
        line.logged = 0
        line.hasPieces = false
        line.isOversized = false
        line.hasReturned = false
    }

    private func put(_ text: UnsafeRawBufferPointer, _ stream: OutputStream, isWhole: Bool) {
        guard file.hasRoom() else { return }
        var entry = file.buffer.reserve(text.count + EntryPrefix.size + 1)
        prefix.put(stream, isWhole: isWhole, into: &entry)
        if let start = text.baseAddress { entry.put(start, text.count) }
        entry.put("\n")
        file.buffer.commit(entry)
    }
}

/// The beginning of an entry, `2026-11-23T10:12:44.120Z stdout F `, made anew only when the millisecond changes.
private struct EntryPrefix: ~Copyable {
    static let size = 34

    private var bytes = LineBuffer(capacity: 64)
    private var millisecond = Int64.min

    mutating func set(_ time: Timestamp) {
        let now = Int64(exactly: (time.seconds * 1000).rounded(.down)) ?? 0
        if now == millisecond { return }
        millisecond = now
        bytes.removeAll()
        bytes.append(Array(time.description.utf8))
        bytes.append(Array(" stdout F ".utf8))
    }

    @inline(__always)
    func put(_ stream: OutputStream, isWhole: Bool, into entry: inout LineCursor) {
        entry.put(bytes.base, bytes.count)
        let end = entry.next
        if stream == .stderr { memcpy(end - 6, "err", 3) }
        if !isWhole { end[-2] = UInt8(ascii: "P") }
    }
}
