import Glibc
import HostSystem
import TestSupport
import Testing
import WheelFormat

@Suite struct InstallPlanTests {
    private let site = "/opt/venv/lib/python3.11/site-packages"

    private func text(_ file: InstallPlan.File?) -> String? {
        if case .generated(let bytes) = file?.source {
            String(decoding: bytes, as: UTF8.self)
        } else {
            nil
        }
    }

    private func cause(_ wheel: TestWheel) -> WheelError.Cause? {
        do {
            _ = try wheel.plan()
            return nil
        } catch {
            return error.cause
        }
    }

    @Test func everyPartGoesToItsPlace() throws {
        var wheel = TestWheel([
            ("demo/__init__.py", "x = 1\n"), ("demo/tool", "#!/bin/sh\n"), ("demo/", ""),
            ("module.py", ""),
            ("demo-1.0.data/purelib/pure/a.py", ""), ("demo-1.0.data/platlib/plat/a.py", ""),
            ("demo-1.0.data/data/share/demo/a.txt", "a"), ("demo-1.0.data/headers/sub/demo.h", "h"),
            ("demo-1.0.data/scripts/binary", "\u{7f}ELF"),
            ("demo-1.0.data/scripts/script", "#!python -E\nx\n"),
        ])
        wheel.files[1].mode = 0o100755
        var scheme = TestWheel.scheme
        scheme.platlib = "/opt/venv/lib64/python3.11/site-packages"
        let plan = try wheel.plan(.init(isRequested: true, directURL: Array("{}".utf8)), scheme: scheme)
        let info = "\(site)/demo-1.0.dist-info"
        #expect(
            plan.files(of: .wheel).map(\.path) == [
                "/opt/venv/bin/binary", "/opt/venv/include/site/python3.11/demo/sub/demo.h",
                "\(info)/METADATA",
                "\(info)/WHEEL", "\(site)/demo/__init__.py", "\(site)/demo/tool", "\(site)/module.py",
                "\(site)/pure/a.py", "/opt/venv/lib64/python3.11/site-packages/plat/a.py",
                "/opt/venv/share/demo/a.txt",
            ])
        #expect(
            plan.files(of: .environment).map(\.path) == [
                "/opt/venv/bin/script", "\(info)/INSTALLER", "\(info)/RECORD", "\(info)/REQUESTED",
                "\(info)/direct_url.json",
            ])
        let executable = plan.files.filter { $0.mode == 0o755 }.map(\.path)
        #expect(executable == ["/opt/venv/bin/binary", "/opt/venv/bin/script", "\(site)/demo/tool"])
        #expect(plan.files.allSatisfy { $0.mode == 0o755 || $0.mode == 0o644 })
        let files = Dictionary(uniqueKeysWithValues: plan.files.map { ($0.path, $0) })
        #expect(text(files["/opt/venv/bin/script"]) == "#!/opt/venv/bin/python\nx\n")
        #expect(
            text(files["\(info)/INSTALLER"]) == "bunsen\n" && text(files["\(info)/REQUESTED"]) == "")
        let record = try RecordFile(
            parsing: Array(text(files["\(info)/RECORD"])?.replacing("../", with: "").utf8 ?? "".utf8))
        #expect(record.rows.count == plan.files.count)
        let rows = try #require(text(files["\(info)/RECORD"])).split(separator: "\n")
        #expect(rows.first == "../../../bin/binary,sha256=\(try digest("\u{7f}ELF")),4")
        #expect(rows.contains("demo-1.0.dist-info/RECORD,,"))
        #expect(
            rows.contains("../../../lib64/python3.11/site-packages/plat/a.py,sha256=\(try digest("")),0"))
        #expect(
            rows.contains("../../../bin/script,sha256=\(try digest("#!/opt/venv/bin/python\nx\n")),25"))
    }

    private func digest(_ text: String) throws -> String {
        let digest = try #require(RecordDigest(sha256Hex: SHA256.hexDigest(Array(text.utf8))))
        return String(digest.text.dropFirst("sha256=".count))
    }

    @Test func theWheelsOwnPartDoesNotDependOnTheInterpreter() throws {
        let wheel = TestWheel(entryPoints: "[console_scripts]\ndemo = demo:main\n")
        var scheme = TestWheel.scheme
        scheme.interpreter = "/usr/bin/python3.11"
        let plans = try [
            wheel.plan(),
            wheel.plan(.init(installer: "x", isRequested: true, directURL: []), scheme: scheme),
        ]
        #expect(plans[0].files(of: .wheel) == plans[1].files(of: .wheel))
        #expect(plans[0].files(of: .environment) != plans[1].files(of: .environment))
        #expect(plans[0].files.map(\.path) == plans[0].files.map(\.path).sorted())
    }

    @Test func whatTellsOfAnInstallationIsOurs() throws {
        var wheel = TestWheel()
        for name in ["INSTALLER", "REQUESTED", "direct_url.json"] {
            wheel.set("demo-1.0.dist-info/\(name)", "theirs")
        }
        let plan = try wheel.plan()
        #expect(
            plan.files(of: .environment).map { Files.name(of: $0.path) } == ["INSTALLER", "RECORD"])
        #expect(!plan.files(of: .wheel).contains { $0.path.hasSuffix("REQUESTED") })
    }

    @Test func launchersGoBeforeScriptsOfTheirName() throws {
        let wheel = TestWheel(
            [("demo-1.0.data/scripts/demo", "#!python\nold\n")],
            entryPoints: "[gui_scripts]\ndemo = demo:main\n")
        let file = try #require(try wheel.plan().files.first { $0.path == "/opt/venv/bin/demo" })
        #expect(text(file)?.contains("from demo import main") == true && file.part == .environment)
    }

    @Test func filesThatMayNotBeThere() {
        for path in [
            "demo-1.0.data/unknown/a", "demo-1.0.data/a", "other-1.0.data/data/a",
            "demo-1.0.data/scripts/python",
            "demo-1.0.data/scripts/python3.11", "demo-1.0.data/data/bin/python3",
            "demo-1.0.data/data/pyvenv.cfg",
        ] {
            #expect(cause(TestWheel([(path, "x")])) != nil, "\(path)")
        }
        #expect(cause(TestWheel(entryPoints: "[console_scripts]\npython = demo:main\n")) != nil)
        #expect(cause(TestWheel(entryPoints: "[console_scripts]\npython-demo = demo:main\n")) == nil)
        // Where both are one folder, both may have the same file and not two different ones.
        let pure = "demo-1.0.data/purelib/a.py"
        let plat = "demo-1.0.data/platlib/a.py"
        #expect(cause(TestWheel([(pure, "1"), (plat, "1")])) == nil)
        #expect(cause(TestWheel([(pure, "1"), (plat, "2")])) != nil)
    }

    @Test func schemesMustBeAbsolute() {
        for folder in ["opt", "/opt/../etc", "/opt//venv", "/", "/opt/"] {
            var scheme = TestWheel.scheme
            scheme.data = folder
            #expect(throws: WheelError.self) { try TestWheel().plan(scheme: scheme) }
        }
    }

    @Test func recordsThatLieAboutNames() {
        var wheel = TestWheel()
        wheel.extraRows = "demo/missing.py,,\n"
        #expect(cause(wheel) == .record(.notInWheel))
        wheel.extraRows = "demo/__init__.py,,\n"
        #expect(cause(wheel) == .record(.twice))
        wheel.extraRows = "demo-1.0.dist-info/RECORD.jws,,\ndemo/,,\n"
        #expect(cause(wheel) == nil)
        wheel.extraRows = ""
        wheel.record =
            "demo-1.0.dist-info/RECORD,,\ndemo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/WHEEL,,\n"
        #expect(cause(wheel) == .record(.notInRecord))
        wheel.record?.append("demo/__init__.py,,7\n")
        #expect(cause(wheel) == .record(.wrongSize(recorded: 7, real: 6)))
        wheel.record = "demo-1.0.dist-info/METADATA,nonsense,\n"
        #expect(throws: WheelError.self) { try wheel.archive() }
        wheel.remove("demo/__init__.py")
        wheel.record = "demo-1.0.dist-info/METADATA,,\ndemo-1.0.dist-info/WHEEL,,\n"
        #expect(
            (try? wheel.plan().warnings) == [
                "demo-1.0-py3-none-any.whl: RECORD has no digest for 2 files"
            ])
    }

    @Test func recordsThatLieAboutContent() throws {
        var wheel = TestWheel([
            ("demo/__init__.py", "x = 1\n"), ("demo-1.0.data/scripts/s", "#!python\n"),
        ])
        try withTemporaryFolder { try wheel.install(into: $0) }
        let empty = "sha256=\(try digest(""))"
        let whole = String(decoding: try wheel.archive().record.bytes, as: UTF8.self)
        wheel.record = whole.replacing("sha256=\(try digest("x = 1\n"))", with: empty)
        withTemporaryFolderIgnoringErrors { folder in
            #expect(
                throws: WheelError(
                    .read, wheel: wheel.fileName, member: "demo/__init__.py", .record(.wrongDigest))
            ) { try wheel.install(into: folder) }
        }
        // Nobody but the planner reads a script that is rewritten.
        wheel.record = whole.replacing("sha256=\(try digest("#!python\n"))", with: empty)
        #expect(cause(wheel) == .record(.wrongDigest))
    }

    private func withTemporaryFolderIgnoringErrors(_ body: (String) throws -> Void) {
        try? withTemporaryFolder(body)
    }

    @Test func aCheckIsDoneWhenAllWasSeen() throws {
        let plan = try TestWheel().plan()
        var check = plan.recordCheck
        #expect(throws: WheelError.self) { try check.finish() }
        let members = plan.files.compactMap {
            if case .member(let index) = $0.source { index } else { nil }
        }
        for member in members {
            let expected = try #require(check.expectation(of: member))
            #expect(throws: WheelError.self) {
                try check.add(member: member, sha256: SHA256.hexDigest([UInt8]()), size: expected.size ?? 0)
            }
            #expect(throws: WheelError.self) { try check.add(member: member, sha256: "", size: 1 << 20) }
        }
        #expect(throws: WheelError.self) { try check.finish() }
    }

    @Test func writingReplacesAndFollowsNoLinks() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)\(site)/demo/__init__.py"
            try Files.makeFolder("\(folder)\(site)/demo")
            try Files.write("precious", to: "\(folder)/precious")
            #expect(symlink("\(folder)/precious", path) == 0)
            umask(0o077)
            defer { umask(0o022) }
            try TestWheel().install(into: folder)
            #expect(try Files.readText("\(folder)/precious") == "precious")
            #expect(try Files.readText(path) == "x = 1\n")
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode == S_IFREG | 0o644)
        }
    }
}
