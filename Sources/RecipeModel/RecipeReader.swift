import Glibc
import HostSystem
import Yams

/// Reads bunsen.yaml strictly: unknown keys, wrong types and impossible combinations are errors with their lines.
package enum RecipeReader {
    static let keys = [
        "name", "torch", "cuda", "python", "packages", "requirements", "pyproject", "system", "base", "tools",
        "compiler", "image", "variants", "run", "record",
    ]

    /// The recipe in a file.
    package static func read(path: String) throws -> Recipe {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: YAMLText.largestSize)
        } catch let error as SystemError where error.code == ENOENT {
            throw RecipeError(
                file: path, isMissing: true,
                problems: [RecipeProblem(reason: "there is no recipe here", hint: "run `bunsen init`")])
        } catch let error as FileTooLarge {
            throw RecipeError(
                file: path,
                problems: [YAMLText.tooLarge(error.size)])
        }
        let folder = Files.resolved(path).flatMap(Files.parent) ?? "."
        return try read(bytes, file: path, folderName: Files.name(of: folder))
    }

    /// The recipe in some bytes.
    ///
    /// - Parameters:
    ///   - file: the name for messages.
    ///   - folderName: what the recipe is called when it has no name of its own.
    package static func read(_ bytes: [UInt8], file: String, folderName: String) throws(RecipeError) -> Recipe {
        let problems = RecipeProblems()
        do throws(RecipeProblem) {
            let text = try YAMLText.checked(bytes)
            guard let root = try YAMLComposer.compose(text) else {
                throw RecipeProblem(reason: "the file is empty", hint: "run `bunsen init` for a recipe to start from")
            }
            guard case .mapping = root else {
                throw RecipeProblem(
                    line: root.mark?.line, column: root.mark?.column, reason: "the recipe is not a mapping",
                    hint: "each line is \"key: value\", such as torch: \"2.8\"")
            }
            let recipe = self.recipe(RecipeNode(key: "", node: root, problems: problems), folderName: folderName)
            if problems.all.isEmpty { return recipe }
        } catch {
            throw RecipeError(file: file, problems: [error])
        }
        throw RecipeError(file: file, problems: problems.all)
    }

    private static func recipe(_ root: RecipeNode, folderName: String) -> Recipe {
        let fields = root.fields(keys, expected: "a mapping")
        let problems = root.problems
        var recipe = Recipe(
            name: fields["name"].flatMap(name) ?? usableName(folderName),
            torch: fields["torch"].flatMap(torch), cuda: fields["cuda"].flatMap(cuda),
            python: fields["python"].flatMap(python), packages: packages(fields, problems),
            system: fields["system"].map(systemPackages) ?? [],
            base: fields["base"].flatMap { word($0, "an image such as debian:bookworm") },
            tools: (fields["tools"]?.list(of: "tools", example: "jupyter") ?? []).compactMap {
                $0.choice(Recipe.Tool.self)
            },
            compiler: fields["compiler"].flatMap { $0.boolean() },
            image: fields["image"].flatMap { word($0, "a repository such as registry.example.org/team/name") },
            variants: fields["variants"].map(variants) ?? [],
            run: fields["run"].map(run) ?? Recipe.Run(), record: fields["record"].map(record) ?? Recipe.Record(),
            lines: fields.compactMapValues { $0.node.mark?.line }, warnings: [])
        do throws(TorchCompatibility.Impossible) {
            recipe.warnings = try TorchCompatibility.check(
                torch: recipe.torch, cuda: recipe.cuda, python: recipe.python)
        } catch {
            problems.add(line: recipe.lines[error.key], error.reason, hint: error.hint)
        }
        return recipe
    }

    private static func name(_ node: RecipeNode) -> String? {
        guard let text = node.text("a name such as digits") else { return nil }
        guard isName(text) else {
            node.mismatch("a name", hint: "use letters, digits and -_. only, and begin with a letter or digit")
            return nil
        }
        return text
    }

    /// A name becomes part of folders and tags: letters of any script, digits, and `-_.` inside.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first.isNumber, text.utf8.count <= 100 else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
    }

    /// A name made from any text, such as a folder's: other characters become `-`.
    package static func usableName(_ text: String) -> String {
        var name = String(text.prefix(30).map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
        while let first = name.first, !(first.isLetter || first.isNumber) { name.removeFirst() }
        return isName(name) ? name : "experiment"
    }

    private static func torch(_ node: RecipeNode) -> TorchVersion? {
        guard let text = node.version("2.8") else { return nil }
        if let version = TorchVersion(text) { return version }
        node.mismatch("a version such as \"2.8\" or \"2.8.0\"")
        return nil
    }

    private static func cuda(_ node: RecipeNode) -> ComputeTarget? {
        guard let text = node.version("12.8") else { return nil }
        if text.lowercased() == "cpu" { return .cpu }
        guard let version = CUDAVersion(text) else {
            node.mismatch("cpu or a version such as \"12.8\"")
            return nil
        }
        if text.hasPrefix("cu") {
            node.mismatch("cpu or a version", hint: "write cuda: \"\(version)\"")
            return nil
        }
        return .cuda(version)
    }

    private static func python(_ node: RecipeNode) -> PythonVersion? {
        guard let text = node.version("3.12") else { return nil }
        if let version = PythonVersion(text) { return version }
        let hint = PythonVersion(interpreterVersion: text).map {
            "write python: \"\($0)\"; the lock keeps the minor version"
        }
        node.mismatch("a minor version such as \"3.12\"", hint: hint)
        return nil
    }
}
