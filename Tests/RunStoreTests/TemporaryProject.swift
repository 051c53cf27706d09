import ExperimentModel
import Glibc
import HostSystem
import RunStore
import TestSupport

/// A folder that goes away with the test.
final class TemporaryProject: Sendable {
    let path: String

    init() throws {
        path = "/tmp/run-store-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeFolder(path)
    }

    deinit { try? Files.remove(path) }

    var store: RunStore { RunStore(project: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Adds a run that ended, unless `end` is nil.
    @discardableResult
    func addRun(
        _ name: String, second: UInt64 = 0, end: RunStatus? = .finished, parameters: [String: ParameterValue] = [:],
        metrics: [String: Double] = [:]
    ) throws -> RunFolder {
        var random = SystemRandomNumberGenerator()
        let id = RunID(milliseconds: 1_763_892_764_000 + second * 1000, random: &random)
        let folder = try store.makeFolder(for: id)
        try Files.write("", to: folder.journalPath)
        try folder.write(Self.manifest(id, name, second, end, parameters, metrics))
        return folder
    }

    static func manifest(
        _ id: RunID, _ name: String, _ second: UInt64, _ end: RunStatus?, _ parameters: [String: ParameterValue],
        _ metrics: [String: Double]
    ) -> RunManifest {
        let started = Timestamp(seconds: 1_763_892_764 + Double(second))
        var manifest = RunManifest(
            id: id, name: name, started: started,
            command: .init(
                arguments: ["python", "train.py"], workingFolder: "/work", variables: [:], line: "bunsen run",
                engine: "process"),
            project: "/project",
            host: .init(name: "host", operatingSystem: "Debian", kernel: "6", processor: "cpu", cores: 2, memory: 1))
        manifest.parameters = parameters.sorted { $0.key < $1.key }.map {
            Parameter(name: $0.key, value: $0.value, source: "argv")
        }
        manifest.primary = PrimaryMetric(metric: "val_acc", goal: .max)
        manifest.summary = .init(points: 10, last: metrics, primaryValue: metrics["val_acc"], primaryStep: 3)
        if let end { manifest.end = RunEnd(status: end, time: started, duration: 41.5) }
        return manifest
    }
}

extension SeededGenerator {
    /// Changes some bytes: flips, removals, repetitions.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &self)], at: place)
            default: bytes.removeLast(min(bytes.count, Int.random(in: 0...8, using: &self)))
            }
        }
        return bytes
    }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
