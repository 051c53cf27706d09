import Glibc
import HostSystem
import LayerArchive
import TestSupport
import Testing

@Suite struct TarReaderTests {
    private func entries(_ archive: [UInt8]) throws -> [(entry: TarEntry, content: [UInt8])] {
        let reader = TarReader(try LayerSource.open(MemorySource(archive)))
        var entries: [(TarEntry, [UInt8])] = []
        while let entry = try reader.next() {
            var content = [UInt8](repeating: 0, count: entry.size)
            let count = try content.withUnsafeMutableBytes { try reader.fill($0) }
            #expect(count == entry.size)
            entries.append((entry, content))
        }
        return entries
    }

    /// Archives of the same folder by other programs, in all their formats.
    @Test(arguments: [
        ["tar", "--format=gnu"], ["tar", "--format=pax"], ["tar", "--format=ustar"], ["tar", "--format=oldgnu"],
        ["tar", "--format=v7"], ["bsdtar", "--format=pax"], ["bsdtar", "--format=gnutar"],
        ["bsdtar", "--format=ustar"],
    ])
    func archivesOfOtherProgramsAreRead(program: [String]) throws {
        try withTemporaryFolder { folder in
            let holdsLongNames = !["--format=v7", "--format=ustar"].contains(program[1])
            let long = holdsLongNames ? String(repeating: "l", count: 150) : "l"
            try Files.makeFolder("\(folder)/in/sub/\(long)")
            try Files.write("hello", to: "\(folder)/in/sub/\(long)/file", mode: 0o640)
            try Files.write("", to: "\(folder)/in/empty")
            #expect(symlink("sub/\(long)/file", "\(folder)/in/link") == 0)
            #expect(link("\(folder)/in/empty", "\(folder)/in/zweiter") == 0)
            var times = [
                timespec(tv_sec: 1_600_000_000, tv_nsec: 500_000_000),
                timespec(tv_sec: 1_600_000_000, tv_nsec: 500_000_000),
            ]
            utimensat(AT_FDCWD, "\(folder)/in/sub/\(long)/file", &times, 0)
            try Judge.output(program[0], program[1], "-cf", "\(folder)/archive", "-C", "\(folder)/in", ".")
            let found = Dictionary(
                uniqueKeysWithValues: try entries(Files.read("\(folder)/archive")).map { ($0.entry.path, $0) })
            #expect(Set(found.keys) == ["", "sub", "sub/\(long)", "sub/\(long)/file", "empty", "link", "zweiter"])
            let file = try #require(found["sub/\(long)/file"])
            #expect(file.content == Array("hello".utf8))
            #expect(file.entry.mode == 0o640 && file.entry.kind == .file && file.entry.modified == 1_600_000_000)
            #expect(found["link"]?.entry.kind == .symbolicLink(target: "sub/\(long)/file"))
            #expect(found["sub"]?.entry.kind == .folder)
            let links = [found["empty"]?.entry.kind, found["zweiter"]?.entry.kind]
            #expect(links.contains(.file))
            #expect(links.contains(.hardLink(target: "empty")) || links.contains(.hardLink(target: "zweiter")))
        }
    }

    @Test func largeNumbersAreRead() throws {
        let script = """
            import sys, tarfile, io
            out = io.BytesIO()
            for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
                with tarfile.open(fileobj=out, mode="w", format=format) as tar:
                    info = tarfile.TarInfo("file")
                    info.uid = 3000000000; info.gid = 2097152; info.mtime = -7; info.size = 9 << 30
                    tar.addfile(info) if False else out.write(info.tobuf(format))
                    break
            sys.stdout.buffer.write(out.getvalue()[:512] if True else b"")
            """
        let reader = TarReader(MemorySource(try Judge.output("python3", "-c", script)))
        let entry = try #require(try reader.next())
        #expect(entry.userID == 3_000_000_000 && entry.groupID == 2_097_152)
        #expect(entry.modified == -7 && entry.size == 9 << 30)
        #expect(throws: LayerArchiveError.self) { try reader.next() }
    }

