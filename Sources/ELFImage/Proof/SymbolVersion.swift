/// Versions of symbols, such as `GLIBC_2.36` and `GLIBCXX_3.4.30`.
enum SymbolVersion {
    /// The text before the number.
    static func family(_ version: String) -> Substring { version.prefix { $0 != "_" } }

    private static func numbers(_ version: String) -> [Int] {
        version.drop { $0 != "_" }.dropFirst().split(separator: ".").map { Int($0) ?? -1 }
    }

    static func isOlder(_ left: String, _ right: String) -> Bool {
        numbers(left).lexicographicallyPrecedes(numbers(right))
    }

    static func hint(for family: Substring) -> String? {
        switch family {
        case "GLIBC":
            "the image's C library is older than the one this was built for: take a newer base, or another wheel"
        case "GLIBCXX", "CXXABI": "the image's libstdc++ is older than the one this was built for: take a newer base"
        default: nil
        }
    }
}
