import RecipeModel

/// Takes the lines of a lock one after the other.
struct LockParser {
    struct Unexpected: Error {
        let line: Int
        let expected: String
    }

    let lines: [String]
    var next: Int

    mutating func lock() throws(Unexpected) -> Lock {
        try expect("recipe:")
        let recipeDigest = try value("  ", "digest")
        var inputs = ResolutionInputs(
            torch: try optional("  ", "torch") ?? "", cuda: try optional("  ", "cuda") ?? "",
            python: try optional("  ", "python") ?? "", packages: [])
        inputs.packages = try list("  packages", "a requirement")
        inputs.tools = try list("  tools", "a tool")
        guard inputs.digest == recipeDigest else { throw unexpected("the digest of the recipe's keys") }
        guard let python = PythonVersion(try value("", "python")) else { throw unexpected("a Python version") }
        let platform = try value("", "platform")
        var torch: Lock.TorchBuild?
        if skip("torch:") {
            torch = Lock.TorchBuild(version: try value("  ", "version"), build: try optional("  ", "build") ?? "")
        }
        let pylock = try value("", "pylock")
        var packages: [Lock.Package] = []
        if !skip("packages: []") {
            try expect("packages:")
            while current?.isEmpty == false { packages.append(try package("  ")) }
        }
        guard next == lines.count - 1, current == "" else { throw unexpected("the end of the lock") }
        return Lock(
            inputs: inputs, python: python, platform: platform, torch: torch, packages: packages, pylockDigest: pylock)
    }

    /// The part of the lock that begins after the digest of the variants.
    mutating func variants(of plain: Lock) throws(Unexpected) -> [Lock.Variant] {
        try expect("variants:")
        var lock = plain
        while current?.isEmpty == false {
            let name = try value("  - ", "name")
            let place = next - 1
            // It becomes part of a file's name.
            guard RecipeReader.isName(name), !name.contains("."), lock.variants.last.map({ $0.name < name }) ?? true
            else { throw Unexpected(line: place + 1, expected: "the next variant's name") }
            let digest = try value("    ", "digest")
            var variant = Lock.Variant(
                name: name, requirements: try list("    requirements", "a requirement"),
                pylockDigest: try value("    ", "pylock"), packages: [])
            if !skip("    packages: []") {
                try expect("    packages:")
                while current?.hasPrefix("      - ") == true { variant.packages.append(try package("      ")) }
            }
            lock.variants.append(variant)
            guard lock.variant(name)?.digest == digest else {
                throw Unexpected(line: place + 1, expected: "the digest of the variant")
            }
        }
        guard next == lines.count - 1 else { throw unexpected("the end of the lock") }
        return lock.variants
    }

    private mutating func list(_ key: String, _ what: String) throws(Unexpected) -> [String] {
        guard skip("\(key):") else { return [] }
        let prefix = String(key.prefix { $0 == " " }) + "  - "
        var items: [String] = []
        while let line = current, line.hasPrefix(prefix) {
            items.append(try unquoted(String(line.dropFirst(prefix.count)), what))
            next += 1
        }
        return items
    }

    private mutating func package(_ indentation: String) throws(Unexpected) -> Lock.Package {
        let inside = indentation + "  "
        let name = try value("\(indentation)- ", "name")
        var package = Lock.Package(
            name: name, version: try value(inside, "version"), source: try value(inside, "source"))
        package.commit = try optional(inside, "commit")
        package.file = try optional(inside, "file")
        if let size = try optional(inside, "size") {
            guard let bytes = Int64(size), bytes >= 0 else { throw unexpected("a size in bytes") }
            package.size = bytes
        }
        package.sha256 = try optional(inside, "sha256")
        let digits = package.sha256?.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard package.sha256 == nil || (package.sha256?.utf8.count == 64 && digits == true) else {
            throw unexpected("64 hexadecimal digits")
        }
        return package
    }

    private var current: String? { next < lines.count ? lines[next] : nil }

    private func unexpected(_ expected: String) -> Unexpected {
        Unexpected(line: min(next + 1, lines.count), expected: expected)
    }

    private mutating func skip(_ line: String) -> Bool {
        guard current == line else { return false }
        next += 1
        return true
    }

    private mutating func expect(_ line: String) throws(Unexpected) {
        if !skip(line) { throw unexpected("\"\(line)\"") }
    }

    private mutating func value(_ indentation: String, _ key: String) throws(Unexpected) -> String {
        guard let value = try optional(indentation, key) else { throw unexpected("\"\(key): …\"") }
        return value
    }

    private mutating func optional(_ indentation: String, _ key: String) throws(Unexpected) -> String? {
        let prefix = "\(indentation)\(key): "
        guard let line = current, line.hasPrefix(prefix) else { return nil }
        let value = try unquoted(String(line.dropFirst(prefix.count)), "text")
        next += 1
        return value
    }

    private func unquoted(_ text: String, _ expected: String) throws(Unexpected) -> String {
        guard text.hasPrefix("\"") else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars.dropFirst()
        while let character = rest.popFirst() {
            if character == "\"" {
                if rest.isEmpty { return String(result) }
                break
            }
            guard character == "\\" else {
                result.append(character)
                continue
            }
            let code = rest.popFirst()
            if code == "\"" || code == "\\", let code {
                result.append(code)
            } else if code == "x", let byte = UInt8(String(String.UnicodeScalarView(rest.prefix(2))), radix: 16) {
                result.append(Unicode.Scalar(byte))
                rest = rest.dropFirst(2)
            } else {
                break
            }
        }
        throw unexpected(expected)
    }
}
