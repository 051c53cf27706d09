import HostSystem
import RecipeModel
import TOMLKit

/// A pylock.toml (PEP 751), as uv writes it.
struct PyLock {
    struct Package {
        var name: String
        var version: String
        var index: String?
        var archive: Archive?
        var repository: (url: String, commit: String)?
        /// A folder on this machine, which has no digest.
        var folder: String?
    }

    /// A wheel or a source distribution.
    struct Archive {
        /// Exactly as in the file: `url` or `path`.
        var location: String
        var isPath: Bool
        var size: Int64?
        var sha256: String?

        var fileName: String {
            let end = location.prefix { $0 != "#" && $0 != "?" }
            return FileURL.decoded(Files.name(of: String(end)))
        }
    }

    var packages: [Package]

    init(text: String) throws {
        let operation = "cannot read what uv locked"
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            throw ResolverError(.other, operation, "\(error)")
        }
        guard table["lock-version"]?.string == "1.0" else {
            throw ResolverError(.other, operation, "uv wrote another lock-version than 1.0")
        }
        packages = []
        for value in table["packages"]?.array ?? TOMLArray() {
            guard let entry = value.table, let name = entry["name"]?.string else { continue }
            var package = Package(
                name: Requirement.normalized(name), version: entry["version"]?.string ?? "0",
                index: entry["index"]?.string)
            let wheel = (entry["wheels"]?.array ?? TOMLArray()).lazy.compactMap(\.table).first
            if let archive = wheel ?? entry["sdist"]?.table ?? entry["archive"]?.table {
                package.archive = Self.archive(archive)
            }
            if let vcs = entry["vcs"]?.table {
                package.repository = (vcs["url"]?.string ?? "", vcs["commit-id"]?.string ?? "")
            }
            package.folder = entry["directory"]?.table?["path"]?.string
            packages.append(package)
        }
    }

    private static func archive(_ table: TOMLTable) -> Archive? {
        let path = table["path"]?.string
        guard let location = table["url"]?.string ?? path else { return nil }
        return Archive(
            location: location, isPath: table["url"] == nil, size: table["size"]?.int.map(Int64.init),
            sha256: table["hashes"]?.table?["sha256"]?.string)
    }
}

extension PyLock {
    /// The text that uv wrote in the form that Bunsen keeps: no credentials, and a size and digest for local files,
    /// which uv does not always give.
    ///
    /// - Parameters:
    ///   - folder: what paths in the lock are relative to.
    ///   - index: the index of the packages for which uv names none.
    static func completed(_ text: String, folder: String, index: String?) throws -> String {
        var text = text
        if let index { text = naming(index, in: text) }
        text = URLCredentials.removed(from: text)
        for package in try PyLock(text: text).packages {
            guard let archive = package.archive, archive.size == nil || archive.sha256 == nil else { continue }
            let local = archive.isPath ? archive.location : FileURL.path(archive.location)
            guard let path = local.map({ Files.absolute($0, from: folder) }) else { continue }
            let size = archive.size == nil ? ", size = \(try Files.size(path))" : ""
            let hashes = archive.sha256 == nil ? ", hashes = { sha256 = \"\(try SHA256.hexDigest(file: path))\" }" : ""
            let place = "\(archive.isPath ? "path" : "url") = \"\(archive.location)\""
            text = text.replacing(place, with: place + size + hashes, maxReplacements: 1)
        }
        return "# Written by `bunsen lock` with uv; bunsen.lock has its digest.\n" + text
    }

    /// The part of a pylock.toml that lists packages, without some of them.
    static func packages(of text: String, except names: Set<String>) -> String {
        let mark = "[[packages]]\n"
        return text.split(separator: mark, omittingEmptySubsequences: false).dropFirst().filter { block in
            let line = block.split(separator: "\n").first { $0.hasPrefix("name = \"") }
            return line.map { !names.contains(Requirement.normalized(String($0.dropFirst(8).prefix { $0 != "\"" }))) }
                ?? false
        }.map { mark + $0 }.joined()
    }

    /// The text with an index for each package that comes from one and has none.
    private static func naming(_ index: String, in text: String) -> String {
        guard index.utf8.allSatisfy({ $0 > 32 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
            return text
        }
        let blocks = text.split(separator: "[[packages]]\n", omittingEmptySubsequences: false)
        return blocks.enumerated().map { number, block in
            var lines = block.split(separator: "\n", omittingEmptySubsequences: false)
            let isFromIndex = ["wheels = [{ url = \"http", "wheels = [\n    { url = \"http", "sdist = { url = \"http"]
                .contains { block.contains($0) }
            if number > 0, isFromIndex, !lines.contains(where: { $0.hasPrefix("index = ") }),
                let version = lines.firstIndex(where: { $0.hasPrefix("version = ") })
            {
                // After version and marker, as PEP 751 orders the keys.
                let place = lines[version...].lastIndex { $0.hasPrefix("marker = ") } ?? version
                lines.insert("index = \"\(index)\"", at: place + 1)
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "[[packages]]\n")
    }
}
