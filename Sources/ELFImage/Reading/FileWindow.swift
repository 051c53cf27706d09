import Glibc
import HostSystem

/// A file of which only the pages that are asked for are read, a few at a time.
struct FileWindow {
    private let descriptor: Descriptor
    private let path: String
    private var bytes: [UInt8] = []
    private var start: UInt64 = 0

    private static let page: UInt64 = 4096

    init(_ descriptor: Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// The bytes of a range. Callers bound its length.
    ///
    /// - Throws: `ELFError` with `.truncated` when the file ends before, `SystemError` when it cannot be read.
    mutating func read(_ range: Range<UInt64>, of part: String) throws -> ArraySlice<UInt8> {
        guard range.upperBound <= UInt64(Int64.max) - 2 * Self.page else { throw ELFError(part, .truncated) }
        if range.lowerBound < start || range.upperBound > start + UInt64(bytes.count) { try load(range) }
        guard range.lowerBound >= start, range.upperBound <= start + UInt64(bytes.count) else {
            throw ELFError(part, .truncated)
        }
        let offset = Int(range.lowerBound - start)
        return bytes[offset..<(offset + range.count)]
    }

    private mutating func load(_ range: Range<UInt64>) throws {
        start = range.lowerBound / Self.page * Self.page
        let end = (range.upperBound + Self.page - 1) / Self.page * Self.page
        let count = Int(end - start)
        let (number, offset, path) = (descriptor.number, off_t(start), path)
        bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = retryingInterrupts {
                    pread(number, buffer.baseAddress?.advanced(by: filled), count - filled, offset + off_t(filled))
                }
                guard got >= 0 else { throw SystemError("read", path) }
                if got == 0 { break }
                filled += got
            }
        }
    }
}
