import Glibc

/// A line that was scanned, as the form for the lines like it: programs print the same line again with other numbers.
///
/// A line fits when it equals the template everywhere but in the numbers that were found, and in tokens that begin with
/// a digit and mean nothing (clock times, dates), where any digit stands for any other. What surrounds a number is what
/// decides whether it is a metric, so a fitting line means the same; where that could differ (a whole number against a
/// fraction) it does not fit.
struct LineTemplate: Sendable {
    enum Role: Sendable, Equatable {
        case metric(Int)
        case step, epoch, position
        /// Only the shape counts.
        case ignored
    }

    struct Span: Sendable {
        var start: Int
        var end: Int
        var role: Role
        var isWhole = false
    }

    /// Longer lines are not worth keeping.
    static let longestLine = 1_024
    static let mostSpans = 64

    private var bytes: [UInt8]
    private var spans: [Span]
    private var metrics: [ScannedMetric]
    private var stepKey: ScannedLine.StepKey?
    private var total: Int64

    /// nil when the line holds something that cannot be repeated by its numbers alone.
    init?(_ line: UnsafeRawBufferPointer, _ spans: [Span], _ result: ScannedLine) {
        guard line.count <= Self.longestLine, spans.count <= Self.mostSpans else { return nil }
        self.spans = spans.sorted { $0.start < $1.start }
        var end = 0
        for (index, span) in self.spans.enumerated() {
            guard span.start >= end, span.end > span.start, span.end <= line.count else { return nil }
            end = span.end
            if span.role == .ignored { continue }
            guard let number = NumberText.read(line, at: span.start, limit: line.count), number.end == span.end else {
                return nil
            }
            self.spans[index].isWhole = number.integer != nil
        }
        bytes = Array(line)
        metrics = result.metrics
        stepKey = result.stepKey
        total = result.position?.total ?? 0
    }

    /// Fills `result` when the line fits; otherwise leaves it in any state and returns false.
    func read(_ line: UnsafeRawBufferPointer, into result: inout ScannedLine) -> Bool {
        guard line.count <= Self.longestLine * 2 else { return false }
        return bytes.withUnsafeBytes { model in
            guard let modelBase = model.baseAddress, let base = line.baseAddress else { return false }
            var (at, modelAt) = (0, 0)
            result.metrics.append(contentsOf: metrics)
            for span in spans {
                let literal = span.start &- modelAt
                guard line.count &- at > literal, memcmp(base + at, modelBase + modelAt, literal) == 0 else {
                    return false
                }
                at &+= literal
                modelAt = span.end
                if span.role == .ignored {
                    let count = span.end &- span.start
                    guard line.count &- at >= count else { return false }
                    for offset in 0..<count {
                        let (here, there) = (line[at &+ offset], model[span.start &+ offset])
                        if here != there, !(here.isDigit && there.isDigit) { return false }
                    }
                    at &+= count
                } else {
                    guard let number = NumberText.read(line, at: at, limit: line.count),
                        (number.integer != nil) == span.isWhole, take(number, span.role, line[at].isDigit, &result)
                    else { return false }
                    at = number.end
                }
            }
            let rest = model.count &- modelAt
            guard line.count &- at == rest, memcmp(base + at, modelBase + modelAt, rest) == 0 else { return false }
            result.settleStep()
            return true
        }
    }

    @inline(__always)
    private func take(_ number: NumberText, _ role: Role, _ startsWithDigit: Bool, _ result: inout ScannedLine) -> Bool
    {
        switch role {
        case .metric(let index):
            guard index < result.metrics.count else { return false }
            result.metrics[index].value = number.value
        case .step:
            guard startsWithDigit, let whole = number.integer else { return false }
            (result.step, result.stepKey) = (whole, stepKey)
        case .epoch:
            guard startsWithDigit, number.value.isFinite else { return false }
            result.epoch = number.value
        case .position:
            guard startsWithDigit, let whole = number.integer else { return false }
            result.position = (whole, total)
        case .ignored:
            break
        }
        return true
    }
}

/// The numbers of the line being scanned, for its template.
struct LineSpans: Sendable {
    private(set) var all: [LineTemplate.Span] = []
    var step: Range<Int>?
    var epoch: Range<Int>?
    var position: Range<Int>?
    /// Something on the line cannot be repeated.
    var isUnrepeatable = false

    mutating func clear() {
        if !all.isEmpty { all.removeAll(keepingCapacity: true) }
        (step, epoch, position) = (nil, nil, nil)
        isUnrepeatable = false
    }

    mutating func add(_ start: Int, _ end: Int, _ role: LineTemplate.Role) {
        if all.count < LineTemplate.mostSpans {
            all.append(LineTemplate.Span(start: start, end: end, role: role))
        } else {
            isUnrepeatable = true
        }
    }

    mutating func settle() {
        if let step { add(step.lowerBound, step.upperBound, .step) }
        if let epoch { add(epoch.lowerBound, epoch.upperBound, .epoch) }
        if let position { add(position.lowerBound, position.upperBound, .position) }
    }
}
