import HostSystem

/// An opened wheel whose metadata agree with its name.
package struct WheelArchive: Sendable {
    package let name: WheelName
    package let zip: ZipDirectory
    package let metadata: WheelMetadata
    /// The wheel's `.dist-info` folder, as it is spelt.
    package let infoFolder: String
    /// The version that METADATA names.
    package let version: PackageVersion
    package let entryPoints: EntryPoints
    package let record: RecordFile

    /// Larger files of these kinds are refused: no tool makes them.
    private static let metadataLimit = 16 << 20
    private static let recordLimit = 64 << 20

    /// - Parameters:
    ///   - path: the file.
    ///   - fileName: what the wheel is called, where the file has another name: in a store, say.
    package init(
        path: String, fileName: String? = nil, limits: ZipDirectory.Limits = .init()
    ) throws(WheelError) {
        let name = try WheelName(fileName ?? Files.name(of: path))
        try self.init(name, try ZipDirectory(path: path, name: name.description, limits: limits))
    }

    package init(_ name: WheelName, _ zip: ZipDirectory) throws(WheelError) {
        self.name = name
        self.zip = zip
        let reader = try MemberReader(zip)
        do throws(WheelError.Cause) {
            infoFolder = try Self.infoFolder(zip, name)
        } catch {
            throw WheelError(.open, wheel: zip.name, error)
        }
        metadata = try Self.parse("WHEEL", infoFolder, reader, zip) { bytes throws(WheelError.Cause) in
            try WheelMetadata(parsing: bytes)
        }
        version = try Self.parse("METADATA", infoFolder, reader, zip) {
            bytes throws(WheelError.Cause) in
            try Self.version(HeaderFields(parsing: bytes), name)
        }
        entryPoints =
            zip.index(of: "\(infoFolder)/entry_points.txt") == nil
            ? EntryPoints()
            : try Self.parse("entry_points.txt", infoFolder, reader, zip) {
                bytes throws(WheelError.Cause) in
                try EntryPoints(parsing: bytes)
            }
        guard zip.index(of: "\(infoFolder)/RECORD") != nil else {
            throw WheelError(.open, wheel: zip.name, .record(.missing))
        }
        record = try Self.parse("RECORD", infoFolder, reader, zip) { bytes throws(WheelError.Cause) in
            do throws(RecordFault) { return try RecordFile(parsing: bytes) } catch {
                throw .record(error)
            }
        }
    }

    /// The only `.dist-info` folder at the root, whose name must be the wheel's.
    private static func infoFolder(_ zip: ZipDirectory, _ name: WheelName) throws(WheelError.Cause)
        -> String
    {
        var folders: Set<String> = []
        var last: Substring = ""
        for member in zip.members {
            guard let end = member.path.utf8.firstIndex(of: UInt8(ascii: "/")) else { continue }
            let folder = member.path[..<end]
            if folder == last { continue }
            last = folder
            if folder.hasSuffix(".dist-info") { folders.insert(String(folder)) }
        }
        guard let folder = folders.first else { throw .metadata("it has no .dist-info folder") }
        guard folders.count == 1 else {
            throw .metadata(
                "it has \(folders.count) .dist-info folders: \(folders.sorted().joined(separator: ", "))")
        }
        guard names(folder.dropLast(".dist-info".count), name) else {
            throw .metadata(
                "its folder \(WheelError.shown(folder)) belongs to another package or version")
        }
        return folder
    }

    /// Whether a folder's name, without its ending, is that of the wheel's distribution and version.
    static func names(_ stem: Substring, _ wheel: WheelName) -> Bool {
        guard let dash = stem.lastIndex(of: "-") else { return false }
        return WheelName.normalized(stem[..<dash]) == wheel.normalizedName
            && PackageVersion(stem[stem.index(after: dash)...].replacing("_", with: "-")) == wheel.version
    }

    private static func version(_ fields: HeaderFields, _ wheel: WheelName) throws(WheelError.Cause)
        -> PackageVersion
    {
        let name = try fields.only("Name", in: "METADATA")
        let text = try fields.only("Version", in: "METADATA")
        guard WheelName.normalized(name) == wheel.normalizedName else {
            throw .metadata(
                "METADATA is of the package \(WheelError.shown(name)), not of \(wheel.distribution)")
        }
        guard let version = PackageVersion(text), version == wheel.version else {
            throw .metadata(
                "METADATA is of the version \(WheelError.shown(text)), not of \(wheel.version)")
        }
        return version
    }

    private static func parse<Value>(
        _ file: String, _ folder: String, _ reader: MemberReader, _ zip: ZipDirectory,
        _ body: ([UInt8]) throws(WheelError.Cause) -> Value
    ) throws(WheelError) -> Value {
        let path = "\(folder)/\(file)"
        guard let index = zip.index(of: path), !zip.members[index].isFolder else {
            throw WheelError(.open, wheel: zip.name, .metadata("it has no \(file)"))
        }
        let limit = file == "RECORD" ? recordLimit : metadataLimit
        let bytes = try reader.bytes(of: zip.members[index], limit: limit)
        do throws(WheelError.Cause) {
            return try body(bytes)
        } catch {
            throw WheelError(.open, wheel: zip.name, member: path, error)
        }
    }
}
