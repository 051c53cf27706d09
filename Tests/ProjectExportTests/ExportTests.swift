import BaseSystem
import ExperimentModel
import FoundationEssentials
import HostSystem
import RecipeModel
import TestSupport
import Testing

@testable import ProjectExport
@testable import Resolver

private let image = "registry.example.org/team/digits@sha256:" + String(repeating: "a", count: 64)

/// What a recipe says, as an exported file would have it.
private func subject(_ recipe: String, usesGPU: Bool = false) throws -> ExportSubject {
    try withTemporaryFolder { folder in
        let path = "\(folder)/bunsen.yaml"
        try Files.write(recipe, to: path)
        return ExportSubject(
            recipe: try RecipeReader.read(path: path), image: image, user: "bunsen", usesGPU: usesGPU)
    }
}

@Suite struct DevContainerTests {
    private struct File: Decodable {
        let name: String
        let image: String
        let runArgs: [String]
        let mounts: [String]?
        let workspaceMount: String
        let hostRequirements: [String: String]?
        let forwardPorts: [Int]?
    }

    private func file(_ recipe: String, usesGPU: Bool = false) throws -> File {
        let text = try DevContainerFile(subject(recipe, usesGPU: usesGPU)).text
        return try JSONDecoder().decode(File.self, from: Data(text.utf8))
    }

    @Test func mountsAndLimitsAreTheRecipes() throws {
        let file = try file(
            """
            name: digits
            tools: [jupyter]
            run:
              limits: { gpus: 2, memory: 32g, cpus: 1.5, shm: 8g, pids: 200, ulimits: [nofile=10:20] }
              mounts: [./data:/workspace/data:ro, "/mnt/sets:/sets"]
            """)
        #expect(file.name == "digits" && file.image == image)
        #expect(
            file.runArgs == [
                "--shm-size=8g", "--memory=32g", "--memory-swap=32g", "--cpus=1.5", "--pids-limit=200",
                "--ulimit=nofile=10:20", "--gpus=2",
            ])
        #expect(
            file.mounts == [
                "type=bind,source=${localWorkspaceFolder}/data,target=/workspace/data,readonly",
                "type=bind,source=/mnt/sets,target=/sets",
            ])
        #expect(file.workspaceMount == "type=bind,source=${localWorkspaceFolder},target=/workspace")
        #expect(file.hostRequirements == nil && file.forwardPorts == [8888])
    }

    @Test func sharedMemoryIsHalfOfTheMemoryAndAtLeastTwoGigabytes() throws {
        #expect(try file("name: a").runArgs == ["--shm-size=2048m"])
        #expect(try file("name: a\nrun: { limits: { memory: 1g } }").runArgs[0] == "--shm-size=2048m")
        #expect(try file("name: a\nrun: { limits: { memory: 10g } }").runArgs[0] == "--shm-size=5120m")
    }

    @Test func aTorchForGPUsAsksForThemWhereTheyAre() throws {
        #expect(try file("name: a", usesGPU: true).hostRequirements == ["gpu": "optional"])
        let none = try file("name: a\nrun: { limits: { gpus: 0 } }", usesGPU: true)
        #expect(none.hostRequirements == nil && !none.runArgs.contains { $0.hasPrefix("--gpus") })
    }
}

