import HostSystem
import RecipeModel
import TestSupport
import Testing

@testable import Resolver

private func sample() -> Lock {
    LockWriter.sealed(
        Lock(
            inputs: ResolutionInputs(
                torch: "2.13", cuda: "cpu", python: "", packages: ["numpy", "six>=1 ; a == \"b\\c\""]),
            python: PythonVersion(3, 11), platform: "x86_64-manylinux_2_28",
            torch: Lock.TorchBuild(version: "2.13.0+cpu", build: "cpu"),
            packages: [
                Lock.Package(
                    name: "clip", version: "1.0", source: "https://example.org/clip", file: nil, size: nil, sha256: nil,
                    commit: "0123abc"),
                Lock.Package(
                    name: "torch", version: "2.13.0+cpu", source: "find-links", file: "torch-2.13.0+cpu.whl", size: 12,
                    sha256: String(repeating: "a1", count: 32)),
            ], pylockDigest: "sha256:" + String(repeating: "0", count: 64)))
}

private func failure(_ text: String) -> LockError? {
    do throws(LockError) {
        _ = try LockReader.read(Array(text.utf8), file: "bunsen.lock")
        return nil
    } catch {
        return error
    }
}

struct LockTests {
    @Test func aLockIsReadAsItWasWritten() throws {
        let text = LockWriter.text(sample())
        #expect(try LockReader.read(Array(text.utf8), file: "bunsen.lock") == sample())
        #expect(LockWriter.text(try LockReader.read(Array(text.utf8), file: "f")) == text)
        #expect(sample().environmentID.count == 16)
    }

    @Test func anEditedLockIsNoticed() {
        let text = LockWriter.text(sample())
        #expect(failure(text.replacing("size: 12", with: "size: 13"))?.kind == .edited)
        #expect(failure(text + "# more\n")?.kind == .edited)
    }

    @Test func aTruncatedLockIsNoticed() {
        let text = LockWriter.text(sample())
        #expect(failure(String(text.dropLast(5)))?.kind == .truncated)
        #expect(failure(text.split(separator: "\n").prefix(2).joined(separator: "\n"))?.kind == .truncated)
        #expect(failure("")?.reason == "the file is empty")
    }

    @Test func marksOfAMergeNameTheirLine() {
        let text = LockWriter.text(sample()).replacing("python: \"3.11\"", with: "<<<<<<< HEAD\npython: \"3.11\"")
        #expect(failure(text)?.kind == .conflict)
        #expect(failure(text)?.line == 11)
    }

    @Test func anotherFormatAndAnotherFileAreRefused() {
        #expect(
            failure(LockWriter.text(sample()).replacing("bunsen-lock: 1", with: "bunsen-lock: 2"))?.kind == .otherFormat
        )
        #expect(failure("version = 1\n")?.kind == .malformed)
    }

    @Test func aMissingLockSaysWhatToRun() {
        #expect {
            try LockReader.read(folder: "/nonexistent")
        } throws: {
            ($0 as? LockError)?.kind == .missing && ($0 as? LockError)?.hint == "run `bunsen lock`"
        }
    }

    /// Lines that carry the right digest but are not what the writer writes.
    @Test func noResealedNonsenseIsAccepted() {
        var generator = SeededGenerator(state: 3)
        let body = LockWriter.text(sample()).split(separator: "\n", omittingEmptySubsequences: false).dropFirst(3)
        for _ in 0..<3000 {
            var bytes = Array(body.joined(separator: "\n").utf8)
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...127, using: &generator)
            case 1: bytes.remove(at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + 30))
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let sealed =
                "\(LockWriter.header)\n\(LockWriter.formatLine)\ndigest: \(LockWriter.digest(ofBody: text))\n\(text)"
            guard failure(sealed) == nil, let lock = try? LockReader.read(Array(sealed.utf8), file: "f") else {
                continue
            }
            #expect(lock.inputs == sample().inputs)
        }
    }

    @Test func aLockAgreesUntilAKeyThatMattersChanges() throws {
        func recipe(_ text: String) throws -> Recipe {
            try RecipeReader.read(Array(text.utf8), file: "f", folderName: "x")
        }
        let first = try recipe("torch: \"2.13\"\ncuda: cpu\npackages: [numpy, six]")
        var lock = sample()
        lock.inputs = try ResolutionInputs(recipe: first, folder: "/")
        let sameForUs = try recipe(
            "name: other\ntorch: \"2.13\"\ncuda: cpu\npackages: [six, numpy]\nrecord: { language: zh }")
        #expect(try LockCheck.compare(recipe: sameForUs, folder: "/", lock: lock) == .agrees)
        let changed = try recipe("torch: \"2.14\"\ncuda: cpu\npackages: [numpy, pandas]")
        #expect(
            try LockCheck.compare(recipe: changed, folder: "/", lock: lock)
                == .differs([
                    "torch is 2.14, the lock has 2.13", "packages has pandas, the lock has not",
                    "the lock has six, packages has not",
                ]))
    }

    @Test func requirementsFilesCountWithWhatTheyInclude() throws {
        try withFolder { folder in
            try Files.write("-r more.txt\nsix\n", to: "\(folder)/requirements.txt")
            try Files.write("numpy\n", to: "\(folder)/more.txt")
            let recipe = try RecipeReader.read(
                Array("requirements: requirements.txt".utf8), file: "f", folderName: "x")
            let before = try ResolutionInputs(recipe: recipe, folder: folder)
            #expect(before.packages.count == 2)
            try Files.write("numpy<2\n", to: "\(folder)/more.txt")
            #expect(try ResolutionInputs(recipe: recipe, folder: folder).digest != before.digest)
            try Files.remove("\(folder)/more.txt")
            #expect(throws: ResolverError.self) { try ResolutionInputs(recipe: recipe, folder: folder) }
        }
    }
}
