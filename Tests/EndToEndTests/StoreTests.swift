import Glibc
import HostSystem
import TestSupport
import Testing

/// `bunsen store`, as a person uses it.
@Suite struct StoreTests {
    /// A store with a blob that nothing refers to and an old wheel.
    private func inStore(_ body: (Project, _ blob: String, _ wheel: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder, home: "\(folder)/home")
            let content = Array("content".utf8)
            let hex = SHA256.hexDigest(content)
            let blob = "\(folder)/home/store/blobs/sha256/\(hex)"
            let wheel = "\(folder)/home/store/wheels/\(hex)/a-1-py3-none-any.whl"
            for path in [blob, wheel] {
                try Files.makeFolder(try #require(Files.parent(of: path)))
                try Files.write(content, to: path)
                var times = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
                utimensat(AT_FDCWD, path, &times, 0)
            }
            try body(project, blob, wheel)
        }
    }

    @Test func anEmptyStoreIsNoProblem() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder, home: "\(folder)/home")
            for arguments in [["store"], ["store", "prune"], ["store", "prune", "--yes"], ["store", "check"]] {
                let result = try project.bunsen(arguments: arguments)
                #expect(result.succeeded, "\(result.errorText)")
                #expect(result.output.isEmpty)
            }
        }
    }

    @Test func useIsShownAndFreed() throws {
        try inStore { project, blob, wheel in
            let usage = try JSONValue(parsing: project.bunsen("store", "--format", "json").output)
            #expect(usage["parts"].array.map { $0["kind"].string } == ["blobs", "wheels"])
            #expect(try project.bunsen("store").outputText.contains("2023-11-14"))

            let planned = try project.bunsen("store", "prune")
            #expect(planned.outputText.contains("blobs"))
            #expect(planned.errorText.contains("--yes"))
            #expect(Files.exists(blob))
            #expect(try project.bunsen("store", "prune", "--yes").succeeded)
            #expect(!Files.exists(blob))
            #expect(Files.exists(wheel))
            let done = try project.bunsen("store", "prune", "--older-than", "30d", "--force", "--format", "json")
            let report = try JSONValue(parsing: done.output)
            #expect(report["removed"][0]["name"].string == "a-1-py3-none-any.whl")
            #expect(report["isDone"].bool == true)
            #expect(!Files.exists(wheel))
        }
    }

    @Test func damageIsSaidAndDropped() throws {
        try inStore { project, blob, wheel in
            #expect(try project.bunsen("store", "check").end == .exited(code: 0))
            try Files.write("c0ntent", to: blob)
            let check = try project.bunsen("store", "check", "--format", "json")
            #expect(check.end == .exited(code: 65))
            let report = try JSONValue(parsing: check.output)
            #expect(report["damaged"].array.count == 1)
            #expect(report["damaged"][0]["removed"].bool == true)
            #expect(!Files.exists(blob))
            #expect(Files.exists(wheel))
            #expect(try project.bunsen("store", "check").end == .exited(code: 0))
        }
    }

    @Test(arguments: [["--older-than", "soon"], ["--budget", "much"], ["--images"], ["--older-than", "-1d"]])
    func whatCannotBeMeantIsRefused(arguments: [String]) throws {
        try withTemporaryFolder { folder in
            let result = try Project(folder: folder, home: "\(folder)/home").bunsen(
                arguments: ["store", "prune"] + arguments)
            #expect(result.end == .exited(code: 64), "\(result.errorText)")
        }
    }
}
