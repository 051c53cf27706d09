import HostSystem
import WheelFormat

/// A small wheel with a true RECORD, to be changed into untrue ones.
struct TestWheel {
    var fileName = "demo-1.0-py3-none-any.whl"
    var info = "demo-1.0.dist-info"
    var files: [ZipBuilder.Member]
    /// In place of the rows made from the files.
    var record: String?
    var extraRows = ""

    init(_ files: [(String, String)] = [("demo/__init__.py", "x = 1\n")], entryPoints: String? = nil) {
        self.files = files.map { .init($0.0, $0.1) }
        self.files.append(
            .init("\(info)/METADATA", "Metadata-Version: 2.1\nName: Demo\nVersion: 1.0.0\n"))
        self.files.append(
            .init("\(info)/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"))
        if let entryPoints { self.files.append(.init("\(info)/entry_points.txt", entryPoints)) }
    }

    /// Sets the content of a file, which is added where it is not there.
    mutating func set(_ path: String, _ content: String) {
        files.removeAll { $0.name == Array(path.utf8) }
        files.append(.init(path, content))
    }

    mutating func remove(_ path: String) { files.removeAll { $0.name == Array(path.utf8) } }

    var zip: ZipBuilder {
        var rows = files.filter { $0.name.last != 0x2F }.map { file in
            RecordFile.Row(
                path: String(decoding: file.name, as: UTF8.self),
                digest: RecordDigest(sha256Hex: SHA256.hexDigest(file.content)), size: file.content.count)
        }
        rows.append(.init(path: "\(info)/RECORD", digest: nil, size: nil))
        let text = record ?? String(decoding: RecordFile(rows: rows).bytes, as: UTF8.self) + extraRows
        return ZipBuilder(files + [.init("\(info)/RECORD", text)])
    }

    func archive() throws(WheelError) -> WheelArchive {
        try WheelArchive(WheelName(fileName), ZipDirectory(MemoryBytes(zip.bytes), name: fileName))
    }

    static let scheme = InstallScheme.virtualEnvironment("/opt/venv", pythonMinor: 11)

    func plan(_ options: InstallOptions = .init(), scheme: InstallScheme = Self.scheme)
        throws(WheelError) -> InstallPlan
    {
        try archive().plan(for: scheme, options)
    }

    /// Plans, writes to a folder, and says what is there.
    func install(into folder: String) throws {
        let archive = try archive()
        var writer = PlanWriter(root: folder)
        try writer.write(try archive.plan(for: Self.scheme), from: archive)
    }
}
