import Testing
import WheelFormat

@Suite struct ConflictCheckTests {
    private func wheel(_ name: String, _ files: [(String, String)]) throws -> InstallPlan {
        var wheel = TestWheel(files)
        wheel.files = wheel.files.map { file in
            var file = file
            let text = String(decoding: file.name, as: UTF8.self)
            file.name = Array(text.replacing("demo-1.0.dist-info", with: "\(name)-1.0.dist-info").utf8)
            return file
        }
        wheel.info = "\(name)-1.0.dist-info"
        wheel.fileName = "\(name)-1.0-py3-none-any.whl"
        wheel.set("\(wheel.info)/METADATA", "Name: \(name)\nVersion: 1.0\n")
        return try wheel.plan()
    }

    private func cause(_ first: [(String, String)], _ second: [(String, String)]) throws
        -> WheelError?
    {
        var check = ConflictCheck()
        try check.add(wheel("one", first))
        let plan = try wheel("two", second)
        do {
            try check.add(plan)
            return nil
        } catch {
            return error
        }
    }

    @Test func theSameContentMayBeInMany() throws {
        #expect(
            try cause(
                [("nvidia/__init__.py", ""), ("a", "1")], [("nvidia/__init__.py", ""), ("b", "2")]) == nil)
    }

    @Test func differentContentNamesBoth() throws {
        let error = try cause([("tests/__init__.py", "")], [("tests/__init__.py", "x")])
        let path = "/opt/venv/lib/python3.11/site-packages/tests/__init__.py"
        #expect(error?.cause == .conflict(path: path, otherWheel: "one-1.0-py3-none-any.whl"))
        #expect(
            error?.description == "cannot install two-1.0-py3-none-any.whl: \(path) is also in "
                + "one-1.0-py3-none-any.whl, with different content")
    }

    @Test func aFileWhereAnotherNeedsAFolder() throws {
        #expect(try cause([("a", "1")], [("a/b/c", "1")]) != nil)
        #expect(try cause([("a/b/c", "1")], [("a", "1")]) != nil)
        #expect(try cause([("a/b/c", "1")], [("a/b", "1")]) != nil)
    }
}
