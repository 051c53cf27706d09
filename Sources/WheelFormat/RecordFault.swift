/// What is wrong with a wheel's RECORD, or with a file in the light of it.
package enum RecordFault: Error, Equatable, Sendable {
    case missing
    /// The line is not three fields in CSV form.
    case malformed(line: Int)
    case badPath(line: Int)
    case badDigest(line: Int)
    case badSize(line: Int)
    case weakDigest(line: Int, algorithm: String)
    case twice
    case notInWheel
    case notInRecord
    case wrongDigest
    case wrongSize(recorded: Int, real: Int)
    /// A file was never checked.
    case unchecked
}

extension RecordFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing: "the wheel has no RECORD"
        case .malformed(let line): "line \(line) of RECORD is not three fields of CSV"
        case .badPath(let line): "line \(line) of RECORD names a path that no wheel may have"
        case .badDigest(let line): "line \(line) of RECORD has a digest that is none"
        case .badSize(let line): "line \(line) of RECORD has a size that is none"
        case .weakDigest(let line, let algorithm):
            "line \(line) of RECORD has a digest of the kind \(WheelError.shown(algorithm)); "
                + "at least sha256 is required"
        case .twice: "RECORD names it twice"
        case .notInWheel: "RECORD names it, and the wheel does not have it"
        case .notInRecord: "RECORD does not name it"
        case .wrongDigest: "its content does not match the digest in RECORD"
        case .wrongSize(let recorded, let real): "it has \(real) bytes, and RECORD says \(recorded)"
        case .unchecked: "it was not compared with RECORD"
        }
    }
}
