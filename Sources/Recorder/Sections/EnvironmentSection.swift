import CurveFigures
import ExperimentModel
import MarkdownEntry

/// What the run ran in: lock, Python, torch, packages, machine, commit.
enum EnvironmentSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        let manifest = record.manifest
        var rows: [[String]] = []
        if let environment = manifest.environment {
            rows.append([words.lock, environment.lockDigest.map(MarkdownText.code) ?? words.notLocked])
            rows.append(["Python", MarkdownText.plain(environment.python)])
        }
        if let torch = manifest.torch {
            let cuda = torch.cuda.map { "CUDA \($0)" } ?? words.cpuBuild
            let cudnn = torch.cudnn.map { "cuDNN \($0)" }
            rows.append([
                "PyTorch",
                [torch.version, cuda, cudnn].compactMap { $0 }.map(MarkdownText.plain).joined(separator: ", "),
            ])
        }
        if let named = manifest.environment?.named, !named.isEmpty {
            let list = named.sorted { ($0.key == "torch" ? 0 : 1, $0.key) < ($1.key == "torch" ? 0 : 1, $1.key) }
            rows.append([
                words.namedPackages, list.map { MarkdownText.plain("\($0.key) \($0.value)") }.joined(separator: ", "),
            ])
        }
        let packages = record.packages.isEmpty ? manifest.environment?.packages : record.packages.count
        if let packages {
            let path = "environment/packages.txt"
            let link = record.attachments.contains { $0.path == path } ? path : nil
            rows.append([words.packageList, words.packages(ReadableNumber.count(packages), link)])
        }
        let host = manifest.host
        rows.append([words.host, MarkdownText.plain(host.name)])
        rows.append([words.operatingSystem, MarkdownText.plain("\(host.operatingSystem), \(host.kernel)")])
        rows.append(["CPU", words.processor(MarkdownText.plain(host.processor), host.cores)])
        rows.append([words.memory, ReadableNumber.size(host.memory)])
        rows.append([words.commit, commit(record, words)])
        return "## \(words.environment)\n\n" + MarkdownText.table([words.item, words.value], rows)
    }

    private static func commit(_ record: RunRecord, _ words: Phrases) -> String {
        guard let source = record.manifest.source, let commit = source.commit else { return words.noCommit }
        var parts = [MarkdownText.code(commit)]
        if let branch = source.branch { parts.append(words.branch(MarkdownText.plain(branch))) }
        if source.dirty {
            let path = source.patch.map { $0.hasPrefix("environment/") ? $0 : "environment/\($0)" }
            let isThere = record.attachments.contains { $0.path == path }
            parts.append(words.uncommitted(isThere ? path.map(MarkdownText.link) : nil))
        }
        return (parts + source.omitted.map(MarkdownText.plain)).joined(separator: ", ")
    }
}

/// The command as it ran, and how to run it again.
enum CommandSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        let command = record.manifest.command
        let typed = command.arguments.map(quoted).joined(separator: " ")
        var parts = [
            "## \(words.command)", MarkdownText.fenced(typed, language: "sh"), words.runAgain,
            MarkdownText.fenced(command.line, language: "sh"),
        ]
        let container = record.manifest.container
        if let line = container?.line { parts += [words.withoutBunsen, MarkdownText.fenced(line, language: "sh")] }
        var facts = [
            words.workingFolder + words.colon + MarkdownText.code(command.workingFolder),
            words.engine + words.colon + MarkdownText.plain(command.engine),
        ]
        if let container {
            let digest = container.digest.map { " (\(MarkdownText.code($0)))" } ?? ""
            facts.append(words.image + words.colon + MarkdownText.code(container.image) + digest)
        }
        facts += limits(record.manifest.limits, words)
        parts.append(facts.joined(separator: " · "))
        if !command.variables.isEmpty {
            let rows = command.variables.sorted { $0.key < $1.key }.map {
                [MarkdownText.code($0.key), MarkdownText.code($0.value)]
            }
            parts.append(MarkdownText.table([words.variable, words.value], rows))
        }
        if !record.manifest.data.isEmpty {
            let rows = record.manifest.data.map {
                [
                    MarkdownText.code($0.path), MarkdownText.code($0.digest), ReadableNumber.count($0.files),
                    ReadableNumber.size($0.size),
                ]
            }
            let header = [words.dataFolder, words.digest, words.files, words.size]
            parts.append(MarkdownText.table(header, rows, alignRight: [2, 3]))
        }
        return parts.joined(separator: "\n\n")
    }

    /// What the run was limited to, as far as it was asked for.
    private static func limits(_ limits: RunManifest.Limits?, _ words: Phrases) -> [String] {
        guard let limits else { return [] }
        let asked = limits.asked
        let applied = limits.applied ?? asked
        var facts: [String] = []
        func size(_ name: String, _ asked: Int64?, _ applied: Int64?) {
            guard asked != nil else { return }
            facts.append("\(name)\(words.colon)\(applied.map { ReadableNumber.size(UInt64(max(0, $0))) } ?? "–")")
        }
        size(words.memory, asked.memory, applied.memory)
        if asked.cpus != nil {
            facts.append("CPU\(words.colon)\(applied.cpus.map { ReadableNumber.exact($0) } ?? "–")")
        }
        if asked.gpus != nil {
            facts.append("GPU\(words.colon)\(MarkdownText.plain(applied.gpus?.description ?? "–"))")
        }
        size("/dev/shm", asked.sharedMemory, applied.sharedMemory)
        if asked.pids != nil { facts.append("pids\(words.colon)\(applied.pids.map(String.init) ?? "–")") }
        for limit in asked.ulimits ?? [] {
            let kept = applied.ulimits?.first { $0.name == limit.name }
            facts.append("ulimit \(MarkdownText.plain(kept?.description ?? "\(limit.name)=–"))")
        }
        return facts
    }

    /// A word as a POSIX shell reads it.
    static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./=:,+@%^".unicodeScalars.contains($0)
            }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}

/// The accelerators, or the plain fact that there were none.
enum GPUSection {
    static func content(_ record: RunRecord, _ words: Phrases) -> String {
        var parts = ["## \(words.gpu)"]
        let gpus = record.manifest.gpus
        if !gpus.isEmpty {
            let rows = gpus.map {
                [
                    String($0.index), MarkdownText.plain($0.name), ReadableNumber.size($0.memory),
                    MarkdownText.plain($0.driver),
                ]
            }
            parts.append(MarkdownText.table(["#", words.name, words.memory, words.driver], rows, alignRight: [2]))
        }
        if let report = record.gpuReport, !report.isEmpty {
            parts.append(MarkdownText.fenced(report, language: "text"))
        }
        if gpus.isEmpty { parts.append("> \(words.noGPU)") }
        return parts.joined(separator: "\n\n")
    }
}
