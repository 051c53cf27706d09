import Glibc
import HostSystem
import TestSupport
import Testing

/// What a record holds beside the metrics: code, data, parameters, variables, patterns.
@Suite struct RecordedFactsTests {
    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { try body(Project(folder: $0)) }
    }

    @Test func theCommitAndThePatchGiveTheCodeBack() throws {
        try inProject { project in
            try project.write("print('loss=1')\n", to: "t.py")
            try project.write("*.ckpt\n", to: ".gitignore")
            try project.shell(
                "git init -q -b main && git add . && git -c user.name=a -c user.email=a@example.org commit -qm one")
            try project.write("print('loss=2')\n", to: "t.py")
            try project.write("new = 1\n", to: "helper.py")
            try project.write("weights", to: "model.ckpt")
            try project.bunsen("run", "--", "python3", "t.py")
            let source = try project.json("show")["manifest"]["source"]
            #expect(source["commit"].string?.count == 40)
            #expect(source["branch"].string == "main")
            #expect(source["dirty"].bool == true)
            let patch = "\(Files.parent(of: try project.entryPath()) ?? "")/environment/uncommitted.patch"
            let text = try Files.readText(patch)
            #expect(!text.contains("model.ckpt") && !text.contains(".bunsen"))
            try project.shell("git clone -q . copy && cd copy && git apply '\(patch)'")
            #expect(try project.read("copy/t.py") == "print('loss=2')\n")
            #expect(try project.read("copy/helper.py") == "new = 1\n")
        }
    }

    @Test func dataIsRecordedWithTheDigestOfItsContent() throws {
        try inProject { project in
            try project.write("1", to: "data/a/x.bin")
            try project.write("2", to: "data/y.bin")
            func digest() throws -> JSONValue {
                try project.bunsen("run", "--data", "data", "--", "echo", "loss=1")
                return try project.json("show")["manifest"]["data"][0]
            }
            let first = try digest()
            #expect(first["files"].number == 2 && first["size"].number == 2)
            #expect(first["digest"].string?.hasPrefix("sha256:") == true)
            #expect(try digest()["digest"].string == first["digest"].string)
            try project.write("3", to: "data/y.bin")
            #expect(try digest()["digest"].string != first["digest"].string)
            #expect(try Files.readText(project.entryPath()).contains("/data"))
            let missing = try project.bunsen("run", "--data", "nowhere", "--", "touch", "started")
            #expect(missing.end == .exited(code: 66))
            #expect(missing.errorText.contains("nowhere") && !Files.exists("\(project.folder)/started"))
        }
    }

    @Test func parametersComeFromArgumentsOptionsAndFiles() throws {
        try inProject { project in
            try project.write("model: { depth: 18 }\nsteps: [1, 2]\n", to: "a.yaml")
            try project.write("{\"optimizer\": {\"name\": \"adamw\", \"fused\": true, \"resume\": null}}", to: "b.json")
            try project.write("[data]\nworkers = 2\n", to: "c.toml")
            try project.bunsen(
                "run", "-P", "note=first try", "--params", "a.yaml", "--params", "b.json", "--params", "c.toml", "--",
                "echo", "--lr", "3e-4", "--batch-size=64", "seed=7", "--amp")
            let listed = try project.json("show")["manifest"]["parameters"].array
            let found = Dictionary(
                listed.map { ($0["name"].string ?? "", $0["source"].string ?? "") },
                uniquingKeysWith: { first, _ in first })
            #expect(found["note"] == "-P")
            #expect(found["model.depth"] == "a.yaml")
            #expect(found["optimizer.name"] == "b.json" && found["optimizer.fused"] == "b.json")
            #expect(found["data.workers"] == "c.toml")
            #expect(found["lr"] == "argv" && found["seed"] == "argv" && found["amp"] == "argv")
            #expect(listed.contains { $0["name"].string == "lr" && $0["value"].number == 3e-4 })
            let names = Set(found.keys)
            #expect(names.contains("batch-size") || names.contains("batch_size"), "\(names)")
        }
    }

    @Test(arguments: [
        ("p.yaml", "a: [1"), ("p.yaml", "- 1"), ("p.json", "{"), ("p.toml", "a = "), ("p.ini", "a=1"),
        ("p.yaml", "a: &a [1]\nb: *a"), ("p.yaml", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
    ])
    func parameterFilesThatCannotBeReadStopTheRunBeforeItStarts(name: String, text: String) throws {
        try inProject { project in
            try project.write(text, to: name)
            let result = try project.bunsen("run", "--params", name, "--", "touch", "started")
            #expect(result.end == .exited(code: 65))
            #expect(result.errorText.contains("cannot read the parameters in \(project.folder)/\(name)"))
            #expect(!Files.exists("\(project.folder)/started"))
            #expect((try? project.manifests()) ?? [] == [])
        }
    }

    @Test func variablesAreRecordedByAListAndWithoutSecrets() throws {
        try inProject { project in
            var project = project
            project.environment["OMP_NUM_THREADS"] = "1"
            project.environment["PRIVATE_PLACE"] = "not for a record"
            project.environment["FROM_SHELL"] = "taken"
            try project.bunsen(
                "run", "-e", "STAGE=two", "-e", "FROM_SHELL", "-e", "SERVICE_TOKEN=abcdef-123", "--", "sh", "-c",
                "echo stage $STAGE $FROM_SHELL loss=1")
            #expect(project.latestLog().contains("stage two taken"))
            let variables = try project.json("show")["manifest"]["command"]["variables"].object
            #expect(variables["OMP_NUM_THREADS"]?.string == "1" && variables["STAGE"]?.string == "two")
            #expect(variables["FROM_SHELL"]?.string == "taken")
            #expect(variables["SERVICE_TOKEN"]?.string == "[redacted]")
            #expect(variables["PRIVATE_PLACE"] == nil && variables["PATH"] == nil)
        }
    }

    @Test func printedFormsGiveMetrics() throws {
        try inProject { project in
            try project.write(
                """
                print('epoch 1/2 - loss: 0.5 - acc: 97.8%')
                print('epoch 2/2 - loss: 0.25 - acc: 98.1%')
                print('{"step": 3, "reward": 1.5}')
                print({'grad_norm': 0.7, 'epoch': 2.0})
                print('an ordinary line with 3 numbers, 4 words')
                """, to: "t.py")
            try project.bunsen("run", "--", "python3", "t.py")
            let metrics = try project.json("show")["metrics"]
            #expect(metrics["loss"]["points"].number == 2 && metrics["loss"]["lastStep"].number == 2)
            #expect(metrics["acc"]["last"].number.map { $0 == 98.1 || abs($0 - 0.981) < 1e-9 } == true)
            #expect(metrics["reward"]["lastStep"].number == 3)
            #expect(metrics["grad_norm"]["last"].number == 0.7)
            #expect(metrics.object.count == 4, "\(metrics.object.keys)")
        }
    }

    @Test func severalProcessesAreKnownFromTheirLauncher() throws {
        try inProject { project in
            var project = project
            project.environment["WORLD_SIZE"] = "4"
            try project.bunsen("run", "--", "echo", "loss=1", "--batch-size", "64")
            #expect(try project.json("show")["manifest"]["worldSize"].number == 4)
            #expect(try Files.readText(project.entryPath()).contains("Batch 64 × 4 processes → 256"))
        }
    }

    @Test func theMachineIsSampledEachSecond() throws {
        try inProject { project in
            try project.write(
                "import time\nbuffer = bytearray(60_000_000)\nend = time.time() + 3.3\nwhile time.time() < end: pass\n",
                to: "t.py")
            try project.bunsen("run", "--", "python3", "t.py")
            let samples = try Files.readText("\(project.latestRun())/journal.jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: Array($0.utf8))["sample"] }.filter { $0 != .null }
            #expect(samples.count >= 3)
            #expect(samples.contains { $0["memory"].number ?? 0 > 60_000_000 && $0["cpu"].number ?? 0 > 0.01 })
            #expect(samples.allSatisfy { $0["processes"].number ?? 0 >= 0 })
        }
    }
}
