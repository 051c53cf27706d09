import ExperimentModel
import Glibc
import HostSystem

/// One output stream of the command: read here, copied to the person's own stream, and handed to the recorder.
final class CapturedStream {
    let kind: MetricSource
    let reading: Descriptor
    private(set) var isOpen = true
    private(set) var childEnd: Descriptor?
    private let copy: Int32
    private var copies: Bool
    private let isTerminal: Bool
    private var filter: SecretFilter?
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    /// - Parameter copy: the person's stream; nil where nobody looks. Where it is a terminal, the command gets one as
    ///   well.
    /// - Parameter secrets: are replaced before anybody sees them.
    init(_ kind: MetricSource, copyingTo copy: Int32?, hiding secrets: [String]) throws {
        self.kind = kind
        filter = SecretFilter(secrets)
        self.copy = copy ?? -1
        copies = copy != nil
        isTerminal = copies && isatty(self.copy) == 1
        if isTerminal {
            let terminal = try PseudoTerminal(like: self.copy)
            (reading, childEnd) = (terminal.supervisor, terminal.program)
        } else {
            let pipe = try Descriptor.pipe()
            (reading, childEnd) = (pipe.read, pipe.write)
            // Fewer, larger reads when a program prints a lot. A refusal (the user's limit on pipes) costs nothing.
            _ = fcntl(pipe.read.number, F_SETPIPE_SZ_VALUE, 1 << 20)
        }
    }

    func closeChildEnd() { childEnd = nil }

    func copySize() {
        if isTerminal { PseudoTerminal.copySize(from: copy, to: reading) }
    }

    /// Reads what is there once; the descriptor has been polled.
    func pump(into recorder: RunRecorder) {
        let count = buffer.withUnsafeMutableBytes { read(reading.number, $0.baseAddress, $0.count) }
        guard count > 0 else {
            // A pseudo-terminal whose other side is closed answers EIO.
            if count < 0, errno == EINTR || errno == EAGAIN { return }
            isOpen = false
            return finish(into: recorder)
        }
        buffer.withUnsafeBytes { bytes in
            let piece = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            if let clean = filter?.take(piece) {
                clean.withUnsafeBytes { pass($0, to: recorder) }
            } else {
                pass(piece, to: recorder)
            }
        }
    }

    /// Nothing is read any more: hands on what was held back.
    func finish(into recorder: RunRecorder) {
        filter?.finish().withUnsafeBytes { pass($0, to: recorder) }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, to recorder: RunRecorder) {
        guard !bytes.isEmpty else { return }
        copyOut(bytes)
        recorder.output(bytes, from: kind)
    }

    /// Reads what is there without waiting.
    func pumpIfReady(into recorder: RunRecorder) {
        while isOpen {
            var poller = pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 0) > 0 else { return }
            pump(into: recorder)
        }
    }

    /// The person's stream may go away (a closed terminal, `| head`): the run goes on and is still recorded.
    private func copyOut(_ bytes: UnsafeRawBufferPointer) {
        guard copies else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = retryingInterrupts {
                write(copy, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            }
            if count < 0, errno == EAGAIN {
                var poller = pollfd(fd: copy, events: Int16(POLLOUT), revents: 0)
                poll(&poller, 1, 1000)
                continue
            }
            guard count > 0 else {
                copies = false
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}

/// F_SETPIPE_SZ of fcntl(2), which Swift's import of the C library lacks.
private let F_SETPIPE_SZ_VALUE: Int32 = 1031
