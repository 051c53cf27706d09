/// A digest in RECORD: `sha256=` and URL-safe base64 without padding (PEP 376, PEP 427).
package struct RecordDigest: Sendable, Hashable {
    package enum Algorithm: String, Sendable {
        case sha256, sha384, sha512

        var length: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }
    }

    package let algorithm: Algorithm
    package let bytes: [UInt8]

    package init(sha256 bytes: [UInt8]) {
        algorithm = .sha256
        self.bytes = bytes
    }

    /// From 64 hexadecimal digits; nil for anything else.
    package init?(sha256Hex text: some StringProtocol) {
        let digits = text.utf8.map { Self.value(ofHex: $0) }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for pair in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[pair], let low = digits[pair + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        self.init(sha256: bytes)
    }

    init(algorithm: Algorithm, base64 text: some StringProtocol) throws(Malformed) {
        guard let bytes = Self.decoded(text.utf8), bytes.count == algorithm.length else {
            throw Malformed()
        }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    struct Malformed: Error {}

    /// As RECORD holds it.
    package var text: String { "\(algorithm.rawValue)=\(Self.encoded(bytes))" }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Padding is passed over, because some writers leave it.
    private static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        var digits = Array(text)
        while digits.last == UInt8(ascii: "=") { digits.removeLast() }
        guard digits.count <= 86 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in digits {
            guard let value = values[Int(letter)] else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static func value(ofHex byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        case 65...70: byte - 55
        default: nil
        }
    }
}
