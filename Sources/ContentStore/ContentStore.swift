import HostSystem
import OCIModel

/// The content under `$BUNSEN_HOME/store`, shared by all projects of a person or a lab:
///
///     blobs/sha256/<hex>         manifests, configurations and layers, as in an OCI layout folder
///     wheels/<hex>/<file name>   and packages/<hex>/<file name>: what was downloaded, by its SHA-256
///     snapshots/<hex>/           unpacked layers
///     facts/<kind>/<hex>.json    small derived records
///     images/<hex>.json          names of images: the roots that keep blobs from being pruned
///     ingest/, leases/, lock     what is being written, and by whom
///
/// Nothing appears under its name before it is whole and verified, so readers need no locks. Everything has the
/// permissions of the store's own folder: see `StoreModes`.
package struct ContentStore: Sendable, Hashable {
    /// $BUNSEN_HOME, an absolute path.
    package let home: String

    /// Makes nothing: the folders come with the first thing that is written.
    package init(home: String) { self.home = home }

    package var root: String { "\(home)/store" }

    /// Where bases of images keep their Debian packages and standalone Pythons, each called by its SHA-256.
    package var packagesFolder: String { "\(home)/cache/packages" }

    var ingestFolder: String { "\(root)/ingest" }
    var leasesFolder: String { "\(root)/leases" }
    /// Held shared while a lease is taken, and alone while pruning.
    var lockPath: String { "\(root)/lock" }

    static let folders = [
        "blobs", "blobs/sha256", "wheels", "packages", "snapshots", "facts", "images", "ingest", "leases",
    ]

    /// The permissions of the store, which is made now when there is none.
    @discardableResult
    func prepare() throws -> StoreModes {
        if let modes = StoreModes(ofFolder: root) {
            for name in Self.folders { try modes.makeFolder("\(root)/\(name)") }
            return modes
        }
        try Files.makeFolder(home)
        let modes = StoreModes(forStoreIn: home)
        try modes.makeFolder(root) { unfinished in
            for name in Self.folders { try modes.makeFolder("\(unfinished)/\(name)") }
            try modes.makeEmptyFile("\(unfinished)/lock")
        }
        return StoreModes(ofFolder: root) ?? modes
    }
}
