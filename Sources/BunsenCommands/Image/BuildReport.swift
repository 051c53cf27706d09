import ExperimentModel
import ImageBuilder

/// What a build gave, for people and for programs.
struct BuildReport: Encodable {
    struct Layer: Encodable {
        let kind: String
        let title: String
        let digest: String
        let diffID: String
        /// Bytes of the blob.
        let size: Int64
        let made: Bool
        let wasInPrevious: Bool?
        let packages: [String]
    }

    let name: String
    let digest: String
    /// Bytes of all layers as a registry has them.
    let size: Int64
    let layers: [Layer]
    let notes: [String]
    let torch: String?
    let python: String?
    let buildSeconds: Double
    /// With pushing, loading and writing.
    var totalSeconds: Double
    /// Bytes that were sent to registries.
    var moved: Int64 = 0
    /// The engine of this machine that has the image now.
    var loadedInto: String?

    init(_ image: BuiltImage, seconds: Double) {
        name = "\(image.name)"
        digest = "\(image.manifest.digest)"
        size = image.size
        layers = image.layers.map { layer in
            Layer(
                kind: layer.kind.rawValue, title: layer.title, digest: "\(layer.record.descriptor.digest)",
                diffID: "\(layer.record.diffID)", size: layer.record.descriptor.size, made: layer.isMade,
                wasInPrevious: layer.wasInPrevious, packages: layer.wheels.map { "\($0.name)==\($0.version)" })
        }
        notes = image.notes
        torch = image.imported?.torch
        python = image.imported?.python
        buildSeconds = seconds
        totalSeconds = seconds
    }

    private func readable(_ bytes: Int64) -> String { ReadableNumber.size(UInt64(max(0, bytes))) }

    var summary: String {
        let made = layers.filter(\.made)
        let checked = torch.map { ", torch \($0) imports" } ?? (python.map { ", Python \($0) starts" } ?? "")
        let sent = moved > 0 ? ", \(readable(moved)) sent" : ""
        let loaded = loadedInto.map { ", in \($0)" } ?? ""
        return """
            \(name)@\(digest)
            \(layers.count) layers, \(readable(size)); \(made.count) made now (\(readable(made.reduce(0) { $0 &+ $1.size })))\
            \(checked)\(sent)\(loaded); \(ReadableNumber.duration(totalSeconds))

            """
    }

    /// Layers by size, with what is new.
    var table: String {
        var table = TextTable(header: ["LAYER", "SIZE", "SHARE", "", "WHAT"], rightAligned: [1, 2])
        for layer in layers.sorted(by: { $0.size > $1.size }) {
            let share = size > 0 ? Double(layer.size) / Double(size) : 0
            let state = layer.wasInPrevious.map { $0 ? "as before" : "new" } ?? (layer.made ? "made" : "known")
            table.append([
                String(layer.digest.dropFirst(7).prefix(12)), readable(layer.size), ReadableNumber.percent(share),
                state,
                layer.title,
            ])
        }
        let new = layers.filter { $0.wasInPrevious == false }
        let change =
            layers.contains { $0.wasInPrevious != nil }
            ? "new against the previous build: \(new.count) layers, \(readable(new.reduce(0) { $0 &+ $1.size }))\n" : ""
        return table.text + "\n" + change + summary
    }
}
