/// What one line of a program's output says. Reused from line to line, so that scanning does not allocate.
package struct ScannedLine: Sendable {
    /// The word that gave the step, from the weakest to the strongest: the strongest on a line wins.
    package enum StepKey: UInt8, Sendable, Comparable {
        case epoch, batch, iter, iteration, step, globalStep

        package static func < (left: StepKey, right: StepKey) -> Bool { left.rawValue < right.rawValue }
    }

    /// The step that the metrics belong to. A line with nothing but a whole epoch has that epoch as its step.
    package internal(set) var step: Int64?
    package internal(set) var stepKey: StepKey?
    /// The epoch, also when another word gave the step. Fractions are allowed: Hugging Face prints `'epoch': 0.5`.
    package internal(set) var epoch: Double?
    /// Where in the epoch a progress mark stands: 640 of 60,000 in `Train Epoch: 1 [640/60000 (1%)]`.
    package internal(set) var position: (done: Int64, total: Int64)?
    package internal(set) var metrics: [ScannedMetric] = []

    /// Where the numbers stand; for the scanner alone.
    var spans = LineSpans()

    package init() { metrics.reserveCapacity(64) }

    /// No step, no epoch and no metric was found.
    package var isEmpty: Bool { metrics.isEmpty && step == nil && epoch == nil && position == nil }

    mutating func clear() {
        step = nil
        stepKey = nil
        epoch = nil
        position = nil
        spans.clear()
        if !metrics.isEmpty { metrics.removeAll(keepingCapacity: true) }
    }

    mutating func take(step value: NumberText, key: StepKey) {
        if key == .epoch {
            if epoch == nil, value.value.isFinite {
                epoch = value.value
                spans.epoch = value.start..<value.end
            }
        } else if let whole = value.integer, stepKey.map({ $0 < key }) ?? true {
            (step, stepKey) = (whole, key)
            spans.step = value.start..<value.end
        }
    }

    mutating func take(position done: NumberText, of total: Int64) {
        guard position == nil, let whole = done.integer else { return }
        position = (whole, total)
        spans.position = done.start..<done.end
    }

    /// Gives a line without a step word the epoch as its step.
    mutating func settleStep() {
        guard step == nil, let epoch, let whole = Int64(exactly: epoch) else { return }
        (step, stepKey) = (whole, .epoch)
    }
}

/// One metric on a line.
package struct ScannedMetric: Sendable, Equatable {
    /// Index into the scanner's `names`.
    package var name: Int32
    /// The number as printed: 97.8 for `97.8%`; the ratio 0.9829 for an accuracy `9829/10000`. NaN and ±inf are
    /// allowed.
    package var value: Double
    package var unit: MetricUnit
    package var isPercent: Bool { unit == .percent }
}

/// The unit printed after a value. The value is not converted.
package enum MetricUnit: String, Sendable, CaseIterable {
    case none = ""
    case percent = "%"
    case nanoseconds = "ns"
    case microseconds = "us"
    case milliseconds = "ms"
    case seconds = "s"
    case minutes = "min"
    case hours = "h"
    case iterationsPerSecond = "it/s"
    case secondsPerIteration = "s/it"
    case millisecondsPerIteration = "ms/it"
    case millisecondsPerStep = "ms/step"
    case secondsPerStep = "s/step"
    case imagesPerSecond = "img/s"
    case samplesPerSecond = "samples/s"
    case tokensPerSecond = "tokens/s"
    case stepsPerSecond = "steps/s"
    case batchesPerSecond = "batches/s"
    case bytes = "B"
    case kilobytes = "KB"
    case megabytes = "MB"
    case gigabytes = "GB"
    case terabytes = "TB"
    case kibibytes = "KiB"
    case mebibytes = "MiB"
    case gibibytes = "GiB"
    case tebibytes = "TiB"
    case megabytesPerSecond = "MB/s"
    case gigabytesPerSecond = "GB/s"
    /// A bare `K`, `M`, `G`: Detectron2 prints memory as `2458M`.
    case thousands = "K"
    case millions = "M"
    case billions = "G"
    case watts = "W"
    case decibels = "dB"
    case teraflops = "TFLOPS"
    case gigaflops = "GFLOPS"

    /// Other ways in which programs print a unit.
    static let spellings: [(word: String, unit: MetricUnit)] = [
        ("sec", .seconds), ("secs", .seconds), ("second", .seconds), ("seconds", .seconds), ("µs", .microseconds),
        ("μs", .microseconds), ("usec", .microseconds), ("msec", .milliseconds), ("mins", .minutes),
        ("minutes", .minutes), ("hr", .hours), ("hrs", .hours), ("hours", .hours), ("iter/s", .iterationsPerSecond),
        ("iters/s", .iterationsPerSecond), ("it/sec", .iterationsPerSecond), ("iter/sec", .iterationsPerSecond),
        ("s/iter", .secondsPerIteration), ("ms/iter", .millisecondsPerIteration), ("imgs/s", .imagesPerSecond),
        ("image/s", .imagesPerSecond), ("images/s", .imagesPerSecond), ("img/sec", .imagesPerSecond),
        ("images/sec", .imagesPerSecond), ("sample/s", .samplesPerSecond), ("samples/sec", .samplesPerSecond),
        ("tok/s", .tokensPerSecond), ("tok/sec", .tokensPerSecond), ("tokens/sec", .tokensPerSecond),
        ("step/s", .stepsPerSecond), ("steps/sec", .stepsPerSecond), ("batch/s", .batchesPerSecond),
        ("bytes", .bytes), ("TFLOP/s", .teraflops), ("GFLOP/s", .gigaflops),
    ]

    static let table: PackedWordTable = {
        let all = allCases.filter { $0 != .none && $0 != .percent }
        let words = all.map { ($0.rawValue, $0) } + spellings
        return PackedWordTable(words.map { word, unit in (word, UInt32(Self.index(unit))) })
    }()

    private static func index(_ unit: MetricUnit) -> Int { allCases.firstIndex(of: unit) ?? 0 }
    private static let ordered = Array(allCases)

    /// The unit that the packed word spells; nil for an unknown one.
    static func named(_ word: PackedWord, in table: PackedWordTable) -> MetricUnit? {
        let index = Int(table.value(word))
        return index > 0 && index < ordered.count ? ordered[index] : nil
    }
}
