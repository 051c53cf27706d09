import ExperimentModel
import Glibc
import HostSystem
import TestSupport

@testable import Recorder

extension SeededGenerator {
    /// About normal, with standard deviation 1.
    mutating func noise() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0...1, using: &self) } }
}

func series(_ name: String, _ count: Int, every: Int64 = 1, _ value: (Double) -> Double) -> MetricSeries {
    MetricSeries(
        name: name,
        points: (0..<count).map { index in
            let step = Int64(index) * every
            return .init(
                step: step, value: value(Double(step)), time: Timestamp(seconds: 1.7e9 + Double(step)),
                sources: [.stdout])
        })
}

func sampleManifest(_ number: Int = 1, name: String = "digits") throws -> RunManifest {
    var random = SeededGenerator(state: UInt64(number))
    var manifest = RunManifest(
        id: RunID(milliseconds: 1_795_428_764_000, random: &random), name: name,
        started: Timestamp(seconds: 1_795_428_764),
        command: .init(
            arguments: ["python", "train.py", "it's"], workingFolder: "/home/u/p", variables: ["A|B": "`x`"],
            line: "bunsen run -- python train.py", engine: "process"), project: "/home/u/p",
        host: .init(
            name: "bench", operatingSystem: "Debian 12", kernel: "6.1", processor: "EPYC", cores: 4, memory: 8 << 30))
    manifest.parameters = [
        Parameter(name: "model", value: .text("SimpleNet"), source: "argv"),
        Parameter(name: "optimizer", value: .text("AdamW"), source: "argv"),
        Parameter(name: "lr", value: .number(3e-4), source: "argv"),
        Parameter(name: "batch-size", value: .integer(64), source: "argv"),
    ]
    manifest.worldSize = 4
    manifest.torch = .init(version: "2.10", cuda: nil, cudnn: nil)
    manifest.end = RunEnd(status: .finished, time: Timestamp(seconds: 1_795_428_805), duration: 41)
    return manifest
}

func sampleRecord(_ number: Int = 1, name: String = "digits") throws -> RunRecord {
    RunRecord(
        manifest: try sampleManifest(number, name: name),
        series: [series("val_acc", 20) { 0.98 - 0.5 / (1 + $0) }, series("train_loss", 20) { 2 / (1 + $0) }],
        attachments: [EntryFile(path: "environment/packages.txt", bytes: Array("torch==2.10\n".utf8))])
}

/// Runs the body with an empty folder that is removed afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = "/tmp/recorder-tests.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    try Files.makeFolder(folder)
    defer { try? Files.remove(folder) }
    return try body(folder)
}
