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
        /// Whether its content is on this machine.
        let here: Bool
        let wasInPrevious: Bool?
        let packages: [String]
    }

    struct Package: Encodable {
        let name: String
        let version: String
        /// Bytes of the wheel.
        let size: Int64
        /// Bytes of its files.
        let unpackedSize: Int64
        /// The version that the previous build had; nil where it had none, or nobody knows.
        let previousVersion: String?
        /// Whether the previous build had the package in another version, or not at all. Nil where nobody knows.
        let isNew: Bool?
    }

    let name: String
    let digest: String
    /// Bytes of all layers as a registry has them.
    let size: Int64
    let layers: [Layer]
    let packages: [Package]
    /// Packages that the previous build had and this one has not.
    let removed: [String]
    let previousDigest: String?
    let proof: ProofReport?
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
                here: layer.isHere, wasInPrevious: layer.wasInPrevious,
                packages: layer.wheels.map { "\($0.name)==\($0.version)" })
        }
        let before = image.previous?.packages
        let versions = Dictionary((before ?? []).map { ($0.name, $0.version) }) { first, _ in first }
        packages = image.packages.map { package in
            Package(
                name: package.name, version: package.version, size: package.size, unpackedSize: package.unpackedSize,
                previousVersion: versions[package.name],
                isNew: before.map { _ in versions[package.name] != package.version })
        }
        let names = Set(image.packages.map(\.name))
        removed = (before ?? []).filter { !names.contains($0.name) }.map { "\($0.name)==\($0.version)" }
        previousDigest = image.previous.map { "\($0.digest)" }
        proof = image.proof.map(ProofReport.init)
        notes = image.notes
        torch = image.imported?.torch
        python = image.imported?.python
        buildSeconds = seconds
        totalSeconds = seconds
    }

    private func readable(_ bytes: Int64) -> String { ReadableNumber.size(UInt64(max(0, bytes))) }

    private func share(_ bytes: Int64, of all: Int64) -> String {
        ReadableNumber.percent(all > 0 ? Double(bytes) / Double(all) : 0)
    }

    var summary: String {
        let made = layers.filter(\.made)
        let proven = proof.map { ", libraries of \($0.files) files proven" } ?? ""
        let checked = torch.map { ", torch \($0) imports" } ?? (python.map { ", Python \($0) starts" } ?? "")
        let sent = moved > 0 ? ", \(readable(moved)) sent" : ""
        let loaded = loadedInto.map { ", in \($0)" } ?? ""
        return """
            \(name)@\(digest)
            \(layers.count) layers, \(readable(size)); \(made.count) made now (\(readable(made.reduce(0) { $0 &+ $1.size })))\
            \(proven)\(checked)\(sent)\(loaded); \(ReadableNumber.duration(totalSeconds))

            """
    }

    /// Layers and packages by size, with what is new, and what was proven.
    var table: String {
        [layerTable, packageTable, changes, proof?.text ?? ""].filter { !$0.isEmpty }.map { $0 + "\n" }.joined()
            + summary
    }

    private var layerTable: String {
        var table = TextTable(header: ["LAYER", "SIZE", "SHARE", "", "WHAT"], rightAligned: [1, 2])
        for layer in layers.sorted(by: { $0.size > $1.size }) {
            let state =
                layer.wasInPrevious.map { $0 ? "as before" : "new" }
                ?? (layer.made ? "made" : layer.here ? "known" : "there")
            table.append([
                String(layer.digest.dropFirst(7).prefix(12)), readable(layer.size), share(layer.size, of: size), state,
                layer.title,
            ])
        }
        return table.text
    }

    private var packageTable: String {
        guard !packages.isEmpty else { return "" }
        let all = packages.reduce(0) { $0 &+ $1.unpackedSize }
        var table = TextTable(
            header: ["PACKAGE", "VERSION", "WHEEL", "UNPACKED", "SHARE", "CHANGE"], rightAligned: [2, 3, 4])
        for package in packages.sorted(by: { $0.unpackedSize > $1.unpackedSize }) {
            let was = package.previousVersion.map { "was \($0)" } ?? "new"
            table.append([
                package.name, package.version, readable(package.size), readable(package.unpackedSize),
                share(package.unpackedSize, of: all), package.isNew.map { $0 ? was : "as before" } ?? "",
            ])
        }
        return table.text
    }

    private var changes: String {
        guard previousDigest != nil else { return "" }
        guard previousDigest != digest else { return "the same image as the previous build\n" }
        let new = layers.filter { $0.wasInPrevious == false }
        let changed = packages.filter { $0.isNew == true }.map { package in
            "\(package.name) " + (package.previousVersion.map { "\($0) → " } ?? "") + package.version
        }
        let lines = [
            "new against the previous build: \(new.count) layers, \(readable(new.reduce(0) { $0 &+ $1.size }))",
            changed.isEmpty ? nil : "new packages: \(changed.joined(separator: ", "))",
            removed.isEmpty ? nil : "no longer there: \(removed.joined(separator: ", "))",
        ]
        return lines.compactMap { $0.map { $0 + "\n" } }.joined()
    }
}
