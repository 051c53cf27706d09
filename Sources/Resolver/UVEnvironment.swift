import HostSystem

/// The environment variables that uv runs with: the person's own, and pip's settings where uv has none.
package struct UVEnvironment: Sendable {
    package let variables: [String: String]
    /// Folders and pages with packages beside the indexes, from uv's variables and pip's configuration.
    package let findLinks: [String]
    /// Whether packages come from find-links alone.
    package let hasNoIndex: Bool
    /// Whether uv's cache is Bunsen's own and not one that the person chose.
    package let ownsCache: Bool

    /// - Parameters:
    ///   - base: the environment of this process.
    ///   - home: $BUNSEN_HOME. uv's cache lies in it, so that environments can be hard links to it.
    package init(base: [String: String], home: String) {
        let pip = PipConfiguration(environment: base)
        var variables = base
        for name in ["VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_TORCH_BACKEND", "UV_PYTHON"] {
            variables[name] = nil
        }
        func fill(_ name: String, unlessAny others: [String] = [], _ value: String?) {
            guard let value, !value.isEmpty else { return }
            if ([name] + others).allSatisfy({ (base[$0] ?? "").isEmpty }) { variables[name] = value }
        }
        // Through variables and not arguments, because other users can see arguments and these may hold passwords.
        fill("UV_DEFAULT_INDEX", unlessAny: ["UV_INDEX_URL"], pip.indexURL)
        fill("UV_INDEX", unlessAny: ["UV_EXTRA_INDEX_URL"], pip.extraIndexURLs.joined(separator: " "))
        fill("UV_INSECURE_HOST", pip.trustedHosts.joined(separator: " "))
        fill("SSL_CERT_FILE", pip.certificate ?? base["REQUESTS_CA_BUNDLE"])
        let ownLinks = (base["UV_FIND_LINKS"] ?? "").split(separator: ",").map(String.init)
        findLinks = ownLinks + pip.findLinks.filter { !ownLinks.contains($0) }
        if !findLinks.isEmpty { variables["UV_FIND_LINKS"] = findLinks.joined(separator: ",") }
        // uv has no variable for it.
        hasNoIndex = pip.noIndex || ["1", "true"].contains((base["UV_NO_INDEX"] ?? "").lowercased())

        ownsCache = (base["UV_CACHE_DIR"] ?? "").isEmpty
        if ownsCache { variables["UV_CACHE_DIR"] = "\(home)/cache/uv" }
        fill("UV_PYTHON_INSTALL_DIR", "\(home)/python")
        // uv waits 30 seconds and tries four times, which is two minutes for an index that never answers.
        fill("UV_HTTP_TIMEOUT", unlessAny: ["UV_REQUEST_TIMEOUT"], "20")
        fill("UV_HTTP_RETRIES", "1")
        variables["UV_PREVIEW_FEATURES"] = "pylock"
        variables["UV_NO_PROGRESS"] = "1"
        variables["NO_COLOR"] = "1"
        variables["FORCE_COLOR"] = nil
        variables["CLICOLOR_FORCE"] = nil
        self.variables = variables
    }
}
