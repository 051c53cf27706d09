import HostSystem

/// A shell script that says what a command finds around itself, and the comparison of two such answers.
///
/// A GPU, a path or a limit that one door has and another lacks costs people days: sshd wipes the variables of its
/// sessions, and login shells set their own.
struct DoorQuestions: Sendable {
    /// Names of variables that all doors have to agree on.
    let variables: [String]
    let workspace: String

    private static let mark = "bunsen-door "

    init(variables: some Sequence<String>, workspace: String) {
        self.variables = Set(variables).subtracting(Self.ofKernels).filter(ShellQuoting.isName).sorted()
        self.workspace = workspace
    }

    /// What a kernel sets for itself, because nobody sees its terminal.
    private static let ofKernels: Set<String> = [
        "PAGER", "GIT_PAGER", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "MPLBACKEND", "TERM",
    ]

    /// For any POSIX shell, in an image that may have no more than one.
    var script: String {
        let prefix = Self.mark
        var lines = [
            "say() { printf '\(prefix)%s\\t%s\\n' \"$1\" \"$2\"; }",
            "say user \"$(id -u 2>/dev/null)\"",
            "say python \"$(command -v python || command -v python3)\"",
            "say 'open files' \"$(ulimit -n)\"",
            "say /dev/shm \"$(df -Pk /dev/shm 2>/dev/null | { read -r a; read -r a b c; echo \"$b\"; })\"",
            "for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do "
                + "[ -r $f ] && say memory \"$(cat $f)\"; done",
            "say processors \"$(nproc 2>/dev/null)\"",
            "for d in /dev/nvidia[0-9]*; do [ -e $d ] && say GPU $d; done",
            "command -v nvidia-smi >/dev/null && say nvidia-smi \"$(nvidia-smi -L 2>&1)\"",
            "[ -r \(ShellQuoting.word(workspace)) ] && say project \(ShellQuoting.word(workspace))",
        ]
        lines += variables.map { "say '$\($0)' \"${\($0)-(not set)}\"" }
        lines.append("say end .")
        return lines.joined(separator: "\n")
    }

    /// What was answered, by topic; nil where the script did not come to its end.
    static func answers(in output: some Collection<UInt8>) -> [String: String]? {
        var answers: [String: String] = [:]
        var topic: String?
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(mark) {
                let parts = line.dropFirst(mark.utf8.count).split(
                    separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
                let name = String(parts[0])
                let value = parts.count == 2 ? String(parts[1]) : ""
                answers[name] = answers[name].map { "\($0), \(value)" } ?? value
                topic = name
            } else if let topic, topic != "end", !line.isEmpty {
                // A value of several lines.
                answers[topic]? += "\n\(line)"
            }
        }
        guard answers["end"] != nil else { return nil }
        answers["end"] = nil
        return answers
    }

    /// Sentences on what differs, in the order of the topics' names.
    static func differences(_ reference: [String: String], _ other: [String: String]) -> [String] {
        Set(reference.keys).union(other.keys).sorted().compactMap { topic in
            let (expected, found) = (reference[topic] ?? "none", other[topic] ?? "none")
            guard expected != found else { return nil }
            return "\(topic) is \(shown(found)) there, and \(shown(expected)) by exec"
        }
    }

    private static func shown(_ value: String) -> String {
        value.isEmpty ? "empty" : value.utf8.count > 200 ? "\(value.prefix(200))…" : value
    }
}
