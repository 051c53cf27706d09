import ExperimentModel
import Glibc

/// Reads a point line in the one form that `JournalWriter` gives it, without allocating. Any other line, also a right
/// one in another form, is nil and goes to the JSON decoder.
struct PointLine {
    private var next: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    /// - Parameter line: without its line feed, which has to follow in memory: it ends every scan.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let start = line.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
        next = start
        end = start + line.count
    }

    mutating func read(names: inout NameTable) -> JournalPoint? {
        guard skip("{\"t\":"), let time = number(), skip(",\"metric\":\""), let name = name(&names) else { return nil }
        var step: Int64?
        if skip(",\"step\":") {
            guard let whole = integer() else { return nil }
            step = whole
        }
        var epoch: Double?
        if skip(",\"epoch\":") {
            guard let number = number() else { return nil }
            epoch = number
        }
        guard skip(",\"value\":"), let value = value(), skip(",\"from\":\""), let source = source(),
            skip("\"}"), next == end
        else { return nil }
        return JournalPoint(name: name, source: source, step: step, epoch: epoch, value: value, time: time)
    }

    @inline(__always)
    private mutating func skip(_ text: StaticString) -> Bool {
        let size = text.utf8CodeUnitCount
        guard end - next >= size, memcmp(next, text.utf8Start, size) == 0 else { return false }
        next += size
        return true
    }

    /// The text up to the closing quote; a name with escapes or control characters is left to the decoder.
    private mutating func name(_ names: inout NameTable) -> Int32? {
        let start = next
        while next < end, next.pointee != UInt8(ascii: "\"") {
            guard next.pointee >= 0x20, next.pointee != UInt8(ascii: "\\") else { return nil }
            next += 1
        }
        guard next < end else { return nil }
        let id = names.intern(UnsafeRawBufferPointer(start: start, count: next - start))
        next += 1
        return id
    }

    private mutating func source() -> MetricSource? {
        if skip("stdout") { return .stdout }
        if skip("tensorboard") { return .tensorboard }
        if skip("stderr") { return .stderr }
        if skip("trainer_state") { return .trainerState }
        return skip("lightning") ? .lightning : nil
    }

    private mutating func value() -> Double? {
        guard next < end, next.pointee == UInt8(ascii: "\"") else { return number() }
        if skip("\"NaN\"") { return .nan }
        if skip("\"Infinity\"") { return .infinity }
        return skip("\"-Infinity\"") ? -.infinity : nil
    }

    private mutating func integer() -> Int64? {
        let isNegative = skip("-")
        let start = next
        var magnitude: UInt64 = 0
        while next < end, let digit = digit(next.pointee) {
            guard next - start < 19 else { return nil }
            magnitude = magnitude &* 10 &+ digit
            next += 1
        }
        guard next > start, start.pointee != UInt8(ascii: "0") || next - start == 1 else { return nil }
        return isNegative ? Int64(exactly: magnitude).map { -$0 } : Int64(exactly: magnitude)
    }

    /// A number of JSON's grammar (RFC 8259, section 6).
    private mutating func number() -> Double? {
        let start = next
        let isNegative = skip("-")
        let first = next
        var mantissa: UInt64 = 0
        var digits = 0
        while next < end, let digit = digit(next.pointee) {
            if digits < 19 { mantissa = mantissa &* 10 &+ digit }
            digits += 1
            next += 1
        }
        guard next > first, first.pointee != UInt8(ascii: "0") || next - first == 1 else { return nil }
        var exponent = 0
        if next < end, next.pointee == UInt8(ascii: ".") {
            next += 1
            let fraction = next
            while next < end, let digit = digit(next.pointee) {
                if digits < 19 { mantissa = mantissa &* 10 &+ digit }
                digits += 1
                next += 1
            }
            guard next > fraction else { return nil }
            exponent = fraction - next
        }
        if next < end, next.pointee | 0x20 == UInt8(ascii: "e") {
            guard let written = self.exponent() else { return nil }
            exponent += written
        }
        // Both numbers are exact doubles, so one division or multiplication rounds right (Clinger, 1990).
        if digits <= 19, mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let whole = Double(mantissa)
            let magnitude =
                exponent < 0 ? whole / powersOfTen[-exponent] : whole * powersOfTen[exponent]
            return isNegative ? -magnitude : magnitude
        }
        // The grammar is checked and the line feed stops it.
        return UnsafeRawPointer(start).withMemoryRebound(to: CChar.self, capacity: next - start) { strtod($0, nil) }
    }

    private mutating func exponent() -> Int? {
        next += 1
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        let start = next
        var value = 0
        while next < end, let digit = digit(next.pointee) {
            value = min(value * 10 + Int(digit), 100_000)
            next += 1
        }
        guard next > start else { return nil }
        return isNegative ? -value : value
    }

    @inline(__always)
    private func digit(_ byte: UInt8) -> UInt64? {
        let digit = byte &- 48
        return digit < 10 ? UInt64(digit) : nil
    }
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
