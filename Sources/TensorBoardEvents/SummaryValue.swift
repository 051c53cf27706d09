/// Where the parts of a `Summary.Value` are (tensorflow/core/framework/summary.proto).
struct SummaryValueFields {
    enum Payload {
        case none
        case simple(Float)
        case image(Range<Int>)
        case histogram(Range<Int>)
        case audio(Range<Int>)
        case tensor(Range<Int>)
    }

    var tag: Range<Int>
    var metadata: Range<Int>?
    var payload = Payload.none

    @inline(__always)
    init(_ record: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var reader = WireReader(record, range)
        tag = range.lowerBound..<range.lowerBound
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1): tag = try reader.lengthDelimited()
            case WireKey.fixed32(2): payload = .simple(try reader.float())
            case WireKey.bytes(4): payload = .image(try reader.lengthDelimited())
            case WireKey.bytes(5): payload = .histogram(try reader.lengthDelimited())
            case WireKey.bytes(6): payload = .audio(try reader.lengthDelimited())
            case WireKey.bytes(8): payload = .tensor(try reader.lengthDelimited())
            case WireKey.bytes(9): metadata = try reader.lengthDelimited()
            default: try reader.skip(key)
            }
        }
    }
}

extension EventDecoder {
    /// Delivers what one value is; a value that says nothing is passed over.
    @inline(__always)
    mutating func deliver(
        _ value: SummaryValueFields, _ tag: TagID, _ record: UnsafeRawBufferPointer, _ event: EventFields,
        _ handler: (EventFileItem) -> Void
    ) throws(WireError) {
        var pluginContent: Range<Int>?
        if let metadata = value.metadata, !tags.hasMetadata(tag) || tags.plugin(of: tag) == .hparams {
            pluginContent = try readMetadata(metadata, of: tag, record)
        }
        announceTags(handler)
        if case .simple(let number) = value.payload {
            handler(.scalar(event.point(tag, Double(number), .float32)))
            return
        }
        let plugin = tags.plugin(of: tag)
        if case .tensor(let range) = value.payload, plugin != .hparams {
            let tensor = try TensorView(record, range)
            if plugin.allowsScalars, let number = try tensor.singleNumber() {
                handler(.scalar(event.point(tag, number.value, number.storage)))
                return
            }
            let content = try content(of: tensor, plugin)
            handler(.value(LoggedValue(tag: tag, step: event.step, wallTime: event.wallTime, content: content)))
            return
        }
        guard let content = try content(of: value.payload, plugin, pluginContent, record) else { return }
        handler(.value(LoggedValue(tag: tag, step: event.step, wallTime: event.wallTime, content: content)))
    }

    private func content(
        of payload: SummaryValueFields.Payload, _ plugin: TagPlugin, _ pluginContent: Range<Int>?,
        _ record: UnsafeRawBufferPointer
    ) throws(WireError) -> LoggedContent? {
        switch payload {
        case .image(let range): return .images(try LoggedImages(record, range))
        case .histogram(let range): return .histogram(try LoggedHistogram(record, range))
        case .audio(let range): return .audio(try LoggedAudio(record, range))
        case .tensor, .none, .simple:
            // The parameters are in the metadata; the value beside it, if any, is empty.
            guard let pluginContent, plugin == .hparams else { return nil }
            var decoder = HParamsDecoder(record)
            return try decoder.record(pluginContent).map { .hparams($0) }
        }
    }

    /// What a tensor is that is not a scalar.
    private func content(of tensor: TensorView, _ plugin: TagPlugin) throws(WireError) -> LoggedContent {
        switch plugin {
        case .images where tensor.type == .string: return .images(try LoggedImages(tensor))
        case .audio where tensor.type == .string: return .audio(try LoggedAudio(tensor))
        case .histograms where tensor.type != .string: return .histogram(try LoggedHistogram(tensor))
        case .text where tensor.type == .string, .none where tensor.type == .string:
            return .text(try tensor.strings(limit: Self.maximumStrings).map { tensor.bytes.text($0) })
        default: return .other
        }
    }

    /// SummaryMetadata: plugin_data = 1 (plugin_name = 1, content = 2), display_name = 2. It comes with the first
    /// value of a tag, or with each. Returns where the plugin's own content is.
    private mutating func readMetadata(
        _ range: Range<Int>, of tag: TagID, _ record: UnsafeRawBufferPointer
    ) throws(WireError) -> Range<Int>? {
        var reader = WireReader(record, range)
        var plugin: Range<Int>?
        var displayName = range.lowerBound..<range.lowerBound
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(1): plugin = try reader.lengthDelimited()
            case WireKey.bytes(2): displayName = try reader.lengthDelimited()
            default: try reader.skip(key)
            }
        }
        var name = range.lowerBound..<range.lowerBound
        var content: Range<Int>?
        if let plugin {
            var reader = WireReader(record, plugin)
            while let key = try reader.nextKey() {
                switch key {
                case WireKey.bytes(1): name = try reader.lengthDelimited()
                case WireKey.bytes(2): content = try reader.lengthDelimited()
                default: try reader.skip(key)
                }
            }
        }
        if !tags.hasMetadata(tag) {
            let limit = TagTable.maximumNameBytes
            guard name.count <= limit, displayName.count <= limit else { throw .tooLarge }
            tags.setMetadata(tag, pluginName: record.text(name), displayName: record.text(displayName))
        }
        return content
    }
}

extension EventFields {
    @inline(__always)
    fileprivate func point(_ tag: TagID, _ value: Double, _ storage: ScalarPoint.Storage) -> ScalarPoint {
        ScalarPoint(tag: tag, step: step, wallTime: wallTime, value: value, storage: storage)
    }
}

extension TagPlugin {
    /// Whether a one-element tensor of numbers is a scalar. A plugin that is not known here may log scalars too.
    fileprivate var allowsScalars: Bool {
        switch self {
        case .none, .scalars, .other: true
        case .text, .images, .audio, .histograms, .hparams: false
        }
    }
}
