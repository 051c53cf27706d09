import Glibc
import HostSystem
import OCIModel
import TestSupport
import Testing

@testable import OCIRegistry

@Suite struct CredentialTests {
    private let secret = RegistryCredentials.password(user: "u", password: "p")

    @Test(arguments: [
        ("registry.example.org", "registry.example.org"), ("registry.example.org", "https://registry.example.org/v2/"),
        ("registry.example.org:5000", "http://registry.example.org:5000"),
        ("docker.io", "https://index.docker.io/v1/"), ("docker.io", "docker.io"), ("docker.io", "registry-1.docker.io"),
    ])
    func theManyNamesOfARegistry(registry: String, key: String) throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/.docker")
            try Files.write(#"{"auths":{"\#(key)":{"auth":"dTpw"}}}"#, to: "\(folder)/.docker/config.json")
            let store = CredentialStore(environment: ["HOME": folder])
            #expect(try store.credentials(forRegistry: registry) == secret)
            #expect(try store.credentials(forRegistry: "other.example.org") == nil)
            #expect(try store.credentials(forRegistry: "example.org") == nil)
        }
    }

    @Test func theLongestNamespaceCounts() throws {
        try withTemporaryFolder { folder in
            let text = #"""
                {"auths":{"r.example.org/team":{"auth":"dDp0"},"r.example.org":{"auth":"dTpw"},
                "r.example.org/team/app":{"username":"a","password":"b"}}}
                """#
            try Files.write(text, to: "\(folder)/auth.json")
            let store = CredentialStore(environment: ["HOME": folder, "REGISTRY_AUTH_FILE": "\(folder)/auth.json"])
            func user(_ path: String?) throws -> String? {
                guard case .password(let user, _) = try store.credentials(forRegistry: "r.example.org", path: path)
                else { return nil }
                return user
            }
            #expect(try user("team/app") == "a")
            #expect(try user("team/other") == "t")
            #expect(try user("else") == "u")
            #expect(try user(nil) == "u")
        }
    }

    @Test func everyFileHasItsTurn() throws {
        try withTemporaryFolder { folder in
            let environment = ["HOME": "\(folder)/home", "XDG_RUNTIME_DIR": "\(folder)/run"]
            let store = CredentialStore(environment: environment)
            #expect(try store.credentials(forRegistry: "a.example.org") == nil)
            try Files.makeFolder("\(folder)/run/containers")
            try Files.write(#"{"auths":{"a.example.org":{"auth":"dTpw"}}}"#, to: "\(folder)/run/containers/auth.json")
            #expect(try store.credentials(forRegistry: "a.example.org") == secret)
            try store.save(.identityToken("t"), forRegistry: "a.example.org")
            #expect(try store.credentials(forRegistry: "a.example.org") == .identityToken("t"))
            #expect(try store.remove(registry: "a.example.org"))
            #expect(try store.credentials(forRegistry: "a.example.org") == nil)
            #expect(try !store.remove(registry: "a.example.org"))
        }
    }

    @Test func otherPeoplesSettingsStay() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/.docker/config.json"
            try Files.makeFolder("\(folder)/.docker")
            try Files.makeFolder("\(folder)/real")
            try Files.write(
                #"{"HttpHeaders":{"a":"b"},"detachKeys":"ctrl-e","n":12345678901,"x":[1.5,null,true],"auths":{"o":{"auth":"x"}}}"#,
                to: "\(folder)/real/config.json", mode: 0o644)
            symlink("\(folder)/real/config.json", path)
            let store = CredentialStore(environment: ["HOME": folder])
            try store.save(secret, forRegistry: "docker.io")
            let after = try JSONTree(parsing: Files.read(path))
            #expect(after["HttpHeaders"] == .object(["a": .string("b")]))
            #expect(after["n"] == .integer(12_345_678_901))
            #expect(after["x"] == .array([.number(1.5), .null, .bool(true)]))
            #expect(after["auths"]?["o"]?["auth"] == .string("x"))
            #expect(after["auths"]?["https://index.docker.io/v1/"]?["auth"] == .string("dTpw"))
            var status = stat()
            #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(try Files.names(in: "\(folder)/real") == ["config.json"])
        }
    }

    /// A helper that keeps what it is told in a file, as docker's speak.
    private func makeHelper(_ folder: String) throws {
        let script = """
            #!/bin/sh
            kept=\(folder)/kept
            case "$1" in
            store) cat > "$kept" ;;
            get) read -r name
              if [ "$name" = broken.example.org ]; then echo "the keychain is locked" >&2; exit 1; fi
              if [ -f "$kept" ] && grep -q "$name" "$kept"; then cat "$kept"
              else echo "credentials not found in native keychain"; exit 1; fi ;;
            erase) rm -f "$kept" ;;
            esac
            """
        try Files.write(script, to: "\(folder)/docker-credential-lab", mode: 0o755)
        chmod("\(folder)/docker-credential-lab", 0o755)
    }

    @Test(arguments: [#"{"credsStore":"lab"}"#, #"{"credHelpers":{"r.example.org":"lab","broken.example.org":"lab"}}"#])
    func helpersKeepPasswords(configuration: String) throws {
        try withTemporaryFolder { folder in
            try makeHelper(folder)
            try Files.makeFolder("\(folder)/.docker")
            try Files.write(configuration, to: "\(folder)/.docker/config.json")
            let store = CredentialStore(environment: ["HOME": folder, "PATH": "\(folder):/usr/bin:/bin"])
            #expect(try store.credentials(forRegistry: "r.example.org") == nil)
            #expect(try store.save(secret, forRegistry: "r.example.org") == "docker-credential-lab")
            #expect(try !Files.readText("\(folder)/.docker/config.json").contains("dTpw"))
            #expect(try store.credentials(forRegistry: "r.example.org") == secret)
            try store.save(.identityToken("t"), forRegistry: "r.example.org")
            #expect(try store.credentials(forRegistry: "r.example.org") == .identityToken("t"))
            let error = try #require(throws: OCIRegistryError.self) {
                try store.credentials(forRegistry: "broken.example.org")
            }
            #expect("\(error)".contains("the keychain is locked"))
            #expect(try store.remove(registry: "r.example.org"))
            #expect(try store.credentials(forRegistry: "r.example.org") == nil)
        }
    }

    @Test(arguments: [
        "[]", "{", #"{"auths":{"a.example.org":{"auth":"%%"}}}"#, #"{"auths":{"a.example.org":{"auth":"dXA="}}}"#,
        #"{"credsStore":"../../bin/sh"}"#, #"{"credsStore":"missing"}"#,
    ])
    func brokenFilesAreNamed(text: String) throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/.docker")
            try Files.write(text, to: "\(folder)/.docker/config.json")
            let store = CredentialStore(environment: ["HOME": folder, "PATH": "/usr/bin"])
            #expect(throws: OCIRegistryError.self) { try store.credentials(forRegistry: "a.example.org") }
        }
    }
}
