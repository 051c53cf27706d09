import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

@Suite struct ArchiveTests {
    @Test func skopeoReadsOurs() throws {
        try withTemporaryFolder { folder in
            let image = try SampleImage(1)
            let path = "\(folder)/ours.tar"
            let writer = try DockerArchiveWriter(path, repository: Repository("registry.example.org/vision/digits"))
            try image.put(writer, tags: [try tag("v1")])
            #expect(!Files.exists(path))
            try writer.finish()
            let skopeo = try program("skopeo")
            for source in [
                "docker-archive:\(path):registry.example.org/vision/digits:v1", "oci-archive:\(path):v1",
            ] {
                let target = "\(folder)/\(source.prefix(3))"
                let result = try skopeo.run(["copy", "--preserve-digests", source, "oci:\(target):x"])
                #expect(result.succeeded, "\(source): \(result.errorText)")
            }
            let listed = try program("tar").run(["-tf", path])
            #expect(listed.succeeded && listed.outputText.contains("manifest.json\nindex.json\noci-layout\n"))
        }
    }

    @Test func weReadSkopeos() throws {
        try withTemporaryFolder { folder in
            let image = try SampleImage(2)
            try image.put(BlobFolderImages.layoutFolder("\(folder)/layout"), tags: [try tag("v1")])
            let path = "\(folder)/theirs.tar"
            let made = try program("skopeo").run([
                "copy", "oci:\(folder)/layout:v1", "docker-archive:\(path):registry.example.org/a/b:v7",
            ])
            #expect(made.succeeded, "\(made.errorText)")
            let archive = try DockerArchive(path)
            #expect(archive.references.map(\.description) == ["registry.example.org/a/b:v7"])
            let layout = BlobFolderImages.layoutFolder("\(folder)/copied")
            try ImageCopy(from: archive, to: layout).run(.tag(try tag("v7")), tags: [try tag("x")])
            let copied = try layout.image(.tag(try tag("x")))
            // The archive has no manifest; the layers are the same, and so is what they unpack to.
            #expect(copied.value.layers.map(\.digest) == image.blobs.dropFirst().map(\.digest))
            #expect(try layout.configuration(of: copied).value.rootfs.diffIDs == image.blobs.dropFirst().map(\.digest))
        }
    }

    /// As docker saved before it was an OCI layout: layers in folders, equal ones as links, some compressed.
    @Test func olderArchives() throws {
        try withTemporaryFolder { folder in
            let image = try SampleImage(3, layers: [1000])
            let layer = image.blobs[1]
            let bytes = try #require(image.content[layer.digest])
            try Files.makeFolder("\(folder)/in/one")
            try Files.makeFolder("\(folder)/in/two")
            try Files.makeFolder("\(folder)/in/three")
            try Files.write(bytes, to: "\(folder)/in/one/layer.tar")
            symlink("../one/layer.tar", "\(folder)/in/two/layer.tar")
            try Files.write(bytes, to: "\(folder)/in/three/layer.tar")
            #expect(try program("gzip").run(["-n", "\(folder)/in/three/layer.tar"]).succeeded)
            let configuration = ImageConfiguration(
                platform: .host, config: nil, diffIDs: [layer.digest, layer.digest, layer.digest], history: nil)
            try Files.write(
                try Document(configuration, mediaType: .configuration).bytes, to: "\(folder)/in/config.json")
            let manifest = #"""
                [{"Config":"config.json","RepoTags":["digits:v1"],
                "Layers":["one/layer.tar","two/layer.tar","three/layer.tar.gz"]}]
                """#
            try Files.write(manifest, to: "\(folder)/in/manifest.json")
            #expect(try program("tar").run(["-C", "\(folder)/in", "-cf", "\(folder)/old.tar", "."]).succeeded)
            let archive = try DockerArchive("\(folder)/old.tar")
            let found = try archive.image(.tag(try tag("v1")))
            #expect(found.value.layers.map(\.mediaType) == [.layer, .layer, .layerGzip])
            #expect(found.value.layers[0].digest == layer.digest && found.value.layers[1].digest == layer.digest)
            let layout = BlobFolderImages.layoutFolder("\(folder)/layout")
            try ImageCopy(from: archive, to: layout).run(.tag(try tag("v1")), tags: [])
            #expect(archive.references.first?.repository.familiarName == "digits")
            #expect(try program("gzip").run(["\(folder)/old.tar"]).succeeded)
            let error = try #require(throws: OCIRegistryError.self) { try DockerArchive("\(folder)/old.tar.gz") }
            #expect("\(error)".contains("unpack it first"))
        }
    }

    @Test func imagesAreFoundByTheirNames() throws {
        try withTemporaryFolder { folder in
            let first = try SampleImage(1, layers: [100])
            let second = try SampleImage(2, layers: [100])
            let names = try ["digits:v1", "registry.example.org/vision/digits:v1", "digits:latest"].map {
                try ImageReference($0)
            }
            let writer = try DockerArchiveWriter("\(folder)/a.tar") { tag in names.filter { $0.tag == tag } }
            try first.put(writer, tags: [try tag("v1")])
            try second.put(writer, tags: [try tag("latest"), try tag("unknown")])
            try writer.finish()
            let archive = try DockerArchive("\(folder)/a.tar")
            #expect(archive.references.map(\.familiarName) == ["digits:v1", names[1].description, "digits:latest"])
            #expect(archive.digests(named: nil) == [first.manifest.digest, second.manifest.digest])
            #expect(archive.digests(named: names[1]) == [first.manifest.digest])
            #expect(archive.digests(named: try ImageReference("digits")) == [second.manifest.digest])
            #expect(archive.digests(named: try ImageReference("digits:unknown")).isEmpty)
            #expect(archive.references(of: first.manifest.digest) == Array(names.prefix(2)))
            // An OCI layout's tag is not a name.
            try first.put(BlobFolderImages.layoutFolder("\(folder)/layout"), tags: [try tag("v1")])
            #expect(try program("tar").run(["-C", "\(folder)/layout", "-cf", "\(folder)/l.tar", "."]).succeeded)
            let layout = try DockerArchive("\(folder)/l.tar")
            #expect(layout.references.isEmpty)
            #expect(layout.tags() == [try tag("v1")])
            #expect(layout.digests(named: nil) == [first.manifest.digest])
            #expect(try first.isWhole(in: layout, .tag(try tag("v1"))))
        }
    }

    @Test func unfinishedArchivesLeaveNothing() throws {
        try withTemporaryFolder { folder in
            do {
                let writer = try DockerArchiveWriter("\(folder)/a.tar", repository: Repository("a.example.org/b"))
                try writer.putBlob(
                    ContentDescriptor(mediaType: .layer, digest: Digest(of: [1]), size: 1), from: BlobContent([1]))
            }
            #expect(try Files.names(in: folder).isEmpty)
        }
    }
}
