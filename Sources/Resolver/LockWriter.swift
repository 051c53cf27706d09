import HostSystem

/// Writes bunsen.lock: a plain, fixed subset of YAML, one value per line, the same bytes for the same lock.
package enum LockWriter {
    static let header = "# Written by `bunsen lock`. Commit it with the recipe; do not edit it."
    static let formatLine = "bunsen-lock: 1"

    /// The text of a lock. Its `digest` is computed, not taken from `lock`.
    package static func text(_ lock: Lock) -> String {
        let body = self.body(lock)
        return "\(header)\n\(formatLine)\ndigest: \(digest(ofBody: body))\n\(body)"
    }

    /// The lock with the digest that its text has.
    package static func sealed(_ lock: Lock) -> Lock {
        var sealed = lock
        sealed.digest = digest(ofBody: body(lock))
        return sealed
    }

    static func digest(ofBody body: String) -> String { "sha256:" + SHA256.hexDigest(body.utf8) }

    private static func body(_ lock: Lock) -> String {
        var lines = ["recipe:", "  digest: \(lock.inputs.digest)"]
        func add(_ indentation: String, _ key: String, _ value: String) {
            if !value.isEmpty { lines.append("\(indentation)\(key): \(quoted(value))") }
        }
        add("  ", "torch", lock.inputs.torch)
        add("  ", "cuda", lock.inputs.cuda)
        add("  ", "python", lock.inputs.python)
        if !lock.inputs.packages.isEmpty {
            lines.append("  packages:")
            lines += lock.inputs.packages.map { "    - \(quoted($0))" }
        }
        add("", "python", lock.python.description)
        add("", "platform", lock.platform)
        if let torch = lock.torch {
            lines.append("torch:")
            add("  ", "version", torch.version)
            add("  ", "build", torch.build)
        }
        add("", "pylock", lock.pylockDigest)
        lines.append(lock.packages.isEmpty ? "packages: []" : "packages:")
        for package in lock.packages {
            lines.append("  - name: \(quoted(package.name))")
            add("    ", "version", package.version)
            add("    ", "source", package.source)
            add("    ", "commit", package.commit ?? "")
            add("    ", "file", package.file ?? "")
            if let size = package.size { lines.append("    size: \(size)") }
            add("    ", "sha256", package.sha256 ?? "")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Quotes everything that YAML could take for something else than text.
    static func quoted(_ text: String) -> String {
        let first = text.utf8.first ?? 0
        let isPlain =
            ((97...122).contains(first) || (65...90).contains(first))
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
                    || "-_./+".utf8.contains($0)
            }
            && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text.lowercased())
        if isPlain || (text.hasPrefix("sha256:") && text.utf8.count == 71) { return text }
        var result = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where character.value < 32 || character.value == 127:
                result += "\\x" + Hexadecimal.text([UInt8(character.value)])
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "\""
    }
}
