import Glibc
import HostSystem
import TestSupport
import Testing

/// `docker-archive:` as a place, and other programs that read what it writes and write what it reads.
@Suite(.serialized) struct ImageArchiveTests {
    private static let isRoot = geteuid() == 0
    private static let name = "registry.example.org/team/tiny:v1"

    private func with(_ body: (ArchiveBench) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let image = try TinyLayout(folder)
            let project = Project(folder: folder, home: "\(folder)/home")
            try body(ArchiveBench(project: project, image: image, digest: try image.digest()))
        }
    }

    @Test func namesAndDigestsReachTheArchive() throws {
        try with { bench in
            #expect(try bench.copy("oci:layout:v1", "store:\(Self.name)") == bench.digest)
            // Without a name of its own the archive gets the name that the image has.
            #expect(try bench.copy("store:\(Self.name)", "docker-archive:a.tar") == bench.digest)
            #expect(try bench.skopeo("a.tar:\(Self.name)", "{{.Name}}") != nil)
            let listed = try bench.project.shell("tar -xOf a.tar manifest.json").outputText
            #expect(listed.contains("\"RepoTags\":[\"\(Self.name)\"]"), "\(listed)")
            #expect(try bench.copy("docker-archive:a.tar", "oci:again:x") == bench.digest)
            #expect(try bench.copy("docker-archive:a.tar:\(Self.name)", "store:localhost/b:v2") == bench.digest)
            let sheet = try bench.project.json("image", "inspect", "docker-archive:a.tar")
            #expect(sheet["digest"].string == bench.digest)
            #expect(sheet["configuration"]["config"]["Labels"]["org.example.kind"].string == "tiny")

            #expect(try bench.copy("oci:layout:v1", "docker-archive:b.tar:tiny") == bench.digest)
            let named = try bench.project.shell("tar -xOf b.tar manifest.json").outputText
            #expect(named.contains("\"RepoTags\":[\"tiny:latest\"]"), "\(named)")
            #expect(try bench.copy("docker-archive:b.tar:tiny", "oci:again:y") == bench.digest)

            let nameless = try bench.project.bunsen("image", "copy", "oci:layout:v1", "docker-archive:c.tar")
            #expect(nameless.succeeded && nameless.errorText.contains("docker-archive:c.tar:NAME:TAG"))
            #expect(try bench.copy("docker-archive:c.tar", "oci:again:z") == bench.digest)
            #expect(try bench.copy("oci:layout:v1", "docker-archive:d.tar") == bench.digest)
            #expect(try Files.read("\(bench.folder)/c.tar") == Files.read("\(bench.folder)/d.tar"))
        }
    }

    @Test(.enabled(if: isRoot, "dockerd needs root")) func dockerLoadsOursAndWeReadWhatItSaves() throws {
        try with { bench in
            try DockerDaemon.with { docker in
                try bench.copy("oci:layout:v1", "docker-archive:a.tar:\(Self.name)")
                let loaded = try docker.client.run(["load", "-i", "\(bench.folder)/a.tar"], timeout: 60)
                #expect(loaded.outputText.contains("Loaded image: \(Self.name)"), "\(loaded.errorText)")
                let ran = try docker.client.run(
                    ["run", "--rm", "--network=none", Self.name] + TinyLayout.command, timeout: 60)
                #expect(ran.outputText == "it runs\n", "\(ran.errorText)")

                #expect(try docker.client.run(["tag", Self.name, "other:v7"]).succeeded)
                let saved = try docker.client.run(["save", "-o", "\(bench.folder)/s.tar", Self.name, "other:v7"])
                try #require(saved.succeeded, "\(saved.errorText)")
                try bench.expectSame("docker-archive:s.tar")
                try bench.expectSame("docker-archive:s.tar:other:v7")
                try bench.copy("docker-archive:s.tar:\(Self.name)", "store:localhost/saved:v1")
                var project = bench.project
                project.environment.merge(docker.variables) { $1 }
                let back = try project.bunsen("image", "load", "localhost/saved:v1", "docker")
                #expect(back.succeeded, "\(back.errorText)")
            }
        }
    }

    @Test(.enabled(if: isRoot, "podman with storage of its own needs root")) func podmanLoadsOursAndWeReadWhatItSaves()
        throws
    {
        try with { bench in
            let podman = try bench.podman()
            func run(_ arguments: String...) throws {
                let result = try podman.run(arguments, timeout: 60)
                try #require(result.succeeded, "\(result.errorText)")
            }
            try bench.copy("oci:layout:v1", "docker-archive:a.tar:\(Self.name)")
            try run("load", "-i", "\(bench.folder)/a.tar")
            try run("tag", Self.name, "localhost/other:v7")
            try run("save", "-o", "\(bench.folder)/docker.tar", Self.name)
            try run("save", "--format", "oci-archive", "-o", "\(bench.folder)/oci.tar", Self.name)
            try bench.expectSame("docker-archive:docker.tar")
            try bench.expectSame("docker-archive:docker.tar:\(Self.name)")
            try bench.expectSame("docker-archive:oci.tar")

            // Two images in one archive have to be told apart.
            try Files.write(
                "FROM localhost/other:v7\nLABEL org.example.kind=second\n", to: "\(bench.folder)/Containerfile")
            try run(
                "build", "--quiet", "-t", "localhost/second:v1", "-f", "\(bench.folder)/Containerfile", bench.folder)
            try run("save", "-m", "-o", "\(bench.folder)/both.tar", "localhost/other:v7", "localhost/second:v1")
            let unclear = try bench.project.bunsen("image", "inspect", "docker-archive:both.tar")
            #expect(unclear.end == .exited(code: 64), "\(unclear.errorText)")
            #expect(
                unclear.errorText.contains("localhost/other:v7") && unclear.errorText.contains("localhost/second:v1"))
            let second = try bench.project.json("image", "inspect", "docker-archive:both.tar:localhost/second:v1")
            #expect(second["configuration"]["config"]["Labels"]["org.example.kind"].string == "second")
        }
    }

    /// An archive has one platform; which one can be said.
    @Test func platformsAreChosen() throws {
        try with { bench in
            try bench.addIndex()
            let all = try bench.copy("oci:layout:multi", "oci:copied:multi")
            #expect(try bench.copy("oci:copied:multi", "oci:once-more:multi") == all)
            let host = try bench.copy("oci:layout:multi", "docker-archive:host.tar:tiny:v1")
            #expect(host == bench.digest)
            let other = try bench.copy(
                "oci:layout:multi", "docker-archive:other.tar:tiny:v1", "--platform", "linux/s390x")
            #expect(other != host && other != all)
            let sheet = try bench.project.json("image", "inspect", "docker-archive:other.tar")
            #expect(sheet["configuration"]["architecture"].string == "s390x")
            let shown = try bench.project.json("image", "inspect", "oci:layout:multi", "--platform", "linux/s390x")
            #expect(shown["digest"].string == other)

            let missing = try bench.project.bunsen(
                "image", "copy", "oci:layout:multi", "docker-archive:x.tar", "--platform", "linux/mips")
            #expect(!missing.succeeded && missing.errorText.contains("linux/s390x"), "\(missing.errorText)")
            let single = try bench.project.bunsen(
                "image", "copy", "oci:layout:v1", "docker-archive:x.tar", "--platform", "linux/s390x")
            #expect(!single.succeeded && single.errorText.contains("not for linux/s390x"), "\(single.errorText)")
            let odd = try bench.project.bunsen("image", "inspect", "oci:layout:v1", "--platform", "s390x")
            #expect(odd.end == .exited(code: 64) && odd.errorText.contains("linux/arm64"), "\(odd.errorText)")
            #expect(try !Files.names(in: bench.folder).contains { $0.hasPrefix("x.tar") })
        }
    }

    @Test func whatCannotBeIsSaid() throws {
        try with { bench in
            func expect(_ code: Int32, _ arguments: String..., words: [String]) throws {
                let result = try bench.project.bunsen(arguments: ["image"] + arguments)
                #expect(result.end == .exited(code: code), "\(arguments): \(result.errorText)")
                for word in words { #expect(result.errorText.contains(word), "\(arguments): \(result.errorText)") }
            }
            try bench.copy("oci:layout:v1", "docker-archive:a.tar:tiny:v1")
            try expect(66, "inspect", "docker-archive:none.tar", words: ["there is no such file"])
            try expect(66, "inspect", "docker-archive:a.tar:tiny:v2", words: ["it has: tiny:v1"])
            try expect(64, "inspect", "docker-archive:", words: ["docker-archive:FILE"])
            try expect(64, "inspect", "docker-archive:a.tar:tiny@\(bench.digest)", words: ["no digests"])
            try expect(64, "delete", "docker-archive:a.tar", words: ["remove the file"])
            try expect(66, "copy", "oci:layout:v1", "docker-archive:no/folder/a.tar", words: ["mkdir -p"])
            try expect(64, "copy", "oci:layout:v1", "docker-archive:layout", words: ["is a folder"])
            try bench.project.shell("head -c 2000 a.tar > cut.tar; gzip -k a.tar; echo nothing > text.tar")
            try expect(69, "inspect", "docker-archive:cut.tar", words: ["cannot read the archive"])
            try expect(69, "inspect", "docker-archive:a.tar.gz", words: ["unpack it first"])
            try expect(69, "inspect", "docker-archive:text.tar", words: ["cannot read the archive"])
            // What fails leaves what was there, and nothing beside it.
            let before = try Files.read("\(bench.folder)/a.tar")
            try expect(66, "copy", "oci:layout:v9", "docker-archive:a.tar", words: [])
            #expect(try Files.read("\(bench.folder)/a.tar") == before)
            #expect(try !Files.names(in: bench.folder).contains { $0.hasSuffix(".tmp") })
        }
    }
}

