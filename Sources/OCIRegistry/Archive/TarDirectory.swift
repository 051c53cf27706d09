import Glibc
import HTTPTransfer
import HostSystem

/// Where the files of a tar archive on disk lie. Only headers are read; contents are passed over, so that an archive of
/// many gigabytes opens in a moment.
struct TarDirectory: Sendable {
    struct Member: Sendable, Hashable {
        let offset: Int64
        let size: Int64
    }

    let path: String
    private(set) var members: [String: Member] = [:]

    static let memberLimit = 100_000
    private static let block: Int64 = 512
    /// Names and pax records are small.
    private static let textLimit: Int64 = 1 << 20

    init(_ path: String) throws {
        self.path = path
        let descriptor = try Descriptor.open(path, O_RDONLY)
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read", path) }
        let end = Int64(status.st_size)
        var links: [(name: String, target: String)] = []
        var offset: Int64 = 0
        var longName: String?
        var longLink: String?
        var longSize: Int64?
        var count = 0
        while offset + Self.block <= end {
            let header = try Self.read(descriptor, path, offset, Self.block)
            if header.allSatisfy({ $0 == 0 }) { break }
            if offset == 0, header.starts(with: [0x1f, 0x8b]) || header.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
                throw damaged("it is compressed: unpack it first")
            }
            guard Self.checksumIsRight(header), let plain = Self.number(header[124..<136]) else {
                throw damaged("byte \(offset) is not the beginning of a tar header")
            }
            count += 1
            guard count <= Self.memberLimit else { throw damaged("it has more than \(Self.memberLimit) entries") }
            let kind = header[156]
            let isExtension = [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")].contains(
                kind)
            let size = isExtension ? plain : longSize ?? plain
            let content = offset + Self.block
            guard size >= 0, size <= end - content else {
                throw damaged("the entry at byte \(offset) ends behind its end")
            }
            if isExtension {
                guard size <= Self.textLimit else {
                    throw damaged("the entry at byte \(offset) has a name that is too long")
                }
                let text = try Self.read(descriptor, path, content, size)
                switch kind {
                case UInt8(ascii: "L"): longName = Self.text(text[...])
                case UInt8(ascii: "K"): longLink = Self.text(text[...])
                case UInt8(ascii: "x"):
                    let records = Self.records(text)
                    longName = records["path"] ?? longName
                    longLink = records["linkpath"] ?? longLink
                    longSize = records["size"].flatMap { Int64($0) }
                default: break
                }
            } else {
                let isUstar = header[257..<263].elementsEqual("ustar\0".utf8)
                let prefix = isUstar ? Self.text(header[345..<500]) : ""
                let short = Self.text(header[0..<100])
                let name = Self.normal(longName ?? (prefix.isEmpty ? short : "\(prefix)/\(short)"))
                let target = longLink ?? Self.text(header[157..<257])
                switch kind {
                case UInt8(ascii: "0"), 0: members[name] = Member(offset: content, size: size)
                case UInt8(ascii: "1"): links.append((name, Self.normal(target)))
                case UInt8(ascii: "2"): links.append((name, Self.resolved(target, from: name)))
                default: break
                }
                longName = nil
                longLink = nil
                longSize = nil
            }
            let (next, overflow) = content.addingReportingOverflow((size + Self.block - 1) / Self.block * Self.block)
            guard !overflow else { break }
            offset = next
        }
        // Older archives hold equal layers as links to the first. A link to a link is not among them.
        for link in links { if let member = members[link.target] { members[link.name] = members[link.name] ?? member } }
    }

    func reader(_ member: Member, from offset: Int64 = 0) throws -> FileReader {
        let skipped = min(max(0, offset), member.size)
        return try FileReader(path, from: member.offset + skipped, size: member.size - skipped)
    }

    func read(_ name: String, limit: Int) throws -> [UInt8]? {
        guard let member = members[name] else { return nil }
        guard member.size <= Int64(limit) else { throw damaged("\(name) has more than \(limit) bytes") }
        return try reader(member).readAll(limit: limit)
    }

    func damaged(_ reason: String) -> OCIRegistryError { OCIRegistryError("read the archive", path, .damaged(reason)) }

    private static func read(_ descriptor: Descriptor, _ path: String, _ offset: Int64, _ size: Int64) throws -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                return retryingInterrupts {
                    pread(descriptor.number, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
                }
            }
            guard count >= 0 else { throw SystemError("read", path) }
            guard count > 0 else { throw OCIRegistryError("read the archive", path, .damaged("it got shorter")) }
            done += count
        }
        return bytes
    }

    private static func checksumIsRight(_ header: [UInt8]) -> Bool {
        var sum: Int64 = 0
        for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
        return number(header[148..<156]) == sum
    }

    /// Octal digits, or a binary number whose first bit is set (GNU).
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            for byte in field.dropFirst() {
                guard value >> 55 == 0 else { return nil }
                value = value << 8 | Int64(byte)
            }
            return value
        }
        for byte in field.drop(while: { $0 == 32 }) {
            guard byte != 0, byte != 32 else { break }
            guard (48...55).contains(byte), value >> 60 == 0 else { return nil }
            value = value << 3 | Int64(byte - 48)
        }
        return value
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// `LENGTH KEY=VALUE\n`, again and again.
    private static func records(_ bytes: [UInt8]) -> [String: String] {
        var records: [String: String] = [:]
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 32),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
            length <= rest.count
        {
            let record = rest[rest.index(after: space)..<(rest.startIndex + length)]
            if let equals = record.firstIndex(of: UInt8(ascii: "=")), record.last == 10 {
                let key = String(decoding: record[..<equals], as: UTF8.self)
                records[key] = String(decoding: record[record.index(after: equals)...].dropLast(), as: UTF8.self)
            }
            rest = rest[(rest.startIndex + length)...]
        }
        return records
    }

    private static func normal(_ name: String) -> String {
        name.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// The target of a symbolic link, which counts from the link's own folder.
    private static func resolved(_ target: String, from name: String) -> String {
        if target.hasPrefix("/") { return normal(target) }
        var parts = normal(name).split(separator: "/").dropLast()
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }
}
