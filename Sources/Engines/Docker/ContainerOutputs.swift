import Glibc
import HostSystem

/// Duplicates of the descriptors that a container's output goes to.
final class ContainerOutputs: @unchecked Sendable {
    private var output: Descriptor?
    private var error: Descriptor?

    init(_ streams: ContainerStreams) throws {
        output = try streams.output.map(Self.duplicate)
        error = try streams.error.map(Self.duplicate)
    }

    private static func duplicate(_ number: Int32) throws -> Descriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemError("duplicate", "an output stream") }
        return Descriptor(owning: copy)
    }

    /// What was handed on is all there will be.
    func close() { (output, error) = (nil, nil) }

    /// Hands everything on until the container's streams end.
    ///
    /// - Parameters:
    ///   - framed: the two streams come in frames; else there is one, as it is.
    ///   - endsByReset: the other side may hang up on input that nobody reads, which the kernel calls a reset.
    /// - Returns: what went wrong on the way.
    func pump(_ connection: DaemonConnection, framed: Bool, endsByReset: Bool = false) -> String? {
        var frames = FrameReader()
        do {
            while true {
                let bytes = try connection.read()
                if bytes.isEmpty { return frames.isBetweenFrames ? nil : "its last output was cut off" }
                if !framed {
                    try? output?.writeAll(bytes, path: "the output of a container")
                    continue
                }
                try frames.take(bytes) { stream, piece in
                    // Whoever read it may be gone; the container goes on.
                    try? (stream == .output ? output : error)?.writeAll(piece, path: "the output of a container")
                }
            }
        } catch let error as SystemError where error.code == ECONNRESET && endsByReset && frames.isBetweenFrames {
            // What was read before is all that was said.
            return nil
        } catch {
            return "its output was cut off: \(error)"
        }
    }
}
