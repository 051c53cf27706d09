import Glibc
import HostSystem

/// These tests once more, in a process of their own.
package enum TestCopy {
    /// The account that prepare.sh makes for this, when tests are run by root.
    package static let ordinaryUser = "bunsen-test"

    /// - Parameters:
    ///   - filter: which tests.
    ///   - variables: what tells the copy what it is.
    ///   - user: who runs it; nil is who runs this.
    ///   - folder: an existing one that the user may enter: the program is linked there, because the sources may be where
    ///     nobody else can enter.
    package static func start(
        _ filter: String, variables: [String: String], user: String?, umask: String = "022", in folder: String
    ) throws -> Tool.Running {
        let program = "\(folder)/tests"
        if link(CommandLine.arguments[0], program) != 0 {
            let copied = try TestSupport.program("cp").run([CommandLine.arguments[0], program])
            guard copied.succeeded else { throw Unexpected(copied) }
        }
        var arguments = [program, "--testing-library", "swift-testing", "--no-parallel", "--filter", filter]
        if let user { arguments = ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--init-groups"] + arguments }
        return try Tool(
            executable: "/bin/sh", environment: processEnvironment().merging(variables) { $1 }, workingFolder: "/tmp"
        ).start(["-c", "umask \(umask); exec \"$@\"", "sh"] + arguments)
    }
}

extension Tool.Running {
    /// What a program says on both streams, in the order in which it came, until it has closed them.
    package func allOutput() throws -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65536)
        var open = [output, error]
        while !open.isEmpty {
            var polls = open.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, nfds_t(polls.count), -1) >= 0 || errno == EINTR else {
                throw SystemError("read", "a pipe")
            }
            var ended: Set<Int32> = []
            for entry in polls where entry.revents != 0 {
                let count = buffer.withUnsafeMutableBytes { read(entry.fd, $0.baseAddress, $0.count) }
                if count > 0 {
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                } else {
                    ended.insert(entry.fd)
                }
            }
            open = open.filter { !ended.contains($0.number) }
        }
        return text
    }
}
