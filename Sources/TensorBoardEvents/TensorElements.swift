extension TensorView {
    /// The only element of a one-element tensor of numbers, nil for other tensors.
    ///
    /// A tensor of a known type that holds no data at all is zero: TensorFlow writes all-zero tensors so.
    func singleNumber() throws(WireError) -> (value: Double, storage: ScalarPoint.Storage)? {
        guard isSingleElement, let type, let width = type.width else { return nil }
        if !content.isEmpty {
            guard content.count == width else { throw .inconsistent }
            return (type.number(bytes, at: content.lowerBound), type.storage)
        }
        var value = 0.0
        try forEachTypedNumber(type) { (index, number) throws(WireError) in
            guard index == 0 else { throw .inconsistent }
            value = number
        }
        return (value, type.storage)
    }

    /// All elements of a tensor of numbers, `elementCount` of them.
    ///
    /// The elements have to be written out: the count comes from the file, and a short list that stands for a long
    /// one would let a few bytes ask for much memory.
    func numbers() throws(WireError) -> [Double] {
        guard let type, let width = type.width, let count = elementCount else { throw .inconsistent }
        if !content.isEmpty {
            guard content.count / width == count, content.count % width == 0 else { throw .inconsistent }
            return stride(from: content.lowerBound, to: content.upperBound, by: width).map { offset in
                type.number(bytes, at: offset)
            }
        }
        var numbers: [Double] = []
        try forEachTypedNumber(type) { (_, number) throws(WireError) in numbers.append(number) }
        guard numbers.count == count else { throw .inconsistent }
        return numbers
    }

    /// The places of the elements of a string tensor, in row order.
    func strings(limit: Int) throws(WireError) -> [Range<Int>] {
        var reader = WireReader(bytes, range)
        var found: [Range<Int>] = []
        while let key = try reader.nextKey() {
            guard key == WireKey.bytes(TensorType.string.valueField) else {
                try reader.skip(key)
                continue
            }
            guard found.count < limit else { throw .tooLarge }
            found.append(try reader.lengthDelimited())
        }
        return found
    }

    /// Reads the repeated field of `type`, packed or not.
    private func forEachTypedNumber(
        _ type: TensorType, _ body: (Int, Double) throws(WireError) -> Void
    ) throws(WireError) {
        var reader = WireReader(bytes, range)
        var index = 0
        let field = type.valueField
        while let key = try reader.nextKey() {
            guard key >> 3 == field else {
                try reader.skip(key)
                continue
            }
            if key == WireKey.bytes(field) {
                var packed = WireReader(bytes, try reader.lengthDelimited())
                while !packed.isAtEnd {
                    try body(index, try type.next(&packed))
                    index += 1
                }
            } else if key & 7 == type.wireType {
                try body(index, try type.next(&reader))
                index += 1
            } else {
                try reader.skip(key)
            }
        }
    }
}

extension TensorType {
    /// How one element stands in its repeated field.
    fileprivate var wireType: UInt32 {
        switch self {
        case .float: 5
        case .double: 1
        case .string: 2
        default: 0
        }
    }

    /// The next element of the repeated field.
    fileprivate func next(_ reader: inout WireReader) throws(WireError) -> Double {
        switch self {
        case .float: Double(try reader.float())
        case .double: try reader.double()
        case .half: Self.half(UInt16(truncatingIfNeeded: try reader.varint()))
        case .bfloat16: Self.bfloat16(UInt16(truncatingIfNeeded: try reader.varint()))
        case .uint64: Double(try reader.varint())
        case .uint32: Double(UInt32(truncatingIfNeeded: try reader.varint()))
        default: Double(Int64(bitPattern: try reader.varint()))
        }
    }

    /// The element of `tensor_content` at `offset`; the caller has tested that `width` bytes are there.
    fileprivate func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T {
            T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        return switch self {
        case .float: Double(Float(bitPattern: load(UInt32.self)))
        case .double: Double(bitPattern: load(UInt64.self))
        case .int32: Double(load(Int32.self))
        case .uint8: Double(load(UInt8.self))
        case .int16: Double(load(Int16.self))
        case .int8: Double(load(Int8.self))
        case .int64: Double(load(Int64.self))
        case .bool: load(UInt8.self) == 0 ? 0 : 1
        case .bfloat16: Self.bfloat16(load(UInt16.self))
        case .uint16: Double(load(UInt16.self))
        case .half: Self.half(load(UInt16.self))
        case .uint32: Double(load(UInt32.self))
        case .uint64: Double(load(UInt64.self))
        case .string: .nan
        }
    }

    /// bfloat16 is the upper half of a 32-bit float.
    static func bfloat16(_ bits: UInt16) -> Double {
        Double(Float(bitPattern: UInt32(bits) << 16))
    }

    /// IEEE 754 binary16: one sign bit, five exponent bits (bias 15), ten fraction bits.
    static func half(_ bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10) & 0x1F
        let fraction = Double(bits & 0x3FF) / 1024
        switch exponent {
        case 0: return sign * fraction * 0x1p-14
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return Double(sign: .plus, exponent: exponent - 15, significand: sign * (1 + fraction))
        }
    }
}
