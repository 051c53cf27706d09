import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Engines

/// Names for the numbers that a command runs as.
@Suite(.serialized) struct AccountTests {
    /// The image has another user of that number, another one of that name, and a group of that number.
    @Test(arguments: TestedEngine.containers) func programsHearTheName(_ tested: TestedEngine) throws {
        try tested.with { bench in
            var request = bench.request(
                """
                id -un; id -gn; grep -e :4321: -e ada -e root /etc/passwd; cat /etc/group
                stat -c '%u %g %n' /home /home/ada /etc/passwd /etc/group; touch /home/ada/file && echo home
                """)
            request.identity = ContainerIdentity(user: 4321, group: 50)
            request.account = try ContainerAccount(name: "ada", home: "/home/ada", shell: "/bin/busybox")
            let outcome = try bench.run(request)
            let expected = """
                ada
                staff
                root:x:0:0:root:/:/bin/sh
                ada:x:4321:50::/home/ada:/bin/busybox
                root:x:0:
                staff:x:50:root
                ada:x:999:
                0 0 /home
                4321 50 /home/ada
                0 0 /etc/passwd
                0 0 /etc/group
                home

                """
            #expect(outcome.output == expected, "\(outcome.error)")

            var other = bench.request("id -un; id -gn; grep grace /etc/passwd; grep -c taken: /etc/passwd")
            other.identity = ContainerIdentity(user: 1234, group: 2345)
            other.account = try ContainerAccount(name: "grace", home: "/tmp", shell: "/bin/zsh")
            let free = try bench.run(other)
            #expect(free.output == "grace\ngrace\ngrace:x:1234:2345::/tmp:/bin/sh\n1\n", "\(free)")
            other.identity = nil
            #expect(throws: EngineError.self) { try bench.engine.check(other) }
        }
    }

    @Test func aPlainProcessHasTheMachinesUsers() throws {
        try TestedEngine.process.with { bench in
            var request = bench.request("true")
            request.identity = ContainerIdentity(user: geteuid(), group: getegid())
            request.account = try ContainerAccount(name: "ada", home: "/home/ada", shell: "/bin/sh")
            let error = try #require(throws: EngineError.self) { try bench.engine.check(request) }
            guard case .refused = error.cause else { throw error }
        }
    }

    @Test func namesThatWouldBreakTheListAreRefused() {
        for name in ["", "a:b", "a\nroot", "-x", "7up", "a b", String(repeating: "a", count: 33)] {
            #expect(throws: EngineError.self) { try ContainerAccount(name: name, home: "/home/a", shell: "/bin/sh") }
        }
        for path in ["", "relative", "/a:b", "/a\nb", "/a/../../etc"] {
            #expect(throws: EngineError.self) { try ContainerAccount(name: "ada", home: path, shell: "/bin/sh") }
            #expect(throws: EngineError.self) { try ContainerAccount(name: "ada", home: "/home/a", shell: path) }
        }
    }

    @Test func anyListGetsExactlyOneEntry() throws {
        let account = try ContainerAccount(name: "ada", home: "/home/ada", shell: "/bin/sh")
        let user = ContainerUser(user: 12, group: 34)
        let entry = "ada:x:12:34::/home/ada:/bin/sh"
        let empty = AccountFiles(account, user, shell: "/bin/sh", users: "", groups: "ada:x:9:")
        #expect(empty.users == entry + "\n" && empty.groups == "ada:x:9:\nada-34:x:34:\n")
        var random = SeededGenerator(21)
        let pieces = ["ada", "root", ":", ":", ":", "\n", "12", "34", "x", "+", "ü", " "]
        for _ in 0..<5000 {
            func text() -> String {
                (0..<Int.random(in: 0...40, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
                    .joined()
            }
            let (users, groups) = (text(), text())
            let lists = AccountFiles(account, user, shell: "/bin/sh", users: users, groups: groups)
            let lines = lists.users.split(separator: "\n").map(String.init)
            #expect(lines.filter { $0.hasPrefix("ada:") || $0 == "ada" } == [entry])
            #expect(lists.users.hasSuffix(entry + "\n"))
            let numbers = lists.groups.split(separator: "\n").map {
                $0.split(separator: ":", omittingEmptySubsequences: false)
            }
            #expect(numbers.contains { $0.count > 2 && UInt32($0[2]) == 34 })
        }
    }
}
