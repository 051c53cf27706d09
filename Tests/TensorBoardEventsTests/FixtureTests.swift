import Foundation
import Testing

@testable import TensorBoardEvents

/// Files written by TensorBoard itself and by tensorboardX; `Fixtures/make_fixtures.py` says how.
@Suite struct FixtureTests {
    static let start = 1_700_000_000.0

    static func path(_ name: String) throws -> String {
        let folder = try #require(Bundle.module.resourcePath)
        return "\(folder)/Fixtures/events.out.tfevents.\(name)"
    }

    private func read(_ name: String) throws -> Reading {
        let reading = try Reading(path: try Self.path(name))
        #expect(reading.outcome == .caughtUp && reading.totals.isSound)
        return reading
    }

    @Test func scalarsAsPyTorchWritesThem() throws {
        let reading = try read("scalars")
        #expect(reading.names == ["train/loss", "lr"])
        let loss = reading.scalars.filter { $0.tag.rawValue == 0 }
        #expect(loss.count == 22)
        #expect(loss.prefix(20).map(\.value) == (0..<20).map { Double(1 / Float($0 + 1)) })
        #expect(loss.map(\.step) == (0..<22).map { Int64($0) })
        #expect(loss.map(\.wallTime) == (0..<22).map { Self.start + Double($0) / 4 })
        #expect(loss[20].value.isNaN && loss[21].value == -.infinity)
        let rate = try #require(reading.scalars.first { $0.tag.rawValue == 1 })
        #expect(rate.storage == .float32 && rate.valueText == "0.0003")
    }

    @Test func tensorsThatAreScalars() throws {
        let reading = try read("scalar-tensors")
        var last: [String: Double] = [:]
        for point in reading.scalars { last[reading.names[point.tag.index]] = point.value }
        #expect(
            last == [
                "double": 2.1, "float": 2.5, "content/float": 1.5, "content/double": 0.1,
                "content/half": -0.3330078125, "content/int8": -8, "content/uint8": 200, "content/int16": -1600,
                "content/uint16": 60000, "content/int32": -320_000, "content/uint32": 4_000_000_000,
                "content/int64": -0x1p40, "content/uint64": 0x1p40, "content/bool": 1, "typed/int32": -7,
                "typed/int64": -0x1p50, "typed/one": 2.25, "typed/half": 1, "typed/bfloat16": -3,
            ])
        #expect(reading.scalars.count == 23)
        #expect(reading.values.map(\.content) == [.other])
    }

    @Test func pluginAndTitleComeWithTheFirstValue() throws {
        var reader = EventFileReader(path: try Self.path("scalar-tensors"))
        var first: TagInfo?
        _ = try reader.readAvailable { item in
            if case .tag(let tag, let info) = item, tag.index == 0 { first = info }
        }
        #expect(reader.fileVersion == "brain.Event:2")
        let tag = try #require(reader.tags[TagID(rawValue: 0)])
        #expect(tag.name == "double" && tag.pluginName == "scalars" && tag.displayName == "A title")
        #expect(first == tag)
        #expect(reader.tags[TagID(rawValue: 9999)] == nil && reader.tags[TagID(rawValue: -1)] == nil)
    }

    @Test func tensorBoardsOwnSummaries() throws {
        let reading = try read("tensorboard")
        #expect(reading.scalars.map(\.value) == [0.25])
        #expect(reading.items.last == .restart(step: 2, wallTime: Self.start + 9))
        let values = reading.values
        #expect(values.map(\.step) == [2, 3, 4, 5, 6, 7, 8])
        guard values.count == 7, case .histogram(let counted) = values[0].content,
            case .histogram(let histogram) = values[1].content, case .images(let images) = values[2].content,
            case .hparams(.experiment(let experiment)) = values[4].content,
            case .hparams(.sessionStart(let session)) = values[5].content, case .audio(let audio) = values[6].content
        else {
            Issue.record("unexpected kinds: \(values.map(\.content.kind))")
            return
        }
        #expect(counted.buckets.map(\.count) == [1, 3])
        #expect(counted.buckets.map(\.left) == [0, 1] && counted.buckets.map(\.right) == [1, 2])
        #expect(histogram.buckets.map(\.count) == [3, 5] && histogram.statistics == nil)
        #expect(images.width == 1 && images.height == 1 && images.encoded.count == 2)
        #expect(images.encoded.allSatisfy { $0.count == 69 && LoggedImages.mediaType(of: $0) == "image/png" })
        #expect(values[3].content == .text(["a", "b", "c", "学习率"]))
        #expect(experiment.created == Self.start)
        #expect(experiment.metrics.map(\.tag) == ["val/acc"] && experiment.metrics[0].displayName == "accuracy")
        #expect(experiment.parameters.map(\.name) == ["lr", "optimizer"])
        #expect(experiment.parameters[0].interval == .init(minimum: 1e-5, maximum: 1e-1))
        #expect(experiment.parameters[1].choices == [.string("adamw"), .string("sgd")])
        #expect(session.started == Self.start)
        #expect(
            session.parameters.sorted { $0.name < $1.name } == [
                HParam("amp", .bool(true)), HParam("lr", .number(3e-4)), HParam("optimizer", .string("adamw")),
            ])
        #expect(audio.sampleRate == 8000 && audio.contentType == "audio/wav" && audio.encoded == [Array("RIFF".utf8)])
    }

    @Test func summariesOfTensorboardX() throws {
        let reading = try read("tensorboardX")
        #expect(reading.scalars.map(\.value) == [1, 0.5, 0.25, 0.125])
        #expect(reading.scalars.map(\.wallTime) == [0, 1, 2, 3].map { Self.start + $0 })
        let values = reading.values
        guard values.count == 4, case .histogram(let histogram) = values[0].content,
            case .images(let images) = values[1].content,
            case .hparams(.sessionStart(let session)) = values[3].content
        else {
            Issue.record("unexpected kinds: \(values.map(\.content.kind))")
            return
        }
        #expect(histogram.buckets.count == 10 && histogram.buckets.map(\.count).reduce(0, +) == 101)
        #expect(histogram.buckets.first?.left == -1 && histogram.buckets.last?.right == 1)
        #expect(histogram.statistics?.count == 101)
        #expect(images.width == 4 && images.height == 2)
        #expect(images.encoded.first.map(LoggedImages.mediaType) == "image/png")
        #expect(values[2].content == .text(["hello **world**"]))
        #expect(
            session.parameters.sorted { $0.name < $1.name } == [
                HParam("bias", .bool(false)), HParam("layers", .number(3)), HParam("lr", .number(0.1)),
                HParam("model", .string("mlp")),
            ])
    }
}