/// A small image in a layout folder, and `bunsen` in the folder that it lies in.
private struct ArchiveBench {
    let project: Project
    let image: TinyLayout
    let digest: String

    var folder: String { project.folder }

    /// - Returns: the digest that was copied.
    @discardableResult
    func copy(_ from: String, _ to: String, _ options: String...) throws -> String {
        let result = try project.bunsen(arguments: ["image", "copy", from, to] + options)
        guard result.succeeded else { throw Unexpected(result) }
        return String(result.outputText.dropLast())
    }

    func skopeo(_ archive: String, _ format: String) throws -> String? {
        let result = try program("skopeo").run(["inspect", "--format", format, "docker-archive:\(folder)/\(archive)"])
        return result.succeeded ? result.outputText : nil
    }

    /// What other programs save has the layers unpacked: another manifest, the same configuration.
    func expectSame(_ place: String) throws {
        let sheet = try project.json("image", "inspect", place)
        let original = try project.json("image", "inspect", "oci:layout:v1")
        #expect(sheet["configuration"]["rootfs"] == original["configuration"]["rootfs"], "\(place)")
        #expect(sheet["configuration"]["config"] == original["configuration"]["config"], "\(place)")
    }

    /// Podman with storage of its own.
    func podman() throws -> Tool {
        try project.write(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"\(folder)/storage\"\nrunroot = \"\(folder)/run\"\n",
            to: "storage.conf")
        var podman = try program("podman")
        podman.environment = project.environment
        podman.environment["CONTAINERS_STORAGE_CONF"] = "\(folder)/storage.conf"
        return podman
    }

