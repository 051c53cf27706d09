import Glibc
import HostSystem

extension TreeFacts {
    /// Reads a folder that stands for the root of an image. No link in it is followed, so nothing outside is read.
    ///
    /// - Throws: `SystemError` when the folder cannot be read. Files and folders in it that cannot count as damaged.
    package static func read(folder: String) throws -> TreeFacts {
        var reader = TreeReader(root: folder)
        try reader.readRoot()
        return reader.facts
    }
}

/// Paths are the bytes that they are, because not every file's name is text.
private typealias Path = [CChar]

private struct TreeReader {
    private let root: Path
    private(set) var facts = TreeFacts()

    private struct Entry {
        let name: Path
        let type: UInt8
    }

    private static let slash = CChar(UInt8(ascii: "/"))
    private static let configuration = "/etc/ld.so.conf"
    private static let configurationFolder = "/etc/ld.so.conf.d/"
    private static let configurationLimit = 1 << 16

    init(root: String) { self.root = root.utf8.map { CChar(bitPattern: $0) } }

    mutating func readRoot() throws {
        guard let entries = list([]) else { throw SystemError("list", text(root)) }
        for entry in entries { read(entry, in: []) }
    }

    private mutating func read(_ entry: Entry, in folder: Path) {
        let path = folder + [Self.slash] + entry.name
        switch entry.type {
        case UInt8(DT_DIR): readFolder(path)
        case UInt8(DT_LNK): readLink(path)
        case UInt8(DT_REG) where !isText(entry.name): readFile(path)
        default: break
        }
    }

    /// Whether a name ends as those of sources, texts and pictures do. An environment has tens of thousands of them, and
    /// nothing loads a library by such a name, so they are not even opened.
    private func isText(_ name: Path) -> Bool {
        guard let dot = name.lastIndex(of: 46), dot > 0, name.count - dot <= 8 else { return false }
        return Self.textEndings.contains(text(Path(name[(dot + 1)...])))
    }

    private static let textEndings: Set<String> = [
        "py", "pyc", "pyi", "pyx", "pxd", "h", "hpp", "hh", "cuh", "inl", "c", "cc", "cpp", "cu", "js", "mjs", "ts",
        "css",
        "html", "map", "svg", "png", "gif", "jpg", "ico", "woff2", "ttf", "txt", "md", "rst", "json", "csv", "xml",
        "yaml",
        "yml", "toml", "cmake", "npz", "npy", "gz", "mo", "po", "pem", "crt", "list", "md5sums",
    ]

    private var count: Int {
        facts.files.count + facts.links.count + facts.folders.count + facts.damaged.count
    }

    private mutating func readFolder(_ path: Path) {
        guard let entries = list(path) else { return note(path, SystemError("list", text(path)).reason) }
        let before = count
        for entry in entries { read(entry, in: path) }
        if count == before { facts.folders.append(text(path)) }
    }

    private mutating func readLink(_ path: Path) {
        let place = place(path)
        var target = Path(repeating: 0, count: 4096)
        let count = readlink(place, &target, target.count)
        guard count >= 0 else { return note(path, SystemError("read", text(path)).reason) }
        facts.links += [text(path), text(Path(target.prefix(count)))]
    }

    private mutating func readFile(_ path: Path) {
        let number = retryingInterrupts { open(place(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) }
        guard number >= 0 else { return note(path, SystemError("read", text(path)).reason) }
        let file = Descriptor(owning: number)
        // Most files are not ELF: one small read says so.
        var magic: UInt32 = 0
        let count = withUnsafeMutableBytes(of: &magic) { buffer in
            retryingInterrupts { pread(number, buffer.baseAddress, buffer.count, 0) }
        }
        guard count == 4, UInt32(bigEndian: magic) == 0x7f45_4c46 else { return readConfiguration(path, file) }
        do {
            let name = text(path)
            if let found = try ELFFacts.read(file, path: name) {
                facts.files.append(TreeFacts.File(path: name, facts: found))
            }
        } catch let error as SystemError {
            note(path, error.reason)
        } catch {
            note(path, "\(error)")
        }
    }

    private mutating func readConfiguration(_ path: Path, _ file: Descriptor) {
        guard path.count >= Self.configuration.utf8.count, path[1] == CChar(UInt8(ascii: "e")) else { return }
        let path = text(path)
        guard path == Self.configuration || path.hasPrefix(Self.configurationFolder) else { return }
        let content = Path(unsafeUninitializedCapacity: Self.configurationLimit) { buffer, count in
            count = max(0, retryingInterrupts { pread(file.number, buffer.baseAddress, buffer.count, 0) })
        }
        facts.loaderConfiguration[path] = text(content)
    }

    private mutating func note(_ path: Path, _ reason: String) {
        facts.damaged.append(TreeFacts.Damage(path: text(path), reason: reason.lowercasedFirst))
    }

    /// What is in a folder, in an order that is the same each time; nil when it cannot be read.
    private func list(_ folder: Path) -> [Entry]? {
        guard let stream = opendir(place(folder)) else { return nil }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            guard name != [46], name != [46, 46] else { continue }
            var type = entry.pointee.d_type
            if type == UInt8(DT_UNKNOWN) { type = self.type(folder + [Self.slash] + name) }
            entries.append(Entry(name: name, type: type))
        }
        return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Not every file system says it with the name.
    private func type(_ path: Path) -> UInt8 {
        var status = stat()
        guard lstat(place(path), &status) == 0 else { return UInt8(DT_UNKNOWN) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return UInt8(DT_DIR)
        case S_IFLNK: return UInt8(DT_LNK)
        case S_IFREG: return UInt8(DT_REG)
        default: return UInt8(DT_UNKNOWN)
        }
    }

    /// Where a path of the image is on this machine, for the system.
    private func place(_ path: Path) -> Path { root + path + [0] }

    private func text(_ path: Path) -> String { String(decoding: path.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}
