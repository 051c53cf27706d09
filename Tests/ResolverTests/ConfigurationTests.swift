import HostSystem
import RecipeModel
import Testing

@testable import Resolver

struct ConfigurationTests {
    @Test func pipsFilesAndVariablesAreReadInPipsOrder() throws {
        try withFolder { folder in
            try Files.write(
                """
                [global]
                index-url = https://user:secret@one.example.org/simple
                find-links =
                    /srv/wheels
                    /srv/more
                [list]
                index-url = https://wrong.example.org
                [install]
                trusted_host: one.example.org
                """, to: "\(folder)/pip.conf")
            let base = ["PIP_CONFIG_FILE": "\(folder)/pip.conf", "HOME": folder, "XDG_CONFIG_DIRS": folder + "/none"]
            let pip = PipConfiguration(environment: base)
            #expect(pip.indexURL == "https://user:secret@one.example.org/simple")
            #expect(pip.findLinks == ["/srv/wheels", "/srv/more"])
            #expect(pip.trustedHosts == ["one.example.org"])
            let changed = PipConfiguration(environment: base.merging(["PIP_FIND_LINKS": "/a /b"]) { $1 })
            #expect(changed.findLinks == ["/a", "/b"])
        }
    }

    @Test func uvsOwnSettingsGoBeforePips() {
        let base = [
            "PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "https://pip.example.org/simple", "PIP_FIND_LINKS": "/p",
            "UV_FIND_LINKS": "/u", "PIP_CERT": "/c.pem", "VIRTUAL_ENV": "/v", "UV_TORCH_BACKEND": "auto",
        ]
        let mapped = UVEnvironment(base: base, home: "/h")
        #expect(mapped.variables["UV_DEFAULT_INDEX"] == "https://pip.example.org/simple")
        #expect(mapped.findLinks == ["/u", "/p"])
        #expect(mapped.variables["UV_FIND_LINKS"] == "/u,/p")
        #expect(mapped.variables["SSL_CERT_FILE"] == "/c.pem")
        #expect(mapped.variables["UV_CACHE_DIR"] == "/h/cache/uv" && mapped.ownsCache)
        #expect(mapped.variables["VIRTUAL_ENV"] == nil && mapped.variables["UV_TORCH_BACKEND"] == nil)
        let own = UVEnvironment(
            base: base.merging(["UV_INDEX_URL": "https://uv.example.org", "UV_CACHE_DIR": "/c"]) { $1 }, home: "/h")
        #expect(own.variables["UV_DEFAULT_INDEX"] == nil && !own.ownsCache)
    }

    @Test(arguments: [
        ("https://user:pass@example.org/a", "https://example.org/a"), ("http://token@h:8080", "http://h:8080"),
        ("a https://u:p%40@h/x?y=@z b", "a https://h/x?y=@z b"), ("git+ssh://git@h/r", "git+ssh://h/r"),
        ("https://a:b@c@h/", "https://h/"), ("https://h/a@b", "https://h/a@b"),
        ("no address @ all", "no address @ all"),
        ("://", "://"), ("url = \"https://u:p@h/x\", size", "url = \"https://h/x\", size"),
    ])
    func credentialsLeaveAddresses(text: String, without: String) {
        #expect(URLCredentials.removed(from: text) == without)
    }

    @Test func interpretersAreChosenByWhatTorchSupports() {
        func python(_ full: String, _ path: String) -> PythonInterpreter? {
            PythonVersion(interpreterVersion: full).map {
                PythonInterpreter(path: path, fullVersion: full, version: $0)
            }
        }
        let installed = [
            python("3.11.7", "/a"), python("3.15.1", "/b"), python("3.12.1", "/c"), python("3.12.0", "/d"),
        ].compactMap { $0 }
        let torch = TorchVersion("2.8")
        #expect(PythonInterpreter.choose(installed, wanted: nil, torch: torch)?.path == "/c")
        #expect(PythonInterpreter.choose(installed, wanted: PythonVersion(3, 15), torch: nil)?.path == "/b")
        #expect(
            PythonInterpreter.choose(installed, wanted: nil, torch: torch, preferred: [PythonVersion(3, 11)])?.path
                == "/a")
        #expect(PythonInterpreter.choose(installed, wanted: PythonVersion(3, 10), torch: torch) == nil)
        #expect(PythonInterpreter.parse(Array("[{\"version\":\"3.15.0rc1\",\"path\":\"/x\"}, {]".utf8)).isEmpty)
    }

    @Test func localCPUWheelsAreFoundByTheirNames() throws {
        try withFolder { folder in
            for name in [
                "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl",
                "torch-2.13.1%2Bcpu-cp312-cp312-linux_x86_64.whl", "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_aarch64.whl", "torch--.whl", "other-1.0-py3-none-any.whl",
            ] {
                try Files.write("", to: "\(folder)/\(name)")
            }
            let wheels = LocalWheels(findLinks: ["file://\(folder)", "/nonexistent"], architecture: "x86_64")
            #expect(wheels.cpuTorch.count == 2)
            #expect(wheels.foldersWithoutTorch == ["/nonexistent"])
            let wanted = TorchVersion(major: 2, minor: 13)
            #expect(wheels.newest(wanted, python: PythonVersion(3, 12))?.packageVersion == "2.13.1+cpu")
            #expect(wheels.newest(wanted, python: PythonVersion(3, 13)) == nil)
        }
    }

    @Test func versionsOfUVAreComparedByNumbers() {
        #expect(UVTool.isAtLeast("0.13.9", "0.9.0") && UVTool.isAtLeast("1.0.0", "0.9.0"))
        #expect(!UVTool.isAtLeast("0.8.24", "0.9.0") && UVTool.isAtLeast("0.9.0", "0.9.0"))
    }

    @Test(arguments: [
        (
            "error: Failed to fetch: `https://h.example.org/simple/`\n  Caused by: HTTP status server error (503 Service)",
            ResolverError.Kind.serverError
        ),
        ("  × No solution found when resolving dependencies:\n  ╰─▶ Because a==1 was yanked", .withdrawn),
        ("error: No solution found\n  cause: Because x was not found in the package registry and you", .missingPackage),
        ("error: Failed to write\n  cause: No space left on device (os error 28)", .diskFull),
        ("error: Failed to download\n  cause: Hash mismatch for `six`", .hashMismatch),
        ("error: Failed to fetch: `https://h/x`\n cause: operation timed out", .timeout),
        ("error: x\n cause: invalid peer certificate: UnknownIssuer", .certificate), ("error: odd", .other),
        (
            "error: Failed to download `torch==2.13.0+cpu`\n  cause: failed to query metadata of file "
                + "`/srv/wheels/torch-2.13.0-py3-none-any.whl`: No such file or directory (os error 2)", .withdrawn
        ),
    ])
    func whatUVPrintsBecomesOneMessage(text: String, kind: ResolverError.Kind) {
        let error = UVFailure.error("cannot lock", text: "warning: noise\n" + text, end: .exited(code: 1))
        #expect(error.kind == kind)
        #expect(!error.cause.contains("warning") && !error.cause.contains("\n"))
    }
}
