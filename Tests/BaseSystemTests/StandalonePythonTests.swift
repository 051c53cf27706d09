import FoundationEssentials
import Glibc
import HostSystem
import LayerArchive
import RecipeModel
import TestSupport
import Testing

@testable import BaseSystem

/// A mirror in a folder, with one build that is made here: a script in place of the interpreter.
private struct PythonMirror {
    let folder: String
    let home: String
    var environment = processEnvironment()

    init(_ folder: String) throws {
        self.folder = folder
        // With the uv of all tests, which is installed there once.
        home = Project.home
        environment["UV_PYTHON_DOWNLOADS_JSON_URL"] = "\(folder)/downloads.json"
        environment["UV_PYTHON_INSTALL_MIRROR"] = nil
        environment["UV_CACHE_DIR"] = "\(folder)/cache"
    }

    static func file(_ date: String) -> String {
        "cpython-3.12.99+\(date)-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
    }

    func addBuild(date: String, marker: String) throws {
        let tree = "\(folder)/tree/python"
        let library = "\(tree)/lib/python3.12"
        for path in ["\(tree)/bin", "\(library)/site-packages/pip", "\(library)/site-packages/pip-25.dist-info"] {
            try Files.makeFolder(path)
        }
        try Files.write("#!/bin/sh\necho \(marker)\n", to: "\(tree)/bin/python3.12", mode: 0o755)
        for link in ["python3", "python"] {
            try Files.remove("\(tree)/bin/\(link)")
            symlink("python3.12", "\(tree)/bin/\(link)")
        }
        try Files.write("#!/bin/sh\n", to: "\(tree)/bin/pip3", mode: 0o755)
        try Files.write("x = 1\n", to: "\(library)/site-packages/pip/__init__.py")
        try Files.write("x = 1\n", to: "\(library)/site-packages/pip-25.dist-info/RECORD")
        try Files.write("y = 1\n", to: "\(library)/os.py")
        try Files.write(
            "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {'CC': 'clang -pthread', "
                + "'CXX': 'clang++', 'LIBDIR': '/install/lib', 'prefix': '/install'}\n",
            to: "\(library)/_sysconfigdata__linux_x86_64-linux-gnu.py")
        try Files.makeFolder("\(folder)/mirror/\(date)")
        let tar = try #require(findExecutable("tar", searchPath: "/usr/bin:/bin", from: "/"))
        let result = try Tool(executable: tar, environment: ["PATH": "/usr/bin:/bin"], workingFolder: "\(folder)/tree")
            .run(["czf", "\(folder)/mirror/\(date)/\(Self.file(date))", "python"], timeout: 60)
        try #require(result.succeeded, "\(result.errorText)")
    }

    /// What uv is told that can be had.
    func list(date: String) throws {
        let path = "\(folder)/mirror/\(date)/\(Self.file(date))"
        let address = "file://\(folder)/mirror/\(date)/\(PercentCoding.encoded(path: Self.file(date)))"
        try Files.write(
            """
            {"cpython-3.12.99-linux-x86_64-gnu": {"name": "cpython", "arch": {"family": "x86_64", "variant": null},
            "os": "linux", "libc": "gnu", "major": 3, "minor": 12, "patch": 99, "prerelease": "", "url": "\(address)",
            "sha256": "\(try SHA256.hexDigest(file: path))", "variant": null, "build": "\(date)"}}
            """, to: "\(folder)/downloads.json")
    }

    var finder: StandalonePythonFinder { StandalonePythonFinder(home: home, environment: environment) }

    func pin(_ version: PythonVersion = PythonVersion(3, 12)) throws -> StandalonePython {
        try finder.pin(version, architecture: "amd64", base: PythonVersion(3, 11))
    }
}

