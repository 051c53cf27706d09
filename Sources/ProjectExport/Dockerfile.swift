import BaseSystem
import ImageBuilder
import RecipeModel
import Resolver

/// A Dockerfile that installs the lock without Bunsen, for those who must have one. The Python packages are those of
/// pylock.toml, each checked against its digest; the Debian packages are those of the day of the build, because mirrors
/// keep only the newest.
package struct Dockerfile: Sendable, Hashable {
    package static let path = "Dockerfile"

    package let text: String
    /// Files of this machine that the lock takes packages from: they have to be copied into `wheels/` beside the
    /// Dockerfile.
    package let localFiles: [String]

    /// - Parameters:
    ///   - pylock: the text of pylock.toml.
    ///   - userID: the number of the account that containers run as.
    /// - Throws: `ProjectExportError` for a variable that a Dockerfile cannot hold.
    package init(
        lock: Lock, pylock: String, base: BaseLock, environment: [String: String], userID: UInt32
    ) throws(ProjectExportError) {
        if let name = environment.first(where: { $0.value.contains(where: \.isNewline) })?.key {
            throw ProjectExportError("the variable \(name) has a line break, which a Dockerfile cannot hold")
        }
        let variables = ImageSettings.variables(compute: lock.torch?.build ?? "", environment: environment)
        localFiles = Self.localFiles(of: pylock)
        var parts = [
            """
            # Written by `bunsen export dockerfile` from \(Lock.fileName) \(lock.digest).
            # The Debian packages are not pinned here: `bunsen build` makes the same image everywhere, without a daemon.
            """, Self.from(base),
        ]
        if case .debian = base.base { parts.append(Self.install(base)) }
        if !localFiles.isEmpty {
            let folders = Set(localFiles.map(Self.folder)).sorted()
            parts.append(
                "# These packages come from files: put them into wheels/ beside this file.\n"
                    + folders.map { "COPY wheels/ \($0)/" }.joined(separator: "\n"))
        }
        parts.append(Self.environment(lock, base))
        parts.append(
            """
            RUN useradd --uid \(userID) --create-home --shell /bin/bash \(ImageLayout.userName) \\
             && install --directory --owner=\(userID) --group=\(userID) \(ImageLayout.workspace)
            """)
        parts.append(Self.text(of: variables))
        // The init that Bunsen's own images have; another base may not have it.
        let entrypoint =
            if case .debian = base.base { "ENTRYPOINT [\"tini\", \"-s\", \"-g\", \"--\"]\n" } else { "" }
        parts.append(
            """
            WORKDIR \(ImageLayout.workspace)
            USER \(userID):\(userID)
            \(entrypoint)CMD ["bash"]

            """)
        text = parts.joined(separator: "\n\n")
    }

    private static func from(_ base: BaseLock) -> String {
        switch base.base {
        case .debian(let pin): "FROM debian:\(pin.suite)"
        case .image(let pin): "FROM \(pin.reference.split(separator: "@")[0])@\(pin.digest)"
        }
    }

    private static func install(_ base: BaseLock) -> String {
        let names = (base.installedByName + ["python3", "python3-venv"]).sorted()
        return """
            RUN apt-get update \\
             && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\
            \(names.map { "      \($0) \\" }.joined(separator: "\n"))
             && rm -rf /var/lib/apt/lists/*
            """
    }

    /// uv is there for this step only.
    private static func environment(_ lock: Lock, _ base: BaseLock) -> String {
        let interpreter =
            if case .standalone(let python) = base.python { python.version } else { "python3" }
        return """
            COPY \(Lock.pylockName) /tmp/\(Lock.pylockName)
            RUN python3 -m venv /tmp/uv \\
             && /tmp/uv/bin/pip install --quiet uv \\
             && UV_PYTHON_INSTALL_DIR=/opt/python /tmp/uv/bin/uv venv --python \(interpreter) \(ImageLayout.prefix) \\
             && /tmp/uv/bin/uv pip sync --no-cache --python \(ImageLayout.prefix) /tmp/\(Lock.pylockName) \\
             && rm -rf /tmp/uv /tmp/\(Lock.pylockName)
            """
    }

    private static func text(of variables: [(name: String, value: String)]) -> String {
        "ENV " + variables.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: " \\\n    ")
    }

    /// A value in a Dockerfile's double quotes, where `$` and `\` have meanings.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("$", with: "\\$") + "\""
    }

    /// Paths in `file:///…` addresses, as uv writes them for wheels of a folder.
    private static func localFiles(of pylock: String) -> [String] {
        let mark = "\"file://"
        var files: Set<String> = []
        for line in pylock.split(separator: "\n") {
            var rest = line
            while let start = rest.firstRange(of: mark) {
                let path = rest[start.upperBound...].prefix { $0 != "\"" }
                if path.hasPrefix("/") { files.insert(String(path)) }
                rest = rest[start.upperBound...].dropFirst(path.count)
            }
        }
        return files.sorted()
    }

    private static func folder(_ path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }
}
