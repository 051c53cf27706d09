import ContentStore
import OCIModel

/// An image that was built, with what a person wants to know of it.
package struct BuiltImage: Sendable {
    package struct Layer: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable, Codable {
            case base, system, account, python, wheels, bytecode, environment
        }

        package let kind: Kind
        /// Such as `torch 2.8.0`.
        package let title: String
        package let record: LayerRecord
        /// The wheels in it: name, version, and bytes of the wheel.
        package let wheels: [WheelPin]
        /// Whether this build made it, and not an earlier one.
        package let isMade: Bool
        /// What it was made from; nil for layers that are taken as they are, or made for each image.
        package var key: RecordKey?
        /// Whether its content is on this machine. What is only at the target was not looked at.
        package var isHere = true
        /// Whether the previous image of the same name had it too. Nil without one.
        package var wasInPrevious: Bool?

        init(
            kind: Kind, title: String, record: LayerRecord, wheels: [WheelPin], isMade: Bool, key: RecordKey? = nil,
            isHere: Bool = true
        ) {
            self.kind = kind
            self.title = title
            self.record = record
            self.wheels = wheels
            self.isMade = isMade
            self.key = key
            self.isHere = isHere
        }

        init(_ layer: ImageBase.Layer) {
            self.init(
                kind: layer.kind, title: layer.title, record: layer.record, wheels: [], isMade: layer.isMade,
                key: layer.key, isHere: layer.isHere)
        }
    }

    /// A package of the environment.
    package struct Package: Sendable, Hashable, Codable {
        package let name: String
        package let version: String
        /// Bytes of the wheel, which are nearly those that it takes in its layer.
        package let size: Int64
        /// Bytes of its files.
        package let unpackedSize: Int64
    }

    /// The image that had the name before.
    package struct Previous: Sendable, Hashable {
        package let digest: Digest
        /// Nil where nobody remembers them.
        package let packages: [Package]?
    }

    package let name: ImageReference
    package let manifest: Document<ImageManifest>
    package let configuration: Document<ImageConfiguration>
    /// From the base upwards.
    package var layers: [Layer]
    /// In the order of the lock.
    package let packages: [Package]
    package let previous: Previous?
    /// What the build found that is worth knowing and no error.
    package let notes: [String]
    /// What was proven of the libraries; nil where it was not asked, or not all layers are here to be looked at.
    package let proof: LibraryCheck.Result?
    /// What the interpreter in the image said; nil where it was not asked.
    package let imported: ImportCheck.Result?

    /// Bytes of all layers, as a registry has them.
    package var size: Int64 { layers.reduce(0) { $0 &+ $1.record.descriptor.size } }
    /// Bytes of all layers, as a disk has them.
    package var unpackedSize: Int64 { layers.reduce(0) { $0 &+ $1.record.unpackedSize } }
}
