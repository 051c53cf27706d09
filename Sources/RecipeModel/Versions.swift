/// A release of torch as a recipe names it: `2.8` (the newest 2.8.x) or `2.8.0`.
package struct TorchVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    /// Nil means the newest of this minor version.
    package let patch: Int?

    package init(major: Int, minor: Int, patch: Int? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    package init?(_ text: String) {
        guard let numbers = dottedNumbers(text), (2...3).contains(numbers.count) else { return nil }
        self.init(major: numbers[0], minor: numbers[1], patch: numbers.count == 3 ? numbers[2] : nil)
    }

    /// The release that a package's version names, without its local label: `2.13.0+cpu` is 2.13.0.
    package init?(packageVersion text: String) {
        guard let release = text.split(separator: "+", maxSplits: 1).first else { return nil }
        self.init(String(release))
    }

    package var description: String { patch.map { "\(major).\(minor).\($0)" } ?? "\(major).\(minor)" }

    /// The requirement that asks for it (PEP 440).
    package var requirement: String { patch == nil ? "torch==\(self).*" : "torch==\(self)" }

    /// Whether `other`, with a patch number, is what this asks for.
    package func includes(_ other: TorchVersion) -> Bool {
        major == other.major && minor == other.minor && (patch == nil || patch == other.patch)
    }

    package static func < (left: TorchVersion, right: TorchVersion) -> Bool {
        (left.major, left.minor, left.patch ?? Int.max) < (right.major, right.minor, right.patch ?? Int.max)
    }
}

/// A CUDA toolkit version with two parts, such as 12.8.
package struct CUDAVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `12.8`, and the tag's form `cu128`.
    package init?(_ text: String) {
        if text.hasPrefix("cu"), let digits = dottedNumbers(String(text.dropFirst(2)))?.first, digits >= 100 {
            self.init(digits / 10, digits % 10)
        } else if let numbers = dottedNumbers(text), numbers.count == 2 {
            self.init(numbers[0], numbers[1])
        } else {
            return nil
        }
    }

    package var description: String { "\(major).\(minor)" }

    /// `cu128`, as wheels and uv name it.
    package var tag: String { "cu\(major)\(minor)" }

    package static func < (left: CUDAVersion, right: CUDAVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// What torch is built for.
package enum ComputeTarget: Sendable, Hashable, CustomStringConvertible {
    case cpu
    case cuda(CUDAVersion)

    package var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let version): version.description
        }
    }

    /// `cpu` or `cu128`, as wheels and uv name it.
    package var tag: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let version): version.tag
        }
    }
}

/// A Python minor version, such as 3.12.
package struct PythonVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    package init?(_ text: String) {
        guard let numbers = dottedNumbers(text), numbers.count == 2 else { return nil }
        self.init(numbers[0], numbers[1])
    }

    /// The minor version of an interpreter's full version: `3.11.7` is 3.11.
    package init?(interpreterVersion text: String) {
        guard let numbers = dottedNumbers(text), numbers.count >= 2 else { return nil }
        self.init(numbers[0], numbers[1])
    }

    package var description: String { "\(major).\(minor)" }

    /// `cp311`, as wheels name it.
    package var wheelTag: String { "cp\(major)\(minor)" }

    package static func < (left: PythonVersion, right: PythonVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// The numbers of `1.22.333`, or nil when the text is anything else. Each has at most six digits.
func dottedNumbers(_ text: String) -> [Int]? {
    var numbers: [Int] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
        guard (1...6).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let number = Int(part) else { return nil }
        numbers.append(number)
    }
    return numbers
}
