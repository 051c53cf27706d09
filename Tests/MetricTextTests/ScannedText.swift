import TestSupport
import Testing

@testable import MetricText

/// What a scanner finds in the last of some lines, in a form that tests can compare.
struct ScannedText {
    var step: Int64?
    var stepKey: ScannedLine.StepKey?
    var epoch: Double?
    var position: [Int64]
    /// `name=value` with the unit behind, in order.
    var metrics: [String]

    init(_ lines: String...) {
        var scanner = MetricLineScanner()
        var result = ScannedLine()
        for line in lines { Array(line.utf8).withUnsafeBytes { scanner.scan($0, into: &result) } }
        (step, stepKey, epoch) = (result.step, result.stepKey, result.epoch)
        position = result.position.map { [$0.done, $0.total] } ?? []
        metrics = result.metrics.map { "\(scanner.names[Int($0.name)])=\($0.value)\($0.unit.rawValue)" }
    }
}

/// Some bytes of `sample` changed, removed, doubled or cut.
func mutated(_ sample: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = sample
    for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: at)
        case 3: bytes.removeSubrange(at...)
        case 4:
            bytes[at] =
                Array("0123456789.,:=-+eE[](){}\"'%/\\ \t\r\n\u{1b}nai".utf8).randomElement(using: &generator) ?? 0
        default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &generator))
        }
    }
    return bytes
}
