import HostSystem
import RecipeModel

/// The part of a recipe that decides which packages are locked. A change elsewhere, such as in record.language, leaves
/// a lock valid.
package struct ResolutionInputs: Sendable, Hashable {
    /// `2.13`, or empty where the recipe names no torch.
    package var torch: String
    /// `cpu`, `12.8`, or empty for the default build.
    package var cuda: String
    /// `3.12`, or empty for any.
    package var python: String
    /// The listed requirements in normal order, or one line per file of requirements: its path and sha256.
    package var packages: [String]
    /// The tools that bring Python packages, sorted.
    package var tools: [String] = []

    package init(torch: String, cuda: String, python: String, packages: [String]) {
        self.torch = torch
        self.cuda = cuda
        self.python = python
        self.packages = packages
    }

    /// - Parameter folder: the recipe's, in which requirements files are found.
    package init(recipe: Recipe, folder: String) throws {
        torch = recipe.torch?.description ?? ""
        cuda = recipe.cuda?.description ?? ""
        python = recipe.python?.description ?? ""
        tools = Set(recipe.tools.filter { !ToolPackages.requirements(of: $0).isEmpty }.map(\.rawValue)).sorted()
        switch recipe.packages {
        case .listed(let requirements): packages = requirements.map(\.text).sorted()
        case .requirements(let path): packages = try Self.files(path, folder: folder, followed: true)
        case .project(let path): packages = try Self.files(path, folder: folder, followed: false)
        }
    }

    /// `sha256:` and the digest of the canonical form: one `key=value` line per value, in this order.
    package var digest: String {
        let lines =
            ["torch=\(torch)", "cuda=\(cuda)", "python=\(python)"] + packages.map { "package=\($0)" }
            + tools.map { "tool=\($0)" }
        return "sha256:" + SHA256.hexDigest(lines.joined(separator: "\n").utf8)
    }

    /// The keys in which two sets of inputs differ, as the recipe names them.
    package func changes(from other: ResolutionInputs) -> [String] {
        var changes: [String] = []
        func compare(_ key: String, _ now: String, _ then: String) {
            if now != then { changes.append("\(key) is \(shown(now)), the lock has \(shown(then))") }
        }
        compare("torch", torch, other.torch)
        compare("cuda", cuda, other.cuda)
        compare("python", python, other.python)
        changes += Self.changes(of: "packages", packages, from: other.packages)
        changes += Self.changes(of: "tools", tools, from: other.tools)
        return changes
    }

    static func changes(of key: String, _ now: [String], from then: [String]) -> [String] {
        let added = now.filter { !then.contains($0) }
        let removed = then.filter { !now.contains($0) }
        var changes: [String] = []
        if !added.isEmpty { changes.append("\(key) has \(added.joined(separator: ", ")), the lock has not") }
        if !removed.isEmpty { changes.append("the lock has \(removed.joined(separator: ", ")), \(key) has not") }
        return changes
    }

    private func shown(_ text: String) -> String { text.isEmpty ? "not set" : text }

    /// The file and, where `followed`, the files that it includes with -r and -c, each with its digest.
    private static func files(_ path: String, folder: String, followed: Bool) throws -> [String] {
        var lines: [String] = []
        var waiting = [path]
        var seen: Set<String> = []
        while let path = waiting.popLast() {
            guard seen.insert(path).inserted, seen.count <= 64 else { continue }
            let bytes: [UInt8]
            do {
                bytes = try Files.read(Files.absolute(path, from: folder), limit: 4 << 20)
            } catch {
                throw ResolverError(
                    .unusableInput, "cannot read the list of packages", "\(error)",
                    hint: "the recipe names \(path); paths are relative to the recipe")
            }
            lines.append("\(path) sha256:\(SHA256.hexDigest(bytes))")
            if followed { waiting += included(String(decoding: bytes, as: UTF8.self), by: path) }
        }
        return lines.sorted()
    }

    private static func included(_ text: String, by path: String) -> [String] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let content = line.trimmedEnds
            let flags = ["--requirement", "--constraint", "-r", "-c"]
            guard let flag = flags.first(where: { content.hasPrefix($0) }) else { return nil }
            let name = content.dropFirst(flag.count).drop { $0 == "=" || $0 == " " || $0 == "\t" }
                .prefix { !$0.isWhitespace }
            if name.isEmpty || name.contains("://") { return nil }
            return Files.absolute(String(name), from: Files.parent(of: path) ?? ".").droppingCurrentFolder
        }
    }
}

extension String {
    fileprivate var droppingCurrentFolder: String { hasPrefix("./") ? String(dropFirst(2)) : self }
}
