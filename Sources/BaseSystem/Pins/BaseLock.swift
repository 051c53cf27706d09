import HostSystem
import RecipeModel

/// What bunsen-image.lock says: the base of the image and its Python, pinned by digest.
package struct BaseLock: Sendable, Hashable {
    package static let fileName = "bunsen-image.lock"

    /// What the recipe and bunsen.lock asked for when this was written.
    package var request: BaseRequest
    package var base: BasePin
    package var python: PythonPin
    /// `sha256:` and the digest of this lock's own text. Empty until written.
    package var digest = ""

    package init(request: BaseRequest, base: BasePin, python: PythonPin) {
        self.request = request
        self.base = base
        self.python = python
        digest = BaseLockWriter.digest(ofBody: BaseLockWriter.body(self))
    }

    /// The Debian packages that were asked for by name, beside the essential ones and what they depend on, sorted. The
    /// interpreter is not among them.
    package var installedByName: [String] {
        var names = DebianResolver.additions + request.system
        if request.compiler {
            names += DebianResolver.compiler
            if case .base = python { names.append("libpython3-dev") }
        }
        return Set(names).sorted()
    }

    /// What is pinned, in a few words for people.
    package var summary: String {
        let system =
            switch base {
            case .debian(let pin): "\(request.base), \(pin.packages.count) packages"
            case .image(let pin): "\(request.base), \(pin.digest)"
            }
        let python =
            switch self.python {
            case .none: "no Python"
            case .base(let version): "its own Python \(version)"
            case .standalone(let python): "a standalone Python \(python.version)"
            }
        return "\(system), \(python)"
    }

    /// What differs between what was asked for then and now, one sentence each; empty when the lock is still valid.
    package func changes(to now: BaseRequest) -> [String] {
        var changes: [String] = []
        func compare(_ key: String, _ now: String, _ then: String) {
            if now != then { changes.append("\(key) is \(now), \(Self.fileName) has \(then)") }
        }
        func compare(_ key: String, _ now: [String], _ then: [String]) {
            let added = now.filter { !then.contains($0) }
            let removed = then.filter { !now.contains($0) }
            if !added.isEmpty {
                changes.append("\(key) has \(added.joined(separator: ", ")), \(Self.fileName) has not")
            }
            if !removed.isEmpty {
                changes.append("\(Self.fileName) has \(removed.joined(separator: ", ")) of \(key), the recipe has not")
            }
        }
        compare("base", now.base, request.base)
        compare("the architecture", now.architecture, request.architecture)
        compare("python", now.python.description, request.python.description)
        compare("compiler", String(now.compiler), String(request.compiler))
        compare("system", now.system, request.system)
        for name in Set(now.variants.keys).union(request.variants.keys).sorted() {
            compare("variants.\(name).system", now.variants[name] ?? [], request.variants[name] ?? [])
        }
        return changes
    }

    /// Replaces the lock in a folder in one step.
    package func write(folder: String) throws {
        try Files.write(BaseLockWriter.text(self), to: "\(folder)/\(Self.fileName)")
    }
}

/// Writes bunsen-image.lock: a plain, fixed subset of YAML, the same bytes for the same pins. A .deb is one line, so
/// that a changed version is one changed line.
package enum BaseLockWriter {
    static let header = "# Written by `bunsen lock --image`. Commit it with the recipe; do not edit it."
    static let formatLine = "bunsen-image-lock: 1"

    package static func text(_ lock: BaseLock) -> String {
        let body = self.body(lock)
        return "\(header)\n\(formatLine)\ndigest: \(digest(ofBody: body))\n\(body)"
    }

    static func digest(ofBody body: String) -> String { "sha256:" + SHA256.hexDigest(body.utf8) }

    static func body(_ lock: BaseLock) -> String {
        let request = lock.request
        var lines = [
            "recipe:", "  digest: \(request.digest)", "  base: \(request.base)",
            "  architecture: \(request.architecture)", "  python: \"\(request.python)\"",
            "  compiler: \(request.compiler)",
        ]
        lines += list("  system", request.system)
        lines += list(
            "  variants",
            request.variants.keys.sorted().flatMap { name in
                (request.variants[name] ?? []).map { "\(name) \($0)" }
            })
        switch lock.python {
        case .none: break
        case .base(let version): lines += ["python:", "  base: \"\(version)\""]
        case .standalone(let python):
            lines += [
                "python:", "  standalone: \(python.key)", "  version: \"\(python.version)\"", "  file: \(python.file)",
                "  size: \(python.size)", "  sha256: \(python.sha256)",
            ]
        }
        switch lock.base {
        case .image(let image):
            lines += ["image:", "  reference: \(image.reference)", "  digest: \(image.digest)"]
            lines += ["  platform: \(image.platform)"]
            lines += list("  init", [image.initPackage].compactMap { $0 }.map(line))
        case .debian(let debian):
            lines += ["debian:", "  suite: \(debian.suite)", "  date: \(debian.date.rfc3339)"]
            lines += list("  packages", debian.packages.map(line))
            for (name, packages) in debian.variants.sorted(by: { $0.key < $1.key }) {
                lines += list("  variant \(name)", packages.map(line))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func list(_ key: String, _ items: [String]) -> [String] {
        let indentation = String(key.prefix { $0 == " " })
        return items.isEmpty ? [] : ["\(key):"] + items.map { "\(indentation)  - \($0)" }
    }

    private static func line(_ package: DebianPackage) -> String {
        "\(package.name) \(package.version) \(package.architecture) \(package.size) sha256:\(package.sha256) "
            + "\(package.archive) \(package.path)"
    }
}
