import Glibc
import HostSystem

/// What a variant's system has beside the base, as a layer on top of it.
package enum VariantLayer {
    /// Writes the members of one archive that another one has not, or has otherwise.
    ///
    /// A member that is gone becomes a whiteout (OCI image specification, "Whiteouts"). Folders above a changed member
    /// are written again, so that the layer can be unpacked anywhere. All names of one file stay together: a hard link
    /// to a file of another layer would not survive every engine.
    ///
    /// - Parameters:
    ///   - full: the archive of the variant's system.
    ///   - base: the archive of the base.
    /// - Returns: size and SHA-256 of the layer.
    package static func write(full: String, base: String, to path: String) throws -> (size: Int64, sha256: String) {
        let before = try fingerprints(base)
        let after = try fingerprints(full)
        var changed = Set(after.digests.filter { before.digests[$0.key] != $0.value }.keys)
        for (link, target) in after.links where changed.contains(link) || changed.contains(target) {
            changed.insert(target)
        }
        for (link, target) in after.links where changed.contains(target) { changed.insert(link) }
        let removed = before.digests.keys.filter { after.digests[$0] == nil }
        for name in Array(changed) + removed {
            var name = name
            while let parent = Files.parent(of: name) {
                if after.digests[parent] != nil { changed.insert(parent) }
                name = parent
            }
        }
        return try write(full, changed: changed, removed: topmost(removed, after.digests), to: path)
    }

    private struct Fingerprints {
        var digests: [String: String] = [:]
        var links: [String: String] = [:]
    }

    private static func fingerprints(_ path: String) throws -> Fingerprints {
        var result = Fingerprints()
        var groups = try TarGroups(path: path)
        while let group = try groups.next() {
            let hash = SHA256()
            hash.update(group.head)
            try groups.content(of: group) { hash.update($0) }
            result.digests[group.name] = hash.hexDigest()
            if group.type == UInt8(ascii: "1") {
                let target = group.linkName
                result.links[group.name] = target.removingPrefix("./") ?? target
            }
        }
        return result
    }

    /// A whiteout of a folder covers all below it.
    private static func topmost(_ removed: [String], _ remaining: [String: String]) -> [String] {
        removed.filter { name in Files.parent(of: name).map { remaining[$0] != nil } ?? true }.sorted()
    }

    private static func write(
        _ full: String, changed: Set<String>, removed: [String], to path: String
    ) throws -> (size: Int64, sha256: String) {
        let unfinished = "\(path).\(getpid()).unfinished"
        try Files.remove(unfinished)
        do {
            var output = try TarOutput(path: unfinished)
            var groups = try TarGroups(path: full)
            while let group = try groups.next() {
                let isWanted = changed.contains(group.name)
                if isWanted { try output.write(group.head) }
                try groups.content(of: group) { if isWanted { try output.write($0) } }
            }
            for name in removed {
                let folder = Files.parent(of: name).map { "\($0)/" } ?? ""
                try output.writeEmptyFile("\(folder).wh.\(Files.name(of: name))")
            }
            let result = try output.close()
            guard rename(unfinished, path) == 0 else { throw SystemError("write", path) }
            return result
        } catch {
            unlink(unfinished)
            throw error
        }
    }
}
