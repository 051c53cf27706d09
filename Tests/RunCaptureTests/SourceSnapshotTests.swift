import Glibc
import HostSystem
import TestSupport
import Testing

@testable import RunCapture

@Suite struct SourceSnapshotTests {
    private let environment = processEnvironment().merging([
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": "/dev/null",
    ]) { $1 }

    private func git(_ folder: String, _ arguments: String...) throws {
        let path = try #require(findExecutable("git", searchPath: environment["PATH"] ?? "", from: "/"))
        let result = try Tool(executable: path, environment: environment, workingFolder: folder).run(arguments)
        try #require(result.succeeded, "\(result.errorText)")
    }

    private func take(_ folder: String, excluded: [String] = ["log"]) throws -> SourceSnapshot? {
        try SourceSnapshot.take(
            of: folder, excluded: excluded, environment: environment,
            redaction: Redaction(environment: ["X_TOKEN": "verysecret"]))
    }

    @Test func aFolderOutsideGitHasNoState() throws {
        try withTemporaryFolder { folder in
            let snapshot = try take(folder)
            #expect(snapshot?.state == nil)
        }
    }

    @Test func aCleanWorkingCopyHasACommitAndNoPatch() throws {
        try withTemporaryFolder { folder in
            try git(folder, "init", "-q", "-b", "trunk")
            try Files.write("print(1)\n", to: "\(folder)/train.py")
            try git(folder, "add", "."); try git(folder, "commit", "-qm", "one")
            try Files.makeFolder("\(folder)/log/entry")
            try Files.write("a result, not code", to: "\(folder)/log/entry/index.md")
            let snapshot = try #require(try take(folder))
            #expect(snapshot.state.commit?.count == 40)
            #expect(snapshot.state.branch == "trunk")
            #expect(!snapshot.state.dirty)
            #expect(snapshot.patch.isEmpty)
        }
    }

    @Test func thePatchGivesTheCodeBackUntrackedAndBinaryFilesIncluded() throws {
        try withTemporaryFolder { folder in
            try git(folder, "init", "-q")
            try Files.write("print(1)\n", to: "\(folder)/train.py")
            try Files.write("*.ckpt\n", to: "\(folder)/.gitignore")
            try git(folder, "add", "."); try git(folder, "commit", "-qm", "one")
            try Files.write("print(2)\n", to: "\(folder)/train.py")
            try Files.write("new = 1\n", to: "\(folder)/模型 new.py")
            try Files.write((0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 31) }, to: "\(folder)/bytes.bin")
            try Files.write("ignored", to: "\(folder)/big.ckpt")
            try Files.write([UInt8](repeating: 0, count: 2 << 20), to: "\(folder)/huge.dat")
            let snapshot = try #require(try take(folder))
            #expect(snapshot.state.dirty)
            #expect(snapshot.state.omitted.count == 1)
            #expect(snapshot.state.omitted.first?.contains("huge.dat") == true)

            let status = try Tool(
                executable: "/usr/bin/git", environment: environment, workingFolder: folder
            ).run(["status", "--porcelain"])
            #expect(status.outputText.contains("?? bytes.bin"), "the person's own index is untouched")

            try withTemporaryFolder { copy in
                try git(copy, "clone", "-q", folder, "c")
                try Files.write(snapshot.patch, to: "\(copy)/p.patch")
                try git("\(copy)/c", "apply", "../p.patch")
                #expect(try Files.readText("\(copy)/c/train.py") == "print(2)\n")
                #expect(try Files.readText("\(copy)/c/模型 new.py") == "new = 1\n")
                #expect(try Files.read("\(copy)/c/bytes.bin").count == 2000)
                #expect(!Files.exists("\(copy)/c/big.ckpt"))
            }
        }
    }

    @Test func aRepositoryWithoutCommitsIsAllPatch() throws {
        try withTemporaryFolder { folder in
            try git(folder, "init", "-q")
            try Files.write("print(1)\n", to: "\(folder)/train.py")
            let snapshot = try #require(try take(folder))
            #expect(snapshot.state.commit == nil)
            #expect(String(decoding: snapshot.patch, as: UTF8.self).contains("+print(1)"))
        }
    }

    @Test func secretsDoNotGetIntoThePatch() throws {
        try withTemporaryFolder { folder in
            try git(folder, "init", "-q")
            try Files.write("key = 'verysecret'\n", to: "\(folder)/train.py")
            let snapshot = try #require(try take(folder))
            let patch = String(decoding: snapshot.patch, as: UTF8.self)
            #expect(!patch.contains("verysecret"))
            #expect(patch.contains("[redacted]"))
            #expect(snapshot.state.omitted.contains { $0.contains("secrets") })
        }
    }

    @Test func aFolderBelowTheTopSeesTheWholeWorkingCopy() throws {
        try withTemporaryFolder { folder in
            try git(folder, "init", "-q")
            try Files.makeFolder("\(folder)/sub/log")
            try Files.write("a", to: "\(folder)/sub/train.py")
            try Files.write("b", to: "\(folder)/library.py")
            try Files.write("c", to: "\(folder)/sub/log/result.md")
            let patch = String(decoding: try #require(try take("\(folder)/sub")).patch, as: UTF8.self)
            #expect(patch.contains("library.py"))
            #expect(patch.contains("sub/train.py"))
            #expect(!patch.contains("result.md"))
        }
    }
}
