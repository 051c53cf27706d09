import Glibc
import HostSystem
import LayerArchive
import TestSupport
import Testing

@Suite struct UnpackTests {
    private func layer(_ entries: [(TarEntry, String)]) throws -> MemorySource {
        var bytes: [UInt8] = []
        for (entry, content) in entries {
            var entry = entry
            if entry.kind == .file { entry.size = content.utf8.count }
            bytes += try TarHeaderEncoder().header(of: entry)
            bytes += content.utf8
            bytes += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
        }
        return MemorySource(bytes + TarHeaderEncoder.end)
    }

    private func file(_ path: String, _ content: String = "", mode: UInt16 = 0o644) -> (TarEntry, String) {
        (TarEntry(path, .file, mode: mode), content)
    }

    private func folder(_ path: String, mode: UInt16 = 0o755) -> (TarEntry, String) {
        (TarEntry(path, .folder, mode: mode), "")
    }

    private func link(_ path: String, _ target: String) -> (TarEntry, String) {
        (TarEntry(path, .symbolicLink(target: target), mode: 0o777), "")
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(lstat(path, &status) == 0, "\(path)")
        return status
    }

    @Test func layersAreAppliedInOrder() throws {
        try withTemporaryFolder { root in
            let unpacker = try LayerUnpacker(into: root)
            try unpacker.unpack(
                layer([
                    folder("", mode: 0o711), folder("etc", mode: 0o700), file("etc/a", "1"), file("etc/b", "2"),
                    folder("full"), file("full/old", "x"), folder("full/deep"), file("full/deep/old", "x"),
                    file("bin/run", "go", mode: 0o4755), link("lib", "usr/lib"), folder("usr/lib"), file("turn", "x"),
                    folder("tree"), file("tree/leaf", "x"),
                ]))
            try unpacker.unpack(
                layer([
                    file("etc/.wh.a"), file("etc/c", "3"), folder("full"), folder("full/deep"),
                    file("full/deep/new", "n"),
                    file("full/.wh..wh..opq"), file("lib/inside", "l"), folder("turn"), file("turn/leaf", "t"),
                    file("tree", "now a file"), (TarEntry("etc/d", .hardLink(target: "etc/c"), mode: 0o644), ""),
                    file(".wh.nothing"),
                ]))
            #expect(try Files.names(in: "\(root)/etc") == ["b", "c", "d"])
            #expect(try Files.names(in: "\(root)/full") == ["deep"])
            #expect(try Files.names(in: "\(root)/full/deep") == ["new"])
            #expect(try Files.readText("\(root)/usr/lib/inside") == "l")
            #expect(try Files.readText("\(root)/turn/leaf") == "t")
            #expect(try Files.readText("\(root)/tree") == "now a file")
            #expect(try status("\(root)/bin/run").st_mode & 0o7777 == 0o4755)
            #expect(try status("\(root)/etc").st_mode & 0o7777 == 0o700)
            #expect(try status(root).st_mode & 0o7777 == 0o711)
            #expect(try status("\(root)/etc/c").st_nlink == 2)
            #expect(try status("\(root)/full").st_mtim.tv_sec == LayerOwner.earliest)
            #expect(unpacker.summary.removals == 3)
        }
    }

    /// Every way out that we know of: the file must appear inside, or the layer be refused.
    @Test func nothingLeadsOut() throws {
        try withTemporaryFolder { outer in
            let root = "\(outer)/root"
            let secret = "\(outer)/secret"
            let layers: [[(TarEntry, String)]] = [
                [link("out", outer), file("out/secret", "bad")],
                [link("out", "../.."), file("out/\(outer)/secret", "bad")],
                [link("a", ".."), link("b", "a/.."), file("b/secret", "bad")],
                [link("secret", secret), file("secret", "bad")],
                [
                    (TarEntry("hard", .hardLink(target: String(secret.dropFirst())), mode: 0o644), ""),
                    file("hard", "bad"),
                ],
                [link("out", outer), (TarEntry("hard", .hardLink(target: "out/secret"), mode: 0o644), "")],
                [link("out", outer), file("out/.wh.secret")],
                [link("out", outer), file("out/.wh..wh..opq")],
                [link("out", outer), folder("out"), file("out/secret", "bad")],
                [file("a/.wh..", "")], [file(".wh...", "")],
                [link("loop", "loop"), file("loop/x", "bad")],
            ]
            for (index, entries) in layers.enumerated() {
                try Files.remove(root)
                try Files.makeFolder(root)
                try Files.write("safe", to: secret)
                try? LayerUnpacker(into: root).unpack(layer(entries))
                #expect(try Files.readText(secret) == "safe", "layer \(index)")
                #expect(try Files.names(in: outer) == ["root", "secret"], "layer \(index)")
                #expect(try status(secret).st_nlink == 1, "layer \(index)")
            }
        }
    }

    @Test func devicesAreLeftOutUnlessAskedFor() throws {
        try withTemporaryFolder { root in
            let unpacker = try LayerUnpacker(into: root)
            try unpacker.unpack(
                layer([
                    (TarEntry("dev/null", .characterDevice(major: 1, minor: 3), mode: 0o666), ""),
                    (TarEntry("pipe", .pipe, mode: 0o620), ""),
                ]))
            #expect(unpacker.summary.leftOut == ["dev/null"])
            #expect(try Files.names(in: "\(root)/dev") == [])
            #expect(try status("\(root)/pipe").st_mode == S_IFIFO | 0o620)
        }
    }

    @Test func theSizeIsBounded() throws {
        try withTemporaryFolder { root in
            var options = LayerUnpacker.Options()
            options.sizeLimit = 5
            let unpacker = try LayerUnpacker(into: root, options: options)
            #expect(throws: LayerArchiveError.self) {
                try unpacker.unpack(layer([file("a", "123"), file("b", "456")]))
            }
        }
    }

    /// An unpacked layer of ours is what GNU tar makes of it.
    @Test func ourLayersAreUnpackedLikeByTar() throws {
        let samples = try DeflatedSample.all.get()
        try withTemporaryFolder { folder in
            _ = try writeLayer("\(folder)/layer", .gzip, samples)
            for name in ["ours", "theirs"] { try Files.makeFolder("\(folder)/\(name)") }
            let source = try LayerSource.open(MemorySource(try Files.read("\(folder)/layer")))
            try LayerUnpacker(into: "\(folder)/ours").unpack(source)
            try Judge.output("tar", "-xpf", "\(folder)/layer", "-C", "\(folder)/theirs")
            func list(_ name: String) throws -> [Substring] {
                try Judge.text(
                    "find", ".", "-mindepth", "1", "-printf", "%P %y %m %s %T@ %U %G %n %l\\n", in: "\(folder)/\(name)"
                ).split(separator: "\n").sorted()
            }
            let (ours, theirs) = (try list("ours"), try list("theirs"))
            #expect(ours.count == theirs.count)
            for (our, their) in zip(ours, theirs) { #expect(our == their) }
            try Judge.output("diff", "-r", "--no-dereference", "\(folder)/ours", "\(folder)/theirs")
        }
    }
}
