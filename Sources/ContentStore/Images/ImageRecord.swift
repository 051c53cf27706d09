import FoundationEssentials
import Glibc
import HostSystem
import OCIModel

/// A name of an image in the store. What it refers to is never pruned.
package struct ImageRecord: Sendable, Hashable, Codable {
    /// Such as `registry.example.org/vision/pytorch-cuda:v2.8-cu128`, as the person wrote it or as it was derived.
    package var name: String
    package var manifest: ContentDescriptor
    /// When the name was last given.
    package var time: Timestamp
    /// The project's folder, where the image was made from one.
    package var project: String?

    package init(name: String, manifest: ContentDescriptor, project: String? = nil, time: Timestamp = .now) {
        self.name = name
        self.manifest = manifest
        self.project = project
        self.time = time
    }
}

extension ContentStore {
    /// Gives an image a name, which it takes from the image that had it.
    package func setImage(_ image: ImageRecord) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let modes = try prepare()
        try modes.write(Array(try encoder.encode(image)) + [10], to: path(ofImage: image.name))
    }

    package func image(named name: String) -> ImageRecord? {
        readImage(path(ofImage: name)).flatMap { $0.name == name ? $0 : nil }
    }

    /// All names, the newest first.
    package func images() -> [ImageRecord] { imageFiles().map(\.record) }

    /// Takes a name away. Its blobs go with the next prune, unless another name refers to them.
    ///
    /// - Returns: false when there is no such name.
    @discardableResult
    package func removeImage(named name: String) throws -> Bool {
        let path = path(ofImage: name)
        if unlink(path) == 0 { return true }
        if errno == ENOENT { return false }
        throw SystemError("remove", path)
    }

    func imageFiles() -> [(path: String, record: ImageRecord)] {
        let folder = "\(root)/images"
        let names = (try? Files.names(in: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }
            .compactMap { name in readImage("\(folder)/\(name)").map { ("\(folder)/\(name)", $0) } }
            .sorted { ($1.record.time, $0.record.name) < ($0.record.time, $1.record.name) }
    }

    func readImage(_ path: String) -> ImageRecord? {
        guard let bytes = try? Files.read(path, limit: 1 << 20) else { return nil }
        return try? JSONDecoder().decode(ImageRecord.self, from: Data(bytes))
    }

    private func path(ofImage name: String) -> String { "\(root)/images/\(SHA256.hexDigest(name.utf8)).json" }
}
