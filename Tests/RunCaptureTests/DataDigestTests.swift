import Glibc
import HostSystem
import TestSupport
import Testing

@testable import RunCapture

@Suite struct DataDigestTests {
    private func digest(_ path: String, home: String) throws -> (digest: String, files: Int, size: UInt64) {
        var digest = DataDigest(home: home, path: path)
        let folder = try digest.folder(path) { _ in }
        return (folder.digest, folder.files, folder.size)
    }

    @Test func theDigestFollowsContentAndNamesAndNothingElse() throws {
        try withTemporaryFolder { folder in
            let (data, home) = ("\(folder)/data", "\(folder)/home")
            try Files.makeFolder("\(data)/train")
            try Files.write("one", to: "\(data)/train/a.bin")
            try Files.write("two", to: "\(data)/b.bin")
            let first = try digest(data, home: home)
            #expect(first.files == 2 && first.size == 6)
            let lines = [("two", "b.bin"), ("one", "train/a.bin")].map { text, name in
                "\(SHA256.hexDigest(text.utf8))  3  \(name)\n"
            }
            #expect(first.digest == "sha256:\(SHA256.hexDigest(lines.joined().utf8))", "the documented form")

            utimes("\(data)/b.bin", nil)
            #expect(try digest(data, home: home).digest == first.digest)
            #expect(try digest(data, home: "\(folder)/other").digest == first.digest, "nothing depends on the memory")
            #expect(rename("\(data)/b.bin", "\(data)/c.bin") == 0)
            #expect(try digest(data, home: home).digest != first.digest)
            #expect(rename("\(data)/c.bin", "\(data)/b.bin") == 0)
            try Files.write("TWO", to: "\(data)/b.bin")
            #expect(try digest(data, home: home).digest != first.digest)
        }
    }

    @Test func linksLoopsAndPipesEndTheReading() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/data")
            try Files.write("one", to: "\(folder)/outside")
            symlink("../outside", "\(folder)/data/link")
            symlink("..", "\(folder)/data/loop")
            mkfifo("\(folder)/data/pipe", 0o600)
            let found = try digest("\(folder)/data", home: "\(folder)/home")
            #expect(found.files == 2 && found.size == 3)
            #expect(try digest("\(folder)/outside", home: "\(folder)/home").files == 1)
        }
    }
}
