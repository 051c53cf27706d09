import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ContentStore

/// A store that exists while `body` runs.
func withStore<Result>(_ body: (ContentStore) throws -> Result) throws -> Result {
    try withTemporaryFolder { try body(ContentStore(home: "\($0)/home")) }
}

extension ContentStore {
    /// What `StoreWriter` writes.
    static func sample(_ size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for block in 0...(size / 65536) {
            [Int](repeating: block, count: 8192).withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(size))
    }

    var ingestNames: [String] { (try? Files.names(in: ingestFolder)) ?? [] }

    /// Makes something look as if it was last used some seconds ago.
    func age(_ path: String, by seconds: Double) {
        let time = timespec(tv_sec: Int(Timestamp.now.seconds - seconds), tv_nsec: 0)
        var times = [time, time]
        utimensat(AT_FDCWD, path, &times, 0)
    }

    /// Another process that uses this store.
    func writer(_ arguments: [String], as user: [String] = []) throws -> Tool.Running {
        let folder = try #require(Files.resolved("/proc/self/exe").flatMap(Files.parent))
        let program = "\(folder)/StoreWriter"
        try #require(Files.isExecutable(program), "\(program) was not built")
        let command = user + [program, home] + arguments
        let path = try #require(findExecutable(command[0], searchPath: "/usr/bin:/bin", from: "/"))
        return try Tool(executable: path, environment: processEnvironment()).start(Array(command.dropFirst()))
    }

    /// Runs another process to its end; its output when it succeeded.
    func finishWriter(_ arguments: [String], as user: [String] = []) throws -> String {
        let running = try writer(arguments, as: user)
        let (output, error) = (running.text(), running.errorText())
        let end = running.child.wait()
        try #require(end.succeeded, "\(error)")
        return output
    }
}

extension Tool.Running {
    /// All that the program prints; waits for its end.
    func text() -> String { Self.all(output) }
    func errorText() -> String { Self.all(error) }

    private static func all(_ end: Descriptor) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(end.number, $0.baseAddress, $0.count) }
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Waits for one line.
    func line() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(output.number, &byte, 1) == 1, byte != 10 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    func killNow() {
        kill(-child.id, SIGKILL)
        _ = child.wait()
    }
}
