import Glibc
import HostSystem

/// The credentials of a person, where docker and podman keep them.
///
/// Looked for in this order: the file that $REGISTRY_AUTH_FILE names, and no other; else docker's
/// (`$DOCKER_CONFIG/config.json`, `~/.docker/config.json`), then podman's (`$XDG_RUNTIME_DIR/containers/auth.json`,
/// `$XDG_CONFIG_HOME/containers/auth.json`). Each may have helper programs.
package struct CredentialStore: Sendable {
    private let environment: [String: String]

    package init(environment: [String: String]) { self.environment = environment }

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private var home: String { value("HOME") ?? "/root" }

    /// The file that `save` changes.
    package var path: String {
        value("REGISTRY_AUTH_FILE") ?? "\(value("DOCKER_CONFIG") ?? "\(home)/.docker")/config.json"
    }

    private var paths: [String] {
        if value("REGISTRY_AUTH_FILE") != nil { return [path] }
        let user = getuid()
        let runtime = value("XDG_RUNTIME_DIR") ?? (user == 0 ? "/run/containers/0" : "/run/user/\(user)")
        return [
            path, "\(runtime)/containers/auth.json",
            "\(value("XDG_CONFIG_HOME") ?? "\(home)/.config")/containers/auth.json",
        ]
    }

    /// What is shown to a registry for a repository; nil when the person has never logged in there.
    package func credentials(forRegistry registry: String, path: String? = nil) throws -> RegistryCredentials? {
        let key = RegistryKey(registry: registry, path: path)
        for path in paths {
            let file = try CredentialFile(path)
            if let name = file.helper(for: key) {
                let helper = CredentialHelper(name: name, environment: environment)
                if let found = try helper.credentials(for: key) { return found }
            }
            if let found = try file.credentials(for: key) { return found }
        }
        return nil
    }

    /// Remembers credentials: in the helper where one is set up, else in the file.
    ///
    /// - Returns: where they are now, for the person to know.
    @discardableResult
    package func save(_ credentials: RegistryCredentials, forRegistry registry: String) throws -> String {
        let key = RegistryKey(registry: registry)
        var file = try CredentialFile(path)
        if let name = file.helper(for: key) {
            try CredentialHelper(name: name, environment: environment).store(credentials, for: key)
            file.note(key)
            try file.save()
            return "docker-credential-\(name)"
        }
        file.set(credentials, for: key)
        try file.save()
        return path
    }

    /// Forgets the credentials for a registry, wherever they are.
    ///
    /// - Returns: false when there were none.
    @discardableResult
    package func remove(registry: String) throws -> Bool {
        let key = RegistryKey(registry: registry)
        var removed = false
        for path in paths {
            var file = try CredentialFile(path)
            if let name = file.helper(for: key) {
                let helper = CredentialHelper(name: name, environment: environment)
                if try helper.credentials(for: key) != nil {
                    try helper.erase(key)
                    removed = true
                }
            }
            if file.holds(key) {
                file.set(nil, for: key)
                try file.save()
                removed = true
            }
        }
        return removed
    }
}
