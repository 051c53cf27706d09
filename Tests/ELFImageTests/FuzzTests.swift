import ELFImage
import Glibc
import HostSystem
import TestSupport
import Testing

/// Damaged files: no trap, no endless loop, and no error but ours.
@Suite struct FuzzTests {
    /// Reads what is in a file that is overwritten each time.
    private func check(_ bytes: [UInt8], _ path: String, _ note: String) throws {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_TRUNC)
        try file.writeAll(bytes, path: path)
        do {
            let facts = try ELFFacts.read(file, path: path)
            #expect(facts == nil || bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), "\(note)")
        } catch {
            #expect(error is ELFError, "\(note): \(error)")
        }
    }

    @Test(arguments: 0..<4) func mutatedFiles(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed))
        let path = try #require(RealFiles.libraries.first { $0.contains("libz.so") })
        var seeds = [try Files.read(path), MadeFile(isWide: true).bytes, MadeFile(isWide: false).bytes]
        seeds.append(try Files.read(try #require(RealFiles.libraries.first { $0.hasSuffix("libm.so.6") })))
        try withTemporaryFolder { folder in
            for round in 0..<200 {
                var bytes = seeds[round % seeds.count]
                // The headers and tables, mostly: the rest is code that nobody reads.
                let reach = min(bytes.count, [bytes.count, 600, 16_000][round % 3])
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let index = Int.random(in: 0..<reach, using: &generator)
                    bytes[index] =
                        [0, 1, 0x7f, 0xff, UInt8.random(in: 0...255, using: &generator)].randomElement(
                            using: &generator)
                        ?? 0
                }
                if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
                try check(bytes, "\(folder)/file", "seed \(seed), round \(round)")
            }
        }
    }

    /// Damage in the dynamic section itself and in the version tables.
    @Test(arguments: 0..<2) func mutatedTables(seed: Int) throws {
        var generator = SeededGenerator(UInt64(seed) + 100)
        let path = try #require(RealFiles.libraries.first { $0.hasSuffix("libm.so.6") })
        let sound = try Files.read(path)
        // A dynamic section begins with DT_NEEDED, and the names lie in the first pages.
        let dynamic = try #require(Self.lastDynamicSection(in: sound))
        try withTemporaryFolder { folder in
            for round in 0..<150 {
                var bytes = sound
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = dynamic + Int.random(in: 0..<480, using: &generator)
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
                try check(bytes, "\(folder)/file", "seed \(seed), round \(round)")
            }
        }
    }

    /// DT_NEEDED with DT_SONAME after it, in eight bytes each.
    private static func lastDynamicSection(in bytes: [UInt8]) -> Int? {
        let needed: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        for start in stride(from: bytes.count / 8 * 8 - 32, through: 0, by: -8) {
            let tag = bytes[start..<(start + 8)]
            if tag.elementsEqual(needed), bytes[start + 16] == 14 { return start }
        }
        return nil
    }
}

/// Trees that nobody would make: the proof ends, and says the same each time.
@Suite struct TreeFuzzTests {
    @Test(arguments: 0..<20) func trees(seed: Int) {
        var generator = SeededGenerator(UInt64(seed))
        func pick(_ values: [String]) -> String { values.randomElement(using: &generator) ?? "" }
        func path() -> String {
            (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                "/" + pick(["a", "b", "c.so", "lib.so.1", "..", ".", "", "d.abi3.so", "lib64"])
            }.joined()
        }
        for _ in 0..<50 {
            var tree = LibraryTree()
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                switch Int.random(in: 0...4, using: &generator) {
                case 0: tree.addLink(path(), target: path())
                case 1: tree.addFolder(path())
                case 2: tree.addDamaged(path(), reason: "so", owner: nil)
                default:
                    var facts = ELFFacts(
                        width: .bits64, byteOrder: .little, machine: pick(["62", "62", "62", "3"]) == "3" ? 3 : 62,
                        type: 3)
                    facts.isDynamic = true
                    facts.needed = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                        pick(["c.so", "lib.so.1", "", "/", "a/b", "..", "libcuda.so.1", "libcudart.so.11.0"])
                    }
                    facts.soname = pick(["c.so", "lib.so.1", ""])
                    facts.runpath = pick(["$ORIGIN", "${ORIGIN}/..", "/a:/b:", "$LIB/${PLATFORM}/$", "::", "a"])
                    facts.rpath = pick(["/a/$LIB", "$ORIGIN/a/../b"])
                    facts.interpreter = pick(["/a", "c.so"])
                    facts.requiredVersions = [.init(library: "c.so", versions: [pick(["A_1", "A_", "", "A_9.9.x"])])]
                    facts.providedVersions = [pick(["A_1", "_", "A_2.0"])]
                    tree.add(path(), facts: facts, owner: FileOwner(name: pick(["x", "y"]), version: "1"))
                }
            }
            var settings = LoaderSettings(machine: 62)
            settings.libraryPath = [path(), path()]
            settings.programFolders = [path()]
            settings.interpreter = path()
            #expect(LibraryProof.prove(tree, settings) == LibraryProof.prove(tree, settings), "seed \(seed)")
        }
    }
}
