import Glibc
import HostSystem
import OCIModel

/// What a check of the store found.
package struct StoreCheck: Sendable {
    package struct Damage: Sendable, Hashable {
        package let kind: StoreKind
        package let name: String
        package let reason: String
        /// False where the system refused.
        package let isRemoved: Bool
    }

    /// Files that were read whole.
    package internal(set) var checked = 0
    package internal(set) var bytes: Int64 = 0
    package internal(set) var damaged: [Damage] = []
    /// Images that need content which is not here, or was removed now. A layer that is missing is no damage: it may lie
    /// in a registry.
    package internal(set) var incomplete: [(image: String, digest: Digest)] = []

    package var isSound: Bool { damaged.isEmpty && incomplete.isEmpty }
}

extension ContentStore {
    /// Reads everything, and removes what is not what its name says. Safe beside processes that use the store.
    ///
    /// - Parameter progress: gets the number of files that were read so far, and their bytes.
    package func check(progress: (Int, Int64) -> Void = { _, _ in }) throws -> StoreCheck {
        var check = StoreCheck()
        func names(_ folder: String) -> [String] { (try? Files.names(in: folder)) ?? [] }
        let blobs = "\(root)/blobs/sha256"
        for name in names(blobs) {
            examine(&check, .blobs, name, "\(blobs)/\(name)", expected: name)
            progress(check.checked, check.bytes)
        }
        let wheels = folder(of: .wheels)
        for digest in names(wheels) {
            for name in names("\(wheels)/\(digest)") {
                examine(&check, .wheels, name, "\(wheels)/\(digest)/\(name)", expected: digest)
                progress(check.checked, check.bytes)
            }
        }
        for name in names(packagesFolder) where Digest(hex: name) != nil {
            examine(&check, .packages, name, "\(packagesFolder)/\(name)", expected: name)
            progress(check.checked, check.bytes)
        }
        for kind in names("\(root)/facts") {
            for name in names("\(root)/facts/\(kind)") {
                let path = "\(root)/facts/\(kind)/\(name)"
                check.checked += 1
                if name.hasSuffix(".tmp") || Self.recordBody(path) != nil || !Files.exists(path) { continue }
                drop(&check, .facts, "\(kind)/\(name)", path, "its digest is not the one it says")
            }
        }
        for name in names("\(root)/images") where name.hasSuffix(".json") {
            let path = "\(root)/images/\(name)"
            check.checked += 1
            if readImage(path) != nil || !Files.exists(path) { continue }
            drop(&check, .images, name, path, "it cannot be read")
        }
        for name in names("\(root)/snapshots")
        where !Files.exists("\(folder(ofSnapshotNamed: name))/\(Snapshot.marker)") {
            drop(&check, .snapshots, name, folder(ofSnapshotNamed: name), "it is not whole")
        }
        check.incomplete = ReachableContent(images(), in: self).missing
        return check
    }

    private func folder(ofSnapshotNamed name: String) -> String { "\(root)/snapshots/\(name)" }

    private func examine(_ check: inout StoreCheck, _ kind: StoreKind, _ name: String, _ path: String, expected: String)
    {
        var before = stat()
        guard lstat(path, &before) == 0 else { return }
        check.checked += 1
        check.bytes += Int64(before.st_size)
        let reason: String
        do {
            let actual = try SHA256.hexDigest(file: path)
            if actual == expected { return }
            reason = "its digest is sha256:\(actual)"
        } catch {
            if !Files.exists(path) { return }
            reason = (error as? SystemError)?.reason.lowercasedFirst ?? "\(error)"
            // Without the right to read it, nothing is known.
            if (error as? SystemError)?.code == EACCES { return }
        }
        // Another process may just have put sound content in its place.
        var now = stat()
        guard lstat(path, &now) == 0, now.st_ino == before.st_ino else { return }
        drop(&check, kind, name, path, reason)
    }

    private func drop(_ check: inout StoreCheck, _ kind: StoreKind, _ name: String, _ path: String, _ reason: String) {
        let isRemoved = (try? Files.remove(path)) != nil
        check.damaged.append(StoreCheck.Damage(kind: kind, name: name, reason: reason, isRemoved: isRemoved))
    }
}
