import COpenSSL
import Glibc

/// SHA-256 (FIPS 180-4), computed by OpenSSL, which uses the processor's own instructions where it has them.
package struct SHA256: ~Copyable {
    private let context: UnsafeMutablePointer<SHA256_CTX>

    package init() {
        context = .allocate(capacity: 1)
        sha256_begin(context)
    }

    deinit {
        context.deallocate()
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        sha256_add(context, bytes.baseAddress, bytes.count)
    }

    package func update(_ bytes: some Sequence<UInt8>) {
        let done: ()? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    /// The digest as 64 lower-case hexadecimal digits. Ends the computation.
    package consuming func hexDigest() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        sha256_end(context, &digest)
        return Hexadecimal.text(digest)
    }

    package static func hexDigest(_ bytes: some Sequence<UInt8>) -> String {
        let hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
    }

    /// The digest of a file's content, read in pieces of 1 MiB.
    package static func hexDigest(file path: String) throws -> String {
        let descriptor = try Descriptor.open(path, O_RDONLY)
        let hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                retryingInterrupts { read(descriptor.number, bytes.baseAddress, bytes.count) }
            }
            guard count >= 0 else { throw SystemError("read", path) }
            if count == 0 { return hash.hexDigest() }
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
