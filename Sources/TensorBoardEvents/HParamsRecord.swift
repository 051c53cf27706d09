/// What the `hparams` plugin logs: about an experiment, or about the start or end of one of its sessions.
/// (tensorboard/plugins/hparams/plugin_data.proto and api.proto)
package enum HParamsRecord: Sendable, Equatable {
    case experiment(HParamsExperiment)
    case sessionStart(HParamsSessionStart)
    case sessionEnd(HParamsSessionEnd)
}

/// Which parameters and metrics an experiment has.
package struct HParamsExperiment: Sendable, Equatable {
    package struct Parameter: Sendable, Equatable {
        package internal(set) var name = ""
        package internal(set) var displayName = ""
        package internal(set) var description = ""
        /// The values that it may take, where the writer listed them.
        package internal(set) var choices: [HParamValue] = []
        /// The interval in which it lies, where the writer gave one.
        package internal(set) var interval: ClosedInterval?
    }

    package struct ClosedInterval: Sendable, Equatable {
        package internal(set) var minimum = 0.0
        package internal(set) var maximum = 0.0
    }

    package struct Metric: Sendable, Equatable {
        /// The scalar tag that holds the metric.
        package internal(set) var tag = ""
        /// The subfolder of the session in which the tag is logged; empty for the session's own folder.
        package internal(set) var group = ""
        package internal(set) var displayName = ""
        package internal(set) var description = ""
    }

    package internal(set) var name = ""
    package internal(set) var description = ""
    package internal(set) var user = ""
    /// Seconds since 1970, 0 where it is not known.
    package internal(set) var created = 0.0
    package internal(set) var parameters: [Parameter] = []
    package internal(set) var metrics: [Metric] = []
}

/// The parameters of one session (one training run).
package struct HParamsSessionStart: Sendable, Equatable {
    /// In the order of the file; a name that comes twice counts with its last value.
    package internal(set) var parameters: [HParam] = []
    package internal(set) var groupName = ""
    package internal(set) var modelURI = ""
    package internal(set) var monitorURL = ""
    /// Seconds since 1970, 0 where it is not known.
    package internal(set) var started = 0.0
}

/// How one session ended.
package struct HParamsSessionEnd: Sendable, Equatable {
    package enum Status: UInt64, Sendable {
        case unknown, success, failure, running
    }

    package internal(set) var status = Status.unknown
    /// Seconds since 1970, 0 where it is not known.
    package internal(set) var ended = 0.0
}

/// A parameter's name and value.
package struct HParam: Sendable, Equatable {
    package let name: String
    package let value: HParamValue

    package init(_ name: String, _ value: HParamValue) {
        self.name = name
        self.value = value
    }
}

/// A `google.protobuf.Value`: what JSON can hold.
package indirect enum HParamValue: Sendable, Equatable {
    case null
    case number(Double)
    case string(String)
    case bool(Bool)
    case list([HParamValue])
    case object([HParam])
}
