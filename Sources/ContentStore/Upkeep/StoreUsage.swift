import HostSystem
import OCIModel

/// What takes the room under $BUNSEN_HOME. A file with several names counts once, for the first kind that has it.
package struct StoreUsage: Sendable {
    package struct Part: Sendable {
        package let kind: StoreKind
        package internal(set) var count = 0
        /// Room on the disk.
        package internal(set) var bytes: Int64 = 0
        /// Of these, what nothing refers to.
        package internal(set) var unreferenced: Int64 = 0
        package internal(set) var oldestUse: Timestamp?
    }

    /// Those with something in them.
    package let parts: [Part]
    package var total: Int64 { parts.reduce(0) { $0 + $1.bytes } }

    init(_ store: ContentStore) {
        let images = store.imageFiles()
        let inventory = StoreInventory(store, roots: ReachableContent(images.map(\.record), in: store))
        var parts = Dictionary(uniqueKeysWithValues: StoreKind.allCases.map { ($0, Part(kind: $0)) })
        var counted: Set<DiskUse.FileID> = []
        func add(_ kind: StoreKind, _ use: DiskUse, isReferenced: Bool, used: Timestamp?) {
            var bytes = use.own
            for (id, file) in use.shared where counted.insert(id).inserted { bytes += file.bytes }
            parts[kind]?.count += 1
            parts[kind]?.bytes += bytes
            if !isReferenced { parts[kind]?.unreferenced += bytes }
            if let used, used < parts[kind]?.oldestUse ?? .now { parts[kind]?.oldestUse = used }
        }
        for item in inventory.items { add(item.kind, item.use, isReferenced: item.isReferenced, used: item.lastUse) }
        for image in images { add(.images, DiskUse(image.path), isReferenced: true, used: image.record.time) }
        let leftovers = IngestFile.sweep(store.ingestFolder, partialAge: 0, dryRun: true)
        if leftovers > 0 {
            parts[.leftovers]?.count = 1
            parts[.leftovers]?.bytes = leftovers
            parts[.leftovers]?.unreferenced = leftovers
        }
        for name in ["tools", "python"] where Files.exists("\(store.home)/\(name)") {
            add(.programs, DiskUse("\(store.home)/\(name)"), isReferenced: true, used: nil)
        }
        self.parts = StoreKind.allCases.compactMap { parts[$0] }.filter { $0.count > 0 }
    }
}

extension ContentStore {
    /// Looks at every file under $BUNSEN_HOME, without reading any.
    package func usage() -> StoreUsage { StoreUsage(self) }
}
