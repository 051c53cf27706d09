/// A person's own pattern for lines that the scanner does not know: `best (?<score>[0-9.]+) at (?<step>\d+)`.
///
/// Every named group is a metric of that name; the groups `step`, `global_step`, `iter`, `iteration`, `batch` and
/// `epoch` give the step. A group that did not take part, or whose text is not a number (a `%` may follow), gives
/// nothing.
///
/// Backtracking is bounded by length: lines above `longestLine` bytes are not given to the pattern, since a careless
/// pattern can take time that grows steeply with the line. Not `Sendable`, as `Regex` is not: make it where the lines
/// are read.
package struct MetricPattern {
    package static let longestLine = 4 * 1_024

    package struct Match: Sendable, Equatable {
        package var step: Int64?
        package var stepKey: ScannedLine.StepKey?
        package var epoch: Double?
        package var metrics: [Metric] = []
    }

    package struct Metric: Sendable, Equatable {
        package var name: String
        package var value: Double
        package var unit: MetricUnit
    }

    /// The pattern as written.
    package let source: String
    /// The metrics that the pattern can give, in the order of its groups.
    package let metricNames: [String]
    private let regex: Regex<AnyRegexOutput>
    private let groups: [(name: String, key: ScannedLine.StepKey?)]

    /// Throws when the pattern is not a regular expression, or names no metric.
    package init(_ pattern: String) throws(MetricTextError) {
        func failure(_ cause: String) -> MetricTextError {
            MetricTextError(operation: "use the metric pattern", value: pattern, cause: cause)
        }
        do {
            regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        } catch {
            throw failure("it is not a regular expression (\(error))")
        }
        source = pattern
        let compiled = regex
        let names = GroupNames.find(pattern).filter { compiled.contains(captureNamed: $0) }
        groups = names.map { ($0, Self.stepKey($0)) }
        metricNames = groups.filter { $0.key == nil }.map(\.name)
        if metricNames.isEmpty {
            throw failure("it has no named group for a metric, such as (?<loss>[0-9.]+)")
        }
    }

    /// Looks for the pattern once in a line. nil when it does not match, when no metric group holds a number, and for
    /// lines above `longestLine` bytes. Bytes that are not UTF-8 are replaced before.
    package func match(_ line: UnsafeRawBufferPointer) -> Match? {
        guard line.count <= Self.longestLine else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        guard let found = try? regex.firstMatch(in: text) else { return nil }
        var match = Match()
        for (name, key) in groups {
            guard let captured = found.output[name]?.substring, let read = Self.number(captured) else { continue }
            if let key {
                match.take(read.number, key)
            } else {
                match.metrics.append(Metric(name: name, value: read.number.value, unit: read.unit))
            }
        }
        if match.step == nil, let epoch = match.epoch, let whole = Int64(exactly: epoch) {
            (match.step, match.stepKey) = (whole, .epoch)
        }
        return match.metrics.isEmpty ? nil : match
    }

    private static func number(_ text: Substring) -> (number: NumberText, unit: MetricUnit)? {
        Array(text.utf8).withUnsafeBytes { bytes in
            let start = bytes.afterBlanks(0, bytes.count)
            guard let number = NumberText.read(bytes, at: start, limit: bytes.count) else { return nil }
            let end = bytes.afterBlanks(number.end, bytes.count)
            if end == bytes.count { return (number, .none) }
            guard bytes[end] == Byte.percent, bytes.afterBlanks(end + 1, bytes.count) == bytes.count else { return nil }
            return (number, .percent)
        }
    }

    private static func stepKey(_ name: String) -> ScannedLine.StepKey? {
        switch name {
        case "step": .step
        case "global_step": .globalStep
        case "iter": .iter
        case "iteration": .iteration
        case "batch": .batch
        case "epoch": .epoch
        default: nil
        }
    }
}

extension MetricPattern.Match {
    fileprivate mutating func take(_ number: NumberText, _ key: ScannedLine.StepKey) {
        if key == .epoch {
            if number.value.isFinite { epoch = number.value }
        } else if let whole = number.integer, stepKey.map({ $0 < key }) ?? true {
            (step, stepKey) = (whole, key)
        }
    }
}

/// The names of a pattern's groups, which `Regex` does not list before a match.
private enum GroupNames {
    static func find(_ pattern: String) -> [String] {
        let scalars = Array(pattern.unicodeScalars)
        var names: [String] = []
        var at = 0
        var isInClass = false
        while at < scalars.count {
            switch scalars[at] {
            case "\\": at += 1
            case "[": isInClass = true
            case "]": isInClass = false
            case "(" where !isInClass:
                if let name = name(scalars, after: at), !names.contains(name) { names.append(name) }
            default: break
            }
            at += 1
        }
        return names
    }

    /// `(?<name>` and `(?P<name>`, but not the look-behinds `(?<=` and `(?<!`.
    private static func name(_ scalars: [Unicode.Scalar], after open: Int) -> String? {
        var at = open + 1
        guard at < scalars.count, scalars[at] == "?" else { return nil }
        at += 1
        if at < scalars.count, scalars[at] == "P" { at += 1 }
        guard at < scalars.count, scalars[at] == "<" else { return nil }
        at += 1
        var name = String.UnicodeScalarView()
        while at < scalars.count, scalars[at] != ">" {
            let scalar = scalars[at]
            guard scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) else { return nil }
            name.append(scalar)
            at += 1
        }
        return at < scalars.count && !name.isEmpty ? String(name) : nil
    }
}
