import TestSupport
import Testing

@testable import RunCapture

/// Secrets in a stream, wherever it is cut.
@Suite struct SecretFilterTests {
    private func filtered(_ pieces: [String], _ secrets: String...) throws -> [String] {
        var filter = try #require(SecretFilter(secrets))
        var results = pieces.map { piece in
            Array(piece.utf8).withUnsafeBytes { String(decoding: filter.take($0), as: UTF8.self) }
        }
        results.append(String(decoding: filter.finish(), as: UTF8.self))
        return results
    }

    @Test func whatCannotBecomeASecretGoesOnAtOnce() throws {
        #expect(try filtered(["step 1\n", "s3", "cr\n"], "s3cr3t") == ["step 1\n", "", "s3cr\n", ""])
    }

    @Test func aSecretIsFoundInPieces() throws {
        #expect(try filtered(["a s3", "cr", "3t b"], "s3cr3t") == ["a ", "", "[redacted] b", ""])
        #expect(try filtered(Array("<s3cr3t>s3cr3t".map(String.init)), "s3cr3t").joined() == "<[redacted]>[redacted]")
    }

    /// Of a long secret that a short one begins nothing is left.
    @Test func secretsMayBeginOrOverlapOneAnother() throws {
        #expect(try filtered(["xabcdef", "ghi x"], "abcdef", "abcdefghi").joined() == "x[redacted] x")
        #expect(try filtered(["abcdef", " abcdefgh"], "abcdef", "abcdefghi").joined() == "[redacted] [redacted]")
        #expect(try filtered(["abcdefghijkl"], "abcdefgh", "efghijkl").joined() == "[redacted]")
    }

    @Test func aSecretThatIsCutOffByTheEndIsOneToo() throws {
        #expect(try filtered(["key abcdefgh"], "abcdefghi").joined() == "key [redacted]")
        #expect(try filtered(["key abc"], "abcdefghi").joined() == "key abc")
    }

    @Test func linesAndTheFormsOfJSONAreSecretToo() throws {
        let secret = "-----BEGIN KEY-----\nline \"two\" of\u{e9}\nend"
        #expect(try filtered(["> line \"two\" of\u{e9} <"], secret).joined() == "> [redacted] <")
        #expect(try filtered(["\"line \\\"two\\\" of\u{e9}\""], secret).joined() == "\"[redacted]\"")
        #expect(try filtered(["\"line \\\"two\\\" of\\u00e9\""], secret).joined() == "\"[redacted]\"")
        #expect(
            try filtered(["\"-----BEGIN KEY-----\\nline \\\"two\\\" of\\u00e9\\nend\""], secret).joined()
                == "\"[redacted]\"")
        #expect(try filtered(["the end"], secret).joined() == "the end", "too short to be told from other text")
    }

    @Test func nothingIsLookedForWithoutSecrets() {
        #expect(SecretFilter([]) == nil && SecretFilter(["short", ""]) == nil)
    }

    /// However a text is cut, what comes out is what a look at all of it gives.
    @Test(arguments: 1...4) func cutsChangeNothing(_ seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let letters = Array("ab\n".utf8)
        func text(_ count: Int) -> [UInt8] { (0..<count).map { _ in letters.randomElement(using: &random) ?? 97 } }
        for _ in 0..<500 {
            let secrets = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                String(decoding: text(Int.random(in: 6...9, using: &random)), as: UTF8.self)
            }
            guard var filter = SecretFilter(secrets) else { continue }
            var whole: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                whole += text(Int.random(in: 0...20, using: &random))
                whole += (secrets.randomElement(using: &random) ?? "").utf8.prefix(
                    Int.random(in: 0...9, using: &random))
            }
            let known = SecretText(secrets)
            let expected = Redaction.replacing(whole[...], at: whole.withUnsafeBytes { known.finalPlaces(in: $0) })

            var result: [UInt8] = []
            var rest = whole[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1...12, using: &random)))
                rest = rest.dropFirst(piece.count)
                result += piece.withUnsafeBytes { filter.take($0) }
            }
            result += filter.finish()
            #expect(result == expected, "\(secrets) in \(String(decoding: whole, as: UTF8.self))")
        }
    }
}
