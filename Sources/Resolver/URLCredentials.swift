/// Users and passwords in addresses, which must never reach a lock, a message or a log.
package enum URLCredentials {
    /// The text with the user part (RFC 3986, section 3.2.1) of every address in it taken out.
    package static func removed(from text: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index...].starts(with: [UInt8](arrayLiteral: 0x3a, 0x2f, 0x2f)) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            result += bytes[index..<(index + 3)]
            index += 3
            // The authority ends at the first of these; a user part in it ends at its last @.
            let end = bytes[index...].firstIndex { $0 <= 32 || "/?#\"'`<>\\".utf8.contains($0) } ?? bytes.count
            if let at = bytes[index..<end].lastIndex(of: UInt8(ascii: "@")) { index = at + 1 }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
