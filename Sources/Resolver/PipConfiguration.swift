import HostSystem

/// The settings of pip that say where packages come from. uv reads none of them by itself.
package struct PipConfiguration: Sendable, Hashable {
    package var indexURL: String?
    package var extraIndexURLs: [String] = []
    package var findLinks: [String] = []
    package var trustedHosts: [String] = []
    /// A file of certificates.
    package var certificate: String?
    package var noIndex = false

    package init() {}

    /// What pip itself would use: its files in their order, then its variables.
    package init(environment: [String: String]) {
        self.init()
        for path in Self.files(environment) {
            // A configuration that cannot be read is pip's to complain about, as pip does.
            if let text = try? Files.readText(path, limit: 1 << 20) { apply(iniText: text) }
        }
        for (key, variable) in [
            ("index-url", "PIP_INDEX_URL"), ("extra-index-url", "PIP_EXTRA_INDEX_URL"),
            ("find-links", "PIP_FIND_LINKS"), ("trusted-host", "PIP_TRUSTED_HOST"), ("cert", "PIP_CERT"),
            ("no-index", "PIP_NO_INDEX"),
        ] {
            if let value = environment[variable], !value.isEmpty { set(key, value) }
        }
    }

    /// pip's own order: system, user (old and new place), the virtual environment, PIP_CONFIG_FILE.
    static func files(_ environment: [String: String]) -> [String] {
        let named = environment["PIP_CONFIG_FILE"] ?? ""
        if named == "/dev/null" { return [] }
        var files: [String] = []
        for folder in (environment["XDG_CONFIG_DIRS"] ?? "/etc/xdg").split(separator: ":") {
            files.append("\(folder)/pip/pip.conf")
        }
        files.append("/etc/pip.conf")
        if let home = environment["HOME"], !home.isEmpty {
            files.append("\(home)/.pip/pip.conf")
            let folder = environment["XDG_CONFIG_HOME"] ?? ""
            files.append("\(folder.isEmpty ? "\(home)/.config" : folder)/pip/pip.conf")
        }
        if let folder = environment["VIRTUAL_ENV"], !folder.isEmpty { files.append("\(folder)/pip.conf") }
        if !named.isEmpty { files.append(named) }
        return files
    }

    /// Takes the settings of the sections that concern installing. Indented lines continue the value before them.
    mutating func apply(iniText text: String) {
        var section = ""
        var key = ""
        var values: [(key: String, value: String)] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let content = line.trimmedEnds
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
                section = String(content[content.index(after: content.startIndex)..<end])
                key = ""
            } else if line.first?.isWhitespace == true, !key.isEmpty, let last = values.indices.last {
                values[last].value += "\n" + content
            } else if let separator = content.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                key = content[..<separator].trimmedEnds.lowercased()
                guard ["global", "install", "download", "wheel"].contains(section) else { continue }
                let name = String(key.map { $0 == "_" ? "-" : $0 })
                values.append((name, content[content.index(after: separator)...].trimmedEnds))
            }
        }
        for (key, value) in values { set(key, value) }
    }

    private mutating func set(_ key: String, _ value: String) {
        let words = value.split(whereSeparator: \.isWhitespace).map(String.init)
        switch key {
        case "index-url": indexURL = words.first
        case "extra-index-url": extraIndexURLs = words
        case "find-links": findLinks = words
        case "trusted-host": trustedHosts = words
        case "cert": certificate = value
        case "no-index": noIndex = ["1", "true", "yes", "on"].contains(value.lowercased())
        default: break
        }
    }
}
