/// What a wheel's WHEEL file says of how to install it (PEP 427).
package struct WheelMetadata: Sendable {
    package let wheelVersion: String
    /// Whether the files at the root go where pure Python modules go.
    package let rootIsPurelib: Bool
    package let tags: [String]
    /// Set when the wheel was made for a newer minor version of the format, which may hold what nobody installs yet.
    package let warning: String?

    /// The format that this program installs.
    private static let supported = (major: 1, minor: 0)

    package init(parsing bytes: [UInt8]) throws(WheelError.Cause) {
        let fields = HeaderFields(parsing: bytes)
        wheelVersion = try fields.only("Wheel-Version", in: "WHEEL")
        let numbers = wheelVersion.split(separator: ".", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1], major >= 0, minor >= 0
        else {
            throw .metadata(
                "\(WheelError.shown(wheelVersion)) in WHEEL is not a version of the wheel format")
        }
        guard major == Self.supported.major else {
            throw .metadata(
                "it has version \(wheelVersion) of the wheel format, and only version 1 can be installed")
        }
        warning =
            minor > Self.supported.minor
            ? "it has version \(wheelVersion) of the wheel format, newer than 1.\(Self.supported.minor)"
            : nil
        switch try fields.only("Root-Is-Purelib", in: "WHEEL").lowercased() {
        case "true": rootIsPurelib = true
        case "false": rootIsPurelib = false
        case let other:
            throw .metadata("Root-Is-Purelib in WHEEL is \(WheelError.shown(other)), not true or false")
        }
        tags = fields.all("Tag")
    }
}
