import CZlib
import Glibc
import HostSystem

/// Reads the content of members, one after the other with the same memory: half a MiB, however large they are.
package final class MemberReader {
    private let zip: ZipDirectory
    private let inflater: Inflater
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer

    package init(_ zip: ZipDirectory) throws(WheelError) {
        guard let inflater = Inflater() else {
            throw WheelError(
                .read, wheel: zip.name, .system(SystemError("inflate", zip.name, code: ENOMEM)))
        }
        self.zip = zip
        self.inflater = inflater
        // Room for the longest header there can be, with its name and its extra fields, and some data.
        input = .allocate(byteCount: 256 << 10, alignment: 64)
        output = .allocate(byteCount: 256 << 10, alignment: 64)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// Where the compressed data of a member lies in the file, its own header (and what stands behind its data)
    /// compared with the directory.
    package func dataRange(of member: ZipMember) throws(WheelError) -> Range<Int> {
        try inZip(member) { () throws(WheelError.Cause) in
            let length = min(input.count, member.limit - member.headerOffset)
            // Names and extra fields are short, so the first piece nearly always has all of the header.
            var got = try fill(member.headerOffset, min(length, 512))
            if got.count < length, (try? LocalHeader(LittleEndianBytes(got), of: member)) == nil {
                got = try fill(member.headerOffset, length)
            }
            return try dataStart(LittleEndianBytes(got), member)
        }
    }

    /// Delivers the content of a member in pieces, in order. Size and CRC-32 are checked, so what was delivered is
    /// good only when this returns.
    ///
    /// - Parameter body: gets each piece; the bytes are valid during the call only. What it throws ends the reading.
    package func read(_ member: ZipMember, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var crc: UInt = 0
        var made = 0
        try stream(member) { piece in
            made += piece.count
            crc = crc32_z(crc, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
            try body(piece)
            return true
        }
        guard made == member.size else { throw fault(member, .shorterThanDeclared(member.size)) }
        guard UInt32(truncatingIfNeeded: crc) == member.crc32 else {
            throw fault(member, .wrongChecksum)
        }
    }

    /// The whole content of a member of at most `limit` bytes.
    package func bytes(of member: ZipMember, limit: Int) throws(WheelError) -> [UInt8] {
        guard member.size <= limit else {
            throw fault(member, .tooLarge(size: member.size, limit: limit))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(member.size, 1 << 20))
        try own(member) { try read(member) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The first bytes of a member, fewer where it has fewer. Its CRC-32 is not checked.
    package func prefix(of member: ZipMember, count: Int) throws(WheelError) -> [UInt8] {
        var bytes: [UInt8] = []
        try own(member) {
            try stream(member) { piece in
                bytes.append(contentsOf: piece.prefix(count - bytes.count))
                return bytes.count < count
            }
        }
        return bytes
    }

    /// Reading with a body that throws nothing of its own throws nothing but `WheelError`.
    private func own(_ member: ZipMember, _ body: () throws -> Void) throws(WheelError) {
        do {
            try body()
        } catch let error as WheelError {
            throw error
        } catch {
            throw fault(member, .damagedStream)
        }
    }

    /// - Parameter body: returns whether it wants more.
    private func stream(_ member: ZipMember, _ body: (UnsafeRawBufferPointer) throws -> Bool) throws {
        let first = try inZip(member) { () throws(WheelError.Cause) in
            try fill(member.headerOffset, min(input.count, member.limit - member.headerOffset))
        }
        let range = try inZip(member) { () throws(WheelError.Cause) in
            try dataStart(LittleEndianBytes(first), member)
        }
        let start = range.lowerBound - member.headerOffset
        var piece = UnsafeRawBufferPointer(
            rebasing: first[start..<min(first.count, start + member.compressedSize)])
        var rest = member.compressedSize
        var place = range.lowerBound
        var made = 0
        inflater.reset()
        var ended = member.method == .stored && member.size == 0
        while !ended {
            if piece.isEmpty {
                guard rest > 0 else { throw fault(member, .shorterThanDeclared(member.size)) }
                piece = try inZip(member) { () throws(WheelError.Cause) in
                    try fill(place, min(input.count, rest))
                }
                guard !piece.isEmpty else { throw fault(member, .truncated) }
            }
            switch member.method {
            case .stored:
                rest -= piece.count
                place += piece.count
                if try !body(piece) { return }
                piece = UnsafeRawBufferPointer(rebasing: piece[piece.count...])
                ended = rest == 0
            case .deflated:
                let result = inflater.inflate(piece, into: output)
                rest -= result.taken
                place += result.taken
                made += result.made
                piece = UnsafeRawBufferPointer(rebasing: piece[result.taken...])
                guard made <= member.size else { throw fault(member, .longerThanDeclared(member.size)) }
                let isStuck = result.taken == 0 && result.made == 0 && result.step == .more
                if result.step == .damaged || isStuck { throw fault(member, .damagedStream) }
                if result.made > 0 {
                    if try !body(UnsafeRawBufferPointer(rebasing: output[..<result.made])) { return }
                }
                ended = result.step == .end
            }
        }
        if rest > 0 { throw fault(member, .bytesBehindStream) }
    }

    private func fill(_ offset: Int, _ length: Int) throws(WheelError.Cause) -> UnsafeRawBufferPointer {
        let buffer = UnsafeMutableRawBufferPointer(rebasing: input[..<min(length, input.count)])
        let count = try zip.source.fill(buffer, at: offset)
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// - Parameter header: the file from the member's header on.
    private func dataStart(
        _ header: LittleEndianBytes, _ member: ZipMember
    ) throws(WheelError.Cause) -> Range<Int> {
        do throws(ZipFault) {
            let start = member.headerOffset + (try LocalHeader(header, of: member)).length
            let end = start + member.compressedSize
            if member.hasDataDescriptor {
                let room = min(24, member.limit - end)
                let tail: [UInt8]
                do throws(WheelError.Cause) { tail = try zip.source.bytes(end..<end + room) } catch {
                    throw .truncated
                }
                let agrees = try tail.withRawBytes { bytes throws(ZipFault) in
                    try LocalHeader.descriptorAgrees(LittleEndianBytes(bytes), member)
                }
                guard agrees else { throw .descriptorDisagrees }
            }
            return start..<end
        } catch {
            throw .zip(error)
        }
    }

    private func fault(_ member: ZipMember, _ fault: ZipFault) -> WheelError {
        WheelError(.read, wheel: zip.name, member: member.path, .zip(fault))
    }

    private func inZip<Result>(
        _ member: ZipMember, _ body: () throws(WheelError.Cause) -> Result
    ) throws(WheelError) -> Result {
        do throws(WheelError.Cause) {
            return try body()
        } catch {
            throw WheelError(.read, wheel: zip.name, member: member.path, error)
        }
    }
}
