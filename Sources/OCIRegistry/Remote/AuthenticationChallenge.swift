import HTTPTransfer

/// How a server wants to be shown who asks: `WWW-Authenticate` (RFC 9110, section 11.6.1).
package struct AuthenticationChallenge: Sendable, Hashable {
    /// In lower case: `bearer`, `basic`.
    package let scheme: String
    /// Names in lower case.
    package let parameters: [String: String]

    /// All challenges of some headers. What cannot be read is passed over.
    package static func parse(_ headers: [String]) -> [AuthenticationChallenge] {
        headers.prefix(10).flatMap { header -> [AuthenticationChallenge] in
            var scanner = Scanner(Array(header.utf8.prefix(8192)))
            return scanner.challenges()
        }
    }

    private struct Scanner {
        private let bytes: [UInt8]
        private var index = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
            while let byte = next, isSkipped(byte) { index += 1 }
        }

        /// A token (RFC 9110, section 5.6.2), here everything but blanks and separators.
        private mutating func word() -> String {
            let start = index
            skip { $0 > 32 && $0 < 127 && ![44, 61, 34].contains($0) }
            return String(decoding: bytes[start..<index], as: UTF8.self)
        }

        private mutating func quoted() -> String {
            var text: [UInt8] = []
            index += 1
            while let byte = next, byte != 34 {
                index += 1
                if byte == 92, let escaped = next {
                    text.append(escaped)
                    index += 1
                } else {
                    text.append(byte)
                }
            }
            index += 1
            return String(decoding: text, as: UTF8.self)
        }

        mutating func challenges() -> [AuthenticationChallenge] {
            var found: [AuthenticationChallenge] = []
            var scheme: String?
            var parameters: [String: String] = [:]
            func finish() {
                if let scheme {
                    found.append(AuthenticationChallenge(scheme: scheme.lowercased(), parameters: parameters))
                }
            }
            while index < bytes.count {
                skip { $0 <= 32 || $0 == 44 }
                let start = index
                let name = word()
                skip { $0 == 32 || $0 == 9 }
                if next == 61, scheme != nil {
                    index += 1
                    skip { $0 == 32 || $0 == 9 }
                    parameters[name.lowercased()] = next == 34 ? quoted() : word()
                } else if !name.isEmpty {
                    finish()
                    scheme = name
                    parameters = [:]
                }
                if index == start { index += 1 }
            }
            finish()
            return found
        }
    }
}
