import Testing
import WheelFormat

/// WHEEL and METADATA, and whether they agree with the wheel's name.
@Suite struct WheelArchiveTests {
    private func cause(_ change: (inout TestWheel) -> Void) -> WheelError.Cause? {
        var wheel = TestWheel()
        change(&wheel)
        do {
            _ = try wheel.archive()
            return nil
        } catch {
            return error.cause
        }
    }

    private func metadata(_ change: (inout TestWheel) -> Void) -> String? {
        if case .metadata(let text) = cause(change) { text } else { nil }
    }

    @Test func aWheelIsOpened() throws {
        let archive = try TestWheel(entryPoints: "[console_scripts]\ndemo = demo:main\n").archive()
        #expect(archive.infoFolder == "demo-1.0.dist-info" && archive.version == PackageVersion("1.0"))
        #expect(archive.metadata.rootIsPurelib && archive.metadata.tags == ["py3-none-any"])
        #expect(archive.entryPoints.consoleScripts.map(\.name) == ["demo"])
    }

    @Test(arguments: ["Demo-1.0.0-py3-none-any.whl", "DEMO-v1-1build-py3-none-any.whl"])
    func namesAreComparedInTheirNormalForm(fileName: String) {
        #expect(cause { $0.fileName = fileName } == nil)
    }

    @Test(arguments: ["other-1.0-py3-none-any.whl", "demo-1.1-py3-none-any.whl"])
    func aFolderOfAnotherPackage(fileName: String) {
        #expect(
            metadata { $0.fileName = fileName }?.hasSuffix("belongs to another package or version")
                == true)
    }

    @Test func missingParts() {
        #expect(metadata { $0.remove("demo-1.0.dist-info/WHEEL") } == "it has no WHEEL")
        #expect(metadata { $0.remove("demo-1.0.dist-info/METADATA") } == "it has no METADATA")
        #expect(
            metadata { $0.set("demo-2.0.dist-info/WHEEL", "") }?.hasPrefix("it has 2 .dist-info folders")
                == true)
        #expect(throws: WheelError.self) {
            try WheelArchive(
                WheelName("demo-1.0-py3-none-any.whl"), ZipBuilder([("demo/a.py", "")]).open())
        }
    }

    @Test(arguments: [
        ("Name: Other\nVersion: 1.0\n", "METADATA is of the package Other, not of demo"),
        ("Name: demo\nVersion: 2\n", "METADATA is of the version 2, not of 1.0"),
        ("Name: demo\n\nVersion: 1.0\n", "METADATA has no Version"),
        ("Version: 1.0\n", "METADATA has no Name"),
        ("Name: demo\nName: demo\nVersion: 1.0\n", "METADATA has no single Name"),
    ])
    func metadataOfAnotherPackage(text: String, expected: String) {
        #expect(metadata { $0.set("demo-1.0.dist-info/METADATA", text) } == expected)
    }

    @Test(arguments: [
        (
            "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n",
            "it has version 2.0 of the wheel format, and only version 1 can be installed"
        ),
        (
            "Wheel-Version: 0.9\nRoot-Is-Purelib: true\n",
            "it has version 0.9 of the wheel format, and only version 1 can be installed"
        ),
        (
            "Wheel-Version: one\nRoot-Is-Purelib: true\n",
            "one in WHEEL is not a version of the wheel format"
        ),
        ("Root-Is-Purelib: true\n", "WHEEL has no Wheel-Version"),
        ("Wheel-Version: 1.0\n", "WHEEL has no Root-Is-Purelib"),
        (
            "Wheel-Version: 1.0\nRoot-Is-Purelib: maybe\n",
            "Root-Is-Purelib in WHEEL is maybe, not true or false"
        ),
    ])
    func formatsThatCannotBeInstalled(text: String, expected: String) {
        #expect(metadata { $0.set("demo-1.0.dist-info/WHEEL", text) } == expected)
    }

    @Test func aNewerMinorVersionWarns() throws {
        var wheel = TestWheel()
        wheel.set("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.9\r\nRoot-Is-Purelib: FALSE\r\n")
        #expect(
            try wheel.plan().warnings
                == ["demo-1.0-py3-none-any.whl: it has version 1.9 of the wheel format, newer than 1.0"])
        #expect(try !wheel.archive().metadata.rootIsPurelib)
    }
}
