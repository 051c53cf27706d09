import ELFImage
import FoundationEssentials
import Glibc
import HostSystem
import TestSupport
import Testing

/// Files of this machine, judged by readelf.
enum RealFiles {
    static let programs = ["/bin/sh", "/usr/bin/python3", "/usr/bin/readelf", "/usr/bin/env", "/usr/bin/git"]

    static let libraries: [String] = {
        let folder = "/usr/lib/x86_64-linux-gnu"
        let other = "/usr/lib/aarch64-linux-gnu"
        let used = Files.isFolder(folder) ? folder : other
        return ((try? Files.names(in: used)) ?? []).filter { $0.contains(".so") }.map { "\(used)/\($0)" }
            .filter { !Files.isFolder($0) }
    }()

    /// What readelf says in the words of ours.
    static func judged(_ path: String) throws -> (lines: [String], isDynamic: Bool) {
        let tool = Tool(executable: "/usr/bin/readelf", environment: ["LC_ALL": "C"])
        let text = try tool.run(["-dVlW", path]).outputText
        var lines: [String] = []
        var section = ""
        var file = ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix("Version needs") { section = "needs" }
            if line.hasPrefix("Version definition") { section = "defines" }
            if line.hasPrefix("Version symbols") || line.hasPrefix("Dynamic") { section = "" }
            func bracketed() -> String {
                guard let start = line.firstIndex(of: "["), let end = line.lastIndex(of: "]") else { return "" }
                return String(line[line.index(after: start)..<end])
            }
            if line.contains("(NEEDED)") { lines.append("needed \(bracketed())") }
            if line.contains("(SONAME)") { lines.append("soname \(bracketed())") }
            if line.contains("(RPATH)") { lines.append("rpath \(bracketed())") }
            if line.contains("(RUNPATH)") { lines.append("runpath \(bracketed())") }
            if line.contains("Requesting program interpreter: ") {
                lines.append("interpreter " + bracketed().dropFirst("Requesting program interpreter: ".count))
            }
            if section == "needs", let at = words.firstIndex(of: "File:") { file = words[at + 1] }
            if section == "needs", let at = words.firstIndex(of: "Name:"), !line.contains("Flags: WEAK") {
                lines.append("requires \(file) \(words[at + 1])")
            }
            if section == "defines", let at = words.firstIndex(of: "Name:"), !line.contains("Flags: BASE") {
                lines.append("provides \(words[at + 1])")
            }
        }
        return (lines.sorted(), text.contains("Dynamic section at offset"))
    }
}

extension ELFFacts {
    var lines: [String] {
        var lines = needed.map { "needed \($0)" }
        if let soname { lines.append("soname \(soname)") }
        if let rpath { lines.append("rpath \(rpath)") }
        if let runpath { lines.append("runpath \(runpath)") }
        if let interpreter { lines.append("interpreter \(interpreter)") }
        for file in requiredVersions { lines += file.versions.map { "requires \(file.library) \($0)" } }
        lines += providedVersions.map { "provides \($0)" }
        return lines.sorted()
    }

    /// Of bytes, by a file.
    static func read(bytes: [UInt8]) throws -> ELFFacts? {
        try withTemporaryFolder { folder in
            try Files.write(bytes, to: "\(folder)/file")
            return try read(path: "\(folder)/file")
        }
    }
}

@Suite struct ReadingTests {
    @Test func factsAreThoseOfReadelf() throws {
        let files =
            RealFiles.programs.filter(Files.exists)
            + RealFiles.libraries.enumerated().compactMap { $0 % 5 == 0 ? $1 : nil }
        try #require(files.count > 20)
        for path in files {
            guard let facts = try ELFFacts.read(path: path) else { continue }  // a linker script
            let judged = try RealFiles.judged(path)
            #expect(facts.lines == judged.lines, "\(path)")
            #expect(facts.isDynamic == judged.isDynamic, "\(path)")
        }
    }

    @Test func otherFilesAreNone() throws {
        for bytes in [[], [0x7f], [0x7f, 0x45, 0x4c], Array("#!/bin/sh\n".utf8), [UInt8](repeating: 0, count: 100)] {
            #expect(try ELFFacts.read(bytes: bytes) == nil)
        }
    }

    @Test func factsAreSmallAndComeBack() throws {
        for path in RealFiles.libraries.prefix(40) {
            guard let facts = try ELFFacts.read(path: path) else { continue }
            let encoded = try JSONEncoder().encode(facts)
            #expect(try JSONDecoder().decode(ELFFacts.self, from: encoded) == facts)
        }
        let plain = ELFFacts(width: .bits64, byteOrder: .little, machine: 62, type: 3)
        #expect(try JSONEncoder().encode(plain).count < 40)
    }