    /// As some writers leave it: nothing after the content of the last file.
    @Test func anArchiveMayEndWithItsLastContent() throws {
        try withTemporaryFolder { folder in
            try Files.write("hello", to: "\(folder)/file")
            let archive = Array(try Judge.output("tar", "-C", folder, "-cf", "-", "file"))
            let found = try entries(Array(archive[..<517]))
            #expect(found.map(\.content) == [Array("hello".utf8)])
            #expect(try entries(Array(archive[..<700])).count == 1)
            #expect(throws: LayerArchiveError.self) { try entries(Array(archive[..<300])) }
            let reader = TarReader(MemorySource(Array(archive[..<516])))
            #expect(try reader.next() != nil)
            #expect(throws: LayerArchiveError.self) { try reader.next() }
        }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var random = SeededGenerator(21)
        let long = String(repeating: "pfad/", count: 80) + "中文"
        let kinds: [TarEntry.Kind] = [
            .folder, .symbolicLink(target: long), .symbolicLink(target: "a"), .hardLink(target: "x/y"),
            .hardLink(target: long), .characterDevice(major: 1, minor: 3), .blockDevice(major: 8, minor: 300), .pipe,
        ]
        for path in ["a", "a/b", long, String(repeating: "n", count: 99), String(repeating: "n/", count: 120) + "e"] {
            for kind in kinds {
                let entry = TarEntry(
                    path, kind, mode: UInt16.random(in: 0...0o7777, using: &random),
                    userID: Int.random(in: 0..<4_000_000_000, using: &random),
                    groupID: Int.random(in: 0..<3_000_000, using: &random),
                    modified: Int.random(in: -10...20_000_000_000, using: &random),
                    extendedAttributes: ["security.capability": [1, 0, 0, 2, 10, 61]])
                let bytes = try TarHeaderEncoder().header(of: entry)
                #expect(bytes.count % 512 == 0)
                #expect(try TarReader(MemorySource(bytes + TarHeaderEncoder.end)).next() == entry)
            }
        }
    }

    @Test func whiteoutsAreRecognised() {
        #expect(Whiteout(path: "a/.wh.b") == .removal(of: "a/b"))
        #expect(Whiteout(path: ".wh.b") == .removal(of: "b"))
        #expect(Whiteout(path: "a/.wh..wh..opq") == .opaque(folder: "a"))
        #expect(Whiteout(path: ".wh.a/b") == nil)
        #expect(Whiteout(path: "a/wh.b") == nil)
    }

    @Test func damagedAndHostileHeadersAreRefused() throws {
        func archive(_ change: (inout [UInt8]) -> Void, fixing: Bool = true) throws -> [UInt8] {
            var header = try TarHeaderEncoder().header(of: TarEntry("name", .file, size: 3, mode: 0o644))
            change(&header)
            if fixing {
                for index in 148..<156 { header[index] = 0x20 }
                let sum = header.reduce(0) { $0 + Int($1) }
                let digits = String(sum, radix: 8)
                header.replaceSubrange(148..<148 + digits.utf8.count, with: digits.utf8)
            }
            return header + Array("abc".utf8) + [UInt8](repeating: 0, count: 509 + 1024)
        }
        #expect(try entries(archive({ _ in })).map(\.entry.path) == ["name"])
        let changes: [(inout [UInt8]) -> Void] = [
            { $0.replaceSubrange(0..<8, with: "../../ab".utf8) },
            { $0.replaceSubrange(0..<4, with: "a/..".utf8) },
            { $0[0] = 0xff },
            { $0[156] = UInt8(ascii: "S") },
            { $0[156] = UInt8(ascii: "Q") },
            { $0[124] = UInt8(ascii: "9") },
            { $0.replaceSubrange(124..<136, with: [0xff] + [UInt8](repeating: 0xff, count: 11)) },
            { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0xff, count: 11)) },
            { $0.replaceSubrange(124..<135, with: "77777777777".utf8) },
            {
                $0[156] = UInt8(ascii: "L"); $0.replaceSubrange(124..<135, with: "77777777777".utf8)
            },
            { $0[156] = UInt8(ascii: "x") },
            { $0[156] = UInt8(ascii: "2") },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: LayerArchiveError.self, "change \(index)") { try entries(archive(change)) }
        }
        #expect(throws: LayerArchiveError.self) { try entries(archive({ $0[0] = 0x62 }, fixing: false)) }
    }
}
