/// The rules for names of zip members and paths in RECORD.
enum MemberPath {
    /// Linux's limits for a whole path and for one part of it, with room left for the folder around.
    static let longestPath = 3000
    static let longestPart = 255

    /// Checks a name as the zip file holds it.
    ///
    /// - Returns: the path without the final "/", and whether there was one, which marks a folder.
    static func check(
        _ name: UnsafeRawBufferPointer
    ) throws(ZipFault) -> (path: String, isFolder: Bool) {
        guard !name.isEmpty else { throw .badName(.empty) }
        guard name.count <= longestPath else { throw .badName(.tooLong) }
        let isFolder = name[name.count - 1] == UInt8(ascii: "/")
        let trimmed = isFolder ? UnsafeRawBufferPointer(rebasing: name.dropLast()) : name
        if let fault = fault(in: trimmed) { throw .badName(fault) }
        guard let path = String(validating: trimmed, as: UTF8.self) else { throw .badName(.notUTF8) }
        return (path, isFolder)
    }

    static func fault(in path: UnsafeRawBufferPointer) -> ZipFault.NameFault? {
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        guard let first = path.first else { return .absolute }
        if first == slash { return .absolute }
        if path.count >= 2, path[1] == UInt8(ascii: ":"), isLetter(first) { return .drive }
        var start = 0
        for index in 0...path.count {
            if index < path.count {
                let byte = path[index]
                if byte == 0 { return .zeroByte }
                if byte < 0x20 || byte == 0x7F { return .controlCharacter }
                if byte == UInt8(ascii: "\\") { return .backslash }
                if byte != slash { continue }
            }
            let length = index - start
            if length == 0 || (length == 1 && path[start] == dot) { return .notNormal }
            if length == 2, path[start] == dot, path[start + 1] == dot { return .traversal }
            if length > longestPart { return .tooLong }
            start = index + 1
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }
}
