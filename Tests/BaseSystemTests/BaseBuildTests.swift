import Glibc
import HostSystem
import LayerArchive
import RecipeModel
import TestSupport
import Testing

@testable import BaseSystem

/// The base that the tests build: with Python, an SSH server, and a variant that has sudo.
enum TestBase {
    static let options = BaseOptions(userID: 1234)
    static let request = BaseRequest(
        architecture: machineArchitecture, python: PythonVersion(3, 11), system: ["openssh-server"],
        variants: ["debug": ["sudo"]])
    /// A copy has a lock of its own where it is another user, who may not look into the folder of the sources.
    static let folder: String = {
        if let home = processEnvironment()[copyVariable], Files.exists("\(home)/\(BaseLock.fileName)") { return home }
        return "\(Project.home)/base"
    }()

    static var machineArchitecture: String {
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return machine == "aarch64" ? "arm64" : "amd64"
    }

    /// Resolved once and kept, so that its packages are downloaded once.
    static func pin() throws -> DebianPin {
        try Files.makeFolder(folder)
        if let lock = try? BaseLockReader.read(folder: folder), lock.request == request,
            case .debian(let pin) = lock.base,
            DebianResolver.additions.allSatisfy(Set(pin.packages.map(\.name)).contains)
        {
            return pin
        }
        let lock = try BaseResolver(home: Project.home, environment: processEnvironment()).resolve(
            request, image: noImage)
        try lock.write(folder: folder)
        guard case .debian(let pin) = lock.base else { throw SystemError("read", folder, code: ENOENT) }
        return pin
    }

    static func store(_ folder: String = "\(folder)/packages") -> DebianStore {
        DebianStore(folder: folder, environment: processEnvironment())
    }

    static func build(home: String, packages: String = "\(folder)/packages", variant: String? = nil, to path: String)
        throws
        -> BaseTree
    {
        try BaseBuilder(home: home, environment: processEnvironment(), store: store(packages)).build(
            try pin(), request: request, variant: variant, options: options, to: path)
    }

    /// Tells a copy of the tests, started by a test, what to build: the folder of its home.
    static let copyVariable = "BUNSEN_TEST_BUILD_BASE"

    /// Starts these tests again, as another user where one is given, to build a base in a process of their own.
    static func startCopy(test: String, home: String, user: String?) throws -> Tool.Running {
        try TestCopy.start(
            test, variables: [copyVariable: home], user: user, umask: user == nil ? "022" : "077", in: home)
    }
}

/// One after the other: each build keeps both cores busy.
@Suite(.serialized) struct BaseBuildTests {
    @Test func anOrdinaryUserBuildsTheSameBytesAsRoot() throws {
        if let home = processEnvironment()[TestBase.copyVariable] {
            // This is the copy: build, and let the other one compare.
            let tree = try TestBase.build(home: home, packages: "\(home)/packages", to: "\(home)/base.tar")
            try Files.write(tree.archive.sha256, to: "\(home)/digest")
            return
        }
        let path = "\(TestBase.folder)/base.tar"
        try Files.remove(path)
        let tree = try TestBase.build(home: Project.home, to: path)
        try inspect(tree)

        try withTemporaryFolder { home in
            chmod(home, 0o755)
            try Files.makeFolder("\(home)/packages")
            for package in try TestBase.pin().packages {
                try copyFile(TestBase.store().path(of: package), to: "\(home)/packages/\(package.sha256)")
            }
            try Files.write(Files.read("\(TestBase.folder)/\(BaseLock.fileName)"), to: "\(home)/\(BaseLock.fileName)")
            var user: String?
            if geteuid() == 0 {
                let account = try #require(getpwnam(TestCopy.ordinaryUser), "there is no account bunsen-test: ./test")
                user = TestCopy.ordinaryUser
                for folder in [home, "\(home)/packages"] {
                    chown(folder, account.pointee.pw_uid, account.pointee.pw_gid)
                }
            }
            let copy = try TestBase.startCopy(
                test: "anOrdinaryUserBuildsTheSameBytesAsRoot", home: home, user: user)
            let words = try copy.allOutput()
            #expect(copy.child.wait().succeeded, "\(words.suffix(3000))")
            #expect(try Files.readText("\(home)/digest") == tree.archive.sha256, "\(words.suffix(3000))")
            #expect(try SHA256.hexDigest(file: "\(home)/base.tar") == tree.archive.sha256)
        }
    }

