/// Reads `metrics.csv`, which Lightning's CSVLogger writes, again and again.
///
/// Each row has a `step`, often an `epoch`, and the few cells that were logged at that moment; the others are empty.
/// When a new metric appears, Lightning rewrites the file with a longer header: rows that say the same as before are
/// not given twice.
package struct LightningCSV: Sendable {
    /// Columns beyond this number are not read.
    package static let mostColumns = 4_096
    /// Cells that are neither empty nor a number, and columns without a usable name, since the start.
    package private(set) var ignoredCells = 0
    private var seen = SeenRecords()
    private var names = NameTable()

    package init() {}

    /// The points of rows that were not there at the last call.
    ///
    /// A last row without its line end is still being written and waits for the next call. Throws only for a file above
    /// `MetricFileLimits.largest`.
    package mutating func newPoints(in bytes: UnsafeRawBufferPointer) throws(MetricTextError) -> [FilePoint] {
        try MetricFileLimits.check(bytes, "read metrics.csv")
        var reader = CSVReader(bytes, at: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        guard reader.nextRow() else { return [] }
        let columns = header(reader)
        var points: [FilePoint] = []
        var index = 0
        while reader.nextRow() {
            if reader.cells.allSatisfy(\.isEmpty) { continue }
            var fingerprint: UInt64 = 0
            for (column, cell) in zip(columns, reader.cells) where !cell.isEmpty {
                // A sum, so that a column that moves changes nothing.
                let text = UnsafeRawBufferPointer(rebasing: bytes[cell])
                fingerprint &+= Fingerprint.of(text, seed: column.fingerprint)
            }
            if seen.isNew(fingerprint, at: index) { readRow(reader.cells, columns, bytes, into: &points) }
            index += 1
        }
        return points
    }

    private struct Column {
        enum Role {
            case step, epoch
            case metric(String)
            case unusable
        }
        var role: Role
        var fingerprint: UInt64
    }

    private mutating func header(_ reader: CSVReader) -> [Column] {
        var name: [UInt8] = []
        return reader.cells.map { cell in
            let text = UnsafeRawBufferPointer(rebasing: reader.bytes[cell])
            var column = Column(role: .unusable, fingerprint: Fingerprint.of(text))
            if text.elementsEqual("step".utf8) {
                column.role = .step
            } else if text.elementsEqual("epoch".utf8) {
                column.role = .epoch
            } else if !text.isEmpty, text.count <= MetricName.longest {
                name.removeAll(keepingCapacity: true)
                MetricName.append(text, 0, text.count, isPhrase: false, to: &name)
                if let id = name.withUnsafeBytes({ names.id($0) }) { column.role = .metric(names.names[Int(id)]) }
            }
            return column
        }
    }

    private mutating func readRow(
        _ cells: [Range<Int>], _ columns: [Column], _ bytes: UnsafeRawBufferPointer, into points: inout [FilePoint]
    ) {
        let first = points.count
        var step: Int64?
        var epoch: Double?
        for (column, cell) in zip(columns, cells) where !cell.isEmpty {
            guard let number = NumberText.read(bytes, at: cell.lowerBound, limit: cell.upperBound),
                number.end == cell.upperBound
            else {
                ignoredCells += 1
                continue
            }
            switch column.role {
            case .step: step = number.integer ?? Int64(exactly: number.value)
            case .epoch: epoch = number.value.isFinite ? number.value : nil
            case .metric(let name): points.append(FilePoint(step: nil, epoch: nil, name: name, value: number.value))
            case .unusable: ignoredCells += 1
            }
        }
        for index in first..<points.count { (points[index].step, points[index].epoch) = (step, epoch) }
    }
}

/// Rows of RFC 4180, as ranges of the bytes. Cells with doubled quotes keep them: no number and no metric name has any.
struct CSVReader {
    let bytes: UnsafeRawBufferPointer
    /// The cells of the present row, without their quotes.
    private(set) var cells: [Range<Int>] = []
    private var at: Int

    init(_ bytes: UnsafeRawBufferPointer, at: Int) { (self.bytes, self.at) = (bytes, at) }

    /// Reads the next row that has its line end; false when there is none.
    mutating func nextRow() -> Bool {
        cells.removeAll(keepingCapacity: true)
        while at < bytes.count {
            let cell = nextCell()
            guard let cell, at < bytes.count else { return false }
            if cells.count < LightningCSV.mostColumns { cells.append(cell) }
            let mark = bytes[at]
            at += 1
            if mark == Byte.comma { continue }
            if mark == Byte.carriageReturn, at < bytes.count, bytes[at] == Byte.lineFeed { at += 1 }
            return true
        }
        return false
    }

    /// The cell at `at`, which is left at the comma or line end after it; nil when a quote stays open.
    private mutating func nextCell() -> Range<Int>? {
        guard at < bytes.count, bytes[at] == Byte.quote else {
            let start = at
            while at < bytes.count, !endsCell(bytes[at]) { at += 1 }
            return start..<at
        }
        let start = at + 1
        at = start
        while at < bytes.count {
            if bytes[at] == Byte.quote {
                if at + 1 < bytes.count, bytes[at + 1] == Byte.quote {
                    at += 1
                } else {
                    break
                }
            }
            at += 1
        }
        guard at < bytes.count else { return nil }
        let end = at
        at += 1
        // What follows a closing quote belongs to no cell.
        while at < bytes.count, !endsCell(bytes[at]) { at += 1 }
        return start..<end
    }

    private func endsCell(_ byte: UInt8) -> Bool {
        byte == Byte.comma || byte == Byte.lineFeed || byte == Byte.carriageReturn
    }
}
