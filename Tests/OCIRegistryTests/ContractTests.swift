import ContentStore
import Glibc
import HTTPTransfer
import HostSystem
import OCIModel
import Synchronization
import TestSupport
import Testing

@testable import OCIRegistry

/// What every place that holds images promises, whatever it is.
@Suite struct ContractTests {
    enum Place: String, CaseIterable, Sendable {
        case registry, registryInParts, layoutFolder, contentStore, archive
    }

    /// A place to write to, and the same place to read from afterwards.
    private struct Opened {
        let destination: any ImageDestination
        let source: () throws -> any ImageSource
    }

    private func with(_ place: Place, _ body: (Opened, String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            func both(_ images: any ImageSource & ImageDestination) throws {
                try body(Opened(destination: images, source: { images }), folder)
            }
            switch place {
            case .registry, .registryInParts:
                try RealRegistry.with(folder) { registry in
                    let session = testSession { $0.uploadChunk = place == .registry ? nil : 100_000 }
                    try both(registry.repository("some/path", session))
                }
            case .layoutFolder: try both(BlobFolderImages.layoutFolder("\(folder)/layout"))
            case .contentStore:
                let store = ContentStore(home: "\(folder)/home")
                try both(BlobFolderImages.stored(in: store, Repository("registry.example.org/some/path")))
            case .archive:
                let path = "\(folder)/image.tar"
                let writer = try DockerArchiveWriter(path, repository: Repository("registry.example.org/some/path"))
                let source = {
                    try writer.finish()
                    return try DockerArchive(path)
                }
                try body(Opened(destination: writer, source: source), folder)
            }
        }
    }

