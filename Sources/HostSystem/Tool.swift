import Glibc

/// Runs another program to its end and gathers what it prints: git, uv, python, nvidia-smi.
package struct Tool: Sendable {
    package struct Result: Sendable {
        package let end: ProcessEnd
        package let output: [UInt8]
        package let error: [UInt8]
        /// The program was stopped because it ran longer than it was given.
        package let timedOut: Bool

        package var outputText: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: error, as: UTF8.self) }
        package var succeeded: Bool { end.succeeded && !timedOut }
    }

    package let executable: String
    package var environment: [String: String]
    package var workingFolder: String?

    package init(executable: String, environment: [String: String], workingFolder: String? = nil) {
        self.executable = executable
        self.environment = environment
        self.workingFolder = workingFolder
    }

    /// Runs the program and waits. A non-zero exit code is a normal result, not a thrown error.
    ///
    /// - Parameters:
    ///   - input: what the program reads from its standard input; up to 64 KiB, which a pipe holds.
    ///   - timeout: seconds after which the program is killed; nil waits for ever.
    ///   - outputLimit: bytes kept of each stream; the rest is read and dropped.
    ///   - onErrorText: gets standard error as it arrives, for progress.
    package func run(
        _ arguments: [String], input: [UInt8] = [], timeout: Double? = nil, outputLimit: Int = 64 << 20,
        onErrorText: ((String) -> Void)? = nil
    ) throws -> Result {
        let running = try start(arguments, input: input)
        let deadline = timeout.map { monotonicSeconds() + $0 }
        var streams = [Stream(running.output), Stream(running.error)]
        var buffer = [UInt8](repeating: 0, count: 65536)
        var timedOut = false
        while streams.contains(where: \.isOpen) {
            var polls = streams.map { pollfd(fd: $0.isOpen ? $0.end.number : -1, events: Int16(POLLIN), revents: 0) }
            var wait: Int32 = -1
            if let deadline, !timedOut {
                wait = Int32(max(0, min(1e6, (deadline - monotonicSeconds()) * 1000)).rounded(.up))
            }
            let ready = poll(&polls, nfds_t(polls.count), wait)
            if ready == 0, let deadline, monotonicSeconds() >= deadline {
                timedOut = true
                kill(-running.child.id, SIGKILL)
                continue
            }
            for index in streams.indices where polls[index].revents != 0 {
                let count = buffer.withUnsafeMutableBytes { read(polls[index].fd, $0.baseAddress, $0.count) }
                if count <= 0 {
                    if count < 0, errno == EINTR || errno == EAGAIN { continue }
                    streams[index].isOpen = false
                    continue
                }
                let room = max(0, outputLimit - streams[index].bytes.count)
                streams[index].bytes += buffer[..<min(count, room)]
                if index == 1 { onErrorText?(String(decoding: buffer[..<count], as: UTF8.self)) }
            }
        }
        return Result(
            end: running.child.wait(), output: streams[0].bytes, error: streams[1].bytes, timedOut: timedOut)
    }

    /// A program on its way, with the reading ends of its two streams.
    package struct Running {
        package let child: ChildProcess
        package let output: Descriptor
        package let error: Descriptor
    }

    /// Starts the program without waiting.
    ///
    /// - Parameter input: what it reads from its standard input; up to 64 KiB, which a pipe holds.
    package func start(_ arguments: [String], input: [UInt8] = []) throws -> Running {
        let output = try Descriptor.pipe()
        let error = try Descriptor.pipe()
        var start = ChildProcess.Start(
            executable: executable, arguments: [executable] + arguments, environment: environment)
        start.workingFolder = workingFolder
        var inputEnd: Descriptor?
        if !input.isEmpty {
            guard input.count <= 65536 else { throw SystemError("write", "the input of \(executable)", code: EFBIG) }
            let pipe = try Descriptor.pipe()
            try pipe.write.writeAll(input, path: "the input of \(executable)")
            inputEnd = pipe.read
        }
        start.standardInput = inputEnd?.number
        start.standardOutput = output.write.number
        start.standardError = error.write.number
        start.ownGroup = true
        start.closesOthers = true
        start.deathSignal = SIGKILL
        defer { withExtendedLifetime(inputEnd) {} }
        return Running(child: try ChildProcess.start(start), output: output.read, error: error.read)
    }

    private struct Stream {
        let end: Descriptor
        var bytes: [UInt8] = []
        var isOpen = true

        init(_ end: Descriptor) {
            self.end = end
        }
    }
}
