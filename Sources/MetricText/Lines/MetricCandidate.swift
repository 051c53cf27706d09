/// A name with its value, before the whole line has shown whether it is a line of metrics.
struct MetricCandidate {
    enum Standing: UInt8 {
        /// A known metric.
        case metric
        /// Known to go with metrics: a learning rate, a duration.
        case companion
        case unknown
    }

    /// The name's bytes, in the line or, for a nested dictionary, in the scanner's store of joined names.
    var start: Int
    var end: Int
    var isJoined = false
    /// Written for people (`Val Loss: 0.3`), as opposed to an identifier (`val_loss=0.3`, `"val_loss": 0.3`).
    var isPhrase = false
    var section: Phase?
    var standing: Standing
    var value: Double
    var unit: MetricUnit
    /// Where the number stands on the line; nil when the value is not just one number.
    var number: Range<Int>?

    /// A line's metrics beyond this number are left out.
    static let most = 512
}

extension MetricCandidate.Standing {
    /// nil for names that are never metrics.
    init?(_ kind: WordKind) {
        if !kind.isDisjoint(with: [.setting, .excluded]) { return nil }
        self = kind.contains(.metric) ? .metric : kind.contains(.companion) ? .companion : .unknown
    }
}