    /// A wide and a narrow file of the other byte order, made by hand.
    @Test(arguments: [true, false]) func bigEndianFiles(isWide: Bool) throws {
        let facts = try #require(try ELFFacts.read(bytes: MadeFile(isWide: isWide).bytes))
        #expect(facts.byteOrder == .big)
        #expect(facts.width == (isWide ? .bits64 : .bits32))
        #expect(facts.machineName == (isWide ? "ppc64" : "ppc"))
        #expect(facts.needed == ["liba.so.1"])
        #expect(facts.soname == "libb.so")
    }
}

/// Folders that stand for the root of an image.
@Suite struct TreeReadingTests {
    @Test func aFolderIsReadWithoutLeavingIt() throws {
        try withTemporaryFolder { folder in
            let root = "\(folder)/root"
            for name in ["usr/bin", "usr/lib/x", "etc/ld.so.conf.d", "opt/empty"] {
                try Files.makeFolder("\(root)/\(name)")
            }
            let library = try #require(RealFiles.libraries.first { $0.contains("libz.so") })
            try Files.write(try Files.read(library), to: "\(root)/usr/lib/x/libz.so.1")
            try Files.write(
                [0x7f, 0x45, 0x4c, 0x46, 9] + [UInt8](repeating: 0, count: 60), to: "\(root)/usr/lib/bad.so")
            try Files.write("#!/bin/sh\n", to: "\(root)/usr/bin/script")
            try Files.write("include ld.so.conf.d/*.conf\n/last # comment\n", to: "\(root)/etc/ld.so.conf")
            try Files.write("/b\n", to: "\(root)/etc/ld.so.conf.d/b.conf")
            try Files.write("/a1 /a2\nhwcap 0 x\ninclude /etc/ld.so.conf\n", to: "\(root)/etc/ld.so.conf.d/a.conf")
            try Files.write("/none\n", to: "\(root)/etc/ld.so.conf.d/README")
            try Files.write("secret", to: "\(folder)/outside.conf")
            symlink("../../../outside.conf", "\(root)/etc/ld.so.conf.d/c.conf")
            symlink(folder, "\(root)/outside")
            let facts = try TreeFacts.read(folder: root)
            #expect(facts.files.map(\.path) == ["/usr/lib/x/libz.so.1"])
            #expect(facts.files.first?.facts == (try ELFFacts.read(path: library)))
            #expect(facts.damaged.map(\.path) == ["/usr/lib/bad.so"])
            #expect(facts.loaderConfiguration["/etc/ld.so.conf.d/c.conf"] == nil)
            #expect(LoaderSettings.configuredFolders(facts.loaderConfiguration) == ["/last", "/a1", "/a2", "/b"])
            #expect(try JSONDecoder().decode(TreeFacts.self, from: try JSONEncoder().encode(facts)) == facts)
            #expect(throws: SystemError.self) { try TreeFacts.read(folder: "\(folder)/nowhere") }
        }
    }

    /// As Latin-1 has them: bytes that are no text.
    @Test func namesMayBeAnything() throws {
        try withTemporaryFolder { folder in
            let name: [CChar] = "\(folder)/".utf8.map { CChar(bitPattern: $0) } + [-23, 116, -23, 0]
            try #require(mkdir(name, 0o755) == 0)
            try #require(symlink("target", name.dropLast() + [47, 108, 0]) == 0)
            #expect(try TreeFacts.read(folder: folder).damaged.isEmpty)
        }
    }

    /// A layer on top takes the place of what is below.
    @Test func layersAreProvenTogether() throws {
        try withTemporaryFolder { folder in
            var layers: [TreeFacts] = []
            for layer in ["a", "b"] {
                try Files.makeFolder("\(folder)/\(layer)/usr/bin")
                try Files.write(
                    layer == "a"
                        ? [0x7f, 0x45, 0x4c, 0x46, 9] + [UInt8](repeating: 0, count: 60)
                        : try Files.read("/usr/bin/env"), to: "\(folder)/\(layer)/usr/bin/tool")
                layers.append(try TreeFacts.read(folder: "\(folder)/\(layer)"))
            }
            let owner = FileOwner(name: "tool", version: "1")
            var tree = LibraryTree()
            tree.add(layers[0]) { _ in owner }
            let machine = try #require(try ELFFacts.read(path: "/usr/bin/env")).machine
            let below = LibraryProof.prove(tree, LoaderSettings(machine: machine))
            #expect(below.findings.map(\.severity) == [.note] && below.files == 0)
            tree.add(layers[1]) { path in path == "/usr/bin/tool" ? owner : nil }
            let verdict = LibraryProof.prove(tree, LoaderSettings(machine: machine))
            #expect(verdict.files == 1 && !verdict.isProven)
            #expect(verdict.findings.allSatisfy { $0.owner == owner })
        }
    }
}
