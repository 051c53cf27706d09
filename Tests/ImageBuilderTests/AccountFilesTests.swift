import TestSupport
import Testing

@testable import ImageBuilder

@Suite struct AccountFilesTests {
    private func files(_ passwd: String, _ group: String = "", _ shadow: String = "") -> AccountFiles {
        AccountFiles(passwd: Array(passwd.utf8), group: Array(group.utf8), shadow: Array(shadow.utf8))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func anAccountWithoutAPasswordIsAdded() {
        var system = files("root:x:0:0:root:/root:/bin/bash", "root:x:0:\n", "root:*:19000:0:99999:7:::\n")
        #expect(system.add(user: "bunsen", id: 1000) == "/home/bunsen")
        #expect(
            text(system.passwd)
                == "root:x:0:0:root:/root:/bin/bash\nbunsen:x:1000:1000:Bunsen:/home/bunsen:/bin/sh\n")
        #expect(text(system.group) == "root:x:0:\nbunsen:x:1000:\n")
        #expect(text(system.shadow).hasSuffix("\nbunsen:*:10957:0:99999:7:::\n"))
    }

    @Test func aNumberThatHasAnAccountStays() {
        let before = files("root:x:0:0::/root:/bin/sh\nubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n")
        var system = before
        #expect(system.add(user: "bunsen", id: 1000) == nil)
        #expect(system == before)
    }

    @Test func aNameOrAGroupThatIsTakenStays() {
        var system = files("bunsen:x:7:7::/:/bin/sh\n", "bunsen:x:7:\nusers:x:1000:\n")
        #expect(system.add(user: "bunsen", id: 1000) == "/home/bunsen1000")
        #expect(text(system.passwd).hasSuffix("\nbunsen1000:x:1000:1000:Bunsen:/home/bunsen1000:/bin/sh\n"))
        #expect(text(system.group) == "bunsen:x:7:\nusers:x:1000:\n")
        #expect(system.shadow.isEmpty)
    }

    @Test func aSystemWithoutAccountsGetsRootToo() {
        var system = files("")
        #expect(system.add(user: "bunsen", id: 1234) == "/home/bunsen")
        #expect(text(system.passwd).split(separator: "\n").map { $0.split(separator: ":")[0] } == ["root", "bunsen"])
        #expect(text(system.group) == "root:x:0:\nbunsen:x:1234:\n")
    }

    @Test func whateverBytesAreThereNothingTraps() {
        var random = SeededGenerator(5)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                Array("0:\nax\u{e4}".utf8).randomElement(using: &random) ?? 0
            }
            var system = AccountFiles(passwd: bytes, group: bytes, shadow: bytes)
            if system.add(user: "a", id: 0) != nil {
                #expect(text(system.passwd).contains(":x:0:0:Bunsen:/home/a"))
            }
        }
    }
}

@Suite struct ImageSettingsTests {
    @Test func variablesOfTheBaseGoBetweenOurDefaultsAndTheRecipe() {
        var settings = ImageSettings(
            title: "t", recipeDigest: "", lockDigest: "", torch: "2.8.0", compute: "12.8", python: "3.11.2",
            baseName: "b", baseDigest: "d", variant: nil, userID: 1000, environment: ["MODE": "recipe"],
            entrypoint: [], created: "")
        settings.baseEnvironment = [
            "PATH": "/usr/local/cuda/bin:/usr/bin", "LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "PYTHONPATH": "/old",
            "NVIDIA_DRIVER_CAPABILITIES": "all", "MODE": "base", "VIRTUAL_ENV": "/other",
        ]
        let values = Dictionary(settings.variables.map { ($0.name, $0.value) }) { $1 }
        #expect(values["PATH"] == "/opt/bunsen/bin:/usr/local/cuda/bin:/usr/bin")
        #expect(values["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64")
        #expect(values["PYTHONPATH"] == nil && values["VIRTUAL_ENV"] == "/opt/bunsen")
        #expect(values["NVIDIA_DRIVER_CAPABILITIES"] == "all" && values["NVIDIA_VISIBLE_DEVICES"] == "all")
        #expect(values["MODE"] == "recipe")
    }
}
