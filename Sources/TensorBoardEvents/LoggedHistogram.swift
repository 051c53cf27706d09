/// A histogram: counts between edges, as TensorBoard draws it.
package struct LoggedHistogram: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        package let left: Double
        package let right: Double
        package let count: Double
    }

    /// From left to right. Empty buckets before the first and after the last filled one are left out.
    package let buckets: [Bucket]
    /// The facts about the samples that the older form keeps besides the buckets; nil where the file has none.
    package let statistics: Statistics?

    package struct Statistics: Sendable, Equatable {
        package internal(set) var minimum = 0.0
        package internal(set) var maximum = 0.0
        package internal(set) var count = 0.0
        package internal(set) var sum = 0.0
        package internal(set) var sumOfSquares = 0.0
    }

    /// From a tensor of shape [k, 3]: left edge, right edge, count.
    init(_ tensor: TensorView) throws(WireError) {
        guard tensor.rank == 2, tensor.dimensions.1 == 3 || tensor.dimensions.0 == 0 else { throw .inconsistent }
        let numbers = try tensor.numbers()
        buckets = stride(from: 0, to: numbers.count - numbers.count % 3, by: 3).map { row in
            Bucket(left: numbers[row], right: numbers[row + 1], count: numbers[row + 2])
        }
        statistics = nil
    }

    /// From a HistogramProto: the right edge and the count of each bucket. The outermost limits can be ±DBL_MAX, so
    /// the smallest and largest sample stand in for them, as TensorBoard does.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, range)
        var statistics = Statistics()
        var limits: [Double] = []
        var counts: [Double] = []
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.fixed64(1): statistics.minimum = try reader.double()
            case WireKey.fixed64(2): statistics.maximum = try reader.double()
            case WireKey.fixed64(3): statistics.count = try reader.double()
            case WireKey.fixed64(4): statistics.sum = try reader.double()
            case WireKey.fixed64(5): statistics.sumOfSquares = try reader.double()
            case WireKey.fixed64(6): limits.append(try reader.double())
            case WireKey.fixed64(7): counts.append(try reader.double())
            case WireKey.bytes(6): try Self.append(packed: try reader.lengthDelimited(), of: bytes, to: &limits)
            case WireKey.bytes(7): try Self.append(packed: try reader.lengthDelimited(), of: bytes, to: &counts)
            default: try reader.skip(key)
            }
        }
        guard limits.count == counts.count else { throw .inconsistent }
        self.statistics = statistics
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            buckets = []
            return
        }
        buckets = (first...last).map { index in
            Bucket(
                left: index == first ? statistics.minimum : limits[index - 1],
                right: index == last ? statistics.maximum : limits[index],
                count: counts[index])
        }
    }

    private static func append(
        packed range: Range<Int>, of bytes: UnsafeRawBufferPointer, to values: inout [Double]
    ) throws(WireError) {
        var reader = WireReader(bytes, range)
        values.reserveCapacity(values.count + range.count / 8)
        while !reader.isAtEnd { values.append(try reader.double()) }
    }
}
