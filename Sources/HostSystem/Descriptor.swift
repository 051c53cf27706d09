import CHostSystem
import Glibc

/// An open file descriptor, closed when its last owner lets go. Always close-on-exec.
package final class Descriptor: Sendable {
    package let number: Int32

    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    package static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0o644) throws -> Descriptor {
        let number = retryingInterrupts { Glibc.open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else {
            throw SystemError(flags & (O_WRONLY | O_RDWR) == 0 ? "read" : "write", path)
        }
        return Descriptor(owning: number)
    }

    /// Both ends of a pipe: what is written to `write` comes out of `read`.
    package static func pipe() throws -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard open_pipe(&ends) == 0 else { throw SystemError("open", "a pipe") }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    package func setNonBlocking() {
        let flags = fcntl(number, F_GETFL)
        if flags >= 0 { _ = fcntl(number, F_SETFL, flags | O_NONBLOCK) }
    }

    /// Writes every byte, waiting where a non-blocking descriptor is full.
    ///
    /// - Parameter path: what the descriptor is, for the error.
    package func writeAll(_ bytes: some Collection<UInt8>, path: String) throws {
        let done: ()? = try bytes.withContiguousStorageIfAvailable { buffer in
            try writeAll(UnsafeRawBufferPointer(buffer), path: path)
        }
        if done == nil { try Array(bytes).withUnsafeBytes { try writeAll($0, path: path) } }
    }

    package func writeAll(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(number, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                var poller = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                poll(&poller, 1, 1000)
            } else if count < 0, errno == EINTR {
                continue
            } else {
                throw SystemError("write", path)
            }
        }
    }
}
