import HostSystem
import TestSupport
import Testing
import WheelFormat

@Suite(.serialized) struct EntryPointsTests {
    private func parse(_ text: String) throws -> EntryPoints {
        try EntryPoints(parsing: Array(text.utf8))
    }

    @Test func groupsExtrasAndComments() throws {
        let points = try parse(
            """
            # a comment
            ; another
            [console_scripts]
            one = package.sub:main
            Two-2.x=package : Class.method [extra1, extra-2]\r
              three   =   p:f[x]

            [other.group]
            anything goes = here, really
            [gui_scripts]
            window = p.gui:run
            one = p:never
            """)
        #expect(points.consoleScripts.map(\.name) == ["one", "Two-2.x", "three"])
        #expect(
            points.consoleScripts[1].module == "package"
                && points.consoleScripts[1].function == "Class.method")
        #expect(
            points.consoleScripts[1].extras == ["extra1", "extra-2"]
                && points.consoleScripts[2].extras == ["x"])
        #expect(points.programs(pythonMinor: 11).map(\.name) == ["one", "Two-2.x", "three", "window"])
        #expect(try parse("[console_scripts]\na=b:c\na=d:e\n").consoleScripts.map(\.module) == ["d"])
        #expect(try parse("").programs(pythonMinor: 11).isEmpty)
    }

    @Test func pipIsNamedAfterItsPython() throws {
        let points = try parse("[console_scripts]\npip=p:m\npip3=p:m\npip3.9=p:m\npipx=q:m\n")
        #expect(points.programs(pythonMinor: 12).map(\.name) == ["pipx", "pip", "pip3", "pip3.12"])
    }

    /// Names become paths and modules become program text.
    @Test(arguments: [
        "../x = a:b", "x/y = a:b", "x y = a:b", "= a:b", ". = a:b", "-x = a:b", "x = a", "x = a:",
        "x = :b", "x = a:b:c",
        "x = a:b()", "x = a;import os:b", "x = a:b\u{0B}c", "x = 1a:b", "x = a..b:c", "x = a:b [",
        "x = a:b [..]", "x",
        "x\u{202E}y = a:b", "x = a b:c",
    ])
    func whatIsRefused(line: String) {
        #expect(throws: WheelError.Cause.self) { try parse("[console_scripts]\n\(line)\n") }
    }

    @Test func headingsMustEnd() {
        #expect(throws: WheelError.Cause.self) { try parse("[console_scripts\na=b:c\n") }
        #expect(throws: WheelError.Cause.self) { try EntryPoints(parsing: [0x5B, 0xFF, 0x5D]) }
    }

    /// Python runs launchers of both forms, also through a path that no first line can hold.
    @Test(arguments: ["plain", "with space", "it's", String(repeating: "long", count: 40)])
    func launchersStart(folder: String) throws {
        let python = try #require(
            findExecutable("python3", searchPath: processEnvironment()["PATH"] ?? "", from: "/"),
            "python3 is missing")
        try withTemporaryFolder { root in
            try Files.makeFolder("\(root)/\(folder)")
            let interpreter = "\(root)/\(folder)/python"
            try Files.write("#!/bin/sh\nexec '\(python)' \"$@\"\n", to: interpreter, mode: 0o755)
            try Files.write(
                "import sys\nclass C:\n    def run():\n        print(sys.argv[1:])\n        return 7\n",
                to: "\(root)/program_module.py")
            let points = try parse("[console_scripts]\nprogram = program_module:C.run\n")
            let text = Launcher.text(for: points.consoleScripts[0], interpreter: interpreter)
            try Files.write(text, to: "\(root)/program", mode: 0o755)
            var environment = processEnvironment()
            environment["PYTHONPATH"] = root
            let result = try Tool(executable: "\(root)/program", environment: environment).run([
                "a b", "$c",
            ])
            #expect(result.outputText == "['a b', '$c']\n", "\(result.errorText)")
            #expect(!result.succeeded)
        }
    }
}
