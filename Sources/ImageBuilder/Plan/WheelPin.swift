import OCIModel
import Resolver

/// One wheel of a lock: what a layer is made from.
package struct WheelPin: Sendable, Hashable {
    /// In normal form.
    package let name: String
    package let version: String
    /// Of the wheel.
    package let fileName: String
    package let digest: Digest
    /// Bytes of the wheel.
    package let size: Int64

    package init(name: String, version: String, fileName: String, digest: Digest, size: Int64) {
        self.name = name
        self.version = version
        self.fileName = fileName
        self.digest = digest
        self.size = size
    }

    /// The wheels of a lock's packages, in their order.
    ///
    /// - Throws: `ImageBuildError` for packages that are locked as something else than a wheel with a digest.
    package static func all(of packages: [Lock.Package]) throws(ImageBuildError) -> [WheelPin] {
        var pins: [WheelPin] = []
        for package in packages {
            guard let file = package.file, let sha256 = package.sha256, let digest = Digest(hex: sha256) else {
                throw ImageBuildError(
                    .notAWheel, "\(package.name) \(package.version)", "the lock has no file with a digest for it",
                    hint: "an image is made from wheels: publish one for this package, or take it out of the recipe")
            }
            guard file.hasSuffix(".whl") else {
                throw ImageBuildError(
                    .notAWheel, "\(package.name) \(package.version)", "it is locked as \(file), which is no wheel",
                    hint:
                        "build its wheel once (uv build --wheel), put it in a folder that find-links names, lock again")
            }
            pins.append(
                WheelPin(
                    name: package.name, version: package.version, fileName: file, digest: digest,
                    size: package.size ?? 0))
        }
        return pins
    }
}
