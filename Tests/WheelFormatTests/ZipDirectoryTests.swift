import HostSystem
import TestSupport
import Testing
import WheelFormat

/// Zip files as they should be, in all their forms.
@Suite struct ZipDirectoryTests {
    private static let text = String(repeating: "the lab bench for PyTorch\n", count: 40_000)

    private func content(_ zip: ZipDirectory, _ path: String) throws -> String {
        let index = try #require(zip.index(of: path))
        let bytes = try MemberReader(zip).bytes(of: zip.members[index], limit: 1 << 24)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func membersAndTheirContentAreRead() throws {
        let zip = try ZipBuilder([("a.txt", "one"), ("b/c.txt", Self.text), ("b/empty", "")]).open()
        #expect(zip.members.map(\.path) == ["a.txt", "b/c.txt", "b/empty"])
        #expect(zip.members.map(\.size) == [3, Self.text.utf8.count, 0])
        #expect(try content(zip, "a.txt") == "one")
        #expect(try content(zip, "b/c.txt") == Self.text)
        #expect(try content(zip, "b/empty") == "")
        #expect(zip.index(of: "b") == nil)
    }

    @Test(arguments: [false, true], [false, true])
    func descriptorsAndWideFieldsAreUnderstood(hasDescriptor: Bool, isWide: Bool) throws {
        for method in [0, 8] {
            for hasSignature in [true, false] {
                var builder = ZipBuilder([("a", "one"), ("b", Self.text)])
                for index in builder.members.indices {
                    builder.members[index].method = method
                    builder.members[index].hasDescriptor = hasDescriptor
                    builder.members[index].descriptorHasSignature = hasSignature
                    builder.members[index].isWide = isWide
                }
                builder.isWide = isWide
                builder.comment = Array("hello".utf8)
                let zip = try builder.open()
                #expect(try content(zip, "a") == "one")
                #expect(try content(zip, "b") == Self.text)
                #expect(zip.members.allSatisfy { $0.hasDataDescriptor == hasDescriptor })
            }
        }
    }

    @Test func aRangeHoldsTheCompressedBytesAndNothingElse() throws {
        let builder = ZipBuilder([("a", "one"), ("b", Self.text)])
        let bytes = builder.bytes
        let zip = try builder.open()
        let range = try MemberReader(zip).dataRange(of: zip.members[1])
        #expect(Array(bytes[range]) == ZipBuilder.deflated(Array(Self.text.utf8)))
    }

    @Test func gapsBetweenMembersAreFine() throws {
        var builder = ZipBuilder([("a", "one"), ("b", "two")])
        builder.members[0].gap = [0, 0, 0]
        builder.before = [0, 0]
        let zip = try builder.open()
        #expect(try content(zip, "a") == "one" && content(zip, "b") == "two")
    }

    @Test func anEmptyZipHasNoMembers() throws {
        #expect(try ZipBuilder().open().members.isEmpty)
    }

    @Test func modesFollowPip() throws {
        let modes: [(UInt16, UInt16)] = [
            (0o100644, 0o644), (0o100755, 0o755), (0o100600, 0o644), (0o100654, 0o755), (0o104755, 0o755),
            (0o120777, 0o644), (0o755, 0o644), (0, 0o644), (0o10755, 0o644),
        ]
        let zip = try ZipBuilder(modes.map { .init(String($0.0, radix: 8), mode: $0.0) }).open()
        #expect(zip.members.map(\.installedMode) == modes.map(\.1))
    }

    @Test func filesAreReadFromTheDisk() throws {
        try withTemporaryFolder { folder in
            try Files.write(ZipBuilder([("a", "one")]).bytes, to: "\(folder)/a.zip")
            #expect(try content(try ZipDirectory(path: "\(folder)/a.zip"), "a") == "one")
            #expect(throws: WheelError.self) { try ZipDirectory(path: "\(folder)/none.zip") }
            #expect(throws: WheelError.self) { try ZipDirectory(path: folder) }
        }
    }
}
