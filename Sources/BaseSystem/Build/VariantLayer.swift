import HostSystem
import LayerArchive

/// What a variant's system has beside the base, as a layer on top of it.
package enum VariantLayer {
    /// Writes the entries of one archive that another one has not, or has otherwise.
    ///
    /// An entry that is gone becomes a whiteout (OCI image specification, "Whiteouts"). Folders above a changed entry
    /// are written again, so that the layer can be unpacked anywhere. All names of one file stay together: a hard link
    /// to a file of another layer would not survive every engine.
    ///
    /// - Parameters:
    ///   - full: the archive of the variant's system.
    ///   - base: the archive of the base.
    package static func write(full: String, base: String, to path: String) throws -> TarResult {
        let before = try Contents(path: base)
        let after = try Contents(path: full)
        var changed = Set(after.digests.filter { before.digests[$0.key] != $0.value }.keys)
        for (link, target) in after.links where changed.contains(link) { changed.insert(target) }
        for (link, target) in after.links where changed.contains(target) { changed.insert(link) }
        let removed = before.digests.keys.filter { after.digests[$0] == nil }
        for name in Array(changed) + removed {
            for parent in LayerPath.parents(of: name) where after.digests[parent] != nil { changed.insert(parent) }
        }
        // A whiteout of a folder covers all below it.
        let whiteouts = removed.filter { name in Files.parent(of: name).map { after.digests[$0] != nil } ?? true }
        return try TarOutput.write(to: path) { output in
            let reader = try TarReader(path: full)
            while let entry = try reader.next() {
                if changed.contains(entry.path) { try output.add(entry, content: reader) }
            }
            for name in whiteouts.sorted(by: LayerPath.precedes) {
                let folder = Files.parent(of: name).map { "\($0)/" } ?? ""
                try output.add(TarEntry("\(folder)\(Whiteout.prefix)\(Files.name(of: name))", .file, mode: 0o644))
            }
        }
    }

    private struct Contents {
        /// Of header and content, by path.
        var digests: [String: String] = [:]
        /// The targets of hard links, by path.
        var links: [String: String] = [:]

        init(path: String) throws {
            let reader = try TarReader(path: path)
            while let entry = try reader.next() {
                let content = HashingSource(reader)
                try content.drain()
                let header = try TarHeaderEncoder().header(of: entry)
                digests[entry.path] = SHA256.hexDigest(header + Array(content.hexDigest().utf8))
                if case .hardLink(let target) = entry.kind { links[entry.path] = target }
            }
        }
    }
}
