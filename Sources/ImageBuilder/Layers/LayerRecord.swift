import ContentStore
import ImageSnapshots
import LayerArchive
import OCIModel

/// A layer that was made once: enough to name it in a manifest without having its bytes.
package struct LayerRecord: Sendable, Hashable, Codable {
    package var descriptor: ContentDescriptor
    /// Digest of the uncompressed tar.
    package var diffID: Digest
    /// Bytes of the uncompressed tar.
    package var unpackedSize: Int64

    package init(descriptor: ContentDescriptor, diffID: Digest, unpackedSize: Int64) {
        self.descriptor = descriptor
        self.diffID = diffID
        self.unpackedSize = unpackedSize
    }

    var packed: PackedLayer { PackedLayer(digest: descriptor.digest, diffID: diffID) }
}

/// What layers are a function of. Equal keys mean equal bytes.
enum LayerKeys {
    static func wheels(_ group: LayerPlan.Group, layout: ImageLayout, format: String) -> RecordKey {
        RecordKey("wheel-layer", parts: common(layout) + [format] + group.wheels.map(\.digest.description))
    }

    /// What is known about one wheel once it was read, in the layout's places.
    static func facts(_ wheel: WheelPin, layout: ImageLayout) -> RecordKey {
        RecordKey("wheel-facts", parts: common(layout) + [wheel.digest.description])
    }

    private static func common(_ layout: ImageLayout) -> [String] {
        ["\(ImageLayout.version).\(LayerLayout.version)", layout.sitePackages, layout.interpreter]
    }
}
