import Glibc
import HostSystem
import LayerArchive
import TestSupport
import Testing

/// Writes a layer with a bit of everything.
func writeLayer(
    _ path: String, _ format: LayerFormat, _ samples: [DeflatedSample], engine: DeflateDecoder.Engine = .best
) throws -> LayerResult {
    let output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    let writer = try LayerWriter(output, name: path, format: format, engine: engine)
    try writer.addFolder("tmp", mode: 0o1777)
    try writer.addSymbolicLink("usr/bin/python", target: "python3")
    for sample in samples {
        try writer.addFile("opt/joined/\(sample.name)", mode: 0o755, deflated: sample.range)
    }
    for sample in samples.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) {
        try writer.addFile("opt/plain/\(sample.name)", content: sample.content)
    }
    try writer.addHardLink("opt/again", target: "opt/joined/\(samples[0].name)")
    return try writer.finish()
}

@Suite struct FormatTests {
    @Test(arguments: [LayerFormat.gzip, .estargz, .zstd, .tar])
    func eachFormatIsReadBack(format: LayerFormat) throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer"
            let result = try writeLayer(path, format, samples)
            let blob = try Files.read(path)
            #expect(blob.count == result.descriptor.size)
            #expect(SHA256.hexDigest(blob) == result.descriptor.digest.hex)

            let expected = Dictionary(uniqueKeysWithValues: samples.map { ("opt/joined/\($0.name)", $0.content) })
            for engine in DeflateDecoder.Engine.allCases where engine.isAvailable {
                let hashing = HashingSource(try LayerSource.open(MemorySource(blob), engine: engine))
                let reader = TarReader(hashing)
                var found: [String: [UInt8]] = [:]
                while let entry = try reader.next() {
                    var content = [UInt8](repeating: 0, count: entry.size)
                    let count = try content.withUnsafeMutableBytes { try reader.fill($0) }
                    #expect(count == entry.size)
                    if entry.path.hasPrefix("opt/joined/") { found[entry.path] = content }
                }
                try hashing.drain()
                #expect(hashing.hexDigest() == result.diffID.hex)
                #expect(Int64(hashing.count) == result.uncompressedSize)
                #expect(found == expected)
            }

            // tar finds out the compression by itself.
            try Files.makeFolder("\(folder)/out")
            try Judge.output("tar", "-xpf", path, "-C", "\(folder)/out")
            for sample in samples {
                #expect(try Files.read("\(folder)/out/opt/joined/\(sample.name)") == sample.content, "\(sample.name)")
            }
        }
    }

    /// Checks every promise of the specification with a reader that shares nothing with the writer.
    @Test func estargzKeepsItsSpecification() throws {
        var random = SeededGenerator(12)
        var samples = try DeflatedSample.all.get()
        samples.append(try DeflatedSample("large \"quoted\" 中", DeflatedSample.content(400_000, &random)))
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer.esgz"
            let output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
            let writer = try LayerWriter(output, name: path, format: .estargz)
            for sample in samples { try writer.addFile("a/\(sample.name)", deflated: sample.range) }
            let large = [UInt8](repeating: 7, count: 5 << 20)
            try writer.addFile("b/chunks", mode: 0o755, stored: DataRange(large))
            try writer.addFile("b/exact", stored: DataRange(Array(large[..<(4 << 20)])))
            try writer.addFile("b/small", content: [1, 2, 3])
            try writer.addSymbolicLink("b/link", target: "small")
            try writer.addHardLink("b/hard", target: "b/small")
            try writer.add(
                TarEntry("b/x", .folder, mode: 0o700, extendedAttributes: ["user.a": [1, 2, 3, 4], "user.b": [0xff]]))
            let result = try writer.finish()
            let digest = try #require(
                result.descriptor.annotations?["containerd.io/snapshot/stargz/toc.digest"])
            try Judge.output("python3", "\(Project.sourceRoot)/Tests/LayerArchiveTests/check_estargz.py", path, digest)
        }
    }

    @Test func aKilledWriterLeavesNoValidLayer() throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            let path = "\(folder)/layer"
            do {
                let output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC)
                let writer = try LayerWriter(output, name: path)
                for sample in samples { try writer.addFile(sample.name, deflated: sample.range) }
            }
            #expect(throws: LayerArchiveError.Cause.truncated) {
                let source = HashingSource(try LayerSource.open(MemorySource(try Files.read(path))))
                try source.drain()
            }
        }
    }

    @Test func aFullDiskIsAnError() throws {
        let samples = try DeflatedSample.all.get()
        let full = try Descriptor.open("/dev/full", O_WRONLY)
        let writer = try LayerWriter(full, name: "the layer")
        let error = #expect(throws: SystemError.self) {
            for sample in samples { try writer.addFile(sample.name, deflated: sample.range) }
            _ = try writer.finish()
        }
        #expect(error?.code == ENOSPC)
        #expect(throws: (any Error).self) { try writer.addFile("more", content: []) }
    }
}
