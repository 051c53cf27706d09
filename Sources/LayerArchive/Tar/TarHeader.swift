/// One header block, as it was read.
struct TarHeader {
    let kind: UInt8
    /// What the size field says.
    let size: Int
    private let block: [UInt8]

    /// Nil for a block of zeros.
    init?(_ block: [UInt8]) throws(LayerArchiveError.Cause) {
        guard block.count == TarFormat.blockSize, block.contains(where: { $0 != 0 }) else { return nil }
        self.block = block
        guard try Self.number(block, TarFormat.checksum) == block.withUnsafeBytes({ TarFormat.checksum($0) }) else {
            throw LayerArchiveError.Cause.invalidHeader("the checksum is wrong")
        }
        kind = block[TarFormat.kind.offset]
        size = try Self.number(block, TarFormat.size)
        guard size >= 0 else { throw LayerArchiveError.Cause.invalidHeader("the size is below zero") }
    }

    func entry(_ records: PaxRecords) throws -> TarEntry {
        let name = try records.path ?? ownName()
        let kind = try entryKind(records, isFolderName: name.hasSuffix("/"))
        let size = kind == .file ? try records.number("size") ?? size : 0
        guard size >= 0 else { throw LayerArchiveError.Cause.invalidHeader("the size is below zero") }
        let mode = UInt16(truncatingIfNeeded: try Self.number(block, TarFormat.mode) & 0o7777)
        let userID = try records.number("uid") ?? Self.number(block, TarFormat.userID)
        let groupID = try records.number("gid") ?? Self.number(block, TarFormat.groupID)
        guard (0..<Int(UInt32.max)).contains(userID), (0..<Int(UInt32.max)).contains(groupID) else {
            throw LayerArchiveError.Cause.valueOutOfRange("an owner")
        }
        return TarEntry(
            try LayerPath.normal(name), kind, size: size, mode: mode, userID: userID, groupID: groupID,
            modified: try records.number("mtime") ?? Self.number(block, TarFormat.modified),
            extendedAttributes: records.attributes)
    }

    private func entryKind(
        _ records: PaxRecords, isFolderName: Bool
    ) throws -> TarEntry.Kind {
        switch Character(UnicodeScalar(kind)) {
        case "0", "\0", "7":
            // Before ustar a folder was a file whose name ends in a slash.
            return isFolderName ? .folder : .file
        case "1":
            return .hardLink(target: try LayerPath.normal(try records.linkTarget ?? text(TarFormat.linkTarget)))
        case "2":
            let target = try records.linkTarget ?? text(TarFormat.linkTarget)
            guard !target.isEmpty, target.utf8.count <= LayerPath.longest, !target.utf8.contains(0) else {
                throw LayerArchiveError.Cause.invalidHeader("a symbolic link without a proper target")
            }
            return .symbolicLink(target: target)
        case "3":
            return .characterDevice(major: try device(TarFormat.deviceMajor), minor: try device(TarFormat.deviceMinor))
        case "4":
            return .blockDevice(major: try device(TarFormat.deviceMajor), minor: try device(TarFormat.deviceMinor))
        case "5": return .folder
        case "6": return .pipe
        case "S": throw LayerArchiveError.Cause.unsupported("a sparse file")
        default: throw LayerArchiveError.Cause.unsupported("an entry of type \(kind)")
        }
    }

    private func device(_ field: TarFormat.Field) throws(LayerArchiveError.Cause) -> Int {
        let number = try Self.number(block, field)
        guard (0..<1 << 20).contains(number) else { throw LayerArchiveError.Cause.valueOutOfRange("a device number") }
        return number
    }

    private func ownName() throws(LayerArchiveError.Cause) -> String {
        let name = try text(TarFormat.name)
        let magic = block[TarFormat.magic.offset..<TarFormat.magic.offset + TarFormat.magic.count]
        // GNU tar keeps times where ustar has the prefix.
        guard magic.starts(with: TarFormat.ustarMagic.prefix(6)), block[TarFormat.prefix.offset] != 0 else {
            return name
        }
        return try text(TarFormat.prefix) + "/" + name
    }

    private func text(_ field: TarFormat.Field) throws(LayerArchiveError.Cause) -> String {
        try PaxRecords.text(block[field.offset..<field.offset + field.count].prefix { $0 != 0 })
    }

    /// Octal digits, or GNU's binary form for what is too large for them.
    private static func number(_ block: [UInt8], _ field: TarFormat.Field) throws(LayerArchiveError.Cause) -> Int {
        let bytes = block[field.offset..<field.offset + field.count]
        if let first = bytes.first, first & 0x80 != 0 {
            var value = first == 0xff ? -1 : Int(first & 0x7f)
            guard first == 0xff || first == 0x80 else {
                throw LayerArchiveError.Cause.invalidHeader("a number is too large")
            }
            for byte in bytes.dropFirst() {
                let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
                guard !overflow else { throw LayerArchiveError.Cause.invalidHeader("a number is too large") }
                value = shifted | Int(byte)
            }
            return value
        }
        var value = 0
        var hasEnded = false
        for byte in bytes {
            switch byte {
            case 0, 0x20:
                // Leading spaces are fill; after the digits comes the end.
                if value > 0 || byte == 0 { hasEnded = true }
            case 0x30...0x37 where !hasEnded: value = value << 3 | Int(byte - 0x30)
            default: throw LayerArchiveError.Cause.invalidHeader("a number is not octal")
            }
        }
        return value
    }
}