    /// Puts `multi` into the layout: an index of the image and of another one for s390x.
    func addIndex() throws {
        let script = """
            import hashlib, json, os, sys
            root = "layout"
            def blob(value):
                data = json.dumps(value).encode()
                digest = hashlib.sha256(data).hexdigest()
                open(f"{root}/blobs/sha256/{digest}", "wb").write(data)
                return {"digest": f"sha256:{digest}", "size": len(data)}
            def read(digest): return json.load(open(f"{root}/blobs/sha256/{digest[7:]}"))
            index = json.load(open(f"{root}/index.json"))
            first = dict(index["manifests"][0])
            first.pop("annotations")
            manifest = read(first["digest"])
            configuration = read(manifest["config"]["digest"])
            first["platform"] = {"os": "linux", "architecture": configuration["architecture"]}
            configuration["architecture"] = "s390x"
            manifest["config"].update(blob(configuration))
            second = {"mediaType": first["mediaType"], **blob(manifest), "platform": {"os": "linux", "architecture": "s390x"}}
            kind = "application/vnd.oci.image.index.v1+json"
            both = blob({"schemaVersion": 2, "mediaType": kind, "manifests": [first, second]})
            index["manifests"].append(
                {"mediaType": kind, **both, "annotations": {"org.opencontainers.image.ref.name": "multi"}})
            json.dump(index, open(f"{root}/index.json", "w"))
            """
        var python = try program("python3")
        python.workingFolder = folder
        let result = try python.run(["-c", script])
        guard result.succeeded else { throw Unexpected(result) }
    }
}
