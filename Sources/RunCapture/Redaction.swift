/// Keeps secrets out of records: by the name of a variable or option, by the shape of a value, and by the values
/// themselves wherever else they appear.
package struct Redaction: Sendable {
    package static let mark = "[redacted]"

    /// Values that were found to be secret, longest first.
    private let secrets: [String]

    /// - Parameter environment: variables whose names say that they are secret give the values to look for.
    package init(environment: [String: String]) {
        secrets =
            environment
            .filter { Self.isSecretName($0.key) && $0.value.utf8.count >= 6 }
            .map(\.value)
            .sorted { $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.utf8.count > $1.utf8.count }
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
        var result = text
        for secret in secrets where result.contains(secret) {
            result = result.split(separator: secret, omittingEmptySubsequences: false).joined(separator: Self.mark)
        }
        return Self.withoutURLCredentials(Self.withoutMarkedKeys(result))
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

    private static func withoutMarkedKeys(_ text: String) -> String {
        guard keyPrefixes.contains(where: text.contains) else { return text }
        var result = ""
        var word = ""
        func finish() {
            let isKey = keyPrefixes.contains { word.hasPrefix($0) && word.utf8.count >= $0.utf8.count + 12 }
            result += isKey ? mark : word
            word = ""
        }
        for character in text {
            if character.isLetter || character.isNumber || character == "_" || character == "-" || character == "." {
                word.append(character)
            } else {
                finish()
                result.append(character)
            }
        }
        finish()
        return result
    }

    private static func withoutURLCredentials(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let scheme = rest.range(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?# \t\n\"'".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                if authority[..<at].contains(":") { result += mark + "@" } else { result += authority[...at] }
                rest = rest[rest.index(after: at)...]
            }
        }
        return result + rest
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        guard let first = text.first else { return nil }
        var start = startIndex
        while let candidate = self[start...].firstIndex(of: first) {
            if self[candidate...].hasPrefix(text) { return candidate..<index(candidate, offsetBy: text.count) }
            start = index(after: candidate)
        }
        return nil
    }
}
