import WheelFormat

/// What the rest of a build needs to know of a wheel, so that its bytes are read once, ever.
struct WheelFacts: Sendable, Codable {
    let wheel: String
    let warnings: [String]
    /// One line for each file: path, digest and size between tabs. Text, because thirteen thousand small objects (that
    /// is what torch has) take longer to read than all the rest of a build that changes nothing.
    private let list: String
    /// Bytes of all files; nil in records of earlier versions.
    private let installedSize: Int64?

    init(plan: InstallPlan) {
        wheel = plan.wheel.description
        warnings = plan.warnings
        list = plan.files.map { "\($0.path)\t\($0.digest?.text ?? "")\t\($0.size)\n" }.joined()
        installedSize = plan.files.reduce(0) { $0 &+ Int64($1.size) }
    }

    /// Bytes of all files, as a disk has them.
    var unpackedSize: Int64 { installedSize ?? files.reduce(0) { $0 &+ Int64($1.size) } }

    var files: [ConflictCheck.File] {
        list.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 3, let size = Int(fields[2]) else { return nil }
            return ConflictCheck.File(
                path: String(fields[0]), digest: fields[1].isEmpty ? nil : String(fields[1]), size: size)
        }
    }
}
