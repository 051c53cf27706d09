import HostSystem

/// What prune may remove. It never removes what an image's name refers to, what a process works with, or the
/// environment of a run that is going on.
///
/// With neither an age nor a budget, that is all content that can be made again without a download, and what killed
/// processes left.
package struct PruneOptions: Sendable {
    /// Also what would have to be downloaded again, when it was not used for so many seconds; and nothing younger.
    package var olderThan: Double?
    /// Only until what is left takes at most so many bytes, what was used longest ago first.
    package var budget: Int64?
    /// Also names of images, by the same rules; their content goes with them.
    package var includesImages = false

    package init() {}

    /// Seconds for which content without a name is left alone, for people who pull now and name in the next command.
    static let grace: Double = 600
}

/// What prune removed, or would remove.
package struct PruneResult: Sendable {
    package enum Stay: String, Sendable, Codable {
        case inUse = "in use"
        case notPermitted = "not permitted"
    }

    /// Removed, with the bytes that each freed, what was used longest ago first.
    package internal(set) var removed: [(item: StoreItem, freed: Int64)] = []
    /// Would have been removed, but a process uses it, or the system refused.
    package internal(set) var kept: [(item: StoreItem, reason: Stay)] = []
    /// Room of everything before.
    package internal(set) var before: Int64 = 0
    package internal(set) var freed: Int64 = 0
    /// Some process works with the store: what it may have used was left alone.
    package internal(set) var isStoreInUse = false
}
