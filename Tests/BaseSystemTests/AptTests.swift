import HostSystem
import RecipeModel
import TestSupport
import Testing

@testable import BaseSystem

@Suite struct AptPlanTests {
    static let sources = [
        DebianSource(archive: "bookworm", address: "http://mirror.example/debian/"),
        DebianSource(archive: "bookworm-security", address: "http://mirror.example/debian-security/"),
    ]
    static let digest = SHA256.hexDigest("x".utf8)
    static let plan = """
        'http://mirror.example/debian/pool/main/s/shadow/passwd_4.13%2bdfsg1-1_amd64.deb' \
        passwd_1%3a4.13+dfsg1-1_amd64.deb 972180 SHA256:\(digest)
        'http://mirror.example/debian-security/pool/updates/main/t/tzdata/tzdata_2026f_all.deb' tzdata_2026f_all.deb \
        307832 SHA256:\(digest)

        """

    @Test func aPlanBecomesPackages() throws {
        let packages = try AptPlan.packages(Self.plan, sources: Self.sources)
        #expect(
            packages == [
                DebianPackage(
                    name: "passwd", version: "1:4.13+dfsg1-1", architecture: "amd64", size: 972180, sha256: Self.digest,
                    archive: "bookworm", path: "pool/main/s/shadow/passwd_4.13+dfsg1-1_amd64.deb"),
                DebianPackage(
                    name: "tzdata", version: "2026f", architecture: "all", size: 307832, sha256: Self.digest,
                    archive: "bookworm-security", path: "pool/updates/main/t/tzdata/tzdata_2026f_all.deb"),
            ])
        #expect(
            PercentCoding.encoded(path: packages[0].path) == "pool/main/s/shadow/passwd_4.13%2bdfsg1-1_amd64.deb")
    }

    @Test func whatIsNotAPlanIsRefused() {
        for line in [
            "'http://elsewhere.example/x_1_all.deb' x_1_all.deb 1 SHA256:\(Self.digest)",
            "'http://mirror.example/debian/x_1_all.deb' x_1_all.deb 1 MD5Sum:abc",
            "'http://mirror.example/debian/x_1_all.deb' x_1_all.deb 1 ", "'", "''",
            "'http://mirror.example/debian/../x_1_all.deb' x_1_all.deb 1 SHA256:\(Self.digest)",
        ] {
            #expect(throws: BaseSystemError.self) { try AptPlan.packages(line, sources: Self.sources) }
        }
    }

    @Test func whateverTextComesNothingTraps() {
        var random = SeededGenerator(11)
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = Array(Self.plan.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...50, using: &random)))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            if let packages = try? AptPlan.packages(text, sources: Self.sources) {
                accepted += 1
                #expect(packages.allSatisfy { $0.isWellFormed })
            }
            _ = DebianSource.parse(text.replacing("'", with: " main "), suite: "bookworm")
            _ = InternetDate.timestamp(release: String(text.prefix(40)))
            _ = ListedPython.parse(bytes)
            _ = AptFailure.error("x", text)
        }
        #expect(accepted > 300 && accepted < 2900)
    }
}

@Suite struct DebianSourceTests {
    static let targets = """
        bookworm main http://mirror.example/debian/ Debian
        bookworm contrib http://mirror.example/debian/ Debian
        bookworm-updates main http://mirror.example/debian/ Debian
        bookworm-security main http://security.example/debian-security/ \n\
        bookworm-backports main http://mirror.example/debian/ Debian
        bookworm main http://other.example/tools/ Tools
        nodistro main http://node.example/ node
        """

    @Test func theMachinesMirrorsAreTaken() {
        let sources = DebianSource.parse(Self.targets, suite: "bookworm")
        #expect(
            sources == [
                DebianSource(archive: "bookworm", address: "http://mirror.example/debian/"),
                DebianSource(archive: "bookworm-updates", address: "http://mirror.example/debian/"),
                DebianSource(archive: "bookworm-security", address: "http://security.example/debian-security/"),
            ])
    }

    @Test func theyHaveOtherSuitesToo() {
        let archives = DebianSource.parse(Self.targets, suite: "trixie").map(\.archive)
        #expect(archives == ["trixie", "trixie-updates", "trixie-security"])
    }

    @Test func aChosenMirrorGoesFirst() throws {
        let environment = [
            "BUNSEN_DEBIAN_MIRROR": "http://a.example/debian", "BUNSEN_DEBIAN_SECURITY_MIRROR": "http://b.example/s/",
        ]
        let sources = try DebianSource.find(suite: "bookworm", environment: environment)
        #expect(
            sources.map(\.address) == ["http://a.example/debian/", "http://a.example/debian/", "http://b.example/s/"])
    }

    @Test func datesOfReleasesAreRead() {
        #expect(InternetDate.timestamp(release: "Sat, 06 Sep 2025 10:05:07 UTC")?.rfc3339 == "2025-09-06T10:05:07Z")
        #expect(InternetDate.timestamp(release: "Sat, 06 Sep 2025 10:05:07 +0200") == nil)
        #expect(InternetDate.timestamp(release: "Sat, 06 Foo 2025 10:05:07 UTC") == nil)
        #expect(InternetDate.timestamp(rfc3339: "2025-09-06T10:05:07Z")?.rfc3339 == "2025-09-06T10:05:07Z")
        for text in ["", "T", "2025-13-06T10:05:07Z", "2025-09-06T10:05:07", "99999999-1-1T1:1:1Z"] {
            #expect(InternetDate.timestamp(rfc3339: text) == nil)
        }
    }
}

