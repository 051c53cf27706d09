import ContentStore
import LayerArchive
import OCIModel

/// Layers that need not be made: earlier builds made them here, or the repository that the image goes to has them.
struct KnownLayers: Sendable {
    let store: ContentStore
    let request: ImageRequest.Layers

    struct Layer: Sendable {
        let record: LayerRecord
        /// Whether its content is on this machine.
        let isHere: Bool
    }

    /// What is known of each key. A key that is missing in the result has to be made.
    ///
    /// - Parameter keys: with the bytes of what each layer would be made from; nil where that is here, so that making it
    ///   is better than believing somebody else.
    func find(_ keys: [RecordKey: Int64?], format: LayerFormat) throws -> [RecordKey: Layer] {
        guard !request.areMadeAnew else { return [:] }
        var found: [RecordKey: Layer] = [:]
        var away: [RecordKey: LayerRecord] = [:]
        for key in keys.keys {
            guard let record = store.record(key, as: LayerRecord.self) else { continue }
            if store.has(record.descriptor.digest, size: record.descriptor.size) {
                found[key] = Layer(record: record, isHere: true)
            } else {
                away[key] = record
            }
        }
        guard !request.mustBeHere else { return found }
        // What this machine made itself: only whether it is there has to be asked.
        let there = try request.target.present(away.values.map(\.descriptor))
        for (key, record) in away where there.contains(record.descriptor.digest) {
            found[key] = Layer(record: record, isHere: store.snapshot(record.diffID) != nil)
        }
        var unknown: [RecordKey: Int64] = [:]
        for case (let key, let size?) in keys where found[key] == nil && away[key] == nil { unknown[key] = size }
        for (key, record) in try request.target.layers(unknown, format: format) {
            // Its blob may be here by chance, such as pulled. It is still somebody else's word what it is made from.
            let isHere = store.has(record.descriptor.digest, size: record.descriptor.size)
            found[key] = Layer(record: record, isHere: isHere)
        }
        return found
    }

    func find(_ key: RecordKey, makingTakes size: Int64, format: LayerFormat = .gzip) throws -> Layer? {
        try find([key: size], format: format)[key]
    }
}
