/// One value of one metric, read from a file that a training library keeps.
package struct FilePoint: Sendable, Equatable {
    package var step: Int64?
    package var epoch: Double?
    package var name: String
    package var value: Double

    package init(step: Int64?, epoch: Double?, name: String, value: Double) {
        (self.step, self.epoch, self.name, self.value) = (step, epoch, name, value)
    }
}

/// Bounds on the files that are read whole.
package enum MetricFileLimits {
    /// Bytes. A larger file is refused.
    package static let largest = 64 * 1_024 * 1_024

    static func check(_ bytes: UnsafeRawBufferPointer, _ operation: String) throws(MetricTextError) {
        guard bytes.count > largest else { return }
        throw MetricTextError(
            operation: operation, value: "\(bytes.count) bytes", cause: "files above \(largest) bytes are not read")
    }
}

/// Which records of a file were handed out already, when the file is read again and again.
///
/// Keeps a fingerprint of each record. A file that grew gives its new records; one that was rewritten gives everything
/// from the first record that differs; one that is just being rewritten, and is a beginning of what was seen, gives
/// nothing.
struct SeenRecords: Sendable {
    private var fingerprints: [UInt64] = []

    /// Whether record `index` is new. Records must be asked for in order, from 0.
    mutating func isNew(_ fingerprint: UInt64, at index: Int) -> Bool {
        if index < fingerprints.count {
            if fingerprints[index] == fingerprint { return false }
            fingerprints.removeSubrange(index...)
        }
        fingerprints.append(fingerprint)
        return true
    }
}
