import HostSystem
import TensorBoardEvents

/// Keeps the images that a run logged, as files of the run folder. Bounded: a training that logs pictures at every step
/// must not fill the disk twice.
package struct MediaFolder {
    private static let mostFiles = 500
    private static let mostBytes = 256 << 20

    private let runFolder: String
    private var files = 0
    private var bytes = 0

    package init(runFolder: String) {
        self.runFolder = runFolder
    }

    /// Stores an encoded image and returns its path below the run folder; nil for an unknown encoding, and beyond the
    /// bounds.
    mutating func keep(_ image: [UInt8], tag: String, step: Int64, index: Int) throws -> String? {
        let suffix: String
        switch LoggedImages.mediaType(of: image) {
        case "image/png": suffix = "png"
        case "image/jpeg": suffix = "jpg"
        case "image/gif": suffix = "gif"
        default: return nil
        }
        guard files < Self.mostFiles, bytes + image.count <= Self.mostBytes else { return nil }
        let name = String(tag.prefix(80).map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
        let part = index == 0 ? "" : "-\(index)"
        let file = "media/\(name.hasPrefix(".") ? "image" : "")\(name)-\(step)\(part).\(suffix)"
        try Files.makeFolder("\(runFolder)/media")
        try Files.write(image, to: "\(runFolder)/\(file)")
        files += 1
        bytes += image.count
        return file
    }
}
