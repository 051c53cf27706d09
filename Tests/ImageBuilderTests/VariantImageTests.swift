import ContentStore
import HostSystem
import OCIModel
import RecipeModel
import TestSupport
import Testing

@testable import ImageBuilder
@testable import Resolver

/// The image of a variant beside the plain one, made of real wheels on a base of one file.
@Suite struct VariantImageTests {
    private struct Bench {
        let folder: String
        let store: ContentStore
        let lock: Lock
        let recipe: Recipe

        init(_ folder: String) throws {
            self.folder = folder
            store = ContentStore(home: "\(folder)/home")
            recipe = try RecipeReader.read(
                Array(
                    """
                    packages: [probe-base]
                    run: { env: { WHO: plain } }
                    variants:
                      debug: { packages: [probe-tool], env: { WHO: debug } }
                      same: {}
                    """.utf8), file: "bunsen.yaml", folderName: "bench")
            try Files.makeFolder("\(folder)/wheels")
            var packages: [Lock.Package] = []
            var tables = "lock-version = \"1.0\"\n"
            for name in ["probe_base", "probe_tool"] {
                try ProbeWheel(name: name, version: "1.0").write(to: "\(folder)/wheels")
                let path = "\(folder)/wheels/\(name)-1.0-py3-none-any.whl"
                let digest = try SHA256.hexDigest(file: path)
                let normal = name.replacing("_", with: "-")
                packages.append(
                    Lock.Package(
                        name: normal, version: "1.0", source: "find-links", file: Files.name(of: path),
                        size: Int64(try Files.read(path).count), sha256: digest))
                tables += "[[packages]]\nname = \"\(normal)\"\nversion = \"1.0\"\n"
                tables += "wheels = [{ path = \"\(path)\", hashes = { sha256 = \"\(digest)\" } }]\n"
            }
            try Files.write(tables, to: "\(folder)/pylock.debug.toml")
            let digest = "sha256:" + SHA256.hexDigest(tables.utf8)
            var lock = Lock(
                inputs: try ResolutionInputs(recipe: recipe, folder: folder), python: PythonVersion(3, 11),
                platform: "x86_64-manylinux_2_28", packages: [packages[0]], pylockDigest: digest)
            lock.variants = [
                Lock.Variant(
                    name: "debug", requirements: ["probe-tool"], pylockDigest: digest, packages: [packages[1]])
            ]
            self.lock = LockWriter.sealed(lock)
        }

        func layer(_ kind: BuiltImage.Layer.Kind, _ name: String) throws -> ImageBase.Layer {
            let source = "\(folder)/\(name)"
            try Files.makeFolder("\(source)/etc")
            try Files.write(name, to: "\(source)/etc/\(name)")
            let tar = Tool(executable: "/bin/tar", environment: processEnvironment())
            _ = try tar.run(["-C", source, "-cf", "\(source).tar", "--mtime=@0", "--owner=0", "--group=0", "etc"])
            let record = try BaseLayerMaker(store: store).make(archive: "\(source).tar", title: name)
            return ImageBase.Layer(kind: kind, title: name, record: record, isMade: true)
        }

        func build(_ variant: String?) throws -> BuiltImage {
            let base = ImageBase(
                name: "bench", digest: "sha256:0", created: "2026-01-01T00:00:00Z", layers: [try layer(.base, "base")],
                variantLayers: variant == "debug" ? [try layer(.system, "gdb")] : [],
                interpreter: "/usr/bin/python3.11", pythonVersion: "3.11.2", initProgram: [])
            var request = ImageRequest(
                name: try ImageReference("localhost/bench:\(Tag.derived(from: lock, variant: variant))"),
                recipe: recipe, recipeDigest: "sha256:1", lock: lock,
                files: try LockedFiles(
                    folder: folder, pylock: "pylock.debug.toml", home: store.home, environment: [:]),
                project: folder)
            request.variant = recipe.variants.first { $0.name == variant }
            request.importsTorch = false
            return try ImageBuilder(store: store, environment: processEnvironment(), progress: BuildProgress())
                .build(request, on: base)
        }
    }

    private func digests(_ image: BuiltImage) -> [Digest] { image.layers.map(\.record.descriptor.digest) }

    @Test func allLayersOfThePlainImageAreBelowThoseOfTheVariant() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let plain = try bench.build(nil)
            let debug = try bench.build("debug")
            #expect(digests(debug).starts(with: digests(plain)))
            let own = debug.layers.dropFirst(plain.layers.count)
            #expect(own.map(\.kind) == [.system, .wheels, .environment])
            #expect(own.flatMap(\.wheels).map(\.name) == ["probe-tool"])
            #expect(Set(digests(debug)).count == debug.layers.count, "no layer is there twice")
            #expect("\(debug.name)" == "localhost/bench:py3.11-debug")

            let labels = debug.configuration.value.config?.labels ?? [:]
            #expect(labels["bunsen.variant"] == "debug")
            #expect(labels["bunsen.lock.digest"] == bench.lock.variant("debug")?.digest)
            #expect(debug.configuration.value.config?.environment?.contains("WHO=debug") == true)
            #expect(plain.configuration.value.config?.labels?["bunsen.lock.digest"] == bench.lock.digest)
            #expect(plain.configuration.value.config?.environment?.contains("WHO=plain") == true)
        }
    }

    @Test func aVariantThatAddsNothingHasThePlainLayersAndItsVariables() throws {
        try withTemporaryFolder { folder in
            let bench = try Bench(folder)
            let plain = try bench.build(nil)
            let same = try bench.build("same")
            #expect(digests(same).starts(with: digests(plain)) && same.layers.count == plain.layers.count + 1)
            #expect(same.configuration.value.config?.labels?["bunsen.lock.digest"] == bench.lock.digest)
        }
    }
}
