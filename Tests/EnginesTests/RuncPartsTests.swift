import ExperimentModel
import Glibc
import HostSystem
import TestSupport
import Testing

@testable import Engines

/// The parts of the runc engine that read what the kernel and images say.
@Suite struct RuncPartsTests {
    private static let hybrid = """
        22 1 0:21 / /proc rw - proc proc rw
        30 24 0:26 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        31 30 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
        32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        33 30 0:29 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        34 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """

    @Test func bothVersionsOfControlGroupsAreFound() throws {
        let one = try #require(ControlGroups(mountInformation: Self.hybrid))
        #expect(one.version == .one)
        #expect(
            one.hierarchies == [
                "memory": "/sys/fs/cgroup/memory", "cpu": "/sys/fs/cgroup/cpu,cpuacct", "pids": "/sys/fs/cgroup/pids",
            ])
        let text = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
        let two = try #require(ControlGroups(mountInformation: text) { _ in "cpuset cpu io memory pids\n" })
        #expect(two.version == .two)
        #expect(two.hierarchies["memory"] == "/sys/fs/cgroup" && two.hierarchies["pids"] == "/sys/fs/cgroup")
        #expect(ControlGroups(mountInformation: "22 1 0:21 / /proc rw - proc proc rw") == nil)
    }

    /// This machine may have only one version, so the other is read from files that look like it.
    @Test func limitsAndKillsAreReadInVersionTwo() throws {
        try withTemporaryFolder { folder in
            let groups = ControlGroups(
                version: .two, hierarchies: ["memory": folder, "cpu": folder, "pids": folder])
            let group = ControlGroup(groups: groups, path: "/bunsen/run")
            try Files.makeFolder("\(folder)/bunsen/run")
            func write(_ text: String, _ name: String) throws {
                try Files.write(text, to: "\(folder)/bunsen/run/\(name)")
            }
            try write("max\n", "memory.max")
            try write("max 100000\n", "cpu.max")
            try write("max\n", "pids.max")
            #expect(group.limits == ResourceLimits())
            #expect(group.killedForMemory == 0)
            try write("2147483648\n", "memory.max")
            try write("150000 100000\n", "cpu.max")
            try write("20\n", "pids.max")
            try write("low 0\nhigh 0\nmax 31\noom 1\noom_kill 2\noom_group_kill 0\n", "memory.events")
            #expect(group.limits.memory == 2 << 30 && group.limits.cpus == 1.5 && group.limits.pids == 20)
            #expect(group.killedForMemory == 2)
        }
    }

    @Test func textThatIsNoMountInformationIsNone() {
        var random = SeededGenerator(20)
        let alphabet = Array("0123456789 -/:,\ncgroup2memorypids".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            _ = ControlGroups(mountInformation: String(decoding: bytes, as: UTF8.self)) { _ in nil }
        }
    }

    @Test func filesAreFoundThroughLayersLinksAndMounts() throws {
        try withTemporaryFolder { folder in
            for path in ["low/usr/bin", "low/etc", "high/opt/bin", "host/tools"] {
                try Files.makeFolder("\(folder)/\(path)")
            }
            try Files.write("low", to: "\(folder)/low/usr/bin/tool", mode: 0o755)
            try Files.write("plain", to: "\(folder)/low/etc/plain", mode: 0o644)
            try Files.write("mounted", to: "\(folder)/host/tools/run", mode: 0o755)
            symlink("usr/bin", "\(folder)/low/bin")
            symlink("/bin/tool", "\(folder)/high/opt/bin/link")
            symlink("../../../../../../etc/plain", "\(folder)/high/opt/bin/out")
            symlink("loop", "\(folder)/high/opt/bin/loop")
            symlink("/../../host", "\(folder)/high/opt/escape")
            let mount = try ContainerMount("\(folder)/host:/work/inner", from: "/")
            let files = ImageFiles(layers: ["\(folder)/low", "\(folder)/high"], mounts: [mount])
            #expect(files.find("/opt/bin/link")?.path == "/usr/bin/tool")
            #expect(files.find("/opt/bin/out")?.path == "/etc/plain")
            #expect(files.find("/opt/bin/loop") == nil)
            #expect(files.find("/opt/escape") == nil)
            #expect(files.find("/work/inner/tools/run")?.isMounted == true)
            #expect(files.find("/work/inner/../inner/tools/run")?.isMounted == true)
            #expect(throws: Never.self) {
                try files.checkCommand(["link"], searchPath: "/none:/opt/bin", from: "/")
                try files.checkCommand(["tools/run"], searchPath: "", from: "/work/inner")
            }
            #expect(throws: EngineError.self) { try files.checkCommand(["/etc/plain"], searchPath: "", from: "/") }
            #expect(throws: EngineError.self) { try files.checkCommand(["absent"], searchPath: "/opt/bin", from: "/") }
        }
    }

    @Test func aFileHidesTheFoldersOfLowerLayers() throws {
        try withTemporaryFolder { folder in
            let layers = ["low", "middle", "high"].map { "\(folder)/\($0)" }
            try Files.makeFolder("\(layers[0])/data/sub")
            try Files.makeFolder("\(layers[0])/both")
            try Files.makeFolder("\(layers[1])")
            try Files.makeFolder("\(layers[2])/data")
            try Files.makeFolder("\(layers[2])/both")
            try Files.write("low", to: "\(layers[0])/data/sub/file")
            try Files.write("low", to: "\(layers[0])/both/old")
            try Files.write("high", to: "\(layers[2])/both/new")
            #expect(ImageFiles(layers: layers, mounts: []).text(of: "/data/sub/file") == "low")
            try Files.write("not a folder", to: "\(layers[1])/data")
            let files = ImageFiles(layers: layers, mounts: [])
            #expect(files.find("/data")?.isFolder == true)
            #expect(files.find("/data/sub/file") == nil)
            #expect(files.text(of: "/both/old") == "low" && files.text(of: "/both/new") == "high")
            let mount = try ContainerMount("\(layers[0])/data:/data", from: "/")
            #expect(ImageFiles(files, mounts: [mount]).text(of: "/data/sub/file") == "low")
        }
    }

    /// What runc is given has to be JSON whatever people have in their variables.
    @Test func configurationsAreJSON() throws {
        let strange = (0..<0x20).map { String(UnicodeScalar(UInt8($0))) } + ["\"", "\\", "/", "é", "训练", "\u{7f}"]
        let text = JSONText.object([
            "strings": .strings(strange), "number": .number(UInt64.max), "negative": .number(-7), "yes": .boolean(true),
            "absent": nil, "empty": .object([:]), "a \"name\"": .array([]),
        ])
        let parsed = try JSONValue(parsing: text.bytes)
        #expect(parsed["strings"].array.map(\.string) == strange)
        #expect(parsed["number"].number == Double(UInt64.max) && parsed["negative"].number == -7)
        let start = #"{"a \"name\"":[],"empty":{},"negative":-7,"number":18446744073709551615,"strings":["#
        #expect(String(decoding: text.bytes, as: UTF8.self).hasPrefix(start))
    }

    @Test func usersOfImagesAreNumbersOrNames() throws {
        try withTemporaryFolder { folder in
            try Files.makeFolder("\(folder)/etc")
            try Files.write("root:x:0:0::/root:/bin/sh\nada:x:1000:100:::\nbroken\n", to: "\(folder)/etc/passwd")
            try Files.write("lab:x:200:ada\n", to: "\(folder)/etc/group")
            let files = ImageFiles(layers: [folder], mounts: [])
            func user(_ text: String?) throws -> ContainerUser { try ContainerUser(imageUser: text, files: files) }
            #expect(try user(nil) == ContainerUser(user: 0, group: 0))
            #expect(try user("ada") == ContainerUser(user: 1000, group: 100))
            #expect(try user("1000") == ContainerUser(user: 1000, group: 100))
            #expect(try user("7:lab") == ContainerUser(user: 7, group: 200))
            #expect(throws: EngineError.self) { try user("nobody-here") }
            #expect(ContainerUser(user: 1000, group: 1).addedToUsers(of: files) == nil)
            let added = try #require(ContainerUser(user: 4242, group: 1).addedToUsers(of: files))
            #expect(added.users.hasSuffix("person:x:4242:1::/home/person:/bin/sh\n"))
        }
    }
}
