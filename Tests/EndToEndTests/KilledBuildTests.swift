import Glibc
import HostSystem
import TestSupport
import Testing

/// A build that is killed, or whose disk is full: the next one goes on, gives the same image, uses nothing half-made and
/// removes what was left.
@Suite(.serialized) struct KilledBuildTests {
    /// What a build says when it begins with something, and the seconds within which it is killed then: fewer than it
    /// needs, so that the next one has to say the same.
    private static let moments = [
        ("unpacking and configuring", 5.0), ("compressing the layer", 0.5), ("fetching 2 wheels", 0.02),
        ("making ", 0.2), ("starting Python", 0.2),
    ]

    @Test(.enabled(if: geteuid() == 0, "a disk of its own needs root")) func theNextBuildGoesOn() throws {
        let image = try SmallImage.built.get()
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed)
        try withDisk { disk in
            let home = "\(disk.folder)/home"
            let project = try image.copy(to: "\(disk.folder)/project", home: home)
            let arguments = ["build", "--locked", "-t", "localhost/small:1", "--format", "json"]

            try disk.resize(bytes: disk.usedBytes() + 60 << 20)
            try expectFullDisk(project.bunsen(arguments: arguments, timeout: 1800))
            try disk.resize(bytes: 4 << 30)
            for (number, (line, within)) in Self.moments.enumerated() {
                let delay = Double.random(in: 0...within, using: &random)
                let said = try kill(project, arguments, at: line, after: delay)
                let comment = Comment(rawValue: "seed \(seed), \(delay) s after \(line): \(said)")
                #expect(said.contains(line), comment)
                let check = try project.bunsen("store", "check")
                #expect(check.succeeded, "\(comment): \(check.outputText)\(check.errorText)")
                if number == 2 {
                    // The base is in the store, and the wheels do not fit.
                    try disk.resize(bytes: disk.usedBytes() + 4 << 20)
                    try expectFullDisk(project.bunsen(arguments: arguments, timeout: 1800))
                    try disk.resize(bytes: 4 << 30)
                }
            }
            let built = try project.bunsen(arguments: arguments, timeout: 1800)
            #expect(try BuiltDigest.of(built) == image.digest, "seed \(seed)")
            #expect(try Files.names(in: "\(home)/store/ingest").isEmpty)
            #expect(try Files.names(in: "\(home)/tmp").isEmpty)
            #expect(try Set(Files.names(in: "\(home)/cache")).isSubset(of: ["packages", "apt", "uv"]))
            let mounts = try Files.readText("/proc/self/mountinfo")
            #expect(!mounts.contains("\(disk.folder)/"), "\(mounts)")
        }
    }

    private func expectFullDisk(_ result: Tool.Result, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(result.end == .exited(code: 74), "\(result.errorText)", sourceLocation: location)
        let errors = result.errorText.split(separator: "\n").filter { $0.hasPrefix("error:") }
        #expect(errors.count == 1, "\(result.errorText)", sourceLocation: location)
        let error = errors.first ?? ""
        #expect(
            error.contains("no space left on device") || error.contains("the disk is full"), "\(error)",
            sourceLocation: location)
        #expect(result.errorText.contains("\nhint: "), sourceLocation: location)
    }

    /// Starts a build and kills it some seconds after it said a line.
    ///
    /// - Returns: what it said.
    private func kill(
        _ project: Project, _ arguments: [String], at line: String, after delay: Double
    ) throws -> String {
        let running = try project.start(arguments: arguments)
        var said = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !said.contains(line) {
            let count = buffer.withUnsafeMutableBytes { read(running.error.number, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            said += String(decoding: buffer[..<count], as: UTF8.self)
        }
        usleep(UInt32(delay * 1e6))
        Glibc.kill(running.child.id, SIGKILL)
        _ = running.child.wait()
        return said
    }

    /// A disk in memory, which goes with everything on it.
    private struct Disk {
        let folder: String

        func resize(bytes: Int64) throws {
            let result = try program("mount").run(["-o", "remount,size=\(bytes)", folder])
            guard result.succeeded else { throw Unexpected(result) }
        }

        func usedBytes() throws -> Int64 {
            var status = statvfs()
            guard statvfs(folder, &status) == 0 else { throw SystemError("look at", folder) }
            return Int64(status.f_blocks - status.f_bfree) * Int64(status.f_frsize)
        }
    }

    private func withDisk(_ body: (Disk) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let disk = Disk(folder: "\(folder)/disk")
            try Files.makeFolder(disk.folder)
            let mounted = try program("mount").run([
                "-t", "tmpfs", "-o", "size=4g,mode=755", "bunsen-test", disk.folder,
            ])
            guard mounted.succeeded else { throw Unexpected(mounted) }
            defer { _ = try? program("umount").run(["--lazy", disk.folder]) }
            try body(disk)
        }
    }
}
