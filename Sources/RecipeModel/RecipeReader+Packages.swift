extension RecipeReader {
    static func packages(_ fields: [String: RecipeNode], _ problems: RecipeProblems) -> Recipe.PackageSource {
        let given = ["packages", "requirements", "pyproject"].filter { fields[$0] != nil }
        if given.count > 1, let second = fields[given[1]] {
            problems.add(
                second.node, "\(given.joined(separator: " and ")) both list the packages",
                hint: "keep one of them; a requirements file can hold every package")
        }
        if let node = fields["requirements"] {
            return .requirements(file(node, "a file such as requirements.txt") ?? "requirements.txt")
        }
        if let node = fields["pyproject"] {
            return .project(file(node, "a file such as pyproject.toml") ?? "pyproject.toml")
        }
        return .listed(fields["packages"].map(requirements) ?? [])
    }

    static func requirements(_ node: RecipeNode) -> [Requirement] {
        node.list(of: "packages", example: "numpy, pandas").compactMap { element in
            guard let text = element.text("a package such as numpy or \"pandas>=2\"") else { return nil }
            guard let requirement = Requirement(text) else {
                element.mismatch("a package requirement", hint: requirementHint(text))
                return nil
            }
            if requirement.name == "torch" {
                element.problems.add(
                    element.node, "torch stands among the packages",
                    hint: "its version is a key of its own: torch: \"2.8\"")
                return nil
            }
            return requirement
        }
    }

    private static func requirementHint(_ text: String) -> String {
        if text.hasPrefix("-") { return "options of pip belong in a requirements file: requirements: requirements.txt" }
        if let equals = text.firstIndex(of: "="), !text.contains("==") {
            return "write \"\(text[..<equals])==\(text[text.index(after: equals)...])\""
        }
        return "write a name, or a name and versions: numpy, \"pandas>=2,<3\", \"uvicorn[standard]\""
    }

    static func systemPackages(_ node: RecipeNode) -> [String] {
        node.list(of: "Debian packages", example: "git, tmux").compactMap { element in
            guard let text = element.text("a Debian package such as git") else { return nil }
            // Debian Policy, section 5.6.7: lower-case letters, digits, plus, minus and full stop.
            let isPackage = text.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || "+-.".utf8.contains($0)
            }
            guard isPackage, text.utf8.count > 1, text.first?.isLetter == true || text.first?.isNumber == true else {
                element.mismatch("a Debian package", hint: "their names are lower case, such as git or libgl1")
                return nil
            }
            return text
        }
    }

    static func variants(_ node: RecipeNode) -> [Recipe.Variant] {
        node.pairs("a mapping of names to variants").compactMap { name, value in
            guard isName(name) else {
                value.problems.add(value.node, "\"\(shortened(name))\" is not a name for a variant")
                return nil
            }
            let fields = value.fields(["system", "packages", "env"], expected: "a mapping of system, packages, env")
            if let packages = fields["packages"], name.contains(".") {
                packages.problems.add(
                    packages.node, "the variant \"\(shortened(name))\" has packages and a full stop in its name",
                    hint: "its lock is a file pylock.NAME.toml, whose NAME cannot have one: write - instead")
            }
            return Recipe.Variant(
                name: name, system: fields["system"].map(systemPackages) ?? [],
                packages: fields["packages"].map(requirements) ?? [],
                environment: fields["env"].map(environment) ?? [:])
        }.sorted { $0.name < $1.name }
    }

    static func environment(_ node: RecipeNode) -> [String: String] {
        var variables: [String: String] = [:]
        for (name, value) in node.pairs("a mapping of variables to values") {
            guard isVariable(name) else {
                value.problems.add(
                    value.node, "\"\(shortened(name))\" is not a name for a variable",
                    hint: "use letters, digits and _, and begin with a letter")
                continue
            }
            guard let text = value.text("text") else { continue }
            guard !text.utf8.contains(0) else {
                value.mismatch("text without zero bytes")
                continue
            }
            variables[name] = text
        }
        return variables
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
        }
    }

    /// A path of a file relative to the recipe.
    static func file(_ node: RecipeNode, _ expected: String) -> String? {
        guard let text = node.text(expected) else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0), !text.contains(where: \.isNewline) else {
            node.mismatch(expected)
            return nil
        }
        return text
    }

    /// Text without white space.
    static func word(_ node: RecipeNode, _ expected: String) -> String? {
        guard let text = node.text(expected) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else {
            node.mismatch(expected)
            return nil
        }
        return text
    }
}
