import HostSystem
import TestSupport
import Testing
import WheelFormat

/// Every kind of damage and of malice gets an error of its own, when the zip is opened or when the member is read.
@Suite struct BadZipTests {
    private static let good = ZipBuilder([
        ("a/one.txt", "one"), ("a/two.txt", String(repeating: "two", count: 500)),
    ])

    /// What opening the zip and reading all of it throws.
    private func fault(_ builder: ZipBuilder, limits: ZipDirectory.Limits = .init()) -> ZipFault? {
        fault(builder.bytes, limits: limits)
    }

    private func fault(_ bytes: [UInt8], limits: ZipDirectory.Limits = .init()) -> ZipFault? {
        do {
            let zip = try ZipDirectory(MemoryBytes(bytes), name: "bad.whl", limits: limits)
            let reader = try MemberReader(zip)
            for member in zip.members { try reader.read(member) { _ in } }
            return nil
        } catch let error as WheelError {
            if case .zip(let fault) = error.cause { return fault }
        } catch {}
        return nil
    }

    private func changed(_ change: (inout ZipBuilder) -> Void) -> ZipBuilder {
        var builder = Self.good
        change(&builder)
        return builder
    }

    @Test func theUndamagedOneIsFine() {
        #expect(fault(Self.good) == nil)
    }

    @Test func everyTruncationIsSeen() {
        let bytes = Self.good.bytes
        for length in 0..<bytes.count {
            let fault = fault(Array(bytes[..<length]))
            #expect(fault == (length < 4 ? .notAZip : .truncated), "\(length) bytes")
        }
        #expect(fault(Array("this is not a zip file, whatever its name says".utf8)) == .notAZip)
    }

