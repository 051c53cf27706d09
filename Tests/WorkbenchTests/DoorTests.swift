import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Workbench

@Suite struct DoorTests {
    private func listening(_ body: (_ port: Int) throws -> Void) throws {
        let (listener, port) = try Loopback.listen()
        defer { withExtendedLifetime(listener) {} }
        try body(port)
    }

    @Test func aTakenPortIsPassedOver() throws {
        try listening { port in
            let address = DoorAddress(host: DoorAddress.loopback, port: port)
            #expect(!address.isFree)
            let chosen = try DoorPort.choose(asked: nil, usual: port, host: DoorAddress.loopback, taken: [port + 1])
            #expect(chosen > port + 1)
            #expect(DoorAddress(host: DoorAddress.loopback, port: chosen).isFree)
            let error = #expect(throws: WorkbenchError.self) {
                try DoorPort.choose(asked: port, usual: 8888, host: DoorAddress.loopback)
            }
            #expect(error?.message == "port \(port) is taken by another program")
            #expect(error?.hint?.contains("ss -tlnp") == true)
        }
    }

    @Test(arguments: [0, -1, 80, 1023, 65536, Int.max])
    func aPortThatNobodyCanHaveIsRefused(port: Int) {
        let error = #expect(throws: WorkbenchError.self) {
            try DoorPort.choose(asked: port, usual: 8888, host: DoorAddress.loopback)
        }
        #expect(error?.message.contains("1024 to 65535") == true)
    }

    @Test func connectionsAreSeen() throws {
        try listening { port in
            #expect(!IdleWatch.hasConnection(to: port))
            let client = try Loopback.connect(port)
            #expect(eventually(5) { IdleWatch.hasConnection(to: port) })
            withExtendedLifetime(client) {}
        }
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:0016 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 1
               1: 0100007F:0017 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
               2: short
            """
        #expect(IdleWatch.hasConnection(to: 22, table: table))
        #expect(!IdleWatch.hasConnection(to: 23, table: table))
        #expect(!IdleWatch.hasConnection(to: 24, table: ""))
    }

    @Test(arguments: ["a", "digits-ssh", "9"])
    func goodNames(name: String) throws { #expect(try WorkbenchName.check(name) == name) }

    @Test(arguments: ["", "-a", "a-", "A", "a b", "a/b", "..", "ü", String(repeating: "a", count: 64)])
    func badNames(name: String) {
        #expect(throws: WorkbenchError.self) { try WorkbenchName.check(name) }
    }
}

@Suite struct DoorQuestionTests {
    private func answers(_ questions: DoorQuestions, _ variables: [String: String]) throws -> [String: String] {
        var environment = ["PATH": processEnvironment()["PATH"] ?? ""]
        environment.merge(variables) { $1 }
        let result = try Tool(executable: "/bin/sh", environment: environment).run(["-c", questions.script])
        return try #require(DoorQuestions.answers(in: result.output))
    }

    @Test func aRealShellAnswers() throws {
        try withTemporaryFolder { folder in
            let questions = DoorQuestions(variables: ["A", "LINES_TWO", "9bad", "B;rm"], workspace: folder)
            let first = try answers(questions, ["A": "x y", "LINES_TWO": "1\n2"])
            #expect(first["user"] == "\(getuid())")
            #expect(first["$A"] == "x y")
            #expect(first["$LINES_TWO"] == "1\n2")
            #expect(first["project"] == folder)
            #expect(Int(first["open files"] ?? "") != nil)
            #expect(first["$9bad"] == nil && first["$B;rm"] == nil)
            let second = try answers(questions, ["A": "other"])
            #expect(
                DoorQuestions.differences(first, second) == [
                    "$A is other there, and x y by exec", "$LINES_TWO is (not set) there, and 1\n2 by exec",
                ])
            #expect(DoorQuestions.differences(first, first).isEmpty)
        }
    }

    @Test func whatALoginShellSaysBesidesIsPassedOver() {
        let text = "Welcome!\nbunsen-door user\t1000\nbunsen-door end\t.\nBye\n"
        #expect(DoorQuestions.answers(in: Array(text.utf8)) == ["user": "1000"])
        #expect(DoorQuestions.answers(in: Array("bunsen-door user\t1000\n".utf8)) == nil)
        #expect(DoorQuestions.answers(in: []) == nil)
    }
}
