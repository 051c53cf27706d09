/// Compares the members of a wheel with its RECORD while somebody reads them anyway.
package struct RecordCheck: Sendable {
    package struct Expectation: Sendable, Hashable {
        package let path: String
        package let digest: RecordDigest?
        package let size: Int?
    }

    private let wheel: String
    private let expectations: [Int: Expectation]
    private var seen: Set<Int> = []

    init(wheel: String, expectations: [Int: Expectation]) {
        self.wheel = wheel
        self.expectations = expectations
    }

    /// What RECORD says of a member; nil for one that no file of the plan comes from.
    package func expectation(of member: Int) -> Expectation? { expectations[member] }

    /// Notes that a member was read whole.
    ///
    /// - Parameters:
    ///   - member: its place in the zip directory.
    ///   - sha256: of its content, 64 hexadecimal digits.
    /// - Throws: `WheelError` when RECORD says otherwise. A digest of a kind other than SHA-256 is not compared; the
    ///   wheel as a whole is pinned by the lock.
    package mutating func add(member: Int, sha256: String, size: Int) throws(WheelError) {
        guard let expected = expectations[member] else { return }
        try Self.compare(expected, sha256: sha256, size: size, wheel: wheel)
        seen.insert(member)
    }

    /// - Throws: `WheelError` when a member of the plan was never read.
    package func finish() throws(WheelError) {
        guard seen.count < expectations.count else { return }
        let missing = expectations.filter { !seen.contains($0.key) }.map(\.value.path).min() ?? ""
        throw WheelError(.read, wheel: wheel, member: missing, .record(.unchecked))
    }

    static func compare(_ expected: Expectation, sha256: String, size: Int, wheel: String)
        throws(WheelError)
    {
        func fault(_ fault: RecordFault) -> WheelError {
            WheelError(.read, wheel: wheel, member: expected.path, .record(fault))
        }
        if let recorded = expected.size, recorded != size {
            throw fault(.wrongSize(recorded: recorded, real: size))
        }
        if let digest = expected.digest, digest.algorithm == .sha256,
            digest != RecordDigest(sha256Hex: sha256)
        {
            throw fault(.wrongDigest)
        }
    }
}
