import ContentStore
import OCIModel

/// What an image stands on: the layers that are there before any wheel.
package struct ImageBase: Sendable {
    package struct Layer: Sendable {
        package let kind: BuiltImage.Layer.Kind
        package let title: String
        package let record: LayerRecord
        package let isMade: Bool
        /// What it was made from; nil for the layers of another image.
        package let key: RecordKey?
        package let isHere: Bool

        package init(
            kind: BuiltImage.Layer.Kind, title: String, record: LayerRecord, isMade: Bool, key: RecordKey? = nil,
            isHere: Bool = true
        ) {
            self.kind = kind
            self.title = title
            self.record = record
            self.isMade = isMade
            self.key = key
            self.isHere = isHere
        }
    }

    /// `debian:bookworm`, or the reference of an image.
    package let name: String
    /// The digest of the pinned packages, or of the image's manifest.
    package let digest: String
    /// The moment that it is of, as RFC 3339.
    package let created: String
    package let layers: [Layer]
    /// What a variant's Debian packages add. It goes above everything of the plain image.
    package let variantLayers: [Layer]
    /// The interpreter that the environment uses, and its full version.
    package let interpreter: String
    package let pythonVersion: String
    /// A program that reaps orphans and forwards signals, to be process 1; empty where the base has none.
    package let initProgram: [String]
    /// Variables that containers of the base itself have.
    package var environment: [String: String] = [:]

    package init(
        name: String, digest: String, created: String, layers: [Layer], variantLayers: [Layer] = [],
        interpreter: String, pythonVersion: String, initProgram: [String]
    ) {
        self.name = name
        self.digest = digest
        self.created = created
        self.layers = layers
        self.variantLayers = variantLayers
        self.interpreter = interpreter
        self.pythonVersion = pythonVersion
        self.initProgram = initProgram
    }
}