    private func inspect(_ tree: BaseTree) throws {
        #expect(try SHA256.hexDigest(file: tree.archive.path) == tree.archive.sha256)
        #expect(tree.setuid.isEmpty)
        #expect(tree.stripped.contains(BaseTree.SpecialFile(path: "/usr/bin/su", mode: 0o4755)))
        var entries: [String: TarEntry] = [:]
        var texts: [String: String] = [:]
        var order: [String] = []
        let reader = try TarReader(path: tree.archive.path)
        while let entry = try reader.next() {
            order.append(entry.path)
            entries[entry.path] = entry
            guard entry.path.hasPrefix("etc/"), entry.size < 1 << 16 else { continue }
            var bytes = [UInt8](repeating: 0, count: entry.size)
            _ = try bytes.withUnsafeMutableBytes { try reader.fill($0) }
            texts[entry.path] = String(decoding: bytes, as: UTF8.self)
        }
        let date = Int(try TestBase.pin().date.seconds)
        #expect(entries.values.allSatisfy { $0.modified <= date })
        #expect(order.count == Set(order).count)
        func below(_ folder: String) -> [String] { order.filter { $0.hasPrefix("\(folder)/") }.sorted() }
        for folder in ["dev", "proc", "sys", "run", "tmp"] {
            #expect(entries[folder]?.kind == .folder && below(folder).isEmpty)
        }
        #expect(below("var/lib/apt").isEmpty && below("var/cache/apt").isEmpty)
        #expect(below("var/log").allSatisfy { entries[$0]?.kind == .folder })
        #expect(!order.contains { $0.contains("ssh_host_") || $0.hasSuffix("-old") || $0.hasSuffix("/sources.list") })
        #expect(entries["usr/sbin/sshd"] != nil)
        #expect(entries["usr/bin/tini"]?.mode == 0o755)
        #expect(!order.contains { $0.contains("/pip/") || $0.hasSuffix("bin/gcc") || $0.hasSuffix("bin/apt-get") })
        #expect(entries["usr/lib/locale/zh_CN.utf8/LC_COLLATE"] != nil && entries["usr/lib/locale/C.utf8"] != nil)
        #expect(entries["usr/share/zoneinfo/Asia/Shanghai"] != nil)
        #expect(entries["etc/ssl/certs/ca-certificates.crt"] != nil)
        let home = try #require(entries["home/bunsen"])
        #expect(home.userID == 1234 && home.groupID == 1234 && home.mode == 0o755)
        #expect(texts["etc/passwd"]?.contains("bunsen:x:1234:1234:Bunsen:/home/bunsen:/bin/bash\n") == true)
        let passwords = (texts["etc/shadow"] ?? "").split(separator: "\n").map { $0.split(separator: ":")[1] }
        #expect(passwords.count > 10 && passwords.allSatisfy { ["*", "!", "!*"].contains($0) }, "\(passwords)")
        #expect(texts["etc/resolv.conf"]?.isEmpty == true)
        #expect(texts["etc/machine-id"] ?? "" == "")
        try tryOut(tree)
    }

    /// Starts programs of the base in it.
    private func tryOut(_ tree: BaseTree) throws {
        try withTemporaryFolder { folder in
            chmod(folder, 0o777)
            let script = """
                set -e; mkdir \(folder)/root; tar -C \(folder)/root -xf \(tree.archive.path)
                chroot \(folder)/root python3 -c 'import ssl, sqlite3, ctypes, sys; print(sys.version_info[:2])'
                chroot \(folder)/root locale -a | grep -i zh_CN.utf8
                LC_ALL=zh_CN.UTF-8 chroot \(folder)/root sh -c 'printf "%s\\n" 张 李 | sort'
                chroot \(folder)/root dpkg --audit
                chroot \(folder)/root /usr/sbin/sshd -V 2>&1 | head -1
                rm -rf \(folder)/root
                """
            // As an ordinary user, in a user namespace; tar and chroot want to be root.
            let words =
                geteuid() == 0 ? ["/bin/sh", "-c", script] : ["mmdebstrap", "--unshare-helper", "sh", "-c", script]
            var environment = processEnvironment()
            environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
            let result = try Tool(executable: "/usr/bin/env", environment: environment).run(words, timeout: 300)
            #expect(result.succeeded, "\(result.errorText)")
            let lines = result.outputText.split(separator: "\n").map(String.init)
            #expect(lines.prefix(4) == ["(3, 11)", "zh_CN.utf8", "李", "张"])
        }
    }

