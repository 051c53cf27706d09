import HostSystem
import RecipeModel

/// What an image is built on, pinned so that it can be had again bit for bit.
package enum BasePin: Sendable, Hashable {
    /// Bootstrapped from packages, which are listed by digest.
    case debian(DebianPin)
    /// Pulled from a registry.
    case image(ImagePin)
}

/// A Debian system as a list of packages.
package struct DebianPin: Sendable, Hashable {
    /// `bookworm`.
    package var suite: String
    /// Debian's own word: `amd64`, `arm64`.
    package var architecture: String
    /// When the newest of the suite's indexes was released: the time of change that new files get.
    package var date: Timestamp
    /// Everything that is installed, sorted by name.
    package var packages: [DebianPackage]
    /// What each variant installs beside that, sorted by name.
    package var variants: [String: [DebianPackage]]

    package init(
        suite: String, architecture: String, date: Timestamp, packages: [DebianPackage],
        variants: [String: [DebianPackage]] = [:]
    ) {
        self.suite = suite
        self.architecture = architecture
        self.date = date
        self.packages = packages
        self.variants = variants
    }

    /// The packages of the base together with a variant's, sorted by name.
    package func packages(variant: String?) -> [DebianPackage] {
        (packages + (variant.flatMap { variants[$0] } ?? [])).sorted { $0.name < $1.name }
    }
}

/// One .deb file.
package struct DebianPackage: Sendable, Hashable {
    package var name: String
    /// With its epoch, such as `1:9.2p1-2+deb12u10`.
    package var version: String
    /// `amd64`, or `all`.
    package var architecture: String
    /// Bytes of the .deb.
    package var size: Int64
    /// 64 hexadecimal digits.
    package var sha256: String
    /// The part of the archive that had it, such as `bookworm-security`. No host: every mirror has the same files.
    package var archive: String
    /// Where it lies in that archive: `pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb`.
    package var path: String

    package init(
        name: String, version: String, architecture: String, size: Int64, sha256: String, archive: String, path: String
    ) {
        self.name = name
        self.version = version
        self.architecture = architecture
        self.size = size
        self.sha256 = sha256
        self.archive = archive
        self.path = path
    }
}

/// An image of a registry that others are built on.
package struct ImagePin: Sendable, Hashable {
    /// As the recipe names it, such as `registry.example.org/team/base:2`.
    package var reference: String
    /// `sha256:` and 64 hexadecimal digits, of the manifest for the platform.
    package var digest: String
    /// `linux/amd64`.
    package var platform: String
    /// The package that has the program to be process 1, which most images lack; nil where no Debian mirror is known.
    package var initPackage: DebianPackage?

    package init(reference: String, digest: String, platform: String, initPackage: DebianPackage? = nil) {
        self.reference = reference
        self.digest = digest
        self.platform = platform
        self.initPackage = initPackage
    }
}

/// The Python of an image.
package enum PythonPin: Sendable, Hashable {
    /// A package of the base, named with its full version such as 3.11.2.
    case base(version: String)
    case standalone(StandalonePython)
    /// The image of a registry brings one, or none is wanted.
    case none
}

/// A build of CPython that runs from any folder, as uv lists it.
package struct StandalonePython: Sendable, Hashable {
    /// uv's name: `cpython-3.12.11-linux-x86_64-gnu`.
    package var key: String
    /// With its patch number: 3.12.11.
    package var version: String
    package var file: String
    package var size: Int64
    /// 64 hexadecimal digits.
    package var sha256: String

    package init(key: String, version: String, file: String, size: Int64, sha256: String) {
        self.key = key
        self.version = version
        self.file = file
        self.size = size
        self.sha256 = sha256
    }
}
