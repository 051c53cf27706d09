import Engines
import Glibc
import HostSystem
import TestSupport

extension EngineBench {
    /// Starts a request, waits until it printed "ready" where its script says so, and removes it afterwards.
    func whileRunning(_ request: ContainerRequest, _ body: (String) throws -> Void) throws {
        let output = try Descriptor.open("\(folder)/output-\(request.name)", O_RDWR | O_CREAT | O_TRUNC)
        var request = request
        request.streams.output = output.number
        request.streams.error = output.number
        let container = try engine.start(request)
        defer {
            try? engine.remove(request.name)
            _ = try? container.wait()
        }
        if request.command.last?.contains("echo ready") == true, !awaits("ready", of: request) {
            throw SystemError("wait for", "ready", code: ETIMEDOUT)
        }
        try body(request.name)
    }

    struct Executed {
        var end: ProcessEnd
        var output: [UInt8]
        var error: [UInt8]
    }

    /// - Parameters:
    ///   - once: when the command has printed that, `meanwhile` gets the thread that waits for the command.
    func execute(
        _ words: [String], in name: String, once text: String? = nil,
        _ change: (inout ContainerCommand) -> Void = { _ in }, meanwhile: ((pthread_t) throws -> Void)? = nil
    ) throws -> Executed {
        let place = "\(folder)/execute-\(UInt64.random(in: 0...UInt64.max))"
        let output = try Descriptor.open("\(place).out", O_RDWR | O_CREAT | O_TRUNC)
        let error = try Descriptor.open("\(place).err", O_RDWR | O_CREAT | O_TRUNC)
        var command = ContainerCommand(
            words, streams: ContainerStreams(output: output.number, error: error.number))
        change(&command)
        let end: ProcessEnd
        if let text, let meanwhile {
            end = try execute(command, in: name) { thread in
                guard eventually({ (try? Files.readText("\(place).out").contains(text)) ?? false }) else {
                    throw SystemError("wait for", text, code: ETIMEDOUT)
                }
                try meanwhile(thread)
            }
        } else {
            end = try engine.execute(command, in: name)
        }
        return Executed(end: end, output: try Files.read("\(place).out"), error: try Files.read("\(place).err"))
    }

    func execute(
        _ words: [String], in name: String, once text: String, _ meanwhile: @escaping (pthread_t) throws -> Void
    ) throws -> Executed { try execute(words, in: name, once: text, { _ in }, meanwhile: meanwhile) }

    func execute(
        _ words: [String], in name: String, on terminal: TestTerminal, _ meanwhile: (pthread_t) throws -> Void
    ) throws -> ProcessEnd {
        let number = terminal.follower.number
        var command = ContainerCommand(
            words, streams: ContainerStreams(input: number, output: number, error: number))
        command.hasTerminal = true
        return try execute(command, in: name, meanwhile)
    }

    /// Signals of the whole process would end the tests; those of the thread that waits reach it alone.
    private func execute(
        _ command: ContainerCommand, in name: String, _ meanwhile: (pthread_t) throws -> Void
    ) throws -> ProcessEnd {
        let (reading, writing) = try Descriptor.pipe()
        let engine = engine
        let waiting = BackgroundThread {
            var thread = pthread_self()
            try withUnsafeBytes(of: &thread) { try writing.writeAll($0, path: "a pipe") }
            return try engine.execute(command, in: name)
        }
        var thread = pthread_t()
        _ = withUnsafeMutableBytes(of: &thread) { read(reading.number, $0.baseAddress, $0.count) }
        do {
            try meanwhile(thread)
        } catch {
            try? engine.remove(name)
            _ = try? waiting.join()
            throw error
        }
        return try waiting.join()
    }
}
