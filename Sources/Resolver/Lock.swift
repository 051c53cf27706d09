import HostSystem
import RecipeModel

/// What bunsen.lock says: every package of an environment by version and digest.
package struct Lock: Sendable, Hashable {
    package static let fileName = "bunsen.lock"
    package static let pylockName = "pylock.toml"

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

    /// The bytes to download for the whole environment, as far as the indexes tell.
    package var size: Int64 { packages.reduce(0) { $0 &+ ($1.size ?? 0) } }

    package func version(of name: String) -> String? { packages.first { $0.name == name }?.version }

    /// The first 16 digits of the digest: the name of the environment's folder.
    package var environmentID: String { String(digest.dropFirst("sha256:".count).prefix(16)) }
}
