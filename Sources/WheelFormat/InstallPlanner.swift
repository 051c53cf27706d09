import HostSystem

extension WheelArchive {
    /// Plans the installation. Reads the scripts whose first line must be rewritten, and the start of the others.
    ///
    /// - Throws: `WheelError` when RECORD and the zip directory name different files, when a file would go where none
    ///   may, or when two would go to one place.
    package func plan(for scheme: InstallScheme, _ options: InstallOptions = .init())
        throws(WheelError) -> InstallPlan
    {
        do throws(WheelError.Cause) {
            _ = try scheme.checked()
        } catch {
            throw WheelError(.install, wheel: zip.name, error)
        }
        var planner = try InstallPlanner(self, scheme, options)
        return try planner.plan()
    }
}

/// Gathers the files of one plan.
private struct InstallPlanner {
    private let wheel: WheelArchive
    private let scheme: InstallScheme
    private let options: InstallOptions
    private let reader: MemberReader
    private let rows: [String: RecordFile.Row]
    /// The root of the wheel's own files, which RECORD counts from.
    private let root: String

    private var files: [String: InstallPlan.File] = [:]
    private var expectations: [Int: RecordCheck.Expectation] = [:]
    private var warnings: [String] = []
    private let launcherPaths: Set<String>
    private let programs: [EntryPoints.Program]
    private let configuration: String
    private let interpreters: String
    private var topFolder = TopFolder()

    init(_ wheel: WheelArchive, _ scheme: InstallScheme, _ options: InstallOptions) throws(WheelError) {
        self.wheel = wheel
        self.scheme = scheme
        self.options = options
        reader = try MemberReader(wheel.zip)
        root = wheel.metadata.rootIsPurelib ? scheme.purelib : scheme.platlib
        var rows: [String: RecordFile.Row] = [:]
        rows.reserveCapacity(wheel.record.rows.count)
        for row in wheel.record.rows {
            guard rows.updateValue(row, forKey: row.path) == nil else {
                throw WheelError(.open, wheel: wheel.zip.name, member: row.path, .record(.twice))
            }
        }
        self.rows = rows
        programs = wheel.entryPoints.programs(pythonMinor: scheme.pythonMinor)
        configuration = "\(scheme.data)/pyvenv.cfg"
        interpreters = "\(scheme.scripts)/python"
        launcherPaths = Set(programs.map { "\(scheme.scripts)/\($0.name)" })
    }

    mutating func plan() throws(WheelError) -> InstallPlan {
        if let warning = wheel.metadata.warning { warnings.append("\(wheel.name): \(warning)") }
        try compareNames()
        for (index, member) in wheel.zip.members.enumerated() where !member.isFolder {
            try place(index, member)
        }
        for program in programs { try addLauncher(program) }
        return InstallPlan(
            wheel: wheel.name, scheme: scheme, files: withInstallationRecord(), warnings: warnings,
            recordCheck: RecordCheck(wheel: wheel.zip.name, expectations: expectations))
    }

    /// RECORD must name every file of the wheel, itself and its signatures aside, and nothing else.
    private mutating func compareNames() throws(WheelError) {
        var unhashed = 0
        for member in wheel.zip.members where !member.isFolder {
            guard let row = rows[member.path] else {
                if isExempt(member.path) { continue }
                throw fault(member.path, .record(.notInRecord))
            }
            if row.digest == nil, !isExempt(member.path) { unhashed += 1 }
            if let size = row.size, size != member.size {
                throw fault(member.path, .record(.wrongSize(recorded: size, real: member.size)))
            }
        }
        for row in wheel.record.rows {
            guard let index = wheel.zip.index(of: row.path), !wheel.zip.members[index].isFolder else {
                if isExempt(row.path) { continue }
                throw fault(row.path, .record(.notInWheel))
            }
        }
        if unhashed > 0 { warnings.append("\(wheel.name): RECORD has no digest for \(unhashed) files") }
    }

    private func isExempt(_ path: String) -> Bool {
        ["RECORD", "RECORD.jws", "RECORD.p7s"].contains { path == "\(wheel.infoFolder)/\($0)" }
    }

