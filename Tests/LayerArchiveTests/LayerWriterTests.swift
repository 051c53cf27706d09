import Glibc
import HostSystem
import LayerArchive
import OCIModel
import Synchronization
import TestSupport
import Testing

@Suite struct LayerWriterTests {
    private func write(
        _ path: String, _ format: LayerFormat = .gzip, engine: DeflateDecoder.Engine = .best,
        _ body: (LayerWriter) throws -> Void
    ) throws -> LayerResult {
        let output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        let writer = try LayerWriter(output, name: path, format: format, engine: engine)
        try body(writer)
        return try writer.finish()
    }

    private func writeAll(_ writer: LayerWriter, _ samples: [DeflatedSample]) throws {
        try writer.addSymbolicLink("usr/bin/python", target: "python3")
        for (index, sample) in samples.enumerated() {
            try writer.addFile("opt/joined/\(sample.name)", mode: 0o755, deflated: sample.range)
            if index % 5 == 0 || sample.content.isEmpty {
                try writer.addFile("opt/plain/\(sample.name)", content: sample.content)
            }
        }
        try writer.addHardLink("opt/again", target: "opt/plain/empty")
    }

    @Test func everyReaderGetsTheSameArchive() throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer.tar.gz"
            let result = try write(path) { try writeAll($0, samples) }
            #expect(try SHA256.hexDigest(file: path) == result.descriptor.digest.hex)
            #expect(try Files.read(path).count == result.descriptor.size)
            let readers = [
                ["gzip", "-dc"], ["pigz", "-dc"], ["igzip", "-dc"],
                ["python3", "-c", "import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())"],
            ]
            for reader in readers {
                let result2 = try Judge.tool(reader[0]).run(
                    Array(reader.dropFirst()) + [path], timeout: 60, outputLimit: 256 << 20)
                #expect(result2.succeeded, "\(reader[0]): \(result2.errorText)")
                #expect(SHA256.hexDigest(result2.output) == result.diffID.hex, "\(reader[0])")
                #expect(result2.output.count == result.uncompressedSize)
            }
        }
    }

    @Test(arguments: ["tar", "bsdtar"]) func archiversUnpackWhatWasAdded(program: String) throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer.tar.gz"
            _ = try write(path) { try writeAll($0, samples) }
            try Files.makeFolder("\(folder)/out")
            try Judge.output(program, "-xpzf", path, "-C", "\(folder)/out")
            for sample in samples {
                #expect(try Files.read("\(folder)/out/opt/joined/\(sample.name)") == sample.content, "\(sample.name)")
                if let plain = try? Files.read("\(folder)/out/opt/plain/\(sample.name)") {
                    #expect(plain == sample.content, "\(sample.name)")
                }
            }
            var status = stat()
            #expect(lstat("\(folder)/out/opt/joined/empty", &status) == 0 && status.st_mode & 0o7777 == 0o755)
            #expect(status.st_mtim.tv_sec == LayerOwner.earliest)
            #expect(stat("\(folder)/out/opt/plain/empty", &status) == 0 && status.st_nlink == 2)
            #expect(lstat("\(folder)/out/usr/bin/python", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        }
    }

    @Test func theSameInputGivesTheSameBytesWithEachEngine() throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            var results: Set<LayerResult> = []
            for engine in DeflateDecoder.Engine.allCases where engine.isAvailable {
                for _ in 0..<2 {
                    results.insert(try write("\(folder)/layer", engine: engine) { try writeAll($0, samples) })
                }
            }
            #expect(results.count == 1)
            #expect(DeflateDecoder.Engine.isal.isAvailable, "libisal2 is missing")
        }
    }

    /// A change of these digests changes the layers of everybody: it needs a new `LayerLayout.version`.
    @Test func theLayoutIsPinned() throws {
        // A stream of two blocks, stored and fixed: no compressor stands behind it.
        let stream: [UInt8] = [0x00, 3, 0, 0xfc, 0xff, 0x61, 0x62, 0x63, 0x4b, 0x04, 0x00]
        let content = DeflatedContent(
            data: DataRange(stream), size: 4,
            crc32: Array("abca".utf8).withUnsafeBytes {
                Checksum(of: $0)
            }.value)
        let digests: [(LayerFormat, String)] = [
            (.gzip, "a69fa51c7c3c4e9cc3c3019b5ac07b1fa4602464a0cff48c8d6d6739120b8d4d"),
            (.estargz, "052c472a71b0fd6dd93ebbfd20c95d8e100fa96dabe48cf5d45c514b318e20f8"),
            (.tar, "81b6c6937d0c9650bb2b613b3a1620cee3cab5bea87da959565fe0f6802ed436"),
        ]
        #expect(LayerLayout.version == 1)
        for (format, digest) in digests {
            try withTemporaryFolder { folder in
                let result = try write("\(folder)/layer", format) { writer in
                    try writer.addFile("opt/joined", mode: 0o755, deflated: content)
                    try writer.addSymbolicLink("opt/中文", target: "joined")
                    let text = (0..<3000).map { "\($0 * $0 % 977) " }.joined()
                    try writer.addFile("opt/plain", content: Array(text.utf8))
                    try writer.addFile("opt/empty", content: [])
                }
                #expect(result.descriptor.digest.hex == digest, "\(format)")
            }
        }
    }

    @Test func observersSeeTheContent() throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            let seen = Mutex<[String: String]>([:])
            _ = try write("\(folder)/layer") { writer in
                for sample in samples {
                    try writer.addFile(
                        sample.name, deflated: sample.range,
                        observer: ContentDigest { digest, _ in seen.withLock { $0[sample.name] = digest } })
                    try writer.addFile(
                        "\(sample.name).stored", stored: DataRange(sample.content), crc32: sample.range.crc32,
                        observer: ContentDigest { digest, _ in seen.withLock { $0["\(sample.name).stored"] = digest } })
                }
            }
            for sample in samples {
                let digest = SHA256.hexDigest(sample.content)
                #expect(seen.withLock { $0[sample.name] } == digest)
                #expect(seen.withLock { $0["\(sample.name).stored"] } == digest)
            }
        }
    }

    @Test func anObserverCanRefuse() throws {
        struct Refusal: Error {}
        let sample = try DeflatedSample("a", [1, 2, 3])
        _ = try withTemporaryFolder { folder in
            #expect(throws: Refusal.self) {
                try write("\(folder)/layer") { writer in
                    try writer.addFile("a", deflated: sample.range, observer: ContentDigest { _, _ in throw Refusal() })
                }
            }
        }
    }

    @Test func whatIsWrongWithAMemberIsNamed() throws {
        var random = SeededGenerator(5)
        let good = try DeflatedSample("good", DeflatedSample.content(300_000, &random))
        let range = good.range
        func changed(_ bytes: [UInt8], size: Int? = nil, crc32: UInt32? = nil) -> DeflatedContent {
            DeflatedContent(data: DataRange(bytes), size: size ?? range.size, crc32: crc32 ?? range.crc32)
        }
        var invalid = good.deflated
        invalid.replaceSubrange(1000..<1100, with: repeatElement(0xff, count: 100))
        let bomb = try DeflatedSample("bomb", [UInt8](repeating: 0, count: 50_000_000))
        let cases: [(DeflatedContent, (LayerArchiveError.Cause) -> Bool)] = [
            (changed(good.deflated, size: 299_999), { $0 == .largerThanDeclared(299_999) }),
            (changed(good.deflated, size: 300_001), { $0 == .wrongSize(declared: 300_001, actual: 300_000) }),
            (changed(good.deflated, crc32: 7), { $0 == .wrongChecksum(declared: 7, actual: range.crc32) }),
            (changed(Array(good.deflated.dropLast())), { $0 == .truncated }),
            (changed([]), { $0 == .truncated }),
            (changed(good.deflated + [0]), { $0 == .trailingBytes(1) }),
            (
                changed(invalid),
                { cause in
                    switch cause {
                    case .invalidCompression, .wrongChecksum, .wrongSize, .truncated, .largerThanDeclared: true
                    default: false
                    }
                }
            ),
            (changed(bomb.deflated, size: 1000), { $0 == .largerThanDeclared(1000) }),
            (
                DeflatedContent(
                    data: DataRange(offset: 0, size: good.deflated.count) { _, _ in 0 }, size: 1, crc32: 0),
                { $0 == .truncated }
            ),
        ]
        for engine in DeflateDecoder.Engine.allCases where engine.isAvailable {
            for (content, isExpected) in cases {
                try withTemporaryFolder { folder in
                    let error = #expect(throws: LayerArchiveError.self) {
                        try write("\(folder)/layer", engine: engine) { try $0.addFile("lib/bad.so", deflated: content) }
                    }
                    #expect(error?.subject == "lib/bad.so")
                    #expect(error.map { isExpected($0.cause) } == true, "\(String(describing: error))")
                }
            }
        }
    }

    @Test func pathsThatLeadOutAreRefused() throws {
        try withTemporaryFolder { folder in
            for path in ["../a", "a/../../b", "a\u{0}b", String(repeating: "x", count: 5000)] {
                #expect(throws: LayerArchiveError.self) {
                    try write("\(folder)/layer") { try $0.addFile(path, content: []) }
                }
            }
            #expect(throws: LayerArchiveError(.add, "a/b", .twice)) {
                try write("\(folder)/layer") { writer in
                    try writer.addFile("a/b", content: [])
                    try writer.addFile("a/b", content: [1])
                }
            }
            #expect(throws: LayerArchiveError(.add, "a", .missingLinkTarget("b"))) {
                try write("\(folder)/layer") { try $0.addHardLink("a", target: "b") }
            }
        }
    }

    @Test func namesAndSizesOfAllKindsAreRead() throws {
        let long = (0..<30).map { "folder-\($0)" }.joined(separator: "/")
        let names = [
            "a", "中文/文件名.txt", "\(long)/file", String(repeating: "n", count: 100), String(repeating: "n", count: 101),
            "\(String(repeating: "p", count: 150))/\(String(repeating: "n", count: 99))", "with space",
            "\(String(repeating: "p", count: 200))/x", "e\u{301}",
        ]
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer.tar.gz"
            _ = try write(path) { writer in
                for (index, name) in names.enumerated() {
                    try writer.addFile(name, content: Array("\(index)".utf8))
                    try writer.addSymbolicLink("links/\(index)", target: "../\(name)")
                }
                try writer.add(
                    TarEntry("big-id", .folder, mode: 0o700, userID: 3_000_000_000, groupID: 5, modified: -5))
            }
            let list = try Judge.text(
                "python3", "-c",
                """
                import sys, tarfile
                for m in tarfile.open(sys.argv[1]):
                    print(m.name, m.uid, m.mtime, m.linkname, sep="\\t")
                """, path
            ).split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
            let byName = Dictionary(uniqueKeysWithValues: list.map { (String($0[0]), $0) })
            for (index, name) in names.enumerated() {
                #expect(byName[name] != nil, "\(name)")
                #expect(byName["links/\(index)"]?[3] == "../\(name)")
            }
            #expect(byName["big-id"]?[1] == "3000000000" && byName["big-id"]?[2].hasPrefix("-5") == true)
            for program in ["tar", "bsdtar"] {
                let out = "\(folder)/\(program)"
                try Files.makeFolder(out)
                try Judge.output(program, "-xzf", path, "-C", out, "--exclude", "big-id")
                for (index, name) in names.enumerated() {
                    #expect(try Files.readText("\(out)/links/\(index)") == "\(index)", "\(program) \(name)")
                }
            }
        }
    }
}