@Suite(.serialized) struct StandalonePythonTests {
    @Test func aBuildIsPinnedByDigestAndHadAgain() throws {
        try withTemporaryFolder { folder in
            let mirror = try PythonMirror(folder)
            try mirror.addBuild(date: "20260101", marker: "first")
            try mirror.list(date: "20260101")
            let pin = try mirror.pin()
            #expect(pin.version == "3.12.99")
            #expect(pin.key == "cpython-3.12.99-linux-x86_64-gnu")
            #expect(pin.file == PythonMirror.file("20260101"))
            let archive = "\(folder)/mirror/20260101/\(pin.file)"
            #expect(try pin.sha256 == SHA256.hexDigest(file: archive))

            // A later build of the same release does not replace the pinned one.
            try mirror.addBuild(date: "20260202", marker: "second")
            try mirror.list(date: "20260202")
            let fetched = try mirror.finder.fetch(pin, into: "\(folder)/store")
            #expect(try Files.read(fetched) == Files.read(archive))
            #expect(try Files.names(in: "\(folder)/store") == [pin.sha256])

            // What is there is not fetched again; what is gone, or changed, is told.
            try Files.remove("\(folder)/mirror/20260101")
            #expect(try mirror.finder.fetch(pin, into: "\(folder)/store") == fetched)
            let gone = #expect(throws: BaseSystemError.self) { try mirror.finder.fetch(pin, into: "\(folder)/other") }
            #expect(gone?.kind == .withdrawn, "\(gone as Any)")
            try mirror.addBuild(date: "20260101", marker: "forged")
            let forged = #expect(throws: BaseSystemError.self) { try mirror.finder.fetch(pin, into: "\(folder)/other") }
            #expect(forged?.kind == .hashMismatch, "\(forged as Any)")
            #expect(try Files.names(in: "\(folder)/other").isEmpty)
        }
    }

    @Test func aVersionThatCannotBeHadIsAnErrorThatNamesThoseThatCan() throws {
        try withTemporaryFolder { folder in
            let mirror = try PythonMirror(folder)
            try mirror.addBuild(date: "20260101", marker: "first")
            try mirror.list(date: "20260101")
            let error = #expect(throws: BaseSystemError.self) { try mirror.pin(PythonVersion(3, 7)) }
            #expect(error?.kind == .noPython)
            #expect("\(error as Any)".contains("3.7"))
            #expect(error?.hint == "these can be had: 3.12; 3.11 from the base")
        }
    }

    @Test func theLayerIsTheSameEveryTimeAndHasNoPip() throws {
        try withTemporaryFolder { folder in
            let mirror = try PythonMirror(folder)
            try mirror.addBuild(date: "20260101", marker: "first")
            let archive = "\(folder)/mirror/20260101/\(PythonMirror.file("20260101"))"
            let layers = try ["a", "b"].map { name in
                try StandalonePythonLayer.write(
                    archive: archive, prefix: "/opt/bunsen/python", scratch: folder, to: "\(folder)/\(name).tar")
            }
            #expect(layers[0].sha256 == layers[1].sha256)
            #expect(try SHA256.hexDigest(file: layers[0].path) == layers[0].sha256)
            #expect(try !Files.names(in: folder).contains { $0.hasSuffix(".spool") || $0.hasSuffix(".unfinished") })

            var entries: [String: TarEntry] = [:]
            var texts: [String: String] = [:]
            let reader = try TarReader(path: layers[0].path)
            while let entry = try reader.next() {
                entries[entry.path] = entry
                var bytes = [UInt8](repeating: 0, count: entry.size)
                _ = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
                texts[entry.path] = String(decoding: bytes, as: UTF8.self)
            }
            #expect(entries["opt"]?.kind == .folder && entries["opt/bunsen"]?.kind == .folder)
            #expect(entries["opt/bunsen/python/bin/python3"]?.kind == .symbolicLink(target: "python3.12"))
            #expect(entries["opt/bunsen/python/bin/python3.12"]?.mode == 0o755)
            #expect(entries.values.allSatisfy { $0.userID == 0 && $0.groupID == 0 })
            #expect(!entries.keys.contains { $0.contains("pip") })
            #expect(texts["opt/bunsen/python/lib/python3.12/os.py"] == "y = 1\n")
            let description = texts["opt/bunsen/python/lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py"]
            #expect(
                description
                    == "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {'CC': 'cc -pthread', 'CXX': 'c++', 'LIBDIR': '/opt/bunsen/python/lib', "
                    + "'prefix': '/opt/bunsen/python'}\n")
        }
    }

    @Test func anArchiveOfSomethingElseIsRefused() throws {
        try withTemporaryFolder { folder in
            try Files.write(
                TarHeaderEncoder().header(of: TarEntry("etc/passwd", .file, mode: 0o644)), to: "\(folder)/x")
            for bytes in [try Files.read("\(folder)/x"), [], Array("no archive".utf8)] {
                try Files.write(bytes, to: "\(folder)/x")
                #expect(throws: (any Error).self) {
                    try StandalonePythonLayer.write(
                        archive: "\(folder)/x", prefix: "/opt/python", scratch: folder, to: "\(folder)/y")
                }
                #expect(!Files.exists("\(folder)/y"))
            }
        }
    }
}