@Suite struct ComposeTests {
    /// The file as Debian's Compose understands it.
    private func judged(_ recipe: String, usesGPU: Bool = false) throws -> String {
        let text = try ComposeFile(subject(recipe, usesGPU: usesGPU)).text
        return try withTemporaryFolder { folder in
            try Files.write(text, to: "\(folder)/compose.yaml")
            let environment = processEnvironment()
            let compose = try #require(
                findExecutable("docker-compose", searchPath: environment["PATH"] ?? "", from: "/"))
            let result = try Tool(executable: compose, environment: environment, workingFolder: folder)
                .run(["config"], timeout: 60)
            try #require(result.succeeded, "\(result.errorText)\n\(text)")
            return String(decoding: result.output, as: UTF8.self).replacing(folder, with: "HERE")
        }
    }

    @Test func composeUnderstandsMountsAndLimits() throws {
        let text = try judged(
            """
            name: "数字-Digits_1"
            run:
              limits: { memory: 32g, cpus: 0.25, gpus: 2, pids: 200, ulimits: [nofile=10:20] }
              mounts: [data:/workspace/data:ro]
            """)
        #expect(text.contains("digits-1:"), "names of services are plain: \(text)")
        #expect(text.contains("cpus: 0.25") && text.contains("mem_limit: 32g") && text.contains("memswap_limit: 32g"))
        #expect(text.contains("shm_size: 16384m") && text.contains("image: \(image)"))
        #expect(text.contains("source: HERE/data") && text.contains("read_only: true"))
        #expect(text.contains("count: 2") && text.contains("driver: nvidia"))
        #expect(text.contains("pids_limit: 200") && text.contains("soft: 10") && text.contains("hard: 20"))
        #expect(text.contains("user: 1000:1000"))
    }

    @Test func aRecipeWithoutAnythingIsEnough() throws {
        let text = try judged("name: 数字")
        #expect(text.contains("experiment:") && !text.contains("mem_limit") && !text.contains("devices"))
        #expect(try judged("name: a", usesGPU: true).contains("count: -1"))
    }
}

@Suite struct DockerfileTests {
    private let lock = Lock(
        inputs: ResolutionInputs(torch: "2.13", cuda: "cpu", python: "3.11", packages: []),
        python: PythonVersion(3, 11), platform: "x86_64-manylinux_2_28",
        torch: .init(version: "2.13.0+cu130", build: "cu130"), packages: [], pylockDigest: "")

    private func dockerfile(
        _ pylock: String = "", base: BasePin? = nil, python: PythonPin = .base(version: "3.11.2"),
        environment: [String: String] = [:]
    ) throws -> Dockerfile {
        let request = BaseRequest(
            architecture: "amd64", python: lock.python, system: ["git"], compiler: true)
        let debian = DebianPin(suite: "bookworm", architecture: "amd64", date: .now, packages: [])
        return try Dockerfile(
            lock: lock, pylock: pylock,
            base: BaseLock(request: request, base: base ?? .debian(debian), python: python),
            environment: environment, userID: 1234)
    }

    @Test func theSystemThePackagesAndTheAccountAreTheImages() throws {
        let text = try dockerfile(environment: ["A": #"x "y" $z \"#]).text
        #expect(text.contains("FROM debian:bookworm\n"))
        for name in ["git", "gcc", "python3-venv", "ca-certificates"] {
            #expect(text.contains("      \(name) \\\n"))
        }
        #expect(text.contains("uv pip sync --no-cache --python /opt/bunsen /tmp/pylock.toml"))
        #expect(text.contains("useradd --uid 1234") && text.contains("USER 1234:1234"))
        #expect(text.contains(#"A="x \"y\" \$z \\""#))
        #expect(text.contains(#"NVIDIA_VISIBLE_DEVICES="all""#))
        #expect(text.contains(#"ENTRYPOINT ["tini", "-s", "-g", "--"]"#) && !text.contains("COPY wheels/"))
    }

    @Test func filesOfThisMachineAreNamed() throws {
        let made = try dockerfile(
            """
            wheels = [{ url = "file:///opt/wheels/torch.whl", hashes = { } }, { url = "file:///srv/a/b.whl" }]
            sdist = { url = "file://
            """)
        #expect(made.localFiles == ["/opt/wheels/torch.whl", "/srv/a/b.whl"])
        #expect(made.text.contains("COPY wheels/ /opt/wheels/\nCOPY wheels/ /srv/a/"))
    }

    @Test func anotherImageIsNamedByDigestAndNothingIsInstalledIntoIt() throws {
        let digest = "sha256:" + String(repeating: "b", count: 64)
        let base = BasePin.image(
            ImagePin(reference: "registry.example.org/base:v1", digest: digest, platform: "linux/amd64"))
        let text = try dockerfile(base: base).text
        #expect(text.contains("FROM registry.example.org/base:v1@\(digest)\n") && !text.contains("apt-get"))
        #expect(!text.contains("ENTRYPOINT"))
    }

    @Test func aVariableWithALineBreakIsRefused() throws {
        #expect(throws: ProjectExportError.self) { _ = try dockerfile(environment: ["A": "x\ny"]) }
    }
}
