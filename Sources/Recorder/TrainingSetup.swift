import CurveFigures
import ExperimentModel

/// What the hyperparameters say of the training, by the names that people give them.
struct TrainingSetup {
    let model: String?
    let optimizer: String?
    let learningRate: String?
    let batch: Int64?
    let epochs: Int64?
    let worldSize: Int

    init(_ manifest: RunManifest) {
        var values: [String: ParameterValue] = [:]
        for parameter in manifest.parameters {
            let name = String(parameter.name.lowercased().drop { $0 == "-" }).replacing("-", with: "_")
            // `model.name` and `optim/lr` say the same as `model_name` and `lr`.
            let last = name.split { $0 == "." || $0 == "/" }.last.map(String.init) ?? name
            for key in Set([name, last]) where values[key] == nil { values[key] = parameter.value }
        }
        func first(_ names: [String]) -> ParameterValue? { names.lazy.compactMap { values[$0] }.first }
        model = first(["model", "model_name", "arch", "architecture", "net", "model_name_or_path"]).map(Self.text)
        optimizer = first(["optimizer", "optim", "opt"]).map(Self.text)
        learningRate = first(["lr", "learning_rate", "base_lr", "max_lr"]).map(Self.text)
        batch = first(["batch_size", "batch", "bs", "per_device_train_batch_size", "train_batch_size", "b"])
            .flatMap(Self.whole)
        epochs = first(["epochs", "num_epochs", "max_epochs", "n_epochs", "num_train_epochs"]).flatMap(Self.whole)
        worldSize = max(1, manifest.worldSize ?? 1)
    }

    /// Nil where it would overflow.
    var globalBatch: Int64? {
        guard let batch else { return nil }
        let product = batch.multipliedReportingOverflow(by: Int64(worldSize))
        return product.overflow ? nil : product.partialValue
    }

    static func text(_ value: ParameterValue) -> String {
        if case .number(let number) = value { return ReadableNumber.exact(number) }
        return value.description
    }

    private static func whole(_ value: ParameterValue) -> Int64? {
        switch value {
        case .integer(let number) where number > 0: number
        case .number(let number) where number > 0: Int64(exactly: number)
        default: nil
        }
    }
}