    @Test func endsMustBeTrue() {
        #expect(fault(changed { $0.behind = [0] }) == .trailingBytes)
        #expect(
            fault(changed { $0.behind = Array(Self.good.bytes.suffix(22)) }) == .inconsistentDirectory)
        #expect(fault(changed { $0.declaredCount = 1 }) == .inconsistentDirectory)
        #expect(fault(changed { $0.declaredCount = 3 }) == .inconsistentDirectory)
        // An end with a comment that is itself an end.
        #expect(fault(changed { $0.comment = ZipBuilder().bytes }) == .ambiguousEnd)
        var shifted = Self.good.bytes
        shifted.insert(contentsOf: [1, 2, 3], at: 0)
        #expect(fault(shifted) == .inconsistentDirectory)
        var parts = Self.good.bytes
        parts[parts.count - 18] = 1
        #expect(fault(parts) == .severalDisks)
    }

    @Test(arguments: [
        ("../a", ZipFault.NameFault.traversal), ("a/../../b", .traversal), ("a/..", .traversal),
        ("/etc/passwd", .absolute),
        ("/", .absolute), ("C:/a", .drive), ("c:a", .drive), ("a\\b", .backslash), ("a\0b", .zeroByte),
        ("", .empty),
        ("a//b", .notNormal), ("./a", .notNormal), ("a/.", .notNormal), ("a/./b", .notNormal),
        ("a\nb", .controlCharacter),
        (String(repeating: "x", count: 256), .tooLong),
        (String(repeating: "xyz/", count: 1000) + "a", .tooLong),
    ])
    func namesThatLeadElsewhere(name: String, expected: ZipFault.NameFault) {
        #expect(fault(ZipBuilder([("fine", ""), (name, "x")])) == .badName(expected))
    }

    @Test func namesMustBeUTF8AndSingle() {
        #expect(fault(changed { $0.members[0].name = [0x61, 0xFF] }) == .badName(.notUTF8))
        let other =
            ZipBuilder.number(0x7075, 2) + ZipBuilder.number(8, 2) + [1, 0, 0, 0, 0] + Array("b/x".utf8)
        #expect(fault(changed { $0.members[0].extra = other }) == .badName(.otherUnicodeName))
    }

    @Test func duplicatesAndFoldersThatAreFiles() {
        #expect(fault(ZipBuilder([("a", "1"), ("b", ""), ("a", "2")])) == .duplicate)
        #expect(fault(ZipBuilder([("a/", ""), ("a", "2")])) == .duplicate)
        #expect(fault(ZipBuilder([("a", "1"), ("a/b/c", "2")])) == .fileAndFolder)
        #expect(fault(ZipBuilder([("x/a/b", "1"), ("x/a/c", "1"), ("x/a", "2")])) == .fileAndFolder)
        #expect(fault(ZipBuilder([("a/", "1")])) == .folderWithContent)
        // One accent or two code points: one name on some systems.
        #expect(fault(ZipBuilder([("\u{e9}", "1"), ("e\u{301}", "2")])) == .duplicate)
    }

    @Test func unreadableMembers() {
        for bit in [0, 6, 13] {
            #expect(fault(changed { $0.members[1].flags = 1 << bit }) == .encrypted)
        }
        for method in [1, 9, 12, 14, 93, 95, 99, 0xFFFF] {
            #expect(fault(changed { $0.members[1].method = method }) == .unknownMethod(method))
        }
    }

    @Test func membersThatShareBytes() {
        // The zip bomb whose members all lie in one another.
        #expect(fault(changed { $0.members[1].offset = 0 }) == .overlapping)
        #expect(fault(changed { $0.members[1].offset = 5 }) == .overlapping)
        #expect(fault(changed { $0.members[1].offset = 1 << 30 }) == .inconsistentDirectory)
        // The header before the data is longer than the directory says, so that the data reaches into the next one.
        #expect(
            fault(changed { $0.members[0].localName = Array("a/one.txt/and/more".utf8) })
                == .headersDisagree)
        #expect(fault(changed { $0.members[0].declaredCompressedSize = 6 }) == .overlapping)
    }

    @Test func headersThatDisagree() {
        #expect(
            fault(changed { $0.members[0].localName = Array("a/six.txt".utf8) }) == .headersDisagree)
        #expect(fault(changed { $0.members[0].localMethod = 0 }) == .headersDisagree)
        #expect(fault(changed { $0.members[0].localCRC = 1 }) == .headersDisagree)
        let descriptor = changed {
            $0.members[0].hasDescriptor = true
            $0.members[0].descriptorHasSignature = true
        }
        #expect(fault(descriptor) == nil)
        var bytes = descriptor.bytes
        let place = 30 + 9 + ZipBuilder.deflated(Array("one".utf8)).count
        bytes[place + 5] ^= 1
        #expect(fault(bytes) == .descriptorDisagrees)
    }

    @Test func bombs() {
        #expect(fault(changed { $0.members[1].declaredSize = 1 << 30 }) == .impossibleSize)
        #expect(
            fault(
                changed {
                    $0.members[1].method = 0
                    $0.members[1].declaredSize = 2
                }) == .impossibleSize)
        var limits = ZipDirectory.Limits()
        limits.memberSize = 1000
        #expect(fault(Self.good, limits: limits) == .tooLarge(size: 1500, limit: 1000))
        limits.memberSize = 1500
        limits.totalSize = 1502
        #expect(fault(Self.good, limits: limits) == .totalTooLarge(limit: 1502))
        limits = .init()
        limits.members = 1
        #expect(fault(Self.good, limits: limits) == .tooManyMembers(limit: 1))
        limits = .init()
        limits.directorySize = 100
        #expect(fault(Self.good, limits: limits) == .directoryTooLarge(limit: 100))
    }

    @Test func contentThatIsNotWhatWasDeclared() {
        #expect(fault(changed { $0.members[1].declaredSize = 1499 }) == .longerThanDeclared(1499))
        #expect(fault(changed { $0.members[1].declaredSize = 1501 }) == .shorterThanDeclared(1501))
        #expect(fault(changed { $0.members[1].declaredCRC = 7 }) == .wrongChecksum)
        let data = ZipBuilder.deflated(Self.good.members[1].content)
        #expect(fault(changed { $0.members[1].compressed = data + [0, 0] }) == .bytesBehindStream)
        #expect(
            fault(changed { $0.members[1].compressed = data.dropLast(2) }) == .shorterThanDeclared(1500))
        #expect(fault(changed { $0.members[1].compressed = [7] + data.dropFirst() }) == .damagedStream)
    }

    @Test func aFileThatIsCutWhileItIsReadIsAnError() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.whl"
            try Files.write(Self.good.bytes, to: path)
            let zip = try ZipDirectory(path: path)
            try Files.makeFolder(folder)
            let writer = try Descriptor.open(path, 1 | 0o1000)  // O_WRONLY | O_TRUNC
            try writer.writeAll(Array(Self.good.bytes[..<40]), path: path)
            #expect(throws: WheelError.self) { try MemberReader(zip).read(zip.members[1]) { _ in } }
        }
    }

    @Test func errorsSayWhatWhereAndWhy() {
        let bad = changed { $0.members[1].method = 12 }
        #expect(throws: WheelError.self) { try bad.open() }
        do { _ = try bad.open() } catch {
            #expect(
                error.description
                    == "cannot open test.whl: a/two.txt: it is compressed with bzip2 (method 12); "
                    + "only stored and deflated files can be read")
        }
        do { _ = try ZipBuilder([("a\u{1b}[2Jb", "")]).open() } catch {
            #expect(
                error.description == "cannot open test.whl: a?[2Jb: its name holds a control character")
        }
    }
}