@Suite struct AptFailureTests {
    @Test(arguments: [
        ("E: Unable to locate package gti\n", BaseSystemError.Kind.missingPackage),
        ("E: Package 'foo' has no installation candidate", .missingPackage),
        ("W: Failed to fetch http://x  Temporary failure resolving 'x'", .noNetwork),
        ("Err:1 http://x Could not connect to 127.0.0.1:1", .noNetwork),
        ("W: GPG error: http://x InRelease: NO_PUBKEY 0E98404D386FA1D9", .unverified),
        ("E: Failed to fetch store:/x  Hash Sum mismatch", .hashMismatch),
        ("dpkg: error: No space left on device", .diskFull),
        ("E: You don't have enough free space in /x", .diskFull),
        ("E: The repository 'http://x bookworm Release' does not have a Release file.", .noMirror),
        ("The following packages have unmet dependencies:\n a : Conflicts: b", .impossible),
        ("E: something new", .other),
    ])
    func messagesAreUnderstood(text: String, kind: BaseSystemError.Kind) {
        #expect(AptFailure.error("x", text).kind == kind)
    }

    @Test func aToolThatIsMissingIsNamedWithItsPackage() {
        let error = #expect(throws: BaseSystemError.self) {
            try AptTool.find("no-such-bootstrap", package: "the-package", environment: ["PATH": "/nowhere"])
        }
        #expect(error?.kind == .missingTool && error?.cause == "no-such-bootstrap is not installed")
        #expect(error?.hint?.hasPrefix("sudo apt-get install the-package") == true)
    }

    @Test func passwordsOfMirrorsStayOut() throws {
        let result = try Tool(executable: "/bin/sh", environment: [:]).run(
            ["-c", "echo 'E: http://me:secret@mirror.example/x' >&2; exit 100"])
        let error = AptFailure.error("x", result)
        #expect(!"\(error) \(error.detail ?? "")".contains("secret"))
    }
}

/// With the mirrors of this machine.
@Suite struct DebianResolverTests {
    @Test func aPackageThatDoesNotExistIsNamedWithOneThatDoes() throws {
        let request = BaseRequest(architecture: "amd64", python: PythonVersion(3, 11), system: ["openssh-servr"])
        let error = #expect(throws: BaseSystemError.self) {
            try BaseResolver(home: Project.home, environment: processEnvironment()).resolve(request, image: noImage)
        }
        #expect(error?.kind == .missingPackage)
        #expect("\(error as Any)".contains("openssh-servr"))
        #expect(error?.hint == "did you mean openssh-server?")
    }

    @Test func withoutANetworkTheMirrorIsNamedAsTheCause() throws {
        try withTemporaryFolder { folder in
            var environment = processEnvironment()
            environment["BUNSEN_DEBIAN_MIRROR"] = "http://127.0.0.1:1/debian"
            for name in ["http_proxy", "HTTP_PROXY"] { environment[name] = nil }
            let request = BaseRequest(architecture: "amd64", python: PythonVersion(3, 11))
            let error = #expect(throws: BaseSystemError.self) {
                try BaseResolver(home: folder, environment: environment).resolve(request, image: noImage)
            }
            #expect(error?.kind == .noNetwork)
            #expect(error?.hint?.contains("BUNSEN_DEBIAN_MIRROR") == true)
        }
    }

    @Test func aMirrorThatIsNotSignedIsRefused() throws {
        try withTemporaryFolder { folder in
            let index = "\(folder)/debian/dists/bookworm"
            try Files.makeFolder(index)
            try Files.write("Origin: Debian\nSuite: bookworm\nCodename: bookworm\n", to: "\(index)/Release")
            var environment = processEnvironment()
            environment["BUNSEN_DEBIAN_MIRROR"] = "file://\(folder)/debian"
            let request = BaseRequest(architecture: "amd64", python: PythonVersion(3, 11))
            let error = #expect(throws: BaseSystemError.self) {
                try BaseResolver(home: folder, environment: environment).resolve(request, image: noImage)
            }
            #expect(error?.kind == .unverified, "\(error as Any)")
        }
    }

    @Test func systemPackagesNeedADebianBase() throws {
        let request = BaseRequest(
            base: "registry.example.org/base:1", architecture: "amd64", python: PythonVersion(3, 11), system: ["git"])
        #expect(throws: BaseSystemError.self) {
            try BaseResolver(home: Project.home, environment: [:]).resolve(request, image: noImage)
        }
    }
}

/// For requests that are not for an image of a registry.
func noImage(_ reference: String, _ platform: String) throws -> ImagePin {
    throw SystemError("pull", reference, code: 2)
}
