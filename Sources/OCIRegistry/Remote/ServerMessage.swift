import FoundationEssentials

/// What a registry says with an error (OCI distribution specification, "Error codes"), fit for a terminal.
enum ServerMessage {
    private struct Body: Decodable {
        struct Entry: Decodable {
            let code: String?
            let message: String?
        }

        let errors: [Entry]?
        /// Token servers.
        let details: String?
        let error_description: String?
        let error: String?
    }

    static func text(_ bytes: [UInt8]) -> String {
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes.prefix(65536))) else {
            // A proxy's page: markup says nothing.
            let text = String(decoding: bytes.prefix(2000), as: UTF8.self)
            return text.contains("<") ? "" : cleaned(text)
        }
        let entries = (body.errors ?? []).prefix(3).compactMap { entry -> String? in
            let parts = [entry.message, entry.code].compactMap { $0 }.filter { !$0.isEmpty }
            return parts.first.map { parts.count > 1 ? "\($0) (\(parts[1]))" : $0 }
        }
        if !entries.isEmpty { return cleaned(entries.joined(separator: "; ")) }
        return cleaned(body.details ?? body.error_description ?? body.error ?? "")
    }

    /// One line without control characters, at most 300 characters long.
    static func cleaned(_ text: String) -> String {
        let line = text.unicodeScalars.prefix(600).map { scalar -> Character in
            scalar.value < 32 || (127...159).contains(scalar.value) ? " " : Character(scalar)
        }
        let words = String(line).split(separator: " ").joined(separator: " ")
        return words.count > 300 ? "\(words.prefix(300))…" : words
    }
}
