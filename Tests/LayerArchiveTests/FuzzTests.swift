import Glibc
import HostSystem
import LayerArchive
import TestSupport
import Testing

/// Damaged input gives an error or other content, never a trap, and never more than its bounds.
@Suite struct FuzzTests {
    /// A few changed, removed, repeated or inserted bytes.
    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeLast(bytes.count - place)
            case 3:
                let end = min(bytes.count, place + Int.random(in: 1...600, using: &random))
                bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...600, using: &random)))
            }
        }
        return bytes
    }

    @Test(arguments: DeflateDecoder.Engine.allCases.filter(\.isAvailable))
    func damagedDeflateStreams(engine: DeflateDecoder.Engine) throws {
        var random = SeededGenerator(31)
        let samples = try DeflatedSample.all.get().filter { $0.content.count <= 5000 }
        let null = try Descriptor.open("/dev/null", O_WRONLY)
        var refused = 0
        for round in 0..<1500 {
            let sample = samples[round % samples.count]
            let bytes = mutated(sample.deflated, &random)
            let writer = try LayerWriter(null, name: "layer", engine: engine)
            do {
                try writer.addFile(
                    "file",
                    deflated: DeflatedContent(
                        data: DataRange(bytes), size: sample.content.count, crc32: sample.range.crc32))
                _ = try writer.finish()
            } catch let error as LayerArchiveError {
                #expect(error.subject == "file")
                refused += 1
            }
        }
        #expect(refused > 1000)
    }

    /// What zlib accepts, ISA-L decodes alike. (ISA-L also lets some prefix codes with gaps pass that zlib refuses.)
    @Test func theEnginesAgreeOnDamagedStreams() throws {
        guard DeflateDecoder.Engine.isal.isAvailable else { throw SystemError("find", "libisal.so.2", code: ENOENT) }
        var random = SeededGenerator(32)
        let samples = try DeflatedSample.all.get().filter { (1...5000).contains($0.content.count) }
        var compared = 0
        for round in 0..<2000 {
            let bytes = mutated(samples[round % samples.count].deflated, &random)
            let results = try [DeflateDecoder.Engine.isal, .zlib].map { try decode(bytes, $0) }
            guard results[1]?.end != nil else { continue }
            #expect(results[0] == results[1], "round \(round)")
            compared += 1
        }
        #expect(compared > 20)
    }

    private struct Decoded: Equatable {
        let output: [UInt8]
        let end: Int?
        let lastBlock: Int?
    }

    private func decode(_ bytes: [UInt8], _ engine: DeflateDecoder.Engine) throws -> Decoded? {
        let decoder = try DeflateDecoder(engine)
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        return bytes.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count, !decoder.isFinished {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[position...].prefix(777))
                decoder.feed(piece)
                position += piece.count
                var isFull = true
                while isFull, !decoder.isFinished, output.count < 1 << 20 {
                    guard let count = try? buffer.withUnsafeMutableBytes({ try decoder.decode(into: $0) }) else {
                        return nil
                    }
                    output += buffer[..<count]
                    isFull = count == buffer.count
                }
                if output.count >= 1 << 20 { return nil }
            }
            guard decoder.isFinished else { return Decoded(output: [], end: nil, lastBlock: nil) }
            return Decoded(output: output, end: decoder.endBit, lastBlock: decoder.lastBlockBit)
        }
    }

    @Test(arguments: [LayerFormat.gzip, .estargz, .zstd, .tar])
    func damagedLayers(format: LayerFormat) throws {
        var random = SeededGenerator(33)
        let samples = try DeflatedSample.all.get().filter { $0.content.count <= 600 }
        try withTemporaryFolder { folder in
            _ = try writeLayer("\(folder)/layer", format, Array(samples.prefix(40)))
            let blob = try Files.read("\(folder)/layer")
            for round in 0..<(format == .tar ? 1500 : 400) {
                // The container's checksums stop nearly everything, so the archive within is also attacked by itself.
                let bytes = mutated(blob, &random)
                var options = LayerUnpacker.Options()
                options.sizeLimit = 10 << 20
                options.setsOwners = false
                if round % 20 == 0 {
                    try Files.makeFolder("\(folder)/out/\(round)")
                    let unpacker = try LayerUnpacker(into: "\(folder)/out/\(round)", options: options)
                    try? unpacker.unpack(LayerSource.open(MemorySource(bytes)))
                }
                guard let source = try? LayerSource.open(MemorySource(bytes)) else { continue }
                let reader = TarReader(source)
                var count = 0
                do {
                    while let entry = try reader.next() {
                        #expect(!entry.path.split(separator: "/").contains("..") && !entry.path.hasPrefix("/"))
                        count += 1
                    }
                } catch is LayerArchiveError {
                } catch is LayerArchiveError.Cause {
                }
                #expect(count < 10_000)
            }
            #expect(try Set(Files.names(in: folder)) == ["layer", "out"])
        }
    }

    @Test func theEncoderIsUndoneByADecoder() throws {
        var random = SeededGenerator(34)
        let alphabets: [ClosedRange<UInt8>] = [0...0, 0...1, 97...100, 0...255]
        for round in 0..<60 {
            var content: [UInt8] = []
            while content.count < Int.random(in: 1...20_000, using: &random) {
                let alphabet = alphabets[Int.random(in: 0..<alphabets.count, using: &random)]
                if !content.isEmpty, Bool.random(using: &random) {
                    let start = Int.random(in: 0..<content.count, using: &random)
                    content += content[start..<min(content.count, start + Int.random(in: 1...400, using: &random))]
                } else {
                    for _ in 0..<Int.random(in: 1...300, using: &random) {
                        content.append(UInt8.random(in: alphabet, using: &random))
                    }
                }
            }
            try withTemporaryFolder { folder in
                let output = try Descriptor.open("\(folder)/l", O_WRONLY | O_CREAT)
                let writer = try LayerWriter(output, name: "l")
                try writer.addFile("f", content: content)
                let result = try writer.finish()
                for engine in DeflateDecoder.Engine.allCases where engine.isAvailable {
                    let source = HashingSource(
                        try GzipSource(MemorySource(try Files.read("\(folder)/l")), engine: engine))
                    try source.drain()
                    #expect(source.hexDigest() == result.diffID.hex, "round \(round)")
                }
            }
        }
    }
}
