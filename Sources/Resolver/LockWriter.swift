import HostSystem

/// Writes bunsen.lock: a plain, fixed subset of YAML, one value per line, the same bytes for the same lock.
package enum LockWriter {
    static let header = "# Written by `bunsen lock`. Commit it with the recipe; do not edit it."
    static let formatLine = "bunsen-lock: 1"

    /// The text of a lock. Its `digest` is computed, not taken from `lock`.
    package static func text(_ lock: Lock) -> String {
        let body = self.body(lock)
        let plain = "\(header)\n\(formatLine)\ndigest: \(digest(ofBody: body))\n\(body)"
        guard !lock.variants.isEmpty else { return plain }
        let variants = self.variants(of: lock)
        return plain + "\(variantsKey)\(digest(ofBody: variants))\n\(variants)"
    }

    /// Begins the line between the plain lock and its variants, which have a digest of their own: what a variant adds
    /// leaves the plain environment as it is.
    static let variantsKey = "variants-digest: "

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
            lines += item(indentation, key, value)
        }
        add("  ", "torch", lock.inputs.torch)
        add("  ", "cuda", lock.inputs.cuda)
        add("  ", "python", lock.inputs.python)
        lines += list("  packages", lock.inputs.packages)
        lines += list("  tools", lock.inputs.tools)
        add("", "python", lock.python.description)
        add("", "platform", lock.platform)
        if let torch = lock.torch {
            lines.append("torch:")
            add("  ", "version", torch.version)
            add("  ", "build", torch.build)
        }
        add("", "pylock", lock.pylockDigest)
        lines.append(lock.packages.isEmpty ? "packages: []" : "packages:")
        for package in lock.packages { lines += self.package(package, indentation: "  ") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func variants(of lock: Lock) -> String {
        var lines = ["variants:"]
        for variant in lock.variants {
            lines.append("  - name: \(quoted(variant.name))")
            lines.append("    digest: \(lock.variant(variant.name)?.digest ?? "")")
            lines += list("    requirements", variant.requirements)
            lines.append("    pylock: \(variant.pylockDigest)")
            lines.append(variant.packages.isEmpty ? "    packages: []" : "    packages:")
            for package in variant.packages { lines += self.package(package, indentation: "      ") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func package(_ package: Lock.Package, indentation: String) -> [String] {
        let inside = "\(indentation)  "
        var lines = ["\(indentation)- name: \(quoted(package.name))"]
        lines += item(inside, "version", package.version)
        lines += item(inside, "source", package.source)
        lines += item(inside, "commit", package.commit ?? "")
        lines += item(inside, "file", package.file ?? "")
        if let size = package.size { lines.append("\(inside)size: \(size)") }
        return lines + item(inside, "sha256", package.sha256 ?? "")
    }

    /// A line, or none for an empty value.
    private static func item(_ indentation: String, _ key: String, _ value: String) -> [String] {
        value.isEmpty ? [] : ["\(indentation)\(key): \(quoted(value))"]
    }

    private static func list(_ key: String, _ items: [String]) -> [String] {
        let indentation = String(key.prefix { $0 == " " })
        return items.isEmpty ? [] : ["\(key):"] + items.map { "\(indentation)  - \(quoted($0))" }
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
