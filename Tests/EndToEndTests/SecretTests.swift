import Glibc
import HostSystem
import TestSupport
import Testing

/// `--secret`: the command has it, and nothing else does.
@Suite struct SecretTests {
    private static let key = "qX7-plum/orchard+81"
    private static let pem = "-----BEGIN PLUM-----\nfirst line of it\nsecond \"line\" of it\n-----END PLUM-----"

    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var project = Project(folder: "\(folder)/project", home: "\(folder)/home")
            try Files.makeFolder(project.folder)
            project.environment["PLUM"] = Self.key
            try Files.write(Self.pem + "\n", to: "\(folder)/key.pem")
            try body(project)
        }
    }

    /// Files below a folder that hold a part of a secret.
    private func holders(of text: String, below folder: String) throws -> [String] {
        var holders: [String] = []
        for name in (try? Files.names(in: folder)) ?? [] {
            let path = "\(folder)/\(name)"
            if Files.isFolder(path) {
                holders += try self.holders(of: text, below: path)
            } else if String(decoding: try Files.read(path), as: UTF8.self).contains(text) {
                holders.append(path)
            }
        }
        return holders
    }

    private func commandLines(with text: String) -> [String] {
        ((try? Files.names(in: "/proc")) ?? []).filter { pid_t($0) != nil }
            .compactMap { try? Files.readText("/proc/\($0)/cmdline") }.filter { $0.contains(text) }
    }

    @Test func theCommandHasItAndNoRecordDoes() throws {
        try inProject { project in
            try project.write(
                """
                import json, os, sys, time
                plum, pem = os.environ["PLUM"], os.environ["PEM"]
                with open("../seen.json", "w") as file: json.dump([plum, pem], file)
                print("whole", plum, flush=True)
                print("json", json.dumps(pem), flush=True)
                print(pem, file=sys.stderr, flush=True)
                for letter in plum:
                    os.write(1, letter.encode())
                    time.sleep(0.01)
                print(f"\\nstep 1 loss_{plum}=0.5 acc=1", flush=True)
                os.makedirs("lightning_logs/version_0", exist_ok=True)
                with open("lightning_logs/version_0/metrics.csv", "w") as file:
                    file.write(f"step,from_{plum}\\n1,0.25\\n2,0.5\\n")
                while not os.path.exists("go"): time.sleep(0.05)
                os.remove("lightning_logs/version_0/metrics.csv")
                print("cut off", plum[:-2], end="", flush=True)
                """, to: "t.py")
            try project.write("# the password is \(Self.key)\n", to: "notes.txt")
            try project.write("token_file: \(Self.key)\n", to: "p.yaml")
            try project.shell(
                "git init -q -b main . && git add t.py && git -c user.name=a -c user.email=a@example.org commit -qm one"
            )
            let started = try project.bunsen(
                "run", "--detach", "--secret", "PLUM", "--secret=PEM=@../key.pem", "--params", "p.yaml", "--",
                "python3", "t.py", "--note", "is \(Self.key)", timeout: 60)
            try #require(started.succeeded, "\(started.errorText)")
            #expect(eventually { project.latestLog().contains("acc=1") })
            // The one command line with the secret is the one that a person wrote it into.
            #expect(commandLines(with: Self.key).allSatisfy { $0.contains("--note") })
            #expect(commandLines(with: "first line of it").isEmpty)
            #expect(
                eventually { (try? Files.readText("\(project.latestRun())/journal.jsonl").contains("from_")) ?? false })
            try project.write("", to: "go")
            let attached = try project.bunsen("attach", timeout: 60)
            #expect(attached.end == .exited(code: 0))
            #expect(
                attached.outputText.hasPrefix(
                    "whole [redacted]\njson \"[redacted]\"\n[redacted]\nstep 1 loss_[redacted]=0.5"))
            #expect(attached.outputText.hasSuffix("cut off [redacted]\n"), "\(attached.outputText)")
            #expect(attached.errorText.hasPrefix("[redacted]\n"))

            let seen = try JSONValue(parsing: Files.read("\(project.folder)/../seen.json"))
            #expect(seen[0].string == Self.key && seen[1].string == Self.pem)
            for part in [
                Self.key, String(Self.key.dropLast(2)), "first line of it", "second \"line", "second \\\"line",
            ] {
                #expect(try holders(of: part, below: "\(project.folder)/.bunsen") == [])
                #expect(try holders(of: part, below: "\(project.folder)/log") == [])
                #expect(try holders(of: part, below: "\(project.folder)/../home") == [])
            }
            let manifest = try #require(try project.manifests().first)
            #expect(manifest["command"]["variables"]["PLUM"].string == "[redacted]")
            #expect(manifest["command"]["line"].string?.contains("--secret PLUM --secret=PEM=@../key.pem") == true)
            #expect(try Files.readText("\(project.latestRun())/environment/uncommitted.patch").contains("[redacted]"))
        }
    }

    /// In what goes through event files: names of pictures and histograms, and texts.
    @Test func whatIsLoggedHasNone() throws {
        try inProject { project in
            var project = project
            let secrets = ["ONE": "picture", "TWO": "hello **world**", "THREE": "weights"]
            project.environment.merge(secrets) { $1 }
            let fixture = "\(Project.sourceRoot)/Tests/TensorBoardEventsTests/Fixtures/events.out.tfevents.tensorboardX"
            let result = try project.bunsen(
                arguments: ["run"] + secrets.keys.sorted().flatMap { ["--secret", $0] } + [
                    "--", "sh", "-c", "mkdir runs; cp '\(fixture)' runs/events.out.tfevents.1.host.1.0; sleep 1",
                ])
            try #require(result.succeeded, "\(result.errorText)")
            let journal = try Files.readText("\(project.latestRun())/journal.jsonl")
            for logged in ["\"image\":\"[redacted]\"", "\"value\":\"[redacted]\"", "\"histogram\":\"[redacted]\""] {
                #expect(journal.contains(logged), "\(journal)")
            }
            for secret in secrets.values {
                #expect(try holders(of: secret, below: "\(project.folder)/.bunsen") == [])
                #expect(try holders(of: secret, below: "\(project.folder)/log") == [])
            }
            #expect(try Files.names(in: "\(project.latestRun())/media") == ["-redacted--3.png"])
        }
    }

    /// In the foreground, the person's terminal shows none either.
    @Test func theTerminalShowsNone() throws {
        try inProject { project in
            let result = try project.bunsen(
                "run", "--secret", "PLUM", "--", "sh", "-c", "echo \"$PLUM\"; echo \"${#PLUM}\" >length")
            #expect(result.succeeded && result.outputText == "[redacted]\n", "\(result.errorText)")
            #expect(try project.read("length") == "\(Self.key.utf8.count)\n")
        }
    }

    @Test func whatCannotBeKeptSecretIsRefused() throws {
        try inProject { project in
            var project = project
            // Not the key of the test that looks at all command lines.
            let other = "another-secret-value"
            project.environment["TINY"] = "yes"
            try Files.write([0x61, 0x00, 0x62, 0x63, 0x64, 0x65, 0x66], to: "\(project.folder)/zero")
            try Files.write([UInt8](repeating: 0x61, count: 200_000), to: "\(project.folder)/large")
            let cases: [([String], Int32, String)] = [
                (["--secret", "PLUM=\(other)"], 64, "on the command line"),
                (["--secret", "NOWHERE"], 66, "no variable NOWHERE"),
                (["--secret", "PLUM=@nowhere"], 66, "no file nowhere"),
                (["--secret", "TINY"], 65, "less than 6 bytes"),
                (["--secret", "PLUM=@zero"], 65, "not text"),
                (["--secret", "PLUM=@large"], 65, "more than 120 KiB"),
                (["--secret", "PLUM", "--secret", "PLUM=@../key.pem"], 64, "given twice"),
                (["--secret", "PLUM", "-e", "PLUM=other"], 64, "by -e and by --secret"),
                (["--secret", "=\(other)"], 64, "a name that is none"),
                (["--secret", "A B"], 64, "a name that is none"),
            ]
            for (words, code, text) in cases {
                let result = try project.bunsen(arguments: ["run"] + words + ["--", "touch", "started"])
                #expect(result.end == .exited(code: code), "\(words): \(result.errorText)")
                #expect(result.errorText.contains(text), "\(words): \(result.errorText)")
                #expect(!result.errorText.contains(other))
            }
            #expect(!Files.exists("\(project.folder)/started") && !Files.exists("\(project.folder)/.bunsen/runs"))
        }
    }
}
