import HostSystem
import TestSupport
import Testing
import WheelFormat

/// Damage of all kinds, the same in each run: nothing may trap, hang, use much memory, or fail without a reason.
@Suite struct FuzzTests {
    private static let wheel = TestWheel(
        [
            ("demo/__init__.py", "x = 1\n"),
            ("demo/long.py", String(repeating: "value = 12345\n", count: 3000)),
            ("demo/", ""), ("demo-1.0.data/scripts/s", "#!python\nx\n"),
            ("demo-1.0.data/data/share/x", "x"),
        ],
        entryPoints: "[console_scripts]\ndemo = demo.sub:main [extra]\n[gui_scripts]\nw = demo:C.run\n")

    /// The wheel with every form that zip files have.
    private static let forms: [ZipBuilder] = {
        var wide = wheel.zip
        wide.isWide = true
        for index in wide.members.indices { wide.members[index].isWide = true }
        var descriptors = wheel.zip
        for index in descriptors.members.indices { descriptors.members[index].hasDescriptor = true }
        var stored = wheel.zip
        stored.comment = Array("comment".utf8)
        for index in stored.members.indices { stored.members[index].method = index % 2 * 8 }
        return [wheel.zip, wide, descriptors, stored]
    }()

    @Test(arguments: 0..<4)
    func damagedWheelsNeverTrap(form: Int) throws {
        let original = Self.forms[form].bytes
        let end = ZipDirectory.Limits()
        let zip = try ZipDirectory(MemoryBytes(original), name: "a.whl", limits: end)
        let error = try exerciseWheel(original, named: Self.wheel.fileName)
        #expect(error == nil)
        // Three quarters of the damage hits the directory, which is where the decisions are.
        let directory = (zip.members.map(\.limit).max() ?? 0)..<original.count
        var random = SeededGenerator(UInt64(form))
        var failures = 0
        for round in 0..<1500 {
            let damaged = mutated(original, &random, in: round % 4 == 0 ? nil : directory)
            if try exerciseWheel(damaged, named: Self.wheel.fileName) != nil { failures += 1 }
        }
        #expect(failures > 750)
    }

    /// The metadata are damaged and packed again, so that the damage gets past the checksums.
    @Test func damagedMetadataNeverTrap() throws {
        var random = SeededGenerator(5)
        var failures = 0
        for _ in 0..<600 {
            var zip = Self.wheel.zip
            for index in zip.members.indices
            where index >= 4 && Int.random(in: 0..<3, using: &random) == 0 {
                zip.members[index].content = mutated(zip.members[index].content, &random)
            }
            if try exerciseWheel(zip.bytes, named: Self.wheel.fileName) != nil { failures += 1 }
        }
        #expect(failures > 200 && failures < 600)
    }

    @Test func damagedRecordsNeverTrapAndReadBack() throws {
        let original = try Self.wheel.archive().record.bytes + Array("\"a,\"\"b\",,\r\n".utf8)
        var random = SeededGenerator(6)
        var accepted = 0
        for _ in 0..<4000 {
            guard let record = try? RecordFile(parsing: mutated(original, &random)) else { continue }
            accepted += 1
            #expect(try RecordFile(parsing: record.bytes) == record)
            for row in record.rows {
                #expect(!row.path.hasPrefix("/") && !row.path.split(separator: "/").contains(".."))
            }
        }
        #expect(accepted > 100)
    }

    @Test func damagedEntryPointsMakeNoOtherProgram() {
        let original = Array(
            "[console_scripts]\none = a.b:C.main [x, y]\n# c\n[gui_scripts]\ntwo = d:e\n".utf8)
        var random = SeededGenerator(7)
        var accepted = 0
        for _ in 0..<4000 {
            guard let points = try? EntryPoints(parsing: mutated(original, &random)) else { continue }
            accepted += 1
            for program in points.programs(pythonMinor: 11) {
                #expect(!program.name.utf8.contains(0x2F) && program.name != ".." && !program.name.isEmpty)
                let lines = Launcher.text(for: program, interpreter: "/bin/python").split(separator: 10)
                #expect(lines.count == 10)
                #expect(lines[3].filter { " ;(),\"'#\\".utf8.contains($0) }.count == 3, "\(program)")
            }
        }
        #expect(accepted > 100)
    }

    @Test func damagedHeadersAndNamesNeverTrap() {
        var random = SeededGenerator(8)
        let header = Array(
            "Wheel-Version: 1.0\r\nRoot-Is-Purelib: true\n\tmore\nTag: py3-none-any\n\nbody".utf8)
        let name = Array(
            "demo_x-1!2.0.rc1.post2.dev3+l.1-1b-py2.py3-none-manylinux_2_28_x86_64.any.whl".utf8)
        for _ in 0..<4000 {
            _ = try? WheelMetadata(parsing: mutated(header, &random))
            let text = String(decoding: mutated(name, &random), as: UTF8.self)
            if let parsed = try? WheelName(text) {
                #expect(PackageVersion(parsed.version.normalized) == parsed.version)
                #expect(parsed.tags.count <= 100)
            }
            if let version = PackageVersion(text.dropFirst(7).dropLast(45)) {
                #expect(PackageVersion(version.normalized) == version)
            }
        }
    }

    @Test func noiseIsNoZip() {
        var random = SeededGenerator(9)
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(throws: WheelError.self) { try ZipDirectory(MemoryBytes(noise), name: "noise") }
        }
    }
}

/// Does with a wheel all that can be done, and returns its error. Any other kind of error is thrown.
func exerciseWheel(_ bytes: [UInt8], named fileName: String) throws -> WheelError? {
    var limits = ZipDirectory.Limits()
    limits.memberSize = 32 << 20
    limits.totalSize = 64 << 20
    do {
        let zip = try ZipDirectory(MemoryBytes(bytes), name: fileName, limits: limits)
        let archive = try WheelArchive(WheelName(fileName), zip)
        let plan = try archive.plan(for: TestWheel.scheme)
        var conflicts = ConflictCheck()
        try conflicts.add(plan)
        let reader = try MemberReader(zip)
        var check = plan.recordCheck
        for file in plan.files {
            let path = file.path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(path.first == "" && !path.contains("..") && path.count > 2, "\(file.path)")
            guard case .member(let index) = file.source else { continue }
            let hash = SHA256()
            var size = 0
            try reader.read(zip.members[index]) { piece in
                hash.update(piece)
                size += piece.count
            }
            #expect(size == zip.members[index].size)
            try check.add(member: index, sha256: hash.hexDigest(), size: size)
        }
        try check.finish()
        return nil
    } catch let error as WheelError {
        #expect(!error.description.isEmpty)
        return error
    }
}
