import ELFImage
import ExperimentModel
import ImageBuilder

/// What was proven of an image's libraries, for people and for programs.
struct ProofReport: Encodable {
    struct Finding: Encodable {
        let what: String
        let files: [String]
        let package: String?
        let hint: String?
    }

    /// ELF files that were looked at.
    let files: Int
    /// Needs of libraries that were followed.
    let needs: Int
    /// Libraries that the GPU's driver brings when a container starts.
    let fromDriver: [String]
    /// Plug-ins that will not load, and the like: nothing that stops a build.
    let findings: [Finding]
    /// Packages that load only after others were imported, which have their libraries.
    let importsFirst: [String: [String]]
    /// Layers that were read for it now; what is known of the others was kept.
    let layersRead: Int
    let seconds: Double

    init(_ result: LibraryCheck.Result) {
        let verdict = result.verdict
        files = verdict.files
        needs = verdict.needs
        fromDriver = verdict.fromDriver
        findings = verdict.findings.map { finding in
            Finding(
                what: "\(finding)", files: finding.files, package: finding.owner.map { "\($0.name)==\($0.version)" },
                hint: finding.hint)
        }
        importsFirst = verdict.importsFirst
        layersRead = result.layersRead
        seconds = result.seconds
    }

    var text: String {
        let read = layersRead > 0 ? "\(layersRead) layers read now" : "nothing read again"
        var lines = [
            "libraries: \(files) ELF files, \(needs) needs, all in the image"
                + (fromDriver.isEmpty ? "" : " or the driver's (\(fromDriver.joined(separator: ", ")))")
                + "; \(read), \(ReadableNumber.duration(seconds))"
        ]
        for finding in findings {
            lines.append("  plug-in: \(finding.what)" + (finding.hint.map { " (\($0))" } ?? ""))
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
