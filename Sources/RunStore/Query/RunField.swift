import ExperimentModel

/// A field of a run that filters and sorts name.
package enum RunField: Sendable, Hashable {
    case status, name, id, started, duration
    /// `params.X`
    case parameter(String)
    /// `metrics.X`: the last value.
    case metric(String)
    /// A bare word: the run's parameter of that name, else its metric.
    case either(String)

    package init(_ text: String) {
        switch text {
        case "status": self = .status
        case "name": self = .name
        case "id": self = .id
        case "started": self = .started
        case "duration": self = .duration
        default:
            if let name = text.removingPrefix("params.") ?? text.removingPrefix("param.") {
                self = .parameter(name)
            } else if let name = text.removingPrefix("metrics.") ?? text.removingPrefix("metric.") {
                self = .metric(name)
            } else {
                self = .either(text)
            }
        }
    }

    /// The value of a field: a number, or else a text.
    enum Value {
        case number(Double)
        case text(String)
    }

    /// Nil when the run has no such value.
    func value(_ row: RunRow) -> Value? {
        switch self {
        case .status: .text(row.status.rawValue)
        case .name: .text(row.name)
        case .id: .text(row.id.text)
        case .started: .text(row.started.rfc3339)
        case .duration: row.duration.map { .number($0) }
        case .parameter(let name): row.parameter(name).map(Value.init)
        case .metric(let name): row.metric(name).map { .number($0) }
        case .either(let name): row.parameter(name).map(Value.init) ?? row.metric(name).map { .number($0) }
        }
    }

    /// The names of parameters and metrics that this field could have meant; nil for a field that every run has.
    func known(in rows: [RunRow]) -> Set<String>? {
        var names = Set<String>()
        switch self {
        case .status, .name, .id, .started, .duration: return nil
        case .parameter: for row in rows { for parameter in row.parameters { names.insert(parameter.name) } }
        case .metric: for row in rows { for metric in row.metrics { names.insert(metric.name) } }
        case .either:
            for row in rows {
                for parameter in row.parameters { names.insert(parameter.name) }
                for metric in row.metrics { names.insert(metric.name) }
            }
        }
        return names
    }

    /// The name of the parameter or metric, for messages.
    var wanted: String {
        switch self {
        case .parameter(let name), .metric(let name), .either(let name): name
        case .status, .name, .id, .started, .duration: ""
        }
    }

    var kind: String {
        switch self {
        case .parameter: "parameter"
        case .metric: "metric"
        default: "parameter or metric"
        }
    }
}

extension RunField.Value {
    init(_ value: ParameterValue) {
        switch value {
        case .integer(let whole): self = .number(Double(whole))
        case .number(let number): self = .number(number)
        case .boolean, .text: self = .text(value.description)
        }
    }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) && count > prefix.count ? String(dropFirst(prefix.count)) : nil
    }
}
