/// Takes the two output streams of a container apart.
///
/// Docker's attach gives them in frames: one byte for the stream (1 output, 2 error), three zeros, the size of what
/// follows as a big-endian number of 32 bits (Docker Engine API, "Attach to a container", stream format).
struct FrameReader {
    enum Stream: Sendable, Hashable { case output, error }

    /// Bytes came that are no frame.
    struct Damaged: Error {}

    private var head: [UInt8] = []
    private var stream = Stream.output
    private var left = 0

    /// Gives the pieces of a stretch of bytes, which may begin and end anywhere.
    mutating func take(_ bytes: [UInt8], _ piece: (Stream, ArraySlice<UInt8>) throws -> Void) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if left > 0 {
                let part = rest.prefix(left)
                left -= part.count
                rest = rest.dropFirst(part.count)
                try piece(stream, part)
                continue
            }
            let part = rest.prefix(8 - head.count)
            head += part
            rest = rest.dropFirst(part.count)
            guard head.count == 8 else { continue }
            guard head[0] <= 2, head[1...3].allSatisfy({ $0 == 0 }) else { throw Damaged() }
            stream = head[0] == 2 ? .error : .output
            left = head[4...].reduce(0) { $0 << 8 | Int($1) }
            head.removeAll(keepingCapacity: true)
        }
    }

    /// All frames that began have ended.
    var isBetweenFrames: Bool { head.isEmpty && left == 0 }
}
