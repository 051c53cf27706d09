import FoundationEssentials
import Glibc
import HostSystem
import OCIModel

/// Small derived records: what was computed from some content and can be computed again.
///
/// A record's file begins with the digest of the rest, so that a damaged one is noticed, and holds its whole key, so that
/// a person can see what it is about.
extension ContentStore {
    private struct Entry<Value: Codable>: Codable {
        let key: RecordKey
        let value: Value
    }

    static let recordLimit = 256 << 20

    /// The value of a record, or nil when there is none. One that is damaged, or that this version cannot read, is
    /// removed and counts as none. Counts as a use.
    package func record<Value: Codable>(_ key: RecordKey, as type: Value.Type = Value.self) -> Value? {
        let path = path(of: key)
        var status = stat()
        guard key.isUsable, stat(path, &status) == 0 else { return nil }
        guard let body = Self.recordBody(path),
            let entry = try? JSONDecoder().decode(Entry<Value>.self, from: body), entry.key == key
        else {
            unlink(path)
            return nil
        }
        UseTime.note(path, status)
        return entry.value
    }

    /// Writes a record, in place of an earlier one.
    package func setRecord<Value: Codable>(_ value: Value, for key: RecordKey) throws {
        guard key.isUsable else { throw ContentStoreError("store the record", "\"\(key.kind)\"", .badName) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Array(try encoder.encode(Entry(key: key, value: value)))
        let modes = try prepare()
        try modes.makeFolder("\(root)/facts/\(key.kind)")
        try modes.write(Array("\(Digest(of: body))\n".utf8) + body, to: path(of: key))
    }

    package func removeRecord(_ key: RecordKey) { unlink(path(of: key)) }

    private func path(of key: RecordKey) -> String { "\(root)/facts/\(key.kind)/\(key.fileName)" }

    /// The JSON of a record's file, or nil when it is damaged.
    static func recordBody(_ path: String) -> Data? {
        guard let bytes = try? Files.read(path, limit: recordLimit), let end = bytes.firstIndex(of: 10),
            end <= 80, let digest = try? Digest(String(decoding: bytes[..<end], as: UTF8.self)),
            Digest(of: bytes[(end + 1)...]) == digest
        else { return nil }
        return Data(bytes[(end + 1)...])
    }
}
