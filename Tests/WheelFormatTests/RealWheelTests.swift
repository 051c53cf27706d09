import HostSystem
import TestSupport
import Testing
import WheelFormat

/// uv and pip judge us: the same wheels, installed into the same place, must give the same files.
///
/// What may differ, and is compared in another way:
/// - INSTALLER holds the name of the program; uv adds `uv_cache.json` and both add `direct_url.json`, because the
///   wheels are given as files.
/// - uv leaves RECORD the mode that the zip file gives it; ours is 0644.
/// - pip's launchers call the same function by other lines, and its RECORD is not sorted and ends lines with CR LF.
@Suite(.serialized) struct RealWheelTests {
    @Test func theSameAsUV() throws {
        let wheels = try RealWheels.small()
        #expect(wheels.count >= 60)
        try compareWithUV(wheels)
    }

    /// Those that have programs or a `.data` folder: what pip does with the others is not different from uv.
    @Test func theSameAsPip() throws {
        let wheels = try RealWheels.small().filter { path in
            let wheel = try WheelArchive(path: path)
            return !wheel.entryPoints.consoleScripts.isEmpty
                || wheel.zip.members.contains { $0.path.split(separator: "/")[0].hasSuffix(".data") }
        }
        #expect(wheels.count >= 30)
        try withInstallations { folders in
            try folders.install("pip") { prefix in
                try RealWheels.run(
                    RealWheels.python(),
                    [
                        "-m", "pip", "--python", "\(prefix)/bin/python", "install", "--no-deps", "--no-index",
                        "--no-compile",
                    ]
                        + wheels)
            }
            let plans = try folders.installOurs(wheels)
            try folders.compare("pip", plans)
        }
    }

    /// torch for CUDA with every wheel that it needs.
    ///
    ///     BUNSEN_LARGE_WHEELS=FOLDER ./test --filter RealWheelTests
    ///
    /// downloads what FOLDER does not have (3.7 GB) and needs 20 GB of disk below `.build`.
    @Test(
        .enabled(
            if: RealWheels.largeFolder != nil,
            "the 3.7 GB of wheels for CUDA are not there: set BUNSEN_LARGE_WHEELS to a folder to keep them in"
        ))
    func theSameAsUVForCUDA() throws {
        try compareWithUV(try RealWheels.large())
    }

    @Test func damagedRealWheelsNeverTrap() throws {
        var random = SeededGenerator(10)
        var tried = 0
        for path in try RealWheels.small() {
            guard try FileBytes(path: path).count < 100_000 else { continue }
            let bytes = try Files.read(path)
            let name = Files.name(of: path)
            let error = try exerciseWheel(bytes, named: name)
            #expect(error == nil)
            let directory = (try ZipDirectory(path: path).members.map(\.limit).max() ?? 0)..<bytes.count
            for round in 0..<25 {
                _ = try exerciseWheel(
                    mutated(bytes, &random, in: round % 2 == 0 ? nil : directory), named: name)
            }
            tried += 1
        }
        #expect(tried >= 10)
    }

    private func compareWithUV(_ wheels: [String]) throws {
        try withInstallations { folders in
            let uv = try RealWheels.uv()
            try folders.install("uv") { prefix in
                try RealWheels.run(
                    uv,
                    [
                        "pip", "install", "--quiet", "--no-deps", "--offline", "--no-index", "--python",
                        "\(prefix)/bin/python",
                    ] + wheels, cache: "\(folders.folder)/cache")
            }
            let plans = try folders.installOurs(wheels)
            try folders.compare("uv", plans)
        }
    }

    private func withInstallations(_ body: (Installations) throws -> Void) throws {
        let folder = "\(Project.home)/installations-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeFolder(folder)
        defer { try? Files.remove(folder) }
        try body(Installations(folder: folder))
    }
}
