import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import ContentStore

@Suite struct RecordTests {
    private struct Layer: Codable, Hashable {
        var digest: Digest
        var size: Int64
    }

    private let key = RecordKey("wheel-layer", "abc", "usr/lib", "1")
    private let layer = Layer(digest: Digest(of: [1]), size: 7)

    private func path(_ store: ContentStore) -> String { "\(store.root)/facts/wheel-layer/\(key.fileName)" }

    @Test func aRecordIsFoundByAllThatItDependsOn() throws {
        try withStore { store in
            #expect(store.record(key, as: Layer.self) == nil)
            try store.setRecord(layer, for: key)
            #expect(store.record(key) == layer)
            #expect(store.record(RecordKey("wheel-layer", "abc", "usr/lib", "2"), as: Layer.self) == nil)
            #expect(store.record(RecordKey("wheel-layer", "abcusr/lib", "", "1"), as: Layer.self) == nil)
            store.removeRecord(key)
            #expect(store.record(key, as: Layer.self) == nil)
        }
    }

    @Test func aRecordOfAnotherFormCountsAsNone() throws {
        try withStore { store in
            try store.setRecord(["an": "older form"], for: key)
            #expect(store.record(key, as: Layer.self) == nil)
            #expect(!Files.exists(path(store)))
        }
    }

    /// Every byte of a record's file matters.
    @Test func aDamagedRecordIsDropped() throws {
        try withStore { store in
            try store.setRecord(layer, for: key)
            let sound = try Files.read(path(store))
            var generator = SeededGenerator(3)
            for index in sound.indices {
                var bytes = sound
                bytes[index] ^= UInt8.random(in: 1...255, using: &generator)
                try Files.write(bytes, to: path(store))
                #expect(store.record(key, as: Layer.self) == nil)
                #expect(!Files.exists(path(store)))
            }
            try Files.write(sound.dropLast(), to: path(store))
            #expect(store.record(key, as: Layer.self) == nil)
            try Files.write(sound, to: path(store))
            #expect(store.record(key) == layer)
        }
    }

    @Test func aKindCannotLeaveTheFolder() throws {
        try withStore { store in
            #expect(throws: ContentStoreError.self) { try store.setRecord(1, for: RecordKey("../x", "1")) }
            #expect(store.record(RecordKey("../x", "1"), as: Int.self) == nil)
        }
    }

    @Test func namesReferToImages() throws {
        try withStore { store in
            let manifest = ContentDescriptor(mediaType: .manifest, digest: Digest(of: [1]), size: 1)
            let other = ContentDescriptor(mediaType: .manifest, digest: Digest(of: [2]), size: 1)
            try store.setImage(ImageRecord(name: "a/b:1", manifest: manifest, time: Timestamp(seconds: 1)))
            try store.setImage(ImageRecord(name: "../../c", manifest: manifest, time: Timestamp(seconds: 2)))
            #expect(store.images().map(\.name) == ["../../c", "a/b:1"])
            try store.setImage(ImageRecord(name: "a/b:1", manifest: other, project: "/p", time: Timestamp(seconds: 3)))
            #expect(store.image(named: "a/b:1")?.manifest == other)
            #expect(store.images().count == 2)
            #expect(try store.removeImage(named: "a/b:1"))
            #expect(try !store.removeImage(named: "a/b:1"))
            #expect(store.image(named: "a/b:1") == nil)
        }
    }
}