    @Test(arguments: Place.allCases)
    func imagesComeBackAsTheyWere(place: Place) throws {
        let image = try SampleImage(1)
        try with(place) { place, _ in
            let destination = place.destination
            for blob in image.blobs { #expect(try !destination.hasBlob(blob)) }
            try image.put(destination, tags: [try tag("v1"), try tag("latest")])
            for blob in image.blobs { #expect(try destination.hasBlob(blob)) }
            let source = try place.source()
            #expect(try source.tags() == [try tag("latest"), try tag("v1")])
            #expect(try image.isWhole(in: source, .tag(try tag("latest"))))
            #expect(try image.isWhole(in: source, .digest(image.manifest.digest)))
            #expect(try source.configuration(of: source.image(.tag(try tag("v1")))).value.platform == .host)
            for blob in image.blobs {
                let rest = try source.openBlob(blob, from: 7).readAll(limit: 64 << 20)
                #expect(rest == Array((image.content[blob.digest] ?? []).dropFirst(7)))
            }
        }
    }

    @Test(arguments: Place.allCases)
    func whatIsMissingIsSaidToBe(place: Place) throws {
        let image = try SampleImage(1, layers: [100])
        let other = try SampleImage(2, layers: [100])
        try with(place) { place, _ in
            try image.put(place.destination, tags: [try tag("v1")])
            let source = try place.source()
            for selector in [ImageSelector.tag(try tag("v2")), .digest(other.manifest.digest)] {
                let error = try #require(throws: OCIRegistryError.self) { try source.manifest(selector) }
                #expect(error.isMissing, "\(error)")
            }
            let error = try #require(throws: OCIRegistryError.self) {
                try source.openBlob(other.blobs[0], from: 0).readAll(limit: 1000)
            }
            #expect(error.isMissing, "\(error)")
        }
    }

    @Test(arguments: Place.allCases)
    func wrongContentIsRefused(place: Place) throws {
        let bytes = [UInt8](repeating: 7, count: 300_000)
        let blob = ContentDescriptor(mediaType: .layer, digest: Digest(of: bytes), size: 300_000)
        try with(place) { place, _ in
            let destination = place.destination
            #expect(throws: OCIRegistryError.self) {
                try destination.putBlob(blob, from: BlobContent(bytes.dropLast() + [8]))
            }
            #expect(try !destination.hasBlob(blob))
            #expect(throws: (any Error).self) {
                try destination.putBlob(blob, from: BlobContent(Array(bytes.dropLast(5))))
            }
            #expect(try !destination.hasBlob(blob))
            try destination.putBlob(blob, from: BlobContent(bytes))
            #expect(try destination.hasBlob(blob))
        }
    }

    private struct Interrupted: Error {}

    private final class Interrupting: ByteReader {
        private let reader: ArrayReader
        private var rest: Int

        init(_ bytes: [UInt8], after: Int) {
            reader = ArrayReader(bytes)
            rest = after
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            guard rest > 0 else { throw Interrupted() }
            let count = reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(rest, buffer.count)]))
            rest -= count
            return count
        }
    }

    @Test(arguments: Place.allCases)
    func interruptedBlobsAreNotThereAndGoOn(place: Place) throws {
        let bytes = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 7) }
        let blob = ContentDescriptor(mediaType: .layer, digest: Digest(of: bytes), size: 900_000)
        let kind = place
        try with(place) { place, _ in
            let destination = place.destination
            #expect(throws: Interrupted.self) {
                try destination.putBlob(
                    blob,
                    from: BlobContent { offset in
                        Interrupting(Array(bytes.dropFirst(Int(offset))), after: max(0, 400_000 - Int(offset)))
                    })
            }
            #expect(try !destination.hasBlob(blob))
            let offsets = Mutex<[Int64]>([])
            try destination.putBlob(
                blob,
                from: BlobContent { offset in
                    offsets.withLock { $0.append(offset) }
                    return ArrayReader(Array(bytes.dropFirst(Int(offset))))
                })
            #expect(try destination.hasBlob(blob))
            // Folders keep what came, also over processes.
            if kind == .layoutFolder || kind == .contentStore {
                #expect(offsets.withLock { $0 } == [400_000])
            }
        }
    }

    @Test(arguments: Place.allCases)
    func namesMove(place: Place) throws {
        let first = try SampleImage(1, layers: [100])
        let second = try SampleImage(2, layers: [100, 200])
        try with(place) { place, _ in
            try first.put(place.destination, tags: [try tag("a"), try tag("b")])
            try second.put(place.destination, tags: [try tag("b")])
            let source = try place.source()
            #expect(try first.isWhole(in: source, .tag(try tag("a"))))
            #expect(try second.isWhole(in: source, .tag(try tag("b"))))
            #expect(try source.tags() == [try tag("a"), try tag("b")])
        }
    }

    @Test(arguments: [Place.registry, .layoutFolder, .contentStore])
    func indexesKeepTheirImages(place: Place) throws {
        let images = try ["amd64", "arm64"].enumerated().map {
            try SampleImage(UInt64($0.offset), layers: [100], platform: Platform(architecture: $0.element))
        }
        let descriptors = images.enumerated().map { index, image in
            var descriptor = image.manifest.descriptor
            descriptor.platform = Platform(architecture: index == 0 ? "amd64" : "arm64")
            return descriptor
        }
        let index = ManifestDocument.index(try Document(ImageIndex(manifests: descriptors), mediaType: .index))
        try with(place) { place, folder in
            for image in images { try image.put(place.destination, tags: []) }
            try place.destination.putManifest(index, tags: [try tag("all")])
            let source = try place.source()
            let arm = try source.image(.tag(try tag("all")), for: Platform(architecture: "arm64"))
            #expect(arm.digest == images[1].manifest.digest)
            let error = try #require(throws: OCIRegistryError.self) {
                try source.image(.tag(try tag("all")), for: Platform(architecture: "riscv64"))
            }
            #expect("\(error)".contains("linux/amd64, linux/arm64"))
            let whole = BlobFolderImages.layoutFolder("\(folder)/whole")
            let result = try ImageCopy(from: source, to: whole).run(.tag(try tag("all")), tags: [try tag("x")])
            #expect(result.manifest.digest == index.digest)
            for image in images { #expect(try image.isWhole(in: whole, .digest(image.manifest.digest))) }
            let one = BlobFolderImages.layoutFolder("\(folder)/one")
            var copy = ImageCopy(from: source, to: one)
            copy.platforms = .only(Platform(architecture: "arm64"))
            #expect(try copy.run(.tag(try tag("all")), tags: [try tag("x")]).manifest.digest == arm.digest)
            #expect(throws: OCIRegistryError.self) { try one.manifest(.digest(images[0].manifest.digest)) }
        }
    }

    @Test(arguments: [Place.layoutFolder, .contentStore])
    func deletionTakesNamesAway(place: Place) throws {
        let image = try SampleImage(1, layers: [100])
        try with(place) { place, _ in
            try image.put(place.destination, tags: [try tag("a"), try tag("b"), try tag("c")])
            let source = try place.source()
            try place.destination.delete(.tag(try tag("a")))
            #expect(try source.tags() == [try tag("b"), try tag("c")])
            try place.destination.delete(.digest(image.manifest.digest))
            #expect(try source.tags().isEmpty)
            #expect(throws: OCIRegistryError.self) { try place.destination.delete(.tag(try tag("a"))) }
        }
    }

    @Test func fromEveryPlaceToEveryOther() throws {
        let image = try SampleImage(3, layers: [5000, 100_000])
        for from in Place.allCases {
            for to in Place.allCases {
                try with(from) { from, _ in
                    try image.put(from.destination, tags: [try tag("v1")])
                    let source = try from.source()
                    try with(to) { to, _ in
                        let events = Mutex<[String]>([])
                        var copy = ImageCopy(from: source, to: to.destination)
                        copy.onEvent = { event in
                            events.withLock {
                                switch event {
                                case .planned(let blobs): $0.append("planned \(blobs.count)")
                                case .finished(_, .moved): $0.append("moved")
                                case .manifest: $0.append("manifest")
                                default: break
                                }
                            }
                        }
                        let result = try copy.run(.tag(try tag("v1")), tags: [try tag("v1")])
                        #expect(result.manifest.digest == image.manifest.digest)
                        #expect(result.movedBytes == image.size)
                        #expect(events.withLock { $0 } == ["planned 3", "moved", "moved", "moved", "manifest"])
                        #expect(try image.isWhole(in: to.source(), .tag(try tag("v1"))))
                    }
                }
            }
        }
    }
}
