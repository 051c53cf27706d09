import HostSystem
import RecipeModel

/// What bunsen.lock says: every package of an environment by version and digest.
package struct Lock: Sendable, Hashable {
    package static let fileName = "bunsen.lock"
    package static let pylockName = "pylock.toml"

    /// The name of a variant's pylock.toml (PEP 751, "File name").
    package static func pylockName(variant: String) -> String { "pylock.\(variant).toml" }

    /// What the recipe said when this was locked.
    package var inputs: ResolutionInputs
    package var python: PythonVersion
    /// Such as `x86_64-manylinux_2_28`: what the wheels have to run on.
    package var platform: String
    package var torch: TorchBuild?
    /// Sorted by name.
    package var packages: [Package]
    /// `sha256:` and the digest of the pylock.toml that belongs to this lock.
    package var pylockDigest: String
    /// `sha256:` and the digest of this lock's own text: the identity of the environment. Empty until written.
    package var digest = ""
    /// The file beside this lock that installers read.
    package var pylockName = Lock.pylockName
    /// What variants add, sorted by name. Variants without Python packages are not here.
    package var variants: [Variant] = []

    /// The torch in the lock.
    package struct TorchBuild: Sendable, Hashable {
        /// With its local label, such as `2.13.0+cpu`.
        package var version: String
        /// `cpu` or `cu128`; empty where the packages do not tell.
        package var build: String
    }

    package struct Package: Sendable, Hashable {
        /// In normal form.
        package var name: String
        package var version: String
        /// The host of an index, `find-links` for a file of this machine, or the address of a repository.
        package var source: String
        /// Nil for a commit of a repository.
        package var file: String?
        /// Bytes; nil where the index does not tell.
        package var size: Int64?
        /// 64 hexadecimal digits; nil for a commit of a repository.
        package var sha256: String?
        /// The commit of a repository.
        package var commit: String?
    }

    /// A variant of the recipe: everything of the plain lock, and more.
    package struct Variant: Sendable, Hashable {
        package var name: String
        /// What the recipe asked for when this was locked, sorted.
        package var requirements: [String]
        /// `sha256:` and the digest of the variant's own pylock.toml, which has all packages.
        package var pylockDigest: String
        /// What it adds, sorted by name.
        package var packages: [Package]
    }

    /// The lock of a variant: what it adds together with all packages of the plain one. Nil where it adds none.
    package func variant(_ name: String) -> Lock? {
        guard let variant = variants.first(where: { $0.name == name }) else { return nil }
        var lock = self
        lock.inputs.packages = (inputs.packages + variant.requirements).sorted()
        lock.packages = (packages + variant.packages).sorted { ($0.name, $0.version) < ($1.name, $1.version) }
        lock.pylockDigest = variant.pylockDigest
        lock.pylockName = Self.pylockName(variant: name)
        lock.variants = []
        return LockWriter.sealed(lock)
    }

    /// The bytes to download for the whole environment, as far as the indexes tell.
    package var size: Int64 { packages.reduce(0) { $0 &+ ($1.size ?? 0) } }

    package func version(of name: String) -> String? { packages.first { $0.name == name }?.version }

    /// The first 16 digits of the digest: the name of the environment's folder.
    package var environmentID: String { String(digest.dropFirst("sha256:".count).prefix(16)) }
}
