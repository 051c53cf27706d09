/// One thing that an event file says.
package enum EventFileItem: Sendable, Equatable {
    /// By far the most frequent item: it holds plain numbers only and costs no allocation.
    case scalar(ScalarPoint)
    case value(LoggedValue)
    /// A tag that was not met before in this reader, told before its first value. Ids are told in order, from 0.
    /// (A handler cannot look into the reader's own table: the reader is at work while it is called.)
    case tag(TagID, TagInfo)
    /// The writer was restarted: what came before with this step or a later one is to be dropped from curves
    /// (`SessionLog.START`; PyTorch's `SummaryWriter(purge_step:)` writes it).
    case restart(step: Int64, wallTime: Double)
}

/// One number of one tag.
package struct ScalarPoint: Sendable, Equatable {
    /// The type in which a number was stored. Two sources of one number agree only to the coarser one's precision.
    package enum Storage: Sendable {
        case float16, bfloat16, float32, float64, integer
    }

    /// Its name is in the reader's `tags`.
    package let tag: TagID
    package let storage: Storage
    package let step: Int64
    /// Seconds since 1970, as the writer's clock said; not checked.
    package let wallTime: Double
    /// Exact for every type but 64-bit integers beyond 2^53. May be infinite or not a number.
    package let value: Double

    package init(tag: TagID, step: Int64, wallTime: Double, value: Double, storage: Storage) {
        self.tag = tag
        self.storage = storage
        self.step = step
        self.wallTime = wallTime
        self.value = value
    }

    /// The shortest decimal that reads back as the same number in its own type: `0.1`, not `0.10000000149011612`.
    package var valueText: String {
        switch storage {
        case .float64: value.description
        case .integer: Int64(exactly: value).map(String.init) ?? value.description
        case .float32, .float16, .bfloat16: Float(value).description
        }
    }
}

/// One value of one tag that is not a scalar.
package struct LoggedValue: Sendable, Equatable {
    /// Its name and plugin are in the reader's `tags`.
    package let tag: TagID
    package let step: Int64
    /// Seconds since 1970, as the writer's clock said; not checked.
    package let wallTime: Double
    package let content: LoggedContent

    package init(tag: TagID, step: Int64, wallTime: Double, content: LoggedContent) {
        self.tag = tag
        self.step = step
        self.wallTime = wallTime
        self.content = content
    }
}

/// What was logged, freed from the two ways (old fields and tensors) in which files hold it.
package indirect enum LoggedContent: Sendable, Equatable {
    /// The strings of a tensor in row order: one for a plain text, more for a table.
    case text([String])
    case images(LoggedImages)
    case audio(LoggedAudio)
    case histogram(LoggedHistogram)
    case hparams(HParamsRecord)
    /// Something else (a precision-recall curve, a mesh, a layout); the tag's plugin name says what.
    case other

    package var kind: LoggedKind {
        switch self {
        case .text: .text
        case .images: .image
        case .audio: .audio
        case .histogram: .histogram
        case .hparams: .hparams
        case .other: .other
        }
    }
}

/// The kinds of values, by the names that reports use.
package enum LoggedKind: String, Sendable, CaseIterable {
    case scalar, text, image, audio, histogram, hparams, other
}
