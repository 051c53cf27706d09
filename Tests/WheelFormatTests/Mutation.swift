import TestSupport

/// Damage to bytes, chosen by a generator that makes the same choices on every run.
func mutated(_ original: [UInt8], _ random: inout SeededGenerator, in range: Range<Int>? = nil)
    -> [UInt8]
{
    var bytes = original
    for _ in 0...Int.random(in: 0..<4, using: &random) {
        let part = (range ?? 0..<bytes.count).clamped(to: 0..<bytes.count)
        guard let place = part.randomElement(using: &random) else { return bytes }
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = [0, 1, 0x2E, 0x2F, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 4: bytes.removeLast(min(bytes.count - place, 40))
        case 5:
            // A whole number at once: sizes and places.
            let value: UInt32 =
                [0, 1, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x0403_4B50, 0xFFFF].randomElement(using: &random) ?? 0
            for byte in 0..<4 where place + byte < bytes.count {
                bytes[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte)))
            }
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
        }
    }
    return bytes
}
