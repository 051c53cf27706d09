/// Bytes made of bits, lowest bit first (RFC 1951, section 3.1.1).
struct BitOutput {
    /// The bytes that were made, complete after `flush`. Whoever takes them away empties this.
    var bytes: [UInt8] = []
    /// Bits that are not among the bytes yet: fewer than 32, and fewer than eight after `flush`.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    var isAligned: Bool { pendingCount & 7 == 0 }

    /// - Parameter count: at most 32.
    @inline(__always)
    mutating func put(_ bits: UInt32, _ count: Int) {
        pending |= UInt64(bits) &<< UInt64(pendingCount)
        pendingCount &+= count
        if pendingCount >= 32 { writeWord() }
    }

    private mutating func writeWord() {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: pending).littleEndian) { bytes.append(contentsOf: $0) }
        pending &>>= 32
        pendingCount &-= 32
    }

    /// Puts the whole bytes that were made where they can be taken.
    mutating func flush() {
        while pendingCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending &>>= 8
            pendingCount &-= 8
        }
    }

    /// Adds whole bytes; the last byte must have been filled.
    mutating func put(bytes more: UnsafeRawBufferPointer) {
        flush()
        bytes.append(contentsOf: more)
    }

    /// Goes on in the middle of a byte: its lowest `count` bits are given.
    mutating func resume(_ byte: UInt8, bits count: Int) {
        put(UInt32(byte) & ((1 << UInt32(count)) - 1), count)
    }

    /// Fills the byte that has begun with zero bits.
    mutating func pad() {
        if !isAligned { put(0, 8 - (pendingCount & 7)) }
        flush()
    }

    /// Ends the byte that has begun with an empty stored block, so that another stream's blocks can follow.
    mutating func alignWithStoredBlock() {
        if isAligned { return }
        put(0, 3)
        pad()
        bytes += [0x00, 0x00, 0xff, 0xff]
    }

    /// An empty last block with the fixed codes.
    mutating func putLastBlock() {
        put(0b011, 3)
        put(0, 7)
        pad()
    }
}
