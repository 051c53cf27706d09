import ExperimentModel
import Glibc

/// Keeps secrets out of records: by the name of a variable or option, by the shape of a value, and by the values
/// themselves wherever else they appear.
package struct Redaction: Sendable {
    package static let mark = "[redacted]"

    /// Shorter values are not looked for: they cannot be told from other text.
    package static let shortestSecret = SecretText.shortest
    /// Bytes that fit into a variable (MAX_ARG_STRLEN of execve(2)) with its name.
    package static let largestSecret = 120 << 10

    /// Values that are known to be secret.
    private let known: SecretText

    /// - Parameters:
    ///   - environment: variables whose names say that they are secret give values to look for.
    ///   - secrets: further values.
    package init(environment: [String: String], secrets: [String] = []) {
        known = SecretText(secrets, guesses: environment.filter { Self.isSecretName($0.key) }.map(\.value))
    }

    /// Whether a variable or option of this name holds a secret: `HF_TOKEN`, `--api-key`, `DB_PASSWORD`.
    package static func isSecretName(_ name: String) -> Bool {
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        let joined = words.joined(separator: "_")
        if ["tokenizer", "max_tokens", "num_tokens", "tokens"].contains(where: joined.contains) { return false }
        if words.contains(where: secretWords.contains) { return true }
        return ["api_key", "access_key", "private_key", "apikey", "client_secret"].contains(where: joined.contains)
    }

    private static let secretWords: Set<String> = [
        "token", "secret", "password", "passwd", "passphrase", "credential", "credentials", "apikey", "auth", "pat",
    ]

    /// Prefixes of keys whose issuers mark them, so that they can be recognised anywhere.
    private static let keyPrefixes = [
        "hf_", "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "ya29.", "wandb_v1_",
    ]

    /// The text without secrets: known values, marked keys, and the password part of URLs.
    package func redacted(_ text: String) -> String {
        redacted(bytes: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The same for bytes, which need not be text. Nil when there is nothing to take out.
    package func redacted(bytes: [UInt8]) -> [UInt8]? {
        var result = Self.replacing(in: bytes, places: known.places)
        result = Self.replacing(in: result ?? bytes, places: Self.markedKeys) ?? result
        return Self.replacing(in: result ?? bytes, places: Self.passwords) ?? result
    }

    /// The arguments of a command without secrets: also the value after `--token` and in `--token=…`.
    package func redacted(arguments: [String]) -> [String] {
        var nextIsSecret = false
        return arguments.map { argument in
            if nextIsSecret, !argument.hasPrefix("-") {
                nextIsSecret = false
                return Self.mark
            }
            nextIsSecret = false
            if let equals = argument.firstIndex(of: "=") {
                let name = String(argument[..<equals])
                if Self.isSecretName(name) { return "\(name)=\(Self.mark)" }
            } else if argument.hasPrefix("-"), Self.isSecretName(argument) {
                nextIsSecret = true
            }
            return redacted(argument)
        }
    }

    /// The parameter without a secret: by its name, and by what its text holds.
    package func redacted(_ parameter: Parameter) -> Parameter {
        var parameter = parameter
        if Self.isSecretName(parameter.name) {
            parameter.value = .text(Self.mark)
        } else if case .text(let text) = parameter.value {
            parameter.value = .text(redacted(text))
        }
        return parameter
    }

    /// The bytes with the mark at each place; nil when there is no place.
    private static func replacing(
        in bytes: [UInt8], places find: (UnsafeRawBufferPointer) -> [Range<Int>]
    ) -> [UInt8]? {
        let places = bytes.withUnsafeBytes(find)
        return places.isEmpty ? nil : replacing(bytes[...], at: places)
    }

    /// The bytes with the mark at each place. Places are in order and do not overlap.
    static func replacing(_ bytes: ArraySlice<UInt8>, at places: [Range<Int>]) -> [UInt8] {
        var result: [UInt8] = []
        var end = bytes.startIndex
        for place in places {
            result += bytes[end..<place.lowerBound]
            result += mark.utf8
            end = place.upperBound
        }
        return result + bytes[end...]
    }

    /// Words that begin with an issuer's prefix and are long enough to be a key.
    private static func markedKeys(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
        var places: [Range<Int>] = []
        for prefix in keyPrefixes.map({ Array($0.utf8) }) {
            for found in text.all(prefix) where found.lowerBound == 0 || !isWord(text[found.lowerBound - 1]) {
                let end = text[found.upperBound...].firstIndex { !isWord($0) } ?? text.count
                if end - found.upperBound >= 12 { places.append(found.lowerBound..<end) }
            }
        }
        places.sort { ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound) }
        // Of two prefixes at one place the longer key is first.
        var end = 0
        return places.filter { place in
            defer { end = max(end, place.upperBound) }
            return place.lowerBound >= end
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "_-.".utf8.contains(byte)
    }

    /// `user:password` in the authority of a URL (RFC 3986, section 3.2). A user alone is no secret.
    private static func passwords(_ text: UnsafeRawBufferPointer) -> [Range<Int>] {
        text.all(Array("://".utf8)).compactMap { scheme in
            let authority = text[scheme.upperBound...].prefix { !"/?# \t\n\"'".utf8.contains($0) }
            guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return nil }
            let user = authority[..<at]
            return user.contains(UInt8(ascii: ":")) ? user.startIndex..<user.endIndex : nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where a word stands in these bytes, from left to right, without overlaps.
    func all(_ word: [UInt8]) -> [Range<Int>] {
        guard let base = baseAddress, let first = word.first else { return [] }
        var places: [Range<Int>] = []
        var start = 0
        while start <= count - word.count,
            let found = memchr(base + start, Int32(first), count - word.count + 1 - start)
        {
            let place = UnsafeRawPointer(found) - base
            let fits = memcmp(base + place, word, word.count) == 0
            if fits { places.append(place..<place + word.count) }
            start = place + (fits ? word.count : 1)
        }
        return places
    }
}
