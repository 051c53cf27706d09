import ExperimentModel
import HostSystem

/// Writes the journal of a run that lasts, and holds its lock. Nothing is written before `flush()`; a point is
/// acknowledged when that returned. Not for use by several threads at once.
package final class JournalWriter {
    private let file: AppendFile
    private var metrics = MetricFragments()
    private var millisecond: Int64 = -1
    /// The beginning of every line of this millisecond.
    private var head = LineBuffer(capacity: 64)

    /// Opens or makes the journal and takes its lock. A torn last line is cut off.
    ///
    /// Throws `RunStoreError.fileInUse` when another process holds the journal.
    package convenience init(_ path: String) throws {
        self.init(try AppendFile(path, locked: true))
    }

    /// A writer on a file that is open already.
    package init(_ file: AppendFile) {
        self.file = file
    }

    package var path: String { file.path }
    /// Bytes that are not in the file yet.
    package var pendingBytes: Int { file.pendingBytes }
    /// Lines that were lost because the disk took nothing while 64 MiB of lines were waiting.
    package var droppedLines: Int { file.droppedLines }

    /// Writes the pending lines at once. On an error (disk full, I/O) what was not written stays pending, the file ends
    /// in a whole line, and the next call tries again.
    package func flush() throws { try file.flush() }

    /// Waits until the disk has what was flushed.
    package func synchronize() throws { try file.synchronize() }

    /// Adds a point without allocating.
    ///
    /// - Parameters:
    ///   - id: a small number that stands for the name, in a numbering of its own for each source.
    ///   - name: asked for when `id` is met for the first time.
    package func metric(
        _ id: Int, named name: @autoclosure () -> String, step: Int64?, epoch: Double? = nil, value: Double,
        time: Timestamp, source: MetricSource
    ) {
        guard file.hasRoom() else { return }
        let fragment = metrics.fragment(id, source, name)
        prepare(time)
        var line = file.buffer.reserve(fragment.count + 4 * LineCursor.numberSize + 64)
        line.put(head.base, head.count)
        metrics.put(fragment, into: &line)
        if let step {
            line.put(",\"step\":")
            line.put(step)
        }
        if let epoch, epoch.isFinite {
            line.put(",\"epoch\":")
            line.putJSON(epoch)
        }
        line.put(",\"value\":")
        line.putJSON(value)
        metrics.putSource(source, into: &line)
        file.buffer.commit(line)
    }

    package func parameter(_ parameter: Parameter, time: Timestamp) throws { try append(.parameter(parameter), time) }

    package func text(_ name: String, step: Int64?, value: String, source: MetricSource, time: Timestamp) throws {
        try append(.text(name: name, step: step, value: value, source: source.rawValue), time)
    }

    /// - Parameter file: a path below the run folder.
    package func image(_ name: String, step: Int64?, file: String, source: MetricSource, time: Timestamp) throws {
        try append(.image(name: name, step: step, file: file, source: source.rawValue), time)
    }

    package func histogram(
        _ name: String, step: Int64?, edges: [Double], counts: [Double], source: MetricSource, time: Timestamp
    ) throws {
        try append(.histogram(name: name, step: step, edges: edges, counts: counts, source: source.rawValue), time)
    }

    package func sample(_ sample: SystemSample) throws { try append(.sample(sample), sample.time) }

    package func warning(_ text: String, time: Timestamp) throws { try append(.warning(text), time) }

    package func note(_ text: String, time: Timestamp) throws { try append(.note(text), time) }

    package func end(_ end: RunEnd) throws { try append(.end(end), end.time) }

    /// Adds a line of a rare kind. Throws only when the record has no JSON form.
    package func append(_ record: JournalRecord, _ time: Timestamp) throws {
        let object = try RecordCoding.encode(JournalLine(record), pretty: false)
        guard object.count > 2, file.hasRoom() else { return }
        prepare(time)
        var line = file.buffer.reserve(object.count + 64)
        line.put(head.base, head.count)
        line.put(",")
        // The object without its opening brace continues the one that the time began.
        object.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { line.put(start + 1, bytes.count - 1) }
        }
        line.put("\n")
        file.buffer.commit(line)
    }

    /// Makes `head` the beginning of a line of this time: `{"t":1763892764.120`.
    private func prepare(_ time: Timestamp) {
        let seconds = time.seconds.isFinite ? min(max(time.seconds, 0), 253_402_300_799) : 0
        let now = Int64((seconds * 1000).rounded())
        if now == millisecond { return }
        let (whole, rest) = now.quotientAndRemainder(dividingBy: 1000)
        if millisecond < 0 || whole != millisecond / 1000 {
            head.removeAll()
            var line = head.reserve(64)
            line.put("{\"t\":")
            line.put(whole)
            line.put(".")
            head.commit(line)
        } else {
            head.truncate(to: head.count - 3)
        }
        var line = head.reserve(3)
        line.put(UInt64(rest), digits: 3)
        head.commit(line)
        millisecond = now
    }
}
