import ExperimentModel
import Glibc
import HostSystem

/// The state of the code that a run starts from: commit, branch and a patch of everything that is not committed,
/// untracked files included, so that the code of a run can be had again from the commit and the patch alone.
package struct SourceSnapshot: Sendable {
    package var state: RunManifest.SourceState
    /// Bytes for `git apply`; empty when the working copy is clean.
    package var patch: [UInt8]

    /// Largest untracked file, and largest patch, in bytes.
    private static let largestFile = 1 << 20
    private static let largestPatch = 16 << 20

    /// Looks at the working copy that holds `folder`. Nil where git is missing or the folder is in no working copy.
    ///
    /// - Parameters:
    ///   - excluded: folders of results, relative to `folder`, that are no part of the code.
    package static func take(
        of folder: String, excluded: [String], environment: [String: String], redaction: Redaction
    ) throws -> SourceSnapshot? {
        guard let git = findExecutable("git", searchPath: environment["PATH"] ?? "", from: folder) else { return nil }
        var environment = environment
        environment["GIT_OPTIONAL_LOCKS"] = "0"
        let tool = Tool(executable: git, environment: environment, workingFolder: folder)
        let pathspecs = ["--", ":/"] + excluded.map { ":(exclude)\($0)" }
        let status = try tool.run(
            ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all"] + pathspecs, timeout: 60)
        guard status.succeeded else { return nil }
        let report = StatusReport(status.output)
        var state = RunManifest.SourceState(
            commit: report.commit, branch: report.branch, dirty: report.isDirty)
        guard report.isDirty else { return SourceSnapshot(state: state, patch: []) }

        let top = try tool.run(["rev-parse", "--show-toplevel", "--git-path", "index"], timeout: 60)
        let lines = top.outputText.split(separator: "\n").map(String.init)
        guard top.succeeded, lines.count == 2 else { return SourceSnapshot(state: state, patch: []) }
        let (added, omitted) = report.patchable(below: lines[0], largest: largestFile)
        state.omitted = omitted

        // The untracked files are announced in a copy of the index, so that one diff shows them and the person's own
        // index stays as it is.
        let index = "\(Files.absolute(lines[1], from: folder)).bunsen-\(getpid())"
        defer { unlink(index) }
        if let bytes = try? Files.read(Files.absolute(lines[1], from: folder)) {
            // Thrown away in a moment: it need not survive a crash.
            try Descriptor.open(index, O_WRONLY | O_CREAT | O_TRUNC, 0o600).writeAll(bytes, path: index)
        }
        var patching = tool
        patching.environment["GIT_INDEX_FILE"] = index
        patching.workingFolder = lines[0]
        for batch in stride(from: 0, to: added.count, by: 500) {
            let names = added[batch..<min(batch + 500, added.count)]
            _ = try patching.run(["add", "--intent-to-add", "--"] + names, timeout: 60)
        }
        let base = report.commit == nil ? emptyTree : "HEAD"
        let diff = try patching.run(
            ["diff", "--binary", "--no-color", "--no-ext-diff", base] + pathspecsFromTop(excluded, folder, lines[0]),
            timeout: 120, outputLimit: largestPatch + 1)
        if diff.output.count > largestPatch {
            state.omitted.append("the patch is larger than 16 MiB and was left out")
            return SourceSnapshot(state: state, patch: [])
        }
        var patch = diff.output
        if let clean = redaction.redacted(bytes: patch) {
            patch = clean
            state.omitted.append("secrets in the patch were replaced by \(Redaction.mark)")
        }
        return SourceSnapshot(state: state, patch: patch)
    }

    /// The name that git gives to a tree without entries, for a repository without commits.
    private static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    private static func pathspecsFromTop(_ excluded: [String], _ folder: String, _ top: String) -> [String] {
        let real = Files.resolved(folder) ?? folder
        let prefix = real == top ? "" : String(real.dropFirst(top.count + 1)) + "/"
        return ["--", "."] + excluded.map { ":(exclude)\(prefix)\($0)" }
    }
}

/// What `git status --porcelain=v2 --branch -z` says (git-status(1), "Porcelain Format Version 2").
struct StatusReport {
    var commit: String?
    var branch: String?
    var untracked: [String] = []
    var changed = 0

    var isDirty: Bool { changed > 0 || !untracked.isEmpty }

    init(_ output: [UInt8]) {
        var skip = false
        for field in output.split(separator: 0) {
            if skip {
                skip = false
                continue
            }
            let text = String(decoding: field, as: UTF8.self)
            if text.hasPrefix("# branch.oid ") {
                let oid = String(text.dropFirst(13))
                commit = oid == "(initial)" ? nil : oid
            } else if text.hasPrefix("# branch.head ") {
                let head = String(text.dropFirst(14))
                branch = head == "(detached)" ? nil : head
            } else if text.hasPrefix("? ") {
                untracked.append(String(text.dropFirst(2)))
            } else if text.hasPrefix("2 ") {
                changed += 1
                skip = true  // a rename's old path follows as a field of its own
            } else if text.hasPrefix("1 ") || text.hasPrefix("u ") {
                changed += 1
            }
        }
    }

    /// The untracked files that go into a patch, and a sentence for each that does not.
    func patchable(below top: String, largest: Int) -> (names: [String], omitted: [String]) {
        var names: [String] = []
        var omitted: [String] = []
        for name in untracked {
            var status = stat()
            guard lstat("\(top)/\(name)", &status) == 0 else { continue }
            if status.st_size > largest {
                omitted.append("\(name) (\(status.st_size) bytes, untracked) is larger than 1 MiB and was left out")
            } else {
                names.append(name)
            }
        }
        if omitted.count > 20 { omitted = omitted.prefix(20) + ["and \(omitted.count - 20) more large files"] }
        return (names, omitted)
    }
}
