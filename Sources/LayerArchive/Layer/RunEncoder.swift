/// Gathers bytes into runs and encodes them, so that a header and the small file after it are one block.
struct RunEncoder {
    private let encoder = DeflateEncoder()
    private var run: [UInt8] = []
    private var bits = BitOutput()

    mutating func add(_ bytes: UnsafeRawBufferPointer, to output: BlobOutput) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(DeflateEncoder.longestRun - run.count)
            run.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
            if run.count == DeflateEncoder.longestRun { try flush(to: output) }
        }
    }

    /// Encodes what was gathered. The last bits of it may still wait for a byte to be full.
    mutating func flush(to output: BlobOutput) throws {
        if !run.isEmpty {
            run.withUnsafeBytes { encoder.encode($0, into: &bits) }
            run.removeAll(keepingCapacity: true)
        }
        try write(output)
    }

    /// Ends the byte that has begun, so that a stream can follow.
    mutating func align(_ output: BlobOutput) throws {
        bits.alignWithStoredBlock()
        try write(output)
    }

    /// Goes on after the lowest bits of a byte.
    mutating func resume(_ byte: UInt8, bits count: Int) { bits.resume(byte, bits: count) }

    /// Writes what is left, and an empty last block.
    mutating func finish(_ output: BlobOutput) throws {
        try flush(to: output)
        bits.putLastBlock()
        try write(output)
    }

    private mutating func write(_ output: BlobOutput) throws {
        bits.flush()
        try output.add(bits.bytes)
        bits.bytes.removeAll(keepingCapacity: true)
    }
}
