import HostSystem

/// The table of contents of an eStargz blob.
struct EstargzContents {
    struct File {
        let entry: TarEntry
        /// Where the gzip member of each chunk starts.
        var chunkOffsets: [Int] = []
        var digests: ChunkDigests?
    }

    /// The content that one member holds, where it is compressed here.
    static let chunkSize = 4 << 20

    private var files: [File] = []

    mutating func add(_ file: File) { files.append(file) }

    /// The observers must have seen everything.
    func json() -> [UInt8] {
        var json = Array(#"{"version":1,"entries":["#.utf8)
        var isFirst = true
        for file in files {
            for object in objects(file) {
                if !isFirst { json.append(UInt8(ascii: ",")) }
                isFirst = false
                json += object.text
            }
        }
        return json + Array("]}".utf8)
    }

    private func objects(_ file: File) -> [JSONObject] {
        let entry = file.entry
        var object = JSONObject()
        object.add("name", entry.kind == .folder ? "\(entry.path)/" : entry.path)
        switch entry.kind {
        case .file: object.add("type", "reg")
        case .folder: object.add("type", "dir")
        case .symbolicLink(let target):
            object.add("type", "symlink")
            object.add("linkName", target)
        case .hardLink(let target):
            object.add("type", "hardlink")
            object.add("linkName", target)
        case .characterDevice(let major, let minor):
            object.add("type", "char")
            object.add("devMajor", major)
            object.add("devMinor", minor)
        case .blockDevice(let major, let minor):
            object.add("type", "block")
            object.add("devMajor", major)
            object.add("devMinor", minor)
        case .pipe: object.add("type", "fifo")
        }
        object.add("size", entry.size)
        if entry.modified != 0 { object.add("modtime", Timestamp(seconds: Double(entry.modified)).rfc3339) }
        object.add("mode", Int(entry.mode))
        object.add("uid", entry.userID)
        object.add("gid", entry.groupID)
        if !entry.extendedAttributes.isEmpty { object.add("xattrs", entry.extendedAttributes) }
        if entry.kind == .file, entry.size == 0 { object.add("digest", "sha256:\(SHA256.hexDigest([]))") }
        guard let digests = file.digests else { return [object] }
        object.add("digest", "sha256:\(digests.whole)")
        return chunks(file, digests, first: object)
    }

    /// The first chunk is part of the file's own entry.
    private func chunks(_ file: File, _ digests: ChunkDigests, first: JSONObject) -> [JSONObject] {
        var objects: [JSONObject] = []
        for (index, (offset, digest)) in zip(file.chunkOffsets, digests.chunks).enumerated() {
            var object = first
            if index > 0 {
                object = JSONObject()
                object.add("name", file.entry.path)
                object.add("type", "chunk")
            }
            object.add("offset", offset)
            if file.chunkOffsets.count > 1 {
                object.add("chunkOffset", index * Self.chunkSize)
                object.add("chunkSize", min(Self.chunkSize, file.entry.size - index * Self.chunkSize))
            }
            object.add("chunkDigest", "sha256:\(digest)")
            objects.append(object)
        }
        return objects
    }
}

/// One object of JSON in the making. Zero numbers are left out, as the format asks.
private struct JSONObject {
    private var members: [UInt8] = []

    var text: [UInt8] { [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")] }

    mutating func add(_ key: String, _ value: Int) {
        guard value != 0 else { return }
        addKey(key)
        members += String(value).utf8
    }

    mutating func add(_ key: String, _ value: String) {
        addKey(key)
        members += jsonString(value)
    }

    /// Bytes are written in base64.
    mutating func add(_ key: String, _ values: [String: [UInt8]]) {
        addKey(key)
        let pairs = values.sorted { LayerPath.precedes($0.key, $1.key) }
            .map { jsonString($0.key) + [UInt8(ascii: ":")] + jsonString(Self.base64($0.value)) }
        members.append(UInt8(ascii: "{"))
        members += pairs.joined(separator: [UInt8(ascii: ",")])
        members.append(UInt8(ascii: "}"))
    }

    private mutating func addKey(_ key: String) {
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        members += jsonString(key)
        members.append(UInt8(ascii: ":"))
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let isData = index <= group.count
                text.append(isData ? digits[Int(word >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
