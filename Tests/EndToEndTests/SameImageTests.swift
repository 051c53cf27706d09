import Glibc
import HostSystem
import TestSupport
import Testing

/// The same locks give the same image, whoever builds it.
@Suite(.serialized) struct SameImageTests {
    /// The tests' own build is root's. A user who is nobody builds it with an empty store, in user namespaces. Modules are
    /// compiled by several processes that take whichever comes next, each time in another order.
    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func rootAndAnOrdinaryUserGetTheSameDigest() throws {
        let image = try SmallImage.built.get()
        let ours = try image.project.bunsen(
            "build", "--locked", "--bytecode", "--no-cache", "-t", "localhost/small:compiled", "--format", "json",
            timeout: 1800)
        let compiled = try BuiltDigest.of(ours)
        try expectModulesUnpacked(ours, home: Project.home, owner: 0)
        try withTemporaryFolder { folder in
            chmod(folder, 0o755)
            let project = try image.copy(to: "\(folder)/project", home: "\(folder)/home")
            // The source tree may be where nobody else can enter.
            let program = "\(folder)/bunsen"
            try run("cp", "-L", Project.program, program)
            try run("chown", "-R", "\(Self.user):\(Self.user)", project.folder, "\(folder)/home")
            // Numbers for the user's namespaces, as `adduser` sets them aside, seen by this build alone.
            try Files.write("nobody:100000:65536\n", to: "\(folder)/numbers", mode: 0o644)
            let script = """
                for file in /etc/subuid /etc/subgid; do mount --bind "$1" "$file"; done
                shift
                exec setpriv --reuid=\(Self.user) --regid=\(Self.user) --clear-groups "$@"
                """
            var tool = try TestSupport.program("unshare")
            tool.environment = project.environment
            tool.environment["HOME"] = project.folder
            tool.workingFolder = project.folder
            let built = try tool.run(
                [
                    "--mount", "sh", "-euc", script, "sh", "\(folder)/numbers", program, "build", "--locked",
                    "--bytecode", "-t", "localhost/small:1", "--format", "json",
                ], timeout: 1800)
            #expect(try BuiltDigest.of(built) == compiled)
            #expect(compiled != image.digest)
            try expectModulesUnpacked(built, home: "\(folder)/home", owner: Self.user)
            #expect(try Files.names(in: "\(folder)/home/store/ingest").isEmpty)
        }
    }

    /// The layers of compiled modules lie unpacked beside their blobs, so that the first container copies nothing: the
    /// same files with the same modes and sizes as tar finds in the layer.
    private func expectModulesUnpacked(_ build: Tool.Result, home: String, owner: uid_t) throws {
        let layers = try JSONValue(parsing: build.output)["layers"].array
        let compiled = layers.filter { $0["kind"].string == "bytecode" }
        #expect(!compiled.isEmpty)
        for layer in compiled {
            let id = try #require(layer["diffID"].string).dropFirst("sha256:".count)
            let digest = try #require(layer["digest"].string).dropFirst("sha256:".count)
            let tree = "\(home)/store/snapshots/\(id)/tree"
            let listed = try program("tar").run(["-tvzf", "\(home)/store/blobs/sha256/\(digest)"], timeout: 60)
            let found = try program("find").run([tree, "-type", "f", "-printf", "%M %U %s %P\n"], timeout: 60)
            guard listed.succeeded, found.succeeded else { throw Unexpected(found) }
            var expected: Set<String> = []
            for line in listed.outputText.split(separator: "\n") where line.hasPrefix("-") {
                // Mode, owner, size, date, time, name.
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                expected.insert("\(words[0]) \(owner) \(words[2]) \(words[5...].joined(separator: " "))")
            }
            #expect(!expected.isEmpty)
            #expect(Set(found.outputText.split(separator: "\n").map(String.init)) == expected)
        }
    }

    private static let user: uid_t = 65534

    private func run(_ name: String, _ arguments: String...) throws {
        let result = try program(name).run(arguments, timeout: 60)
        guard result.succeeded else { throw Unexpected(result) }
    }
}
