import Glibc
import HostSystem

/// Reads a tar archive (POSIX.1-2017, pax) as a row of groups: a member together with the extended headers before it.
///
/// The bytes of a group are passed on as they are, so that what is copied is copied exactly.
struct TarGroups {
    struct Group {
        /// Without `./` in front and `/` behind; empty for the root.
        var name: String
        var type: UInt8
        var mode: UInt32
        var linkName: String
        /// Headers and extended headers.
        var head: [UInt8]
        /// Of the content, without padding.
        var size: Int64

        /// With padding up to a whole block.
        var paddedSize: Int64 { (size + 511) & ~511 }
    }

    struct Malformed: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "cannot read \(path): \(reason)" }
    }

    private let path: String
    private let input: Descriptor
    private var buffer: [UInt8] = []
    private var position = 0
    private static let longestHead = 1 << 20

    init(path: String) throws {
        self.path = path
        input = try Descriptor.open(path, O_RDONLY)
    }

    /// The next member, or nil at the end of the archive. The content of the last one has to be read before.
    mutating func next() throws -> Group? {
        var head: [UInt8] = []
        var extended: [String: String] = [:]
        while true {
            let block = try take(512)
            if block.allSatisfy({ $0 == 0 }) {
                guard head.isEmpty else { throw malformed("it ends after an extended header") }
                return nil
            }
            head += block
            guard head.count < Self.longestHead else { throw malformed("an extended header is too long") }
            guard checksumFits(block), let size = octal(block[124..<136]), let mode = octal(block[100..<108]) else {
                throw malformed("a header is damaged")
            }
            let type = block[156]
            if type == UInt8(ascii: "x") || type == UInt8(ascii: "g") {
                guard size < Self.longestHead else { throw malformed("an extended header is too long") }
                let body = try take(Int((size + 511) & ~511))
                head += body
                if type == UInt8(ascii: "x") { extended.merge(records(body.prefix(Int(size)))) { $1 } }
                continue
            }
            let prefix = text(block[345..<500])
            let name = extended["path"] ?? (prefix.isEmpty ? text(block[0..<100]) : "\(prefix)/\(text(block[0..<100]))")
            let hasContent = [UInt8(ascii: "0"), 0, UInt8(ascii: "7")].contains(type)
            let length = extended["size"].map { Int64($0) } ?? size
            guard let length, length >= 0, length < 1 << 40 else { throw malformed("a size is out of bounds") }
            return Group(
                name: normal(name), type: type == 0 ? UInt8(ascii: "0") : type,
                mode: UInt32(truncatingIfNeeded: mode), linkName: extended["linkpath"] ?? text(block[157..<257]),
                head: head, size: hasContent ? length : 0)
        }
    }

    /// Hands out the content of the member that `next` returned, with its padding, in pieces.
    mutating func content(of group: Group, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        var rest = group.paddedSize
        while rest > 0 {
            if position == buffer.count { try fill() }
            let count = min(Int(min(rest, 1 << 20)), buffer.count - position)
            try body(buffer[position..<(position + count)])
            position += count
            rest -= Int64(count)
        }
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            if position == buffer.count { try fill() }
            let piece = min(count - bytes.count, buffer.count - position)
            bytes += buffer[position..<(position + piece)]
            position += piece
        }
        return bytes
    }

    private mutating func fill() throws {
        if buffer.count != 1 << 20 { buffer = [UInt8](repeating: 0, count: 1 << 20) }
        let count = buffer.withUnsafeMutableBytes { bytes in
            retryingInterrupts { read(input.number, bytes.baseAddress, bytes.count) }
        }
        guard count >= 0 else { throw SystemError("read", path) }
        guard count > 0 else { throw malformed("it ends too early") }
        if count < buffer.count { buffer.removeLast(buffer.count - count) }
        position = 0
    }

    private func malformed(_ reason: String) -> Malformed { Malformed(path: path, reason: reason) }

    private func normal(_ name: String) -> String {
        var name = name[...]
        while name.hasSuffix("/") { name.removeLast() }
        return name == "." ? "" : String(name.hasPrefix("./") ? name.dropFirst(2) : name)
    }

    private func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// A number in octal digits, or in GNU's base 256 when the first bit is set.
    private func octal(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(7).reduce(0) { $0 << 8 | Int64($1) }
        }
        let digits = field.filter { $0 != 0 && $0 != 32 }
        guard !digits.isEmpty else { return 0 }
        return Int64(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }

    private func checksumFits(_ block: [UInt8]) -> Bool {
        var sum: Int64 = 0
        for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
        return octal(block[148..<156]) == sum
    }

    /// The records `LENGTH KEY=VALUE\n` of an extended header.
    private func records(_ body: ArraySlice<UInt8>) -> [String: String] {
        var rest = body
        var records: [String: String] = [:]
        while let space = rest.firstIndex(of: 32) {
            guard let length = Int(String(decoding: rest[rest.startIndex..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { break }
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                let key = String(decoding: record[record.startIndex..<equals], as: UTF8.self)
                records[key] = String(decoding: record[(equals + 1)...], as: UTF8.self)
            }
            rest = rest.dropFirst(length)
        }
        return records
    }
}
