import HTTPTransfer
import HostSystem
import OCIModel

/// Passes a blob on and withholds its last bytes when the whole is not what its descriptor says, so that whoever gets
/// the bytes never has a whole wrong blob.
package final class VerifyingReader: ByteReader {
    private let source: any ByteReader
    private let descriptor: ContentDescriptor
    private let place: String
    private var hash = SHA256()
    private var count: Int64 = 0
    private var isVerified = false

    package init(_ source: any ByteReader, _ descriptor: ContentDescriptor, place: String) {
        self.source = source
        self.descriptor = descriptor
        self.place = place
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !isVerified else { return 0 }
        let part = try source.read(into: buffer)
        hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<part]))
        count &+= Int64(part)
        if count > descriptor.size || (part == 0 && count < descriptor.size) {
            throw failed(.wrongSize(expected: descriptor.size, actual: count))
        }
        if count == descriptor.size { try verify() }
        return part
    }

    private func verify() throws {
        var whole = SHA256()
        swap(&whole, &hash)
        let hex = whole.hexDigest()
        guard hex == descriptor.digest.hex else {
            guard let actual = Digest(hex: hex) else { return }
            throw failed(.wrongDigest(expected: descriptor.digest, actual: actual))
        }
        isVerified = true
    }

    private func failed(_ cause: OCIRegistryError.Cause) -> OCIRegistryError {
        OCIRegistryError("read \(descriptor.digest)", place, cause)
    }
}
