import Glibc

/// Finds steps and metrics in the lines that training programs print.
///
/// Understands `loss=0.31 acc: 97.8%`, Keras, PyTorch's examples, tqdm and Lightning bars, JSON lines, Hugging Face's
/// dictionaries, nanoGPT, timm, torchvision, Detectron2 and mmengine. Prefers precision: a line counts only when it has
/// a step, an epoch or a known metric word, because a missed metric can be had by a user pattern (`MetricPattern`),
/// while a false curve stays in the record.
///
/// One scanner serves one stream of lines, in order: it remembers that a traceback frame or a warning came before,
/// since the line of source code after it is not output. A line that differs only in its numbers from one of the last
/// four forms with metrics is read without allocating (`LineTemplate`); another form is kept as a new template, which
/// allocates and takes several times as long.
package struct MetricLineScanner: Sendable {
    /// Only this many bytes of a line are looked at.
    package static let longestLine = 16 * 1_024
    /// Names beyond this number are ignored, and `overflowed` is set.
    package static let mostNames = NameTable.limit

    let vocabulary = Vocabulary.table
    let units = MetricUnit.table
    private var table = NameTable()
    private var sourceLineFollows = false
    /// The forms of the last lines with metrics: training and validation lines alternate.
    private(set) var templates: [LineTemplate] = []
    private var oldestTemplate = 0
    private static let mostTemplates = 4
    private var plain: [UInt8] = []
    private var nameBytes: [UInt8] = []
    var joined: [UInt8] = []
    var candidates: [MetricCandidate] = []
    /// The line holds settings written as pairs, as a printed configuration does.
    var hasSettings = false
    /// The line complains (a warning, an error): only known metrics count.
    var complains = false

    /// The names of all metrics so far; `ScannedMetric.name` is an index.
    package var names: [String] { table.names }
    /// Metrics were left out because there are more than `mostNames` names.
    package var overflowed: Bool { table.overflowed }

    package init() {
        candidates.reserveCapacity(64)
        nameBytes.reserveCapacity(256)
    }

    /// Reads one line, without its line feed, and replaces `result`.
    ///
    /// Any bytes are allowed. Of a line with carriage returns (a progress bar drawn over itself) only the last drawing
    /// counts; terminal colours are ignored. A line longer than `longestLine` is cut at the last blank before.
    package mutating func scan(_ line: UnsafeRawBufferPointer, into result: inout ScannedLine) {
        result.clear()
        guard let start = Self.firstSign(line, Swift.min(line.count, Self.longestLine)) else {
            sourceLineFollows = false
            return
        }
        let range = Self.lastDrawing(line)
        guard start < range.upperBound else { return }
        let drawing = UnsafeRawBufferPointer(rebasing: line[range])
        if Self.holdsEscape(drawing) {
            var bytes: [UInt8] = []
            swap(&bytes, &plain)
            TerminalText.appendWithoutEscapes(drawing, to: &bytes)
            bytes.withUnsafeBytes { read($0, into: &result) }
            bytes.removeAll(keepingCapacity: true)
            swap(&bytes, &plain)
        } else {
            read(drawing, into: &result)
        }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, into result: inout ScannedLine) {
        if !sourceLineFollows {
            for index in templates.indices {
                if templates[index].read(line, into: &result) { return }
                result.clear()
            }
        }
        let start = LinePrefix.afterRank(line)
        let isSource = sourceLineFollows && LinePrefix.isIndented(line, start)
        sourceLineFollows = LinePrefix.isTracebackFrame(line, start)
        if isSource || sourceLineFollows || LinePrefix.isForeign(line, start) { return }

        candidates.removeAll(keepingCapacity: true)
        (hasSettings, complains) = (false, false)
        let brace = LinePrefix.dictionary(line, start)
        var cursor = TextCursor(bytes: line, at: start, limit: brace ?? line.count)
        scanText(&cursor, into: &result)
        if cursor.isComplaint {
            sourceLineFollows = true
            result.clear()
            return
        }
        if let brace {
            joined.removeAll(keepingCapacity: true)
            scanDictionary(line, at: brace, section: cursor.section, into: &result)
        }
        accept(line, into: &result)
    }

    /// Decides, with the whole line known, which candidates are metrics.
    private mutating func accept(_ line: UnsafeRawBufferPointer, into result: inout ScannedLine) {
        result.settleStep()
        guard !candidates.isEmpty else { return }
        let hasMetric = candidates.contains { $0.standing == .metric }
        let hasStep = result.epoch != nil || (result.stepKey.map { $0 > .batch } ?? false)
        guard hasMetric || hasStep, !hasSettings || (hasMetric && hasStep) else { return }
        for candidate in candidates where !complains || candidate.standing == .metric {
            guard let name = name(of: candidate, line) else {
                result.spans.isUnrepeatable = true
                continue
            }
            if let number = candidate.number {
                result.spans.add(number.lowerBound, number.upperBound, .metric(result.metrics.count))
            } else {
                result.spans.isUnrepeatable = true
            }
            result.metrics.append(ScannedMetric(name: name, value: candidate.value, unit: candidate.unit))
        }
        keepTemplate(line, &result)
    }

    private mutating func keepTemplate(_ line: UnsafeRawBufferPointer, _ result: inout ScannedLine) {
        guard !result.metrics.isEmpty, !result.spans.isUnrepeatable else { return }
        result.spans.settle()
        guard !result.spans.isUnrepeatable, let template = LineTemplate(line, result.spans.all, result) else { return }
        if templates.count < Self.mostTemplates {
            templates.append(template)
        } else {
            templates[oldestTemplate] = template
            oldestTemplate = (oldestTemplate &+ 1) % Self.mostTemplates
        }
    }

    private mutating func name(of candidate: MetricCandidate, _ line: UnsafeRawBufferPointer) -> Int32? {
        nameBytes.removeAll(keepingCapacity: true)
        if let prefix = candidate.section?.prefix {
            for index in 0..<prefix.utf8CodeUnitCount { nameBytes.append(prefix.utf8Start[index]) }
        }
        let (start, end) = (candidate.start, candidate.end)
        guard start >= 0, end > start, end &- start <= MetricName.longest else { return nil }
        if candidate.isJoined {
            joined.withUnsafeBytes { bytes in
                guard end <= bytes.count else { return }
                MetricName.append(bytes, start, end, isPhrase: false, to: &nameBytes)
            }
        } else {
            MetricName.append(line, start, end, isPhrase: candidate.isPhrase, to: &nameBytes)
        }
        return nameBytes.withUnsafeBytes { table.id($0) }
    }

    /// A place at or before the first digit, colon or equals sign: without one there is no metric. Eight bytes at a
    /// time.
    private static func firstSign(_ line: UnsafeRawBufferPointer, _ limit: Int) -> Int? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var at = 0
        while at &+ 8 <= limit {
            let block = line.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            // Sets the high bit of every byte in 0x30 ... 0x3D: the digits, and : ; < =
            let low = block & (ones &* 0x7F)
            let signs = (ones &* (0x7F + 0x3E) &- low) & ~block & (low &+ ones &* (0x7F - 0x2F)) & (ones &* 0x80)
            if signs != 0 { return at }
            at &+= 8
        }
        while at < limit {
            if line[at] &- 0x30 < 14 { return at }
            at &+= 1
        }
        return nil
    }

    private static func holdsEscape(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let base = line.baseAddress else { return false }
        return memchr(base, Int32(Byte.escape), line.count) != nil
    }

    /// What remains visible of the line: after its last carriage return, and not past `longestLine`.
    private static func lastDrawing(_ line: UnsafeRawBufferPointer) -> Range<Int> {
        var end = Swift.min(line.count, longestLine)
        if end < line.count {
            // A number cut in two would be a wrong number.
            while end > 0, !line[end &- 1].isBlank, line[end &- 1] != Byte.carriageReturn { end &-= 1 }
        }
        while end > 0, line[end &- 1] == Byte.carriageReturn { end &-= 1 }
        guard let base = line.baseAddress, end > 0, memchr(base, Int32(Byte.carriageReturn), end) != nil else {
            return 0..<end
        }
        var start = end
        while start > 0, line[start &- 1] != Byte.carriageReturn { start &-= 1 }
        return start..<end
    }
}
