import Glibc
import HostSystem
import OCIModel

/// Everything that is under $BUNSEN_HOME, as it is now.
struct StoreInventory {
    let store: ContentStore
    private(set) var items: [StoreItem] = []

    init(_ store: ContentStore, roots: ReachableContent) {
        self.store = store
        addBlobs(roots)
        addDownloads()
        addPackages()
        addSnapshots(roots)
        addFacts()
        addEnvironments()
        addUVCache()
    }

    private func names(_ folder: String) -> [String] { (try? Files.names(in: folder)) ?? [] }

    private func time(_ path: String) -> Timestamp? {
        var status = stat()
        return lstat(path, &status) == 0 ? UseTime.time(status) : nil
    }

    private mutating func add(
        _ kind: StoreKind, _ name: String, _ paths: [String], used: Timestamp?, lock: String? = nil,
        isReferenced: Bool = false
    ) {
        var use = DiskUse()
        for path in paths { use.add(path) }
        items.append(
            StoreItem(
                kind: kind, name: name, lastUse: used ?? Timestamp(seconds: 0), isReferenced: isReferenced,
                paths: paths, lock: lock, use: use))
    }

    private mutating func addBlobs(_ roots: ReachableContent) {
        let folder = "\(store.root)/blobs/sha256"
        for name in names(folder) {
            let isReferenced = Digest(hex: name).map(roots.blobs.contains) ?? false
            add(.blobs, name, ["\(folder)/\(name)"], used: time("\(folder)/\(name)"), isReferenced: isReferenced)
        }
    }

    private mutating func addDownloads() {
        let folder = store.folder(of: .wheels)
        for digest in names(folder) {
            let files = names("\(folder)/\(digest)")
            let used = files.compactMap { time("\(folder)/\(digest)/\($0)") }.max()
            add(.wheels, files.first ?? digest, ["\(folder)/\(digest)"], used: used ?? time("\(folder)/\(digest)"))
        }
    }

    /// Debian packages and standalone Pythons, whose form is that of the module BaseSystem: a file is called by its
    /// digest. What begins with a dot is being fetched now.
    private mutating func addPackages() {
        let folder = store.packagesFolder
        for name in names(folder) where Digest(hex: name) != nil {
            add(.packages, name, ["\(folder)/\(name)"], used: time("\(folder)/\(name)"))
        }
    }

    private mutating func addSnapshots(_ roots: ReachableContent) {
        for name in names("\(store.root)/snapshots") {
            let folder = "\(store.root)/snapshots/\(name)"
            let marker = "\(folder)/\(Snapshot.marker)"
            // The marker goes first: what is left after an interruption is then not taken for complete.
            add(
                .snapshots, name, [marker, folder], used: time(marker), lock: "\(folder)/lock",
                isReferenced: Digest(hex: name).map(roots.snapshots.contains) ?? false)
        }
    }

    private mutating func addFacts() {
        for kind in names("\(store.root)/facts") {
            let folder = "\(store.root)/facts/\(kind)"
            for name in names(folder) {
                add(.facts, "\(kind)/\(name)", ["\(folder)/\(name)"], used: time("\(folder)/\(name)"))
            }
        }
    }

    /// The form of these folders is that of the module PythonEnvironments.
    private mutating func addEnvironments() {
        let folder = "\(store.home)/environments"
        for name in names(folder) where Files.isFolder("\(folder)/\(name)") {
            let path = "\(folder)/\(name)"
            let marker = "\(path)/environment.json"
            add(
                .environments, name, [marker, path, "\(store.home)/cache/bytecode/\(name)"],
                used: time(marker) ?? time(path), lock: "\(path).lock")
        }
    }

    /// uv notices that an unpacked wheel is gone and fetches it again. It holds its own lock shared while it works.
    private mutating func addUVCache() {
        let cache = "\(store.home)/cache/uv"
        for version in names(cache) where version.hasPrefix("archive-v") {
            for name in names("\(cache)/\(version)") {
                let path = "\(cache)/\(version)/\(name)"
                add(.uvCache, name, [path], used: Self.lastLink(path), lock: "\(cache)/.lock")
            }
        }
    }

    /// When an environment was last made from an unpacked wheel: a link to a file changes its status.
    private static func lastLink(_ path: String) -> Timestamp? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Timestamp(seconds: Double(status.st_ctim.tv_sec)) }
        return ((try? Files.names(in: path)) ?? []).lazy.compactMap { lastLink("\(path)/\($0)") }.first
            ?? UseTime.time(status)
    }
}