    @Test func aVariantIsALayerOnTheBase() throws {
        let base = "\(TestBase.folder)/base.tar"
        if !Files.exists(base) { _ = try TestBase.build(home: Project.home, to: base) }
        try withTemporaryFolder { folder in
            let tree = try TestBase.build(home: Project.home, variant: "debug", to: "\(folder)/full.tar")
            // sudo is named in the recipe, so it may do what it is for.
            #expect(tree.setuid == [BaseTree.SpecialFile(path: "/usr/bin/sudo", mode: 0o4755)])
            #expect(tree.stripped.contains { $0.path == "/usr/bin/su" })
            let layer = try VariantLayer.write(full: tree.archive.path, base: base, to: "\(folder)/layer.tar")
            #expect(layer.size < 8 << 20)

            // Base and layer together are what the variant is.
            var joined: [String: TarEntry] = [:]
            for path in [base, layer.path] {
                let reader = try TarReader(path: path)
                while let entry = try reader.next() {
                    if case .removal(let removed) = Whiteout(path: entry.path) {
                        joined = joined.filter { $0.key != removed && !$0.key.hasPrefix("\(removed)/") }
                    } else {
                        joined[entry.path] = entry
                    }
                }
            }
            var wanted: [String: TarEntry] = [:]
            let reader = try TarReader(path: tree.archive.path)
            while let entry = try reader.next() { wanted[entry.path] = entry }
            #expect(joined == wanted)
        }
    }

    @Test func aKilledBuildLeavesNothingThatIsUsed() throws {
        if let home = processEnvironment()[TestBase.copyVariable] {
            _ = try TestBase.build(home: home, to: "\(home)/base.tar")
            return
        }
        try TestBase.store().fetch(try TestBase.pin().packages, suite: "bookworm")
        try withTemporaryFolder { home in
            chmod(home, 0o755)
            let copy = try TestBase.startCopy(test: "aKilledBuildLeavesNothingThatIsUsed", home: home, user: nil)
            func scratch() -> [String] {
                ((try? Files.names(in: "\(home)/tmp")) ?? []).filter { $0.hasPrefix("bunsen-base-") }
            }
            let isUnpacking = eventually(120) {
                scratch().contains { name in
                    ((try? Files.names(in: "\(home)/tmp/\(name)/work")) ?? []).contains { $0.hasPrefix("mmdebstrap.") }
                }
            }
            #expect(isUnpacking)
            usleep(1_500_000)
            kill(copy.child.id, SIGKILL)
            _ = copy.child.wait()
            #expect(!Files.exists("\(home)/base.tar"))
            #expect(scratch().count == 1)
            // The next build removes what the killed one left, once its last program has ended.
            let isClean = try eventually(90) {
                sleep(6)
                let next = try ScratchFolder(home: home, environment: processEnvironment())
                defer { withExtendedLifetime(next) {} }
                return scratch() == [Files.name(of: next.path)]
            }
            #expect(isClean)
            #expect(scratch().isEmpty)
            #expect(!Files.exists("\(home)/base.tar"))
        }
    }

    @Test func accountsThatCannotBeAreRefused() {
        for options in [
            BaseOptions(user: "root:x"), BaseOptions(user: ""), BaseOptions(user: "-x"), BaseOptions(userID: 0),
            BaseOptions(userID: 999), BaseOptions(userID: 65534),
        ] {
            #expect(throws: BaseSystemError.self) { try options.check() }
        }
        #expect(throws: Never.self) { try BaseOptions().check() }
    }
}
