import Glibc
import HostSystem
import RecipeModel
import Testing

@testable import Resolver

/// Real uv against a local index that behaves and misbehaves. uv itself comes from PATH or from the Python index.
@Suite(.serialized) struct ResolverIndexTests {
    private static let home = testHome()

    private func resolve(
        _ index: String, packages: String = "bench-probe", variables: [String: String] = [:], folder: String,
        upgrade: Resolver.Upgrade = .nothing
    ) throws -> Resolver.Resolution {
        var environment = processEnvironment()
        _ = try UVTool.find(home: Self.home, environment: environment)
        for name in ["PIP_FIND_LINKS", "UV_FIND_LINKS", "PIP_INDEX_URL", "UV_DEFAULT_INDEX"] { environment[name] = nil }
        environment["PIP_CONFIG_FILE"] = "/dev/null"
        environment["UV_CACHE_DIR"] = "\(Self.home)/cache/tests"
        environment["UV_DEFAULT_INDEX"] = index
        environment["NO_PROXY"] = "127.0.0.1"
        environment.merge(variables) { $1 }
        let recipe = try RecipeReader.read(Array("packages: [\(packages)]".utf8), file: "f", folderName: "x")
        return try Resolver(home: Self.home, environment: environment)
            .resolve(recipe: recipe, folder: folder, upgrade: upgrade)
    }

    private func failure(_ index: String, packages: String = "bench-probe", _ variables: [String: String] = [:]) throws
        -> ResolverError?
    {
        try withFolder { folder in
            do {
                _ = try resolve(index, packages: packages, variables: variables, folder: folder)
                return nil
            } catch let error as ResolverError {
                let left = try Files.names(in: folder)
                #expect(left.isEmpty, "temporary files are left: \(left)")
                return error
            }
        }
    }

    @Test func theSameIndexGivesTheSameBytes() throws {
        try IndexServer.with { server in
            try withFolder { folder in
                let first = try resolve(server.address("good"), folder: folder)
                try first.write(folder: folder)
                let second = try resolve(server.address("good"), folder: folder)
                #expect(second.lockText == first.lockText && second.pylockText == first.pylockText)
                let lock = try LockReader.read(folder: folder)
                #expect(lock == first.lock)
                #expect(lock.packages.map(\.name) == ["bench-probe"])
                #expect(lock.packages.first?.size ?? 0 > 0 && lock.packages.first?.sha256?.count == 64)
                try Files.write(first.pylockText + "\n", to: "\(folder)/pylock.toml")
                #expect(throws: LockError.self) { try LockReader.read(folder: folder) }
            }
        }
    }

    /// With the configured index, because it has several versions of one small package.
    @Test func pinsStayUntilTheyAreToldToMove() throws {
        let environment = processEnvironment()
        func resolve(_ packages: String, _ folder: String, _ upgrade: Resolver.Upgrade) throws -> String? {
            let recipe = try RecipeReader.read(Array("packages: \(packages)".utf8), file: "f", folderName: "x")
            let resolution = try Resolver(home: Self.home, environment: environment)
                .resolve(recipe: recipe, folder: folder, upgrade: upgrade)
            try resolution.write(folder: folder)
            return resolution.lock.version(of: "six")
        }
        try withFolder { folder in
            _ = try resolve("[six==1.15.0]", folder, .nothing)
            #expect(try resolve("[six]", folder, .nothing) == "1.15.0")
            #expect(try resolve("[six]", folder, .packages(["other"])) == "1.15.0")
            #expect(try resolve("[six]", folder, .packages(["six"])) != "1.15.0")
        }
        try withFolder { folder in
            _ = try resolve("[six==1.15.0]", folder, .nothing)
            #expect(try resolve("[six]", folder, .everything) != "1.15.0")
        }
    }

    @Test func noPasswordReachesALock() throws {
        try IndexServer.with { server in
            try withFolder { folder in
                let resolution = try resolve(server.address("auth", user: "bench:secret@"), folder: folder)
                #expect(!resolution.lockText.contains("secret") && !resolution.pylockText.contains("secret"))
                #expect(!resolution.pylockText.contains("bench:"))
            }
            try withFolder { folder in
                let links = server.address("auth", user: "bench:secret@") + "/links"
                let resolution = try resolve(
                    server.address("good"), variables: ["PIP_FIND_LINKS": links, "PIP_NO_INDEX": "1"], folder: folder)
                #expect(resolution.lock.packages.map(\.name) == ["bench-probe"])
                #expect(resolution.pylockText.contains("/auth/bench_probe-1.0"))
                #expect(!(resolution.lockText + resolution.pylockText).contains("secret"))
            }
            let refused = try failure(server.address("auth", user: "bench:wrongpass@"))
            #expect(refused?.kind == .authentication)
            #expect(refused.map { "\($0) \($0.detail ?? "")".contains("wrongpass") } == false)
        }
    }

    @Test func anIndexThatAnswers500IsNamed() throws {
        try IndexServer.with { server in
            let error = try failure(server.address("500"), ["UV_HTTP_RETRIES": "0"])
            #expect(error?.kind == .serverError, "\(error?.detail ?? "")")
            #expect(error?.cause.contains("127.0.0.1:\(server.port)") == true)
        }
    }

    @Test func anIndexThatNeverAnswersEndsInTime() throws {
        try IndexServer.with { server in
            let start = monotonicSeconds()
            let error = try failure(server.address("hang"), ["UV_HTTP_TIMEOUT": "2", "UV_HTTP_RETRIES": "0"])
            #expect(error?.kind == .timeout)
            #expect(monotonicSeconds() - start < 30)
        }
    }

    @Test func anIndexThatIsNotThereIsNoNetwork() throws {
        #expect(try failure("http://127.0.0.1:9/simple", ["UV_HTTP_RETRIES": "0"])?.kind == .noNetwork)
    }

    @Test func requirementsThatCannotBeMetKeepUVsExplanation() throws {
        try IndexServer.with { server in
            let impossible = try failure(server.address("good"), packages: "bench-probe>=7")
            #expect(impossible?.kind == .impossible)
            #expect(impossible?.cause.contains("bench-probe>=7") == true)
            #expect(try failure(server.address("good"), packages: "bench-prbe")?.kind == .missingPackage)
            #expect(try failure(server.address("yanked"), packages: "\"bench-probe>=1\"")?.kind == .withdrawn)
        }
    }
}

/// One $BUNSEN_HOME for all tests, so that uv is installed once where PATH has none.
func testHome() -> String {
    let base = processEnvironment()["BUNSEN_TEST_HOME"] ?? ""
    return base.isEmpty ? "/tmp/bunsen-test-home-\(getuid())" : base
}
