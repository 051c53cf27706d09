import CurveFigures
import ExperimentModel

/// The language of everything that Bunsen writes into an entry.
package enum EntryLanguage: String, Sendable, CaseIterable {
    case english = "en"
    case chinese = "zh"

    /// `zh`, `zh-CN` and `zh_Hans` are Chinese; everything that is not known is English.
    package init(tag: String) {
        self = tag.lowercased().hasPrefix("zh") ? .chinese : .english
    }

    package var phrases: Phrases {
        switch self {
        case .english: .english
        case .chinese: .chinese
        }
    }
}

/// Every word of an entry in one language. Each is set by the initializer, so a missing translation does not compile.
package struct Phrases: Sendable {
    package let figures: FigureLabels
    package let observations: ObservationPhrases

    // Headings
    package let environment: String
    package let command: String
    package let gpu: String
    package let hyperparameters: String
    package let metrics: String
    package let curves: String
    package let logged: String
    package let notebook: String
    package let executedCells: @Sendable (_ link: String, _ done: Int, _ cells: Int) -> String
    package let cell: @Sendable (Int) -> String
    package let moreFigures: @Sendable (_ count: Int) -> String
    /// Between a label and what it labels.
    package let colon: String
    package let observationsHeading: String
    package let nextSteps: String

    // Summary
    package let model: String
    package let optimizer: String
    package let batch: @Sendable (_ local: String, _ workers: String?, _ global: String?) -> String
    package let workers: @Sendable (_ count: Int, _ areGPUs: Bool) -> String
    package let epochs: @Sendable (Int64) -> String
    package let status: @Sendable (RunStatus) -> String
    package let endedBadly: @Sendable (_ status: String, _ exit: String?, _ reason: String?, _ step: String?) -> String
    package let exitCode: @Sendable (Int32) -> String
    package let signal: @Sendable (Int32) -> String
    package let lastOutput: String

    // Environment
    package let lock: String
    package let notLocked: String
    package let image: String
    package let cpuBuild: String
    package let packages: @Sendable (_ count: String, _ link: String?) -> String
    package let packageList: String
    package let namedPackages: String
    package let operatingSystem: String
    package let processor: @Sendable (_ name: String, _ cores: Int) -> String
    package let memory: String
    package let host: String
    package let commit: String
    package let branch: @Sendable (String) -> String
    package let uncommitted: @Sendable (_ link: String?) -> String
    package let noCommit: String

    // Command
    package let runAgain: String
    package let withoutBunsen: String
    package let workingFolder: String
    package let engine: String
    package let variable: String
    package let value: String
    package let dataFolder: String
    package let digest: String
    package let files: String
    package let size: String

    // GPU
    package let noGPU: String
    package let driver: String

    // Tables
    package let item: String
    package let name: String
    package let source: String
    package let noParameters: String
    package let last: String
    package let best: String
    package let atStep: @Sendable (_ value: String, _ step: String) -> String
    package let constant: String
    package let points: String
    package let noMetrics: String
    package let primaryMark: String
    package let allPoints: @Sendable (_ link: String) -> String
    package let moreCurves: @Sendable (_ count: Int) -> String
    package let noCurves: String
    package let step: @Sendable (Int64) -> String

    /// The names of the person's section for observations, in every language.
    package static let observationHeadings = EntryLanguage.allCases.map(\.phrases.observationsHeading)
}
