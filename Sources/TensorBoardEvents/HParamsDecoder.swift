/// Reads the payload of the `hparams` plugin.
///
/// The values can nest and each takes two bytes in a file but far more in memory, so both are counted and bounded.
struct HParamsDecoder {
    static let maximumDepth = 32
    static let maximumNodes = 1 << 16

    private let bytes: UnsafeRawBufferPointer
    private var nodes = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The payload is a HParamsPluginData with one of experiment = 2, session_start_info = 3, session_end_info = 4.
    mutating func record(_ range: Range<Int>) throws(WireError) -> HParamsRecord? {
        var reader = WireReader(bytes, range)
        var record: HParamsRecord?
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(2): record = .experiment(try experiment(try reader.lengthDelimited()))
            case WireKey.bytes(3): record = .sessionStart(try sessionStart(try reader.lengthDelimited()))
            case WireKey.bytes(4): record = .sessionEnd(try sessionEnd(try reader.lengthDelimited()))
            default: try reader.skip(key)
            }
        }
        return record
    }

    private mutating func sessionStart(_ range: Range<Int>) throws(WireError) -> HParamsSessionStart {
        var reader = WireReader(bytes, range)
        var session = HParamsSessionStart()
        var places: [String: Int] = [:]
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1):
                let parameter = try mapEntry(try reader.lengthDelimited(), depth: 0)
                if let place = places[parameter.name] {
                    session.parameters[place] = parameter
                } else {
                    places[parameter.name] = session.parameters.count
                    session.parameters.append(parameter)
                }
            case WireKey.bytes(2): session.modelURI = try reader.string()
            case WireKey.bytes(3): session.monitorURL = try reader.string()
            case WireKey.bytes(4): session.groupName = try reader.string()
            case WireKey.fixed64(5): session.started = try reader.double()
            default: try reader.skip(key)
            }
        }
        return session
    }

    private func sessionEnd(_ range: Range<Int>) throws(WireError) -> HParamsSessionEnd {
        var reader = WireReader(bytes, range)
        var session = HParamsSessionEnd()
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.varint(1):
                session.status = HParamsSessionEnd.Status(rawValue: try reader.varint()) ?? .unknown
            case WireKey.fixed64(2): session.ended = try reader.double()
            default: try reader.skip(key)
            }
        }
        return session
    }

    private mutating func experiment(_ range: Range<Int>) throws(WireError) -> HParamsExperiment {
        var reader = WireReader(bytes, range)
        var experiment = HParamsExperiment()
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1): experiment.description = try reader.string()
            case WireKey.bytes(2): experiment.user = try reader.string()
            case WireKey.fixed64(3): experiment.created = try reader.double()
            case WireKey.bytes(4): experiment.parameters.append(try parameterInfo(try reader.lengthDelimited()))
            case WireKey.bytes(5): experiment.metrics.append(try metricInfo(try reader.lengthDelimited()))
            case WireKey.bytes(6): experiment.name = try reader.string()
            default: try reader.skip(key)
            }
        }
        return experiment
    }

    private mutating func parameterInfo(_ range: Range<Int>) throws(WireError) -> HParamsExperiment.Parameter {
        try count()
        var reader = WireReader(bytes, range)
        var parameter = HParamsExperiment.Parameter()
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1): parameter.name = try reader.string()
            case WireKey.bytes(2): parameter.displayName = try reader.string()
            case WireKey.bytes(3): parameter.description = try reader.string()
            case WireKey.bytes(5): parameter.choices = try list(try reader.lengthDelimited(), depth: 0)
            case WireKey.bytes(6): parameter.interval = try interval(try reader.lengthDelimited())
            default: try reader.skip(key)
            }
        }
        return parameter
    }

    private func interval(_ range: Range<Int>) throws(WireError) -> HParamsExperiment.ClosedInterval {
        var reader = WireReader(bytes, range)
        var interval = HParamsExperiment.ClosedInterval()
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.fixed64(1): interval.minimum = try reader.double()
            case WireKey.fixed64(2): interval.maximum = try reader.double()
            default: try reader.skip(key)
            }
        }
        return interval
    }

    private mutating func metricInfo(_ range: Range<Int>) throws(WireError) -> HParamsExperiment.Metric {
        try count()
        var reader = WireReader(bytes, range)
        var metric = HParamsExperiment.Metric()
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1):
                var name = WireReader(bytes, try reader.lengthDelimited())
                while let key = try name.nextKey() {
                    switch key {
                    case WireKey.bytes(1): metric.group = try name.string()
                    case WireKey.bytes(2): metric.tag = try name.string()
                    default: try name.skip(key)
                    }
                }
            case WireKey.bytes(3): metric.displayName = try reader.string()
            case WireKey.bytes(4): metric.description = try reader.string()
            default: try reader.skip(key)
            }
        }
        return metric
    }
}

// google.protobuf.Struct, Value and ListValue (struct.proto)
extension HParamsDecoder {
    private mutating func value(_ range: Range<Int>, depth: Int) throws(WireError) -> HParamValue {
        try count()
        guard depth < Self.maximumDepth else { throw .tooLarge }
        var reader = WireReader(bytes, range)
        var value = HParamValue.null
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.varint(1):
                _ = try reader.varint()
                value = .null
            case WireKey.fixed64(2): value = .number(try reader.double())
            case WireKey.bytes(3): value = .string(try reader.string())
            case WireKey.varint(4): value = .bool(try reader.varint() != 0)
            case WireKey.bytes(5): value = .object(try object(try reader.lengthDelimited(), depth: depth + 1))
            case WireKey.bytes(6): value = .list(try list(try reader.lengthDelimited(), depth: depth + 1))
            default: try reader.skip(key)
            }
        }
        return value
    }

    private mutating func list(_ range: Range<Int>, depth: Int) throws(WireError) -> [HParamValue] {
        var reader = WireReader(bytes, range)
        var values: [HParamValue] = []
        while let key = try reader.nextKey() {
            if key == WireKey.bytes(1) {
                values.append(try value(try reader.lengthDelimited(), depth: depth))
            } else {
                try reader.skip(key)
            }
        }
        return values
    }

    private mutating func object(_ range: Range<Int>, depth: Int) throws(WireError) -> [HParam] {
        var reader = WireReader(bytes, range)
        var fields: [HParam] = []
        while let key = try reader.nextKey() {
            if key == WireKey.bytes(1) {
                fields.append(try mapEntry(try reader.lengthDelimited(), depth: depth))
            } else {
                try reader.skip(key)
            }
        }
        return fields
    }

    /// Maps are lists of entries with key = 1 and value = 2.
    private mutating func mapEntry(_ range: Range<Int>, depth: Int) throws(WireError) -> HParam {
        try count()
        var reader = WireReader(bytes, range)
        var name = ""
        var entry = HParamValue.null
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1): name = try reader.string()
            case WireKey.bytes(2): entry = try value(try reader.lengthDelimited(), depth: depth)
            default: try reader.skip(key)
            }
        }
        return HParam(name, entry)
    }

    private mutating func count() throws(WireError) {
        nodes += 1
        if nodes > Self.maximumNodes { throw .tooLarge }
    }
}
