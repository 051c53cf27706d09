import ExperimentModel
import HostSystem

/// One run on a terminal.
struct RunSheet {
    private let manifest: RunManifest
    private let status: RunStatus
    private let series: [MetricSeries]
    private let entry: String?
    private let console: Console

    init(_ manifest: RunManifest, _ status: RunStatus, _ series: [MetricSeries], entry: String?, _ console: Console) {
        self.manifest = manifest
        self.status = status
        self.series = series
        self.entry = entry
        self.console = console
    }

    var text: String {
        var lines = [console.styledData("\(manifest.name)  \(manifest.id)", .bold)]
        func line(_ title: String, _ value: String?) {
            guard let value, !value.isEmpty else { return }
            lines.append(title + String(repeating: " ", count: max(1, 13 - title.count)) + value)
        }
        line("status", statusText)
        line("started", manifest.started.rfc3339)
        line("command", manifest.command.line)
        line("folder", manifest.command.workingFolder)
        line("environment", environment)
        line("code", code)
        line(
            "host",
            "\(manifest.host.name), \(manifest.host.processor), \(manifest.host.cores) cores, \(ReadableNumber.size(manifest.host.memory))"
        )
        line("GPU", manifest.gpus.isEmpty ? "none" : manifest.gpus.map(\.name).joined(separator: ", "))
        line("world size", manifest.worldSize.map(String.init))
        line("entry", entry)
        var text = lines.joined(separator: "\n") + "\n"
        if !manifest.parameters.isEmpty {
            var table = TextTable(header: ["PARAMETER", "VALUE", "SOURCE"])
            for parameter in manifest.parameters {
                table.append([parameter.name, "\(parameter.value)", parameter.source])
            }
            text += "\n" + table.text
        }
        if !series.isEmpty {
            var table = TextTable(
                header: ["METRIC", "LAST", "STEP", "MIN", "MAX", "POINTS", "SOURCE"], rightAligned: [1, 2, 3, 4, 5])
            for one in series {
                guard let last = one.points.last else { continue }
                let values = one.points.map(\.value).filter { !$0.isNaN }
                table.append([
                    one.name, ReadableNumber.text(last.value), String(last.step),
                    values.min().map { ReadableNumber.text($0) } ?? "",
                    values.max().map { ReadableNumber.text($0) } ?? "", String(one.points.count),
                    one.sources.map(\.rawValue).sorted().joined(separator: ", "),
                ])
            }
            text += "\n" + table.text
        }
        for warning in manifest.warnings { text += "\nnote: \(warning)" }
        return manifest.warnings.isEmpty ? text : text + "\n"
    }

    private var statusText: String {
        var text = console.styledData(status.rawValue, status == .finished || status == .running ? .green : .red)
        if let end = manifest.end {
            text += " after \(ReadableNumber.duration(end.duration))"
            if let reason = end.reason {
                text += ": \(reason)"
            } else if let code = end.exitCode, code != 0 {
                text += ": exit code \(code)"
            }
        }
        return text
    }

    private var environment: String? {
        guard let environment = manifest.environment else { return nil }
        var parts: [String] = []
        if let digest = environment.lockDigest {
            parts.append("lock \(digest.prefix(19))")
        } else {
            parts.append("not locked: \(environment.path)")
        }
        if let torch = manifest.torch {
            parts.append("torch \(torch.version), \(torch.cuda.map { "CUDA \($0)" } ?? "CPU")")
        }
        return parts.joined(separator: "; ")
    }

    private var code: String? {
        guard let source = manifest.source else { return nil }
        var text = source.commit.map { String($0.prefix(12)) } ?? "no commit yet"
        if let branch = source.branch { text += " (\(branch))" }
        return source.dirty ? text + ", with uncommitted changes" : text
    }
}
