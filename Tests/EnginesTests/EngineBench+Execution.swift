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

    func execute(
        _ words: [String], in name: String, _ change: (inout ContainerCommand) -> Void = { _ in }
    ) throws -> Executed {
        try gathered(words, change) { command, _ in try engine.execute(command, in: name) }
    }

    /// - Parameter meanwhile: gets the thread that waits for the command, when that has printed `text`.
    func execute(
        _ words: [String], in name: String, once text: String, meanwhile: (pthread_t) throws -> Void
    ) throws -> Executed {
        try gathered(words) { command, place in
            try execute(command, in: name) { thread in
                let isThere = eventually { (try? Files.readText("\(place).out").contains(text)) ?? false }
                guard isThere else { throw SystemError("wait for", text, code: ETIMEDOUT) }
                try meanwhile(thread)
            }
        }
    }

    private func gathered(
        _ words: [String], _ change: (inout ContainerCommand) -> Void = { _ in },
        _ body: (ContainerCommand, String) throws -> ProcessEnd
    ) throws -> Executed {
        let place = "\(folder)/execute-\(UInt64.random(in: 0...UInt64.max))"
        let output = try Descriptor.open("\(place).out", O_RDWR | O_CREAT | O_TRUNC)
        let error = try Descriptor.open("\(place).err", O_RDWR | O_CREAT | O_TRUNC)
        var command = ContainerCommand(
            words, streams: ContainerStreams(output: output.number, error: error.number))
        change(&command)
        let end = try body(command, place)
        return Executed(end: end, output: try Files.read("\(place).out"), error: try Files.read("\(place).err"))
    }

    func execute(
        _ words: [String], in name: String, on terminal: TestTerminal, meanwhile: (pthread_t) throws -> Void
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
