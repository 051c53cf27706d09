import Glibc

/// The number of a tag in one reader: small, dense, from 0, and the same for the reader's whole life.
package struct TagID: Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The place of the tag in an array that has one element for each tag.
    package var index: Int { Int(rawValue) }
}

/// What a file says about a tag.
package struct TagInfo: Sendable, Equatable {
    package let name: String
    /// The name of the TensorBoard plugin that the tag's first value names; empty where it names none.
    package internal(set) var pluginName = ""
    /// The title that the writer gave for people to read; empty where it gave none.
    package internal(set) var displayName = ""
    var plugin = TagPlugin.none
    var hasMetadata = false

    init(name: String) { self.name = name }

    mutating func forgetMetadata() {
        self = TagInfo(name: name)
    }
}

/// The plugins whose values have a form of their own.
enum TagPlugin: Sendable {
    case none, scalars, text, images, audio, histograms, hparams, other

    init(name: String) {
        switch name {
        case "": self = .none
        case "scalars": self = .scalars
        case "text": self = .text
        case "images": self = .images
        case "audio": self = .audio
        case "histograms": self = .histograms
        case "hparams": self = .hparams
        default: self = .other
        }
    }
}

/// Tag names, each kept once. Looking up a name that is there makes no `String` and allocates nothing.
///
/// The hash is seeded at random, so that no file can be made whose names all fall on one slot.
package struct TagTable: Sendable {
    /// Past these a file is not a log of metrics; further names are refused so that memory stays bounded.
    static let maximumCount = 1 << 18
    static let maximumNameBytes = 1 << 16
    static let maximumTotalBytes = 1 << 25

    private var infos: [TagInfo] = []
    /// The bytes of all names one after the other; name `i` ends at `ends[i]`.
    private var names: [UInt8] = []
    private var ends: [Int] = []
    private var metadataBytes = 0
    /// Open addressing, a power of two, at most half full; -1 is a free slot.
    private var slots = [Int32](repeating: -1, count: 64)
    private let seed = UInt64.random(in: .min ... .max)

    package var count: Int { infos.count }

    /// All tags, in the order of their first appearance; the position is the `TagID`.
    package var all: [TagInfo] { infos }

    /// What is known of a tag, nil for an id from another reader.
    package subscript(tag: TagID) -> TagInfo? {
        infos.indices.contains(tag.index) ? infos[tag.index] : nil
    }

    /// The id of the name at `range`, new or old; nil when the table is full or the name too long.
    mutating func intern(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> TagID? {
        let name = UnsafeRawBufferPointer(rebasing: bytes[range])
        let hash = Self.hash(name, seed: seed)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let candidate = slots[slot]
            if isName(Int(candidate), equalTo: name) { return TagID(rawValue: candidate) }
            slot = (slot + 1) & (slots.count - 1)
        }
        return insert(name, at: slot)
    }

    func plugin(of tag: TagID) -> TagPlugin { infos[tag.index].plugin }

    func hasMetadata(_ tag: TagID) -> Bool { infos[tag.index].hasMetadata }

    /// The first metadata wins, as in TensorBoard. Titles are left out once all of them together are too long.
    mutating func setMetadata(_ tag: TagID, pluginName: String, displayName: String) {
        infos[tag.index].hasMetadata = true
        infos[tag.index].plugin = TagPlugin(name: pluginName)
        let size = pluginName.utf8.count + displayName.utf8.count
        guard metadataBytes + size <= Self.maximumTotalBytes else { return }
        metadataBytes += size
        infos[tag.index].pluginName = pluginName
        infos[tag.index].displayName = displayName
    }

    /// Keeps names and ids, for a reader that begins its file again.
    mutating func forgetMetadata() {
        metadataBytes = 0
        for index in infos.indices { infos[index].forgetMetadata() }
    }

    private func bounds(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    @inline(__always)
    private func isName(_ index: Int, equalTo name: UnsafeRawBufferPointer) -> Bool {
        let bounds = bounds(index)
        guard bounds.count == name.count else { return false }
        guard !name.isEmpty, let start = name.baseAddress else { return true }
        return names.withUnsafeBytes { all in
            all.baseAddress.map { memcmp($0 + bounds.lowerBound, start, name.count) == 0 } ?? false
        }
    }

    private mutating func insert(_ name: UnsafeRawBufferPointer, at slot: Int) -> TagID? {
        guard infos.count < Self.maximumCount, name.count <= Self.maximumNameBytes,
            names.count + name.count <= Self.maximumTotalBytes
        else { return nil }
        let id = Int32(infos.count)
        infos.append(TagInfo(name: String(decoding: name, as: UTF8.self)))
        names.append(contentsOf: name)
        ends.append(names.count)
        slots[slot] = id
        if infos.count * 2 > slots.count { rehash() }
        return TagID(rawValue: id)
    }

    private mutating func rehash() {
        var larger = [Int32](repeating: -1, count: slots.count * 2)
        names.withUnsafeBytes { all in
            for index in infos.indices {
                let hash = Self.hash(UnsafeRawBufferPointer(rebasing: all[bounds(index)]), seed: seed)
                var slot = Int(truncatingIfNeeded: hash) & (larger.count - 1)
                while larger[slot] >= 0 { slot = (slot + 1) & (larger.count - 1) }
                larger[slot] = Int32(index)
            }
        }
        slots = larger
    }

    /// Eight bytes a step, each folded in by a 64 × 64 → 128 bit multiplication.
    @inline(__always)
    private static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var position = 0
        while bytes.count - position >= 8 {
            state = fold(state ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var rest: UInt64 = 0
        while position < bytes.count {
            rest = rest << 8 | UInt64(bytes[position])
            position += 1
        }
        return fold(fold(state ^ rest) ^ seed)
    }

    @inline(__always)
    private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
