import Resolver

/// The files that turn the wheels of an image into one environment, and make it the same through every door: `exec`,
/// a login shell over SSH, a command over SSH.
struct EnvironmentFiles {
    enum Content: Hashable {
        case folder(mode: UInt16, owned: Bool)
        case file([UInt8], mode: UInt16)
        case link(String)
    }

    /// Absolute paths, sorted by their bytes.
    let entries: [(path: String, content: Content)]

    init(layout: ImageLayout, pythonVersion: String, variables: [(name: String, value: String)]) {
        let prefix = ImageLayout.prefix
        var all = Self.doors(variables)
        let environment: [String: Content] = [
            "\(prefix)/bin/python": .link(layout.baseInterpreter),
            "\(prefix)/bin/python3": .link("python"),
            "\(prefix)/bin/python\(layout.python)": .link("python"),
            "\(prefix)/lib64": .link("lib"),
            "\(prefix)/pyvenv.cfg": .file(
                Array(Self.pyvenv(layout: layout, pythonVersion: pythonVersion).utf8), mode: 0o644),
            // The person's own folder: a container without a mount can write here too.
            ImageLayout.workspace: .folder(mode: 0o755, owned: true),
        ]
        all.merge(environment) { $1 }
        all["\(layout.sitePackages)"] = .folder(mode: 0o755, owned: false)
        entries = Self.sorted(all)
    }

    /// What a variant says otherwise than the plain image below it.
    init(variables: [(name: String, value: String)]) { entries = Self.sorted(Self.doors(variables)) }

    private static func doors(_ variables: [(name: String, value: String)]) -> [String: Content] {
        [
            "/etc/profile.d/bunsen.sh": .file(Array(profile(variables).utf8), mode: 0o644),
            "/etc/environment": .file(Array(environment(variables).utf8), mode: 0o644),
        ]
    }

    private static func sorted(_ all: [String: Content]) -> [(path: String, content: Content)] {
        all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
    }

    /// Python finds the environment by this file (PEP 405).
    private static func pyvenv(layout: ImageLayout, pythonVersion: String) -> String {
        let home = layout.baseInterpreter.split(separator: "/").dropLast().joined(separator: "/")
        return """
            home = /\(home)
            include-system-site-packages = false
            version = \(pythonVersion)

            """
    }

    /// For login shells, which begin with an environment of their own.
    private static func profile(_ variables: [(name: String, value: String)]) -> String {
        variables.map { "export \($0.name)=\(shellQuoted($0.value))\n" }.joined()
    }

    /// For sshd's pam_env, which reaches commands without a shell. Values there have no escapes, so what cannot be said
    /// is left to the shell's file.
    private static func environment(_ variables: [(name: String, value: String)]) -> String {
        variables.filter { !$0.value.contains { "\"\\\n#".contains($0) } }
            .map { "\($0.name)=\"\($0.value)\"\n" }.joined()
    }

    private static func shellQuoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
