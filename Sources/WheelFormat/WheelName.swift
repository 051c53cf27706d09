/// The name of a wheel's file: `{distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl` (PEP 427).
package struct WheelName: Sendable, Hashable, CustomStringConvertible {
    /// As the file name spells it.
    package let distribution: String
    package let version: PackageVersion
    /// Begins with a digit; nil where there is none.
    package let build: String?
    /// The compressed tag sets as they stand, such as `cp310.cp311`.
    package let python: String
    package let abi: String
    package let platform: String
    package let description: String

    /// The normal form of the distribution's name (PEP 503).
    package var normalizedName: String { Self.normalized(distribution) }

    /// Every tag that the name stands for, such as `py3-none-any` (PEP 425).
    package var tags: [String] {
        python.split(separator: ".").flatMap { python in
            abi.split(separator: ".").flatMap { abi in
                platform.split(separator: ".").map { "\(python)-\(abi)-\($0)" }
            }
        }
    }

    /// - Parameter fileName: without folders.
    package init(_ fileName: String) throws(WheelError) {
        func refused(_ cause: String) -> WheelError { WheelError(.open, wheel: fileName, .name(cause)) }
        guard fileName.hasSuffix(".whl"), fileName.utf8.count <= 1000 else {
            throw refused("the name of a wheel ends in .whl")
        }
        let parts = fileName.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count == 5 || parts.count == 6 else {
            throw refused("the name of a wheel is distribution-version-python-abi-platform.whl")
        }
        guard Self.isName(parts[0]) else {
            throw refused("\(WheelError.shown(parts[0])) is not a package's name")
        }
        guard let version = PackageVersion(parts[1].replacing("_", with: "-")) else {
            throw refused("\(WheelError.shown(parts[1])) is not a version")
        }
        if parts.count == 6 {
            guard parts[2].utf8.first.map({ (48...57).contains($0) }) == true else {
                throw refused("a build number begins with a digit")
            }
        }
        for tag in parts.suffix(3) where !Self.isTagSet(tag) {
            throw refused("\(WheelError.shown(tag)) is not a compatibility tag")
        }
        distribution = parts[0]
        self.version = version
        build = parts.count == 6 ? parts[2] : nil
        python = parts[parts.count - 3]
        abi = parts[parts.count - 2]
        platform = parts[parts.count - 1]
        description = fileName
    }

    /// PEP 503: lower case, and each run of `-`, `_` and `.` is one hyphen.
    package static func normalized(_ name: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        for byte in name.lowercased().utf8 {
            let isSeparator = "-_.".utf8.contains(byte)
            if isSeparator && bytes.last == UInt8(ascii: "-") { continue }
            bytes.append(isSeparator ? UInt8(ascii: "-") : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a text is a package's name (PEP 508): letters, digits and separators, no separator at an end.
    static func isName(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLetterOrDigit(first) && (isLetterOrDigit(last) || last == UInt8(ascii: "_"))
            && bytes.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
    }

    private static func isTagSet(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
