import ContentStore
import HostSystem
import OCIModel
import OCIRegistry
import TestSupport
import Testing

@testable import ImageBuilder

/// Builds against layers that only the registry has, with Debian's registry as the server.
@Suite struct RegistryLayerTests {
    private let wheels: [WheelBench.Wheel] = [
        .init(name: "large", version: "1.0", size: 6 << 20), .init(name: "middle", version: "1.0", size: 600_000),
        .init(name: "tiny", version: "1.0", size: 20_000), .init(name: "zeta", version: "1.0", size: 30_000),
    ]

    private var changed: [WheelBench.Wheel] {
        wheels.map { $0.name == "tiny" ? .init(name: "tiny", version: "1.1", size: 20_100) : $0 }
    }

    private func reference(_ port: Int, _ tag: String = "v1") throws -> ImageReference {
        try ImageReference("127.0.0.1:\(port)/lab/bench:\(tag)")
    }

    private func target(_ name: ImageReference) -> PushTarget {
        PushTarget([session().repository(name.repository)], tag: name.tag)
    }

    /// Builds against what the registry has, and pushes.
    private func buildAndPush(
        _ bench: WheelBench, _ request: ImageRequest, in store: ContentStore
    ) throws -> (image: BuiltImage, moved: Int64) {
        var request = request
        request.layers.target = target(request.name)
        try request.layers.target.open()
        let image = try bench.build(request, in: store)
        let moved = try ImageCopy(
            from: BlobFolderImages.stored(in: store, request.name.repository),
            to: session().repository(request.name.repository)
        ).run(.digest(image.manifest.digest), tags: request.name.tag.map { [$0] } ?? []).movedBytes
        return (image, moved)
    }

    /// Where one wheel is and all others are not: what a machine needs that changes one package.
    private func leaveOnly(_ file: String, in folder: String) throws {
        for name in try Files.names(in: folder) where name.hasSuffix(".whl") && name != file {
            try Files.remove("\(folder)/\(name)")
        }
    }

    @Test func anEmptyStoreMovesOnlyWhatIsNewAndNeedsNoOtherWheel() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let bench = WheelBench(folder: folder)
                let first = try bench.make(wheels, in: "first")
                let second = try bench.make(changed, in: "second")
                let name = try reference(registry.port)
                let a = ContentStore(home: "\(folder)/a")
                let before = try buildAndPush(bench, bench.request(first, wheels: "first", name: name), in: a)
                #expect(before.moved > 6_000_000)
                // What the first machine would get, without asking any registry.
                let expected = try bench.build(bench.request(second, wheels: "second", name: name), in: a)
                #expect(expected.layers.allSatisfy { $0.isHere })

                try leaveOnly("tiny-1.1-py3-none-any.whl", in: "\(folder)/second")
                let proxy = try CountingProxy(before: registry.port)
                defer { proxy.stop() }
                let b = ContentStore(home: "\(folder)/b")
                let request = try bench.request(second, wheels: "second", name: reference(proxy.port))
                let after = try buildAndPush(bench, request, in: b)
                #expect(after.image.manifest.digest == expected.manifest.digest)
                #expect(after.image.manifest.bytes == expected.manifest.bytes)
                #expect(proxy.bytes < 200_000, "\(proxy.bytes) bytes over the network")
                #expect(after.moved < 100_000)
                #expect(after.image.layers.filter(\.isMade).map(\.title) == ["tiny 1.1", "environment"])
                let away = after.image.layers.filter { !$0.isHere }
                #expect(away.count == 3 && away.allSatisfy { $0.kind == .wheels })
                for layer in away { #expect(!b.has(layer.record.descriptor.digest)) }
                for wheel in WheelPin.all(try WheelPin.all(of: second.packages), but: "tiny") {
                    #expect(b.file(.wheels, wheel.digest, name: wheel.fileName) == nil)
                }
                let notes = after.image.notes.joined(separator: "\n")
                #expect(notes.contains("layers in 127.0.0.1:\(proxy.port)/lab/bench only: 3 (6 MiB)"), "\(notes)")
                #expect(notes.contains("not checked: ") && notes.contains("--check"), "\(notes)")

                // Whoever pulls gets all of it.
                let whole = BlobFolderImages.layoutFolder("\(folder)/whole")
                try ImageCopy(from: session().repository(name.repository), to: whole).run(
                    .tag(try Tag("v1")), tags: [try Tag("v1")])
                #expect(try whole.image(.tag(try Tag("v1"))).digest == expected.manifest.digest)
            }
        }
    }

    @Test func anotherTagOfTheRepositoryHelpsToo() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let bench = WheelBench(folder: folder)
                let lock = try bench.make(wheels, in: "first")
                let name = try reference(registry.port)
                _ = try buildAndPush(
                    bench, bench.request(lock, wheels: "first", name: name), in: ContentStore(home: "\(folder)/a"))
                try leaveOnly("", in: "\(folder)/first")
                let debug = try reference(registry.port, "v1-debug")
                let b = ContentStore(home: "\(folder)/b")
                let image = try buildAndPush(bench, bench.request(lock, wheels: "first", name: debug), in: b)
                #expect(image.image.layers.filter(\.isMade).map(\.kind) == [.environment])
                // Another repository is not believed.
                let elsewhere = try ImageReference("127.0.0.1:\(registry.port)/lab/other:v1")
                #expect(throws: ImageBuildError.self) {
                    try buildAndPush(bench, bench.request(lock, wheels: "first", name: elsewhere), in: b)
                }
            }
        }
    }

    /// What a repository says of its layers is neither noted nor used where everything shall be checked.
    @Test func theRegistrysWordServesOneBuild() throws {
        try withTemporaryFolder { folder in
            try RealRegistry.with(folder) { registry in
                let bench = WheelBench(folder: folder)
                let lock = try bench.make(wheels, in: "first")
                let name = try reference(registry.port)
                _ = try buildAndPush(
                    bench, bench.request(lock, wheels: "first", name: name), in: ContentStore(home: "\(folder)/a"))
                let b = ContentStore(home: "\(folder)/b")
                let request = try bench.request(lock, wheels: "first", name: name)
                let image = try buildAndPush(bench, request, in: b).image
                #expect(image.layers.contains { !$0.isHere })
                var checked = request
                checked.layers.target = target(name)
                checked.layers.mustBeHere = true
                let whole = try bench.build(checked, in: b)
                #expect(whole.layers.allSatisfy { $0.isHere } && whole.layers.filter(\.isMade).count == 5)
                #expect(whole.notes.isEmpty)
                #expect(whole.manifest.digest == image.manifest.digest)
                // With the wheels here they are made here, registry or not.
                for layer in whole.layers where layer.kind == .wheels {
                    try Files.remove("\(folder)/b/store/blobs/sha256/\(layer.record.descriptor.digest.hex)")
                    if let key = layer.key { b.removeRecord(key) }
                }
                let again = try buildAndPush(bench, request, in: b).image
                #expect(again.layers.filter(\.isMade).count == 5)
                // And anew where a person says so, whatever is here.
                var anew = request
                anew.layers.areMadeAnew = true
                let third = try bench.build(anew, in: b)
                #expect(third.layers.filter(\.isMade).count == 5)
                #expect(third.manifest.digest == image.manifest.digest)
            }
        }
    }
}

extension WheelPin {
    fileprivate static func all(_ wheels: [WheelPin], but name: String) -> [WheelPin] {
        wheels.filter { $0.name != name }
    }
}
