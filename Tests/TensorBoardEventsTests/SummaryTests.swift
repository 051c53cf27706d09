import Foundation
import TensorBoardEvents
import Testing

@Suite struct SummaryTests {
    @Test func summaryTellsEachTag() throws {
        let summary = try EventFileSummary(path: try FixtureTests.path("scalars"))
        #expect(summary.outcome == .caughtUp && summary.fileVersion == "brain.Event:2")
        #expect(summary.totals.records == 43 && summary.totals.bytes == 1940)
        #expect(summary.tags.map(\.name) == ["train/loss", "lr"])
        let loss = summary.tags[0].statistics
        #expect(loss.kind == .scalar && loss.count == 22 && loss.nonFiniteCount == 2 && !loss.hasMixedKinds)
        #expect(loss.firstStep == 0 && loss.lastStep == 21)
        #expect(loss.minimum == Double(Float(0.05)) && loss.maximum == 1 && loss.last?.value == -.infinity)
        #expect(loss.firstWallTime == FixtureTests.start && loss.lastWallTime == FixtureTests.start + 5.25)
    }

    @Test func summaryTellsOtherKindsAndRestarts() throws {
        let summary = try EventFileSummary(path: try FixtureTests.path("tensorboard"))
        #expect(summary.restarts == 1)
        #expect(
            summary.tags.map(\.statistics.kind) == [
                .scalar, .histogram, .histogram, .image, .text, .hparams, .hparams, .audio,
            ])
        #expect(summary.tags[1].pluginName == "histograms" && summary.tags[1].statistics.minimum == nil)
    }

    @Test func jsonHoldsWhatJSONCannotNumber() throws {
        let file = try TemporaryFile(
            Event.version + Event.scalar("a", 1, .nan) + Event.scalar("a", 2, .infinity) + [1, 2])
        let json = try JSONEncoder().encode(EventFileSummary(path: file.path))
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(object["outcome"] as? String == "truncated" && object["sound"] as? Bool == false)
        let tag = try #require((object["tags"] as? [[String: Any]])?.first)
        #expect(tag["last"] as? String == "Infinity" && tag["min"] == nil && tag["non_finite"] as? Int == 2)
    }

    @Test(arguments: [
        ("events.out.tfevents.1700000000.host.1.0", true), ("runs/a/events.out.tfevents.1.h.v2", true),
        ("my.tfevents", true), ("tfevents", true), ("events.out.tfevent", false), ("tfevents/metrics.csv", false),
        ("", false), ("学习/tfevents.学", true), ("tftfevents", true),
    ])
    func eventFileNames(path: String, expected: Bool) {
        #expect(isEventFileName(path) == expected)
    }
}
