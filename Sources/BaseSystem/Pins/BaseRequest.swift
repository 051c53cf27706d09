import HostSystem
import RecipeModel
import Resolver

/// The part of a recipe and its lock that decides what the base of the image is. A change elsewhere leaves the pins of
/// the base valid.
package struct BaseRequest: Sendable, Hashable {
    /// What a recipe without `base:` is built on.
    package static let defaultBase = "debian:\(defaultSuite)"
    /// Where what is taken for other bases comes from.
    package static let defaultSuite = "bookworm"

    /// `debian:bookworm`, or the reference of an image.
    package var base: String
    /// Debian's word: `amd64`, `arm64`.
    package var architecture: String
    package var python: PythonVersion
    /// What is installed beside the smallest system, sorted: the recipe's `system`, and what its tools need.
    package var system: [String]
    /// Whether a C compiler is in, which torch.compile needs.
    package var compiler: Bool
    /// The Debian packages that variants add, sorted. Variants without any are not here.
    package var variants: [String: [String]]

    package init(
        base: String = BaseRequest.defaultBase, architecture: String, python: PythonVersion, system: [String] = [],
        compiler: Bool = false, variants: [String: [String]] = [:]
    ) {
        self.base = base
        self.architecture = architecture
        self.python = python
        self.system = Set(system).sorted()
        self.compiler = compiler
        self.variants = variants.mapValues { Set($0).sorted() }.filter { !$0.value.isEmpty }
    }

    /// - Parameter lock: the lock of the recipe's Python packages, which says which Python and platform they are for.
    package init(recipe: Recipe, lock: Lock) throws {
        guard let machine = lock.platform.split(separator: "-").first,
            let architecture = Self.architectures[String(machine)]
        else {
            throw BaseSystemError(
                .unusableInput, "cannot choose the packages of the base",
                "\(Lock.fileName) is for \(lock.platform), for which there is no base",
                hint: "bases are made for \(Self.architectures.keys.sorted().joined(separator: " and "))")
        }
        // The server brings sftp along.
        let tools = recipe.tools.contains(.ssh) ? ["openssh-server", "rsync"] : []
        self.init(
            base: recipe.base ?? Self.defaultBase, architecture: architecture, python: lock.python,
            system: recipe.system + tools, compiler: recipe.compiler ?? (lock.torch != nil),
            variants: Dictionary(uniqueKeysWithValues: recipe.variants.map { ($0.name, $0.system) }))
    }

    private static let architectures = ["x86_64": "amd64", "aarch64": "arm64"]

    /// The Debian suite that `base` names, or nil for the reference of an image.
    package var suite: String? {
        get throws {
            guard let name = base.removingPrefix("debian:") else { return nil }
            if let suite = DebianSuite.known[name] { return suite }
            if DebianSuite.known.values.contains(name) { return name }
            let near = nearest(to: name, among: DebianSuite.known.values.sorted())
            throw BaseSystemError(
                .unusableInput, "cannot choose the base", "\"\(base)\" is not a suite of Debian that bases are made of",
                hint: near.map { "did you mean debian:\($0)?" }
                    ?? "write debian:bookworm, or the whole reference of an image: registry.example.org/debian:\(name)")
        }
    }

    /// `sha256:` and the digest of the canonical form: one `key=value` line per value, in this order.
    package var digest: String {
        var lines = ["base=\(base)", "architecture=\(architecture)", "python=\(python)", "compiler=\(compiler)"]
        lines += system.map { "system=\($0)" }
        for (name, packages) in variants.sorted(by: { $0.key < $1.key }) {
            lines += packages.map { "variant=\(name) \($0)" }
        }
        return "sha256:" + SHA256.hexDigest(lines.joined(separator: "\n").utf8)
    }
}

/// The suites of Debian that a base can be made of.
enum DebianSuite {
    /// By the number of their release.
    static let known = ["11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"]
}

extension String {
    func removingPrefix(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
