import HostSystem

/// The kinds of things that take room under $BUNSEN_HOME.
package enum StoreKind: String, Sendable, Hashable, CaseIterable, Codable {
    case blobs, wheels, packages, snapshots, facts, environments
    /// Unpacked wheels of uv's cache, where that lies under $BUNSEN_HOME. Environments are hard links to them.
    case uvCache = "uv-cache"
    /// What killed processes left.
    case leftovers
    /// Names of images.
    case images
    /// uv, Pythons and the rest of what lies there; never pruned.
    case programs

    /// Whether a thing that is lost has to be downloaded again, and is not just made again from what is here.
    var isDownloaded: Bool { self == .wheels || self == .packages || self == .environments || self == .uvCache }
}

/// One thing that can be removed as a whole.
package struct StoreItem: Sendable, Hashable {
    package let kind: StoreKind
    /// A digest, a file's name, the name of an image.
    package let name: String
    package let lastUse: Timestamp
    /// Something that stays refers to it.
    package internal(set) var isReferenced = false
    /// What is removed, in this order.
    let paths: [String]
    /// A file whose lock a user of the item holds.
    let lock: String?
    let use: DiskUse

    /// Room on the disk.
    package var bytes: Int64 { use.bytes }
}
