import Glibc
import HostSystem
import OCIModel

extension ContentStore {
    /// Frees room.
    ///
    /// Processes that begin to work with the store wait until this is over; those that work with it already keep what
    /// they used since they began.
    ///
    /// - Parameter dryRun: only say what would be removed.
    package func prune(_ options: PruneOptions, dryRun: Bool) throws -> PruneResult {
        guard Files.isFolder(root) || Files.isFolder(home) else { return PruneResult() }
        try prepare()
        let lock = try FileLock.wait(lockPath)
        defer { withExtendedLifetime(lock) {} }
        var prune = Prune(self, options, dryRun: dryRun)
        return try prune.run()
    }
}

private struct Prune {
    private let store: ContentStore
    private let options: PruneOptions
    private let dryRun: Bool
    private let oldestLease: Timestamp?
    private let now = Timestamp.now
    private var ledger = LinkLedger()
    private var result = PruneResult()

    init(_ store: ContentStore, _ options: PruneOptions, dryRun: Bool) {
        self.store = store
        self.options = options
        self.dryRun = dryRun
        oldestLease = StoreLease.oldest(in: store)
    }

    mutating func run() throws -> PruneResult {
        result.isStoreInUse = oldestLease != nil
        result.before = store.usage().total
        let leftovers = IngestFile.sweep(store.ingestFolder, partialAge: options.olderThan ?? 86400, dryRun: dryRun)
        if leftovers > 0 {
            let item = StoreItem(
                kind: .leftovers, name: "of processes that were stopped", lastUse: now, paths: [], lock: nil,
                use: DiskUse())
            result.removed.append((item, leftovers))
            result.freed += leftovers
        }
        var images = store.imageFiles()
        if options.includesImages { images = try forgetImages(images) }
        let inventory = StoreInventory(store, roots: ReachableContent(images.map(\.record), in: store))
        let candidates = inventory.items.filter(mayGo).sorted { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) }
        for item in candidates where item.kind != .uvCache { try consider(item) }
        // After the environments, whose files these are.
        for item in candidates where item.kind == .uvCache && ledger.freed(item.use) == item.bytes {
            try consider(item)
        }
        return result
    }

    private var isWithinBudget: Bool {
        guard let budget = options.budget else { return false }
        return result.before - result.freed <= budget
    }

    private func isOldEnough(_ time: Timestamp, grace: Double) -> Bool {
        now.seconds - time.seconds >= (options.olderThan ?? grace)
    }

    private func mayGo(_ item: StoreItem) -> Bool {
        if item.isReferenced { return false }
        if let oldestLease, item.lastUse.seconds >= oldestLease.seconds - UseTime.granularity { return false }
        switch item.kind {
        case .wheels, .packages, .environments, .uvCache:
            return (options.olderThan != nil || options.budget != nil) && isOldEnough(item.lastUse, grace: 0)
        // Small, and worth more than their room: a fact saves the conversion of a wheel.
        case .facts: return options.olderThan != nil && isOldEnough(item.lastUse, grace: 0)
        default: return isOldEnough(item.lastUse, grace: PruneOptions.grace)
        }
    }

    private mutating func consider(_ item: StoreItem) throws {
        if isWithinBudget { return }
        let lock: FileLock?
        switch try take(item.lock) {
        case .held:
            result.kept.append((item, .inUse))
            return
        case .refused:
            result.kept.append((item, .notPermitted))
            return
        case .taken(let taken): lock = taken
        }
        defer { withExtendedLifetime(lock) {} }
        let freed = ledger.freed(item.use)
        if !dryRun {
            do {
                for path in item.paths {
                    // Environments are sealed.
                    if let parent = Files.parent(of: path), item.paths.contains(parent) { chmod(parent, 0o755) }
                    try Files.remove(path)
                }
            } catch let error as SystemError where [EACCES, EPERM, EROFS].contains(error.code) {
                result.kept.append((item, .notPermitted))
                return
            }
        }
        ledger.remove(item.use)
        result.removed.append((item, freed))
        result.freed += freed
    }

    private enum Taking {
        case taken(FileLock?)
        case held, refused
    }

    private func take(_ path: String?) throws -> Taking {
        guard let path, Files.exists(path) else { return .taken(nil) }
        do {
            return try FileLock.take(path).map { .taken($0) } ?? .held
        } catch let error as SystemError where error.code == EACCES || error.code == EPERM {
            return .refused
        }
    }

    /// Takes the names of images away that are old enough. Returns the others.
    private mutating func forgetImages(
        _ images: [(path: String, record: ImageRecord)]
    ) throws -> [(path: String, record: ImageRecord)] {
        var kept: [(path: String, record: ImageRecord)] = []
        for image in images {
            guard let age = options.olderThan, now.seconds - image.record.time.seconds >= age else {
                kept.append(image)
                continue
            }
            if !dryRun { try Files.remove(image.path) }
            let item = StoreItem(
                kind: .images, name: image.record.name, lastUse: image.record.time, paths: [image.path], lock: nil,
                use: DiskUse())
            result.removed.append((item, 0))
        }
        return kept
    }
}
