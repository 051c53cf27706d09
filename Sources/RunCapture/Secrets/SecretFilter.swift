/// Takes secrets out of bytes that come in pieces, wherever they are cut.
///
/// What may be the beginning of a secret is held back until more comes, or the end. So nothing but secrets changes, and
/// no piece of a secret that was printed as a whole gets through.
struct SecretFilter {
    private let text: SecretText
    private var held: [UInt8] = []
    /// Secrets that overlap endlessly are not waited for.
    private static let mostHeld = 1 << 20

    /// Nil where there is nothing to look for.
    init?(_ secrets: [String]) {
        text = SecretText(secrets)
        if text.forms.isEmpty { return nil }
    }

    /// Takes a piece, and gives what is known to be none of a secret.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        held += bytes
        var (places, end) = held.withUnsafeBytes { (text.places(in: $0), $0.count - text.unfinished(in: $0)) }
        while let last = places.last, last.upperBound > end {
            if last.upperBound - last.lowerBound > Self.mostHeld {
                end = last.upperBound
            } else {
                // It may go on as a part of a longer one.
                end = min(end, last.lowerBound)
                places.removeLast()
            }
        }
        defer { held.removeFirst(end) }
        return Redaction.replacing(held[..<end], at: places)
    }

    /// Gives what was held back: nothing more comes.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return Redaction.replacing(held[...], at: held.withUnsafeBytes { text.finalPlaces(in: $0) })
    }
}
