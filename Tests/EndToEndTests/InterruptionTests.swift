import Glibc
import HostSystem
import TestSupport
import Testing

/// Power cuts, killers and clocks: what was acknowledged stays.
@Suite struct InterruptionTests {
    @Test func aSupervisorKilledAtAnyMomentLosesNoAcknowledgedPoint() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write(
                "import time\nfor i in range(10**6):\n    print(f'step {i} loss=0.5', flush=True)\n    time.sleep(0.001)\n",
                to: "t.py")
            var random = SeededGenerator(11)
            for round in 1...6 {
                let running = try project.start("run", "--", "python3", "t.py")
                let journal = try #require(try self.journal(of: project, run: round))
                #expect(eventually { self.steps(journal).count > 0 })
                usleep(UInt32.random(in: 0...700_000, using: &random))
                let acknowledged = steps(journal)
                kill(running.child.id, SIGKILL)
                _ = running.child.wait()
                let kept = steps(journal)
                #expect(kept.starts(with: acknowledged) && kept == Array(0..<kept.count))
                let run = try project.json("show")
                #expect(run["status"].string == "interrupted")
                #expect(run["metrics"]["loss"]["points"].number == Double(kept.count))
                let recorded = try project.bunsen("record")
                #expect(recorded.end == .exited(code: 0), "\(recorded.errorText)")
            }
            let listed = try project.json("runs").array
            #expect(listed.count == 6 && listed.allSatisfy { $0["status"].string == "interrupted" })
        }
    }

    /// The supervisor's death takes the command along: nothing trains on unseen.
    @Test func aKilledSupervisorLeavesNoCommandBehind() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            let running = try project.start("run", "--", "sh", "-c", "echo $$ > pid; echo loss=1; exec sleep 300")
            #expect(eventually { project.latestLog().contains("loss=1") })
            let pid = try #require(pid_t(try project.read("pid").split(separator: "\n").first.map(String.init) ?? ""))
            kill(running.child.id, SIGKILL)
            _ = running.child.wait()
            #expect(eventually(5) { !Files.exists("/proc/\(pid)/exe") })
        }
    }

    @Test func aCommandKilledFromOutsideIsReportedWithItsLastStep() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            let running = try project.start(
                "run", "--", "sh", "-c", "echo $$ > pid; echo step=41 loss=1; exec sleep 300")
            #expect(eventually { project.latestLog().contains("loss=1") })
            let pid = try #require(pid_t(try project.read("pid").split(separator: "\n").first.map(String.init) ?? ""))
            kill(pid, SIGKILL)
            #expect(running.child.wait() == .exited(code: 137))
            let end = try project.json("show")["manifest"]["end"]
            #expect(end["status"].string == "killed" && end["signal"].number == 9 && end["lastStep"].number == 41)
        }
    }

    /// A supervisor that waits for a command to save its state after Ctrl-C sleeps meanwhile.
    @Test func waitingAfterCtrlCCostsNoProcessorTime() throws {
        try withTemporaryFolder { folder in
            let project = Project(folder: folder)
            try project.write("trap '' INT; echo loss=1; while [ ! -e go ]; do sleep 0.1; done\n", to: "t.sh")
            let running = try project.start("run", "--", "sh", "t.sh")
            #expect(eventually { project.latestLog().contains("loss=1") })
            kill(running.child.id, SIGINT)
            // Beyond the grace after which another signal would have escalated.
            usleep(11_000_000)
            let before = ticks(running.child.id)
            usleep(1_500_000)
            let used = ticks(running.child.id) - before
            #expect(used < sysconf(Int32(_SC_CLK_TCK)) / 2, "\(used) ticks in 1.5 seconds")
            try project.write("", to: "go")
            #expect(running.child.wait() == .exited(code: 0))
        }
    }

    /// Wall-clock time goes back by an hour in the middle of a run, for Bunsen and for the command.
    @Test func aClockThatJumpsBackLosesAndReordersNothing() throws {
        try withTemporaryFolder { folder in
            var project = Project(folder: folder)
            try project.write(
                """
                #define _GNU_SOURCE
                #include <sys/syscall.h>
                #include <time.h>
                #include <unistd.h>
                int clock_gettime(clockid_t clock, struct timespec *time) {
                    int result = syscall(SYS_clock_gettime, clock, time);
                    if (clock == CLOCK_REALTIME && access("jump", F_OK) == 0) time->tv_sec -= 3600;
                    return result;
                }
                """, to: "clock.c")
            let built = try project.shell("clang -shared -fPIC -o clock.so clock.c")
            try #require(built.succeeded, "\(built.errorText)")
            try project.write(
                """
                import os, time
                for step in range(10):
                    if step == 5: open('jump', 'w').close()
                    print(f'step {step} loss={1 / (step + 1):.4f}', flush=True)
                    time.sleep(0.25)
                """, to: "t.py")
            project.environment["LD_PRELOAD"] = "\(folder)/clock.so"
            let result = try project.bunsen("run", "--", "python3", "t.py")
            #expect(result.end == .exited(code: 0), "\(result.errorText)")
            let times = try Files.readText("\(project.latestRun())/journal.jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: Array($0.utf8)) }.compactMap { $0["t"].number }
            #expect(zip(times, times.dropFirst()).contains { $1 < $0 - 3000 }, "the clock did jump")

            project.environment["LD_PRELOAD"] = nil
            let run = try project.json("show")
            #expect(run["status"].string == "finished")
            #expect(run["metrics"]["loss"]["points"].number == 10)
            #expect(run["metrics"]["loss"]["lastStep"].number == 9)
            let duration = run["manifest"]["end"]["duration"].number ?? -1
            #expect(duration > 2 && duration < 60)
            let entry = try project.entryPath()
            let csv = try Files.readText("\(Files.parent(of: entry) ?? "")/metrics.csv")
            let rows = csv.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("loss,") }
            #expect(rows.count == 10 && rows.first?.hasPrefix("loss,0,") == true)
            #expect(try project.json("runs")[0]["duration"].number == duration)
        }
    }

    /// The journal of a project's run number `run`, as soon as it is there.
    private func journal(of project: Project, run: Int) throws -> String? {
        var path: String?
        _ = eventually {
            guard let names = try? Files.names(in: "\(project.folder)/.bunsen/runs") else { return false }
            let runs = names.filter { !$0.hasPrefix(".") }
            if runs.count == run { path = "\(project.folder)/.bunsen/runs/\(runs[run - 1])/journal.jsonl" }
            return path.map(Files.exists) == true
        }
        return path
    }

    private func steps(_ journal: String) -> [Int] {
        ((try? Files.readText(journal)) ?? "").split(separator: "\n").compactMap { line in
            line.split(separator: "\"metric\":\"loss\",\"step\":").dropFirst().first.flatMap {
                Int($0.prefix { $0 != "," })
            }
        }
    }

    /// Processor time of a process so far.
    private func ticks(_ id: pid_t) -> Int {
        let fields =
            ((try? Files.readText("/proc/\(id)/stat")) ?? "").split(separator: ")").last?
            .split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }
}
