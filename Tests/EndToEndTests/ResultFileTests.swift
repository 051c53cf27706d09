import Glibc
import HostSystem
import TestSupport
import Testing

/// Files into which training libraries write their results, whole and broken.
@Suite struct ResultFileTests {
    private static let fixtures = "\(Project.sourceRoot)/Tests/TensorBoardEventsTests/Fixtures"

    /// A project with event files that TensorBoard's own writer made, as `a.bin`, for scripts to write somewhere.
    private func inProject(_ body: (Project) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            let bytes = try Files.read("\(Self.fixtures)/events.out.tfevents.scalars")
            try Files.write(bytes, to: "\(folder)/a.bin")
            try body(project)
        }
    }

    @Test func anEventFileIsFollowedWhileItGrows() throws {
        try inProject { project in
            try project.write(
                """
                import os, time
                data = open('a.bin', 'rb').read()
                os.makedirs('runs/deep')
                with open('runs/deep/events.out.tfevents.1.host.1.0', 'wb') as file:
                    file.write(data[:1001]); file.flush()
                    while not os.path.exists('go'): time.sleep(0.02)
                    file.write(data[1001:])
                """, to: "t.py")
            let running = try project.start("run", "--", "python3", "t.py")
            let arrived = try eventually {
                guard let run = try? project.latestRun() else { return false }
                return try Files.readText("\(run)/journal.jsonl").contains("\"metric\":\"train/loss\",\"step\":5,")
            }
            #expect(arrived, "points are in the journal while the run lasts")
            try project.write("", to: "go")
            #expect(running.child.wait() == .exited(code: 0))
            let run = try project.json("show", "latest")
            #expect(run["metrics"]["train/loss"]["points"].number == 22)
            #expect(run["manifest"]["warnings"].array.isEmpty)
        }
    }

    @Test func brokenEventFilesAreNamedAndTheirReadablePointsKept() throws {
        try inProject { project in
            try project.write(
                """
                import os
                data = open('a.bin', 'rb').read()
                def put(name, data):
                    os.makedirs(name); open(f'{name}/events.out.tfevents.1.{name}', 'wb').write(data)
                put('truncated', data[:-7])
                put('corrupt', data[:900] + b'\\xff' * 40 + data[940:])
                put('foreign', b'these are no records of anything at all, just text')
                put('empty', b'')
                print('step 1 other=0.5')
                """, to: "t.py")
            let result = try project.bunsen("run", "--", "python3", "t.py")
            #expect(result.end == .exited(code: 0))
            for (name, words) in [
                ("truncated", "is not complete and was left out"), ("corrupt", ""), ("foreign", "not an event file"),
            ] {
                let line = result.errorText.split(separator: "\n").filter { $0.contains("/\(name)/events.out") }
                #expect(line.count == 1 && line.first?.contains(words) == true, "\(name): \(result.errorText)")
            }
            #expect(!result.errorText.contains("/empty/"))
            let run = try project.json("show", "latest")
            #expect(run["manifest"]["warnings"].array.count == 3)
            #expect(run["metrics"]["train/loss"]["points"].number ?? 0 >= 20)
            #expect(run["metrics"]["other"]["last"].number == 0.5)
            #expect(try project.entries().first?.value.contains("not an event file") == true)
        }
    }

    @Test func aReplacedEventFileGivesBothItsContents() throws {
        try inProject { project in
            try Files.write(
                try Files.read("\(Self.fixtures)/events.out.tfevents.tensorboardX"), to: "\(project.folder)/b.bin")
            try project.write(
                """
                import os, time
                name = 'events.out.tfevents.1.host'
                open(name, 'wb').write(open('a.bin', 'rb').read())
                while not os.path.exists('go'): time.sleep(0.02)
                open('new', 'wb').write(open('b.bin', 'rb').read())
                os.rename('new', name)
                """, to: "t.py")
            let running = try project.start("run", "--", "python3", "t.py")
            let arrived = try eventually {
                guard let run = try? project.latestRun() else { return false }
                return try Files.readText("\(run)/journal.jsonl").contains("train/loss")
            }
            #expect(arrived)
            try project.write("", to: "go")
            #expect(running.child.wait() == .exited(code: 0))
            let metrics = try project.json("show", "latest")["metrics"].object
            #expect(metrics["train/loss"]?["points"].number == 22)
            let other = try project.json("inspect", "b.bin")["tags"].array.filter { $0["kind"].string == "scalar" }
            #expect(!other.isEmpty && other.allSatisfy { metrics[$0["name"].string ?? ""] != nil }, "\(metrics.keys)")
        }
    }

    /// More than the supervisor reads of a file at a time, all of it written in the last moment.
    @Test func aLargeEventFileOfTheLastMomentIsReadToItsEnd() throws {
        try inProject { project in
            try project.write(
                """
                data = open('a.bin', 'rb').read()
                with open('events.out.tfevents.1.host', 'wb') as file:
                    for _ in range(12 * 2**20 // len(data)): file.write(data)
                    file.write(open('b.bin', 'rb').read())
                """, to: "t.py")
            try Files.write(
                try Files.read("\(Self.fixtures)/events.out.tfevents.tensorboardX"), to: "\(project.folder)/b.bin")
            let result = try project.bunsen("run", "--", "python3", "t.py")
            #expect(result.end == .exited(code: 0))
            let last = try project.json("inspect", "b.bin")["tags"][0]["name"].string ?? "?"
            #expect(try project.json("show", "latest")["metrics"][last]["points"].number ?? 0 > 0, "\(last)")
        }
    }

    @Test func resultsOfHuggingFaceAndLightningAreRead() throws {
        try inProject { project in
            try project.write(
                """
                import json, os
                os.makedirs('out/checkpoint-4'); os.makedirs('lightning_logs/version_0')
                history = []
                for step in range(1, 5):
                    entry = {'loss': 1 / step, 'learning_rate': 5e-5, 'epoch': step / 2}
                    print({k: round(v, 4) for k, v in entry.items()}, flush=True)
                    history.append({**entry, 'step': step})
                history.append({'eval_loss': 0.3, 'epoch': 2.0, 'step': 4})
                state = {'global_step': 4, 'log_history': history}
                json.dump(state, open('out/checkpoint-4/trainer_state.json', 'w'))
                with open('lightning_logs/version_0/metrics.csv', 'w') as file:
                    file.write('epoch,step,train_acc,val_f1\\n0,9,0.5,\\n0,19,0.75,\\n0,19,,0.625\\n')
                """, to: "t.py")
            let result = try project.bunsen("run", "--", "python3", "t.py")
            #expect(result.end == .exited(code: 0))
            let metrics = try project.json("show", "latest")["metrics"]
            #expect(metrics["loss"]["points"].number == 4)
            #expect(metrics["loss"]["sources"].array.map(\.string) == ["stdout", "trainer_state"])
            #expect(metrics["loss"]["lastStep"].number == 4)
            #expect(metrics["eval_loss"]["last"].number == 0.3)
            #expect(try project.json("show", "latest")["manifest"]["end"]["lastStep"].number == 19)
            #expect(metrics["train_acc"]["points"].number == 2)
            #expect(metrics["train_acc"]["sources"].array.map(\.string) == ["lightning"])
            #expect(metrics["val_f1"]["lastStep"].number == 19)
        }
    }

    @Test func filesOfEarlierRunsAndOutsideTheFolderAreNotTaken() throws {
        try inProject { project in
            try Files.write(
                try Files.read("\(project.folder)/a.bin"), to: "\(project.folder)/events.out.tfevents.0.old")
            var old = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
            utimensat(AT_FDCWD, "\(project.folder)/events.out.tfevents.0.old", &old, 0)
            try withTemporaryFolder { elsewhere in
                let script = "cp a.bin '\(elsewhere)/events.out.tfevents.1.new'"
                try project.bunsen("run", "--name", "unseen", "--", "sh", "-c", script)
                #expect(try project.json("show", "unseen")["metrics"].object.isEmpty)
                try project.bunsen("run", "--name", "watched", "--watch", elsewhere, "--", "sh", "-c", script)
                #expect(try project.json("show", "watched")["metrics"]["train/loss"]["points"].number == 22)
            }
        }
    }
}
