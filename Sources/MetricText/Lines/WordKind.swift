/// What a word, or a part of a name between `_ - . /`, means on a line of training output.
struct WordKind: OptionSet, Sendable {
    var rawValue: UInt32

    /// Names a metric by itself: `loss`, `acc`, `psnr`. Such a word makes its line a line of metrics.
    static let metric = WordKind(rawValue: 1 << 0)
    /// A quantity worth keeping only beside a metric or a step: `lr`, `time`.
    static let companion = WordKind(rawValue: 1 << 1)
    /// May stand before a metric word: `train loss`, `average acc`.
    static let qualifier = WordKind(rawValue: 1 << 2)
    /// Says nothing alone: `avg: 0.3`; and `best epoch: 7` is not the present epoch.
    static let generic = WordKind(rawValue: 1 << 3)
    /// Ends what came before it: `saved with loss: 0.3` names `loss`.
    static let stop = WordKind(rawValue: 1 << 4)
    /// A setting, never a metric; its presence makes the line look like a printed configuration.
    static let setting = WordKind(rawValue: 1 << 5)
    /// Never a metric: `eta`, `port`.
    static let excluded = WordKind(rawValue: 1 << 6)
    /// A share: `acc: 9829/10000` is a ratio.
    static let share = WordKind(rawValue: 1 << 7)
    /// `per`, `second`: `steps_per_second` is a rate, although `steps` is a setting.
    static let rate = WordKind(rawValue: 1 << 8)
    /// A part of the training: `train`, `val`, `test`. The low bits of the table's value say which.
    static let phase = WordKind(rawValue: 1 << 9)
    /// May stand between a phase and its colon: `Test set:`.
    static let sectionNoun = WordKind(rawValue: 1 << 10)
    static let logLevel = WordKind(rawValue: 1 << 11)
    /// A level at which programs complain rather than report.
    static let complaint = WordKind(rawValue: 1 << 12)
    /// `step`, `epoch`, …. The low bits of the table's value say which.
    static let counter = WordKind(rawValue: 1 << 13)

    /// Never a metric when it is the last word of a name: `exit code: 1`, but `gpu memory: 12GB`.
    static let excludedAlone = WordKind(rawValue: 1 << 14)
    /// Counts as a name when only a space separates it from its number: `train loss 4.2`.
    static let bare = WordKind(rawValue: 1 << 15)
    /// As `bare`, when the number carries a unit.
    static let bareMeasure = WordKind(rawValue: 1 << 16)

    /// Already says `train`, `val` or `test` in one of its parts.
    static let namesPhase = WordKind(rawValue: 1 << 17)

    /// What a part hands to the whole name; the rest counts only for a word that stands alone.
    static let inherited: WordKind = [.metric, .companion, .setting, .excluded, .share, .rate, .phase, .bare]

    private static let codeShift: UInt32 = 24

    var phaseCode: Phase? { contains(.phase) ? Phase(rawValue: UInt8(rawValue >> Self.codeShift)) : nil }
    var stepKey: ScannedLine.StepKey? {
        contains(.counter) ? ScannedLine.StepKey(rawValue: UInt8(rawValue >> Self.codeShift)) : nil
    }
    var withoutCode: WordKind { WordKind(rawValue: rawValue & (1 << Self.codeShift - 1)) }

    func with(_ phase: Phase) -> WordKind { WordKind(rawValue: rawValue | UInt32(phase.rawValue) << Self.codeShift) }
    func with(_ key: ScannedLine.StepKey) -> WordKind {
        WordKind(rawValue: rawValue | UInt32(key.rawValue) << Self.codeShift)
    }
}

/// The part of the training that a section of a line speaks of.
enum Phase: UInt8, Sendable {
    case train, val, test, eval, dev

    /// What is put before names in that section; nothing for training, which is what a plain `loss` means.
    var prefix: StaticString? {
        switch self {
        case .train: nil
        case .val: "val_"
        case .test: "test_"
        case .eval: "eval_"
        case .dev: "dev_"
        }
    }
}
