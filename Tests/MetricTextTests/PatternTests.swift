import Testing

@testable import MetricText

@Suite struct PatternTests {
    private func match(_ pattern: String, _ line: String) throws -> MetricPattern.Match? {
        let compiled = try MetricPattern(pattern)
        return Array(line.utf8).withUnsafeBytes { compiled.match($0) }
    }

    @Test func namedGroupsAreMetricsAndSteps() throws {
        let found = try match(#"best (?<score>[0-9.]+)(?<share>%)? at (?<step>\d+)"#, "so far best 0.93 at 120")
        #expect(
            found
                == .init(
                    step: 120, stepKey: .step, epoch: nil, metrics: [.init(name: "score", value: 0.93, unit: .none)]))
        let epoch = try match(#"E(?<epoch>\d+) L(?<loss>\S+) A(?<acc>\S+)"#, "E3 Lnan A97.5%")
        #expect(epoch?.step == 3 && epoch?.stepKey == .epoch && epoch?.epoch == 3)
        #expect(epoch?.metrics.first?.value.isNaN == true)
        #expect(epoch?.metrics.last == .init(name: "acc", value: 97.5, unit: .percent))
    }

    @Test func groupsWithoutANumberGiveNothing() throws {
        #expect(try match(#"x=(?<x>\S+)"#, "x=abc") == nil)
        #expect(try match(#"x=(?<x>\d+)( y=(?<y>\d+))?"#, "x=1")?.metrics.map(\.name) == ["x"])
        #expect(try match(#"x=(?<x>\d+)"#, "nothing here") == nil)
        #expect(try MetricPattern(#"(?P<loss>\d+)[(?<no>]\(?<no2>"#).metricNames == ["loss"])
    }

    @Test func badPatternsAreNamed() {
        #expect(throws: MetricTextError.self) { try MetricPattern("(?<loss>[0-9") }
        #expect(throws: MetricTextError.self) { try MetricPattern(#"loss (\d+)"#) }
        #expect(throws: MetricTextError.self) { try MetricPattern(#"(?<step>\d+)"#) }
        do {
            _ = try MetricPattern(#"loss (\d+)"#)
        } catch {
            #expect(error.description.contains("has no named group"))
        }
    }

    @Test func longLinesAndBadTextAreSafe() throws {
        let pattern = try MetricPattern(#"x=(?<x>\d+)"#)
        let long = Array((String(repeating: " ", count: MetricPattern.longestLine) + "x=1").utf8)
        #expect(long.withUnsafeBytes { pattern.match($0) } == nil)
        #expect(
            ([0xFF, 0xC0] as [UInt8] + Array("x=1".utf8)).withUnsafeBytes { pattern.match($0) }?.metrics.count == 1)
    }
}
