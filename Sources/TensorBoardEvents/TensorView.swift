/// The data types of TensorProto that can be a scalar or a string (tensorflow/core/framework/types.proto).
enum TensorType: UInt64 {
    case float = 1
    case double, int32, uint8, int16, int8, string
    case int64 = 9
    case bool
    case bfloat16 = 14
    case uint16 = 17
    case half = 19
    case uint32 = 22
    case uint64

    /// Bytes of one element in `tensor_content`; nil for strings, which never stand there.
    var width: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .uint16, .bfloat16, .half: 2
        case .float, .int32, .uint32: 4
        case .double, .int64, .uint64: 8
        case .string: nil
        }
    }

    var storage: ScalarPoint.Storage {
        switch self {
        case .float: .float32
        case .double: .float64
        case .half: .float16
        case .bfloat16: .bfloat16
        default: .integer
        }
    }

    /// The number of the repeated field that holds elements of this type when `tensor_content` does not.
    var valueField: UInt32 {
        switch self {
        case .float: 5
        case .double: 6
        case .int32, .uint8, .int16, .int8, .uint16: 7
        case .string: 8
        case .int64: 10
        case .bool: 11
        case .half, .bfloat16: 13
        case .uint32: 16
        case .uint64: 17
        }
    }
}

/// A TensorProto that was looked through once: type, shape, and where its data is. Nothing is copied.
struct TensorView {
    /// Nil for types that hold neither numbers nor strings that are read here.
    let type: TensorType?
    /// The sizes of the first four dimensions; more than four have no meaning for any kind of value.
    private(set) var dimensions: (Int64, Int64, Int64, Int64) = (1, 1, 1, 1)
    private(set) var rank = 0
    private(set) var hasUnknownShape = false
    /// `tensor_content`: little-endian elements; empty where the typed fields are used.
    let content: Range<Int>
    let bytes: UnsafeRawBufferPointer
    let range: Range<Int>

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, range)
        var type: UInt64 = 0
        var content = range.lowerBound..<range.lowerBound
        var shape: Range<Int>?
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.varint(1): type = try reader.varint()
            case WireKey.bytes(2): shape = try reader.lengthDelimited()
            case WireKey.bytes(4): content = try reader.lengthDelimited()
            default: try reader.skip(key)
            }
        }
        self.type = TensorType(rawValue: type)
        self.content = content
        self.bytes = bytes
        self.range = range
        if let shape { try readShape(shape) }
    }

    /// The number of elements; nil for a shape that is unknown, negative, too large or of rank above four.
    var elementCount: Int? {
        if hasUnknownShape || rank > 4 { return nil }
        var count: Int64 = 1
        for size in [dimensions.0, dimensions.1, dimensions.2, dimensions.3].prefix(rank) {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if size < 0 || overflow { return nil }
            count = product
        }
        return Int(exactly: count)
    }

    /// Exactly one element, of whatever rank; allocation-free, as it is asked for each scalar.
    var isSingleElement: Bool {
        !hasUnknownShape && rank <= 4 && dimensions == (1, 1, 1, 1)
    }

    private mutating func readShape(_ range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, range)
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.bytes(2):
                // A dimension whose size is not written has size 0, the default of protobuf.
                let size = try dimensionSize(try reader.lengthDelimited())
                switch rank {
                case 0: dimensions.0 = size
                case 1: dimensions.1 = size
                case 2: dimensions.2 = size
                case 3: dimensions.3 = size
                default: break
                }
                rank += 1
            case WireKey.varint(3):
                hasUnknownShape = try reader.varint() != 0
            default: try reader.skip(key)
            }
        }
    }

    private func dimensionSize(_ range: Range<Int>) throws(WireError) -> Int64 {
        var reader = WireReader(bytes, range)
        var size: Int64 = 0
        while let key = try reader.nextKey() {
            if key == WireKey.varint(1) {
                size = Int64(bitPattern: try reader.varint())
            } else {
                try reader.skip(key)
            }
        }
        return size
    }
}