    private mutating func place(_ index: Int, _ member: ZipMember) throws(WheelError) {
        let path = member.path
        guard let slash = path.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return try add(index, member, to: "\(root)/\(path)")
        }
        // The members of a folder stand together, so what a folder is has rarely to be asked again.
        if path[..<slash] != topFolder.name { topFolder = TopFolder(path[..<slash], of: wheel) }
        switch topFolder.kind {
        case .plain: return try add(index, member, to: "\(root)/\(path)")
        case .info:
            // These tell of the installation, so those of whoever packed the wheel do not count.
            let name = path[path.utf8.index(after: slash)...]
            if ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"].contains(name) { return }
            return try add(index, member, to: "\(root)/\(path)")
        case .otherData:
            throw fault(path, .metadata("its .data folder belongs to another package or version"))
        case .data: try placeData(index, member)
        }
    }

    /// A file of the `.data` folder, whose second part says where the rest goes.
    private mutating func placeData(_ index: Int, _ member: ZipMember) throws(WheelError) {
        let path = member.path
        let parts = path.split(separator: "/", maxSplits: 2)
        guard parts.count == 3 else {
            throw fault(path, .metadata("it lies in the .data folder itself"))
        }
        switch parts[1] {
        case "purelib": try add(index, member, to: "\(scheme.purelib)/\(parts[2])")
        case "platlib": try add(index, member, to: "\(scheme.platlib)/\(parts[2])")
        case "data": try add(index, member, to: "\(scheme.data)/\(parts[2])")
        case "headers":
            try add(index, member, to: "\(scheme.headers)/\(wheel.name.distribution)/\(parts[2])")
        case "scripts": try addScript(index, member, to: "\(scheme.scripts)/\(parts[2])")
        default:
            throw fault(
                path, .metadata("\(WheelError.shown(String(parts[1]))) is not a part that a wheel can have")
            )
        }
    }

    private mutating func add(
        _ index: Int, _ member: ZipMember, to path: String, mode: UInt16? = nil
    ) throws(WheelError) {
        let row = rows[member.path]
        expectations[index] = .init(path: member.path, digest: row?.digest, size: row?.size)
        try insert(
            InstallPlan.File(
                path: path, mode: mode ?? member.installedMode, source: .member(index), part: .wheel,
                digest: row?.digest, size: member.size), member.path)
    }

    /// A script can always be executed, and gets this environment's interpreter where it asks for one. One that has
    /// the name of a launcher gives way to it, as with pip and uv.
    private mutating func addScript(_ index: Int, _ member: ZipMember, to path: String)
        throws(WheelError)
    {
        if launcherPaths.contains(path) { return }
        let start = try reader.prefix(of: member, count: Launcher.placeholder.count)
        guard Launcher.isPlaceholder(start) else {
            return try add(index, member, to: path, mode: 0o755)
        }
        let script = try reader.bytes(of: member, limit: 64 << 20)
        let row = rows[member.path]
        // Nobody reads this member again, so it is compared here.
        try RecordCheck.compare(
            .init(path: member.path, digest: row?.digest, size: row?.size),
            sha256: SHA256.hexDigest(script),
            size: script.count, wheel: wheel.zip.name)
        try insert(
            generated(path, Launcher.rewritten(script, interpreter: scheme.interpreter), mode: 0o755),
            member.path)
    }

    private mutating func addLauncher(_ program: EntryPoints.Program) throws(WheelError) {
        let path = "\(scheme.scripts)/\(program.name)"
        try insert(
            generated(path, Launcher.text(for: program, interpreter: scheme.interpreter), mode: 0o755),
            "\(wheel.infoFolder)/entry_points.txt")
    }

    /// All files in order, with those that tell of the installation.
    private mutating func withInstallationRecord() -> [InstallPlan.File] {
        let folder = "\(root)/\(wheel.infoFolder)"
        var own = [generated("\(folder)/INSTALLER", Array("\(options.installer)\n".utf8))]
        if options.isRequested { own.append(generated("\(folder)/REQUESTED", [])) }
        if let bytes = options.directURL { own.append(generated("\(folder)/direct_url.json", bytes)) }
        for file in own { files[file.path] = file }
        var sorted = files.values.sorted { isOrderedBefore($0.path, $1.path) }
        let record = "\(folder)/RECORD"
        var rows = sorted.map { file in
            RecordFile.Row(
                path: InstallScheme.relative(file.path, from: root), digest: file.digest,
                size: file.digest == nil ? nil : file.size)
        }
        rows.append(.init(path: InstallScheme.relative(record, from: root), digest: nil, size: nil))
        rows.sort { isOrderedBefore($0.path, $1.path) }
        sorted.append(generated(record, RecordFile(rows: rows).bytes))
        sorted.sort { isOrderedBefore($0.path, $1.path) }
        return sorted
    }

    private func generated(_ path: String, _ bytes: [UInt8], mode: UInt16 = 0o644) -> InstallPlan.File {
        InstallPlan.File(
            path: path, mode: mode, source: .generated(bytes), part: .environment,
            digest: RecordDigest(sha256Hex: SHA256.hexDigest(bytes)), size: bytes.count)
    }

    /// - Parameter member: where the file comes from, for the error.
    private mutating func insert(_ file: InstallPlan.File, _ member: String) throws(WheelError) {
        guard !isReserved(file.path) else {
            throw fault(
                member, .destination("it would replace the Python interpreter of the environment"))
        }
        guard let other = files.updateValue(file, forKey: file.path) else { return }
        // Such as one file in purelib and in platlib, where both are one folder.
        guard other.digest == file.digest, file.digest != nil, other.size == file.size else {
            throw fault(
                member,
                .destination("it would replace \(file.path), which this wheel writes with other content"))
        }
    }

    /// `bin/python`, `bin/python3`, `bin/python3.11` and `pyvenv.cfg` make the environment what it is.
    private func isReserved(_ path: String) -> Bool {
        if path == scheme.interpreter || path == configuration { return true }
        guard path.hasPrefix(interpreters) else { return false }
        return path.dropFirst(interpreters.count).allSatisfy { "0123456789.".contains($0) }
    }

    private func fault(_ member: String, _ cause: WheelError.Cause) -> WheelError {
        WheelError(.install, wheel: wheel.zip.name, member: member, cause)
    }
}

/// What a folder at the root of a wheel is.
private struct TopFolder {
    enum Kind { case plain, info, data, otherData }

    var name: Substring = ""
    var kind = Kind.plain

    init() {}

    init(_ name: Substring, of wheel: WheelArchive) {
        self.name = name
        if name == wheel.infoFolder {
            kind = .info
        } else if name.hasSuffix(".data") {
            kind = WheelArchive.names(name.dropLast(".data".count), wheel.name) ? .data : .otherData
        }
    }
}
