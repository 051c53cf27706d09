/// What is wrong with a zip file (PKWARE's APPNOTE 6.3), or with one of its members.
package enum ZipFault: Error, Equatable, Sendable {
    case notAZip
    case truncated
    case trailingBytes
    case ambiguousEnd
    case severalDisks
    case inconsistentDirectory
    case tooManyMembers(limit: Int)
    case directoryTooLarge(limit: Int)
    case damagedEntry
    case badName(NameFault)
    case duplicate
    /// A file where other members need a folder.
    case fileAndFolder
    case encrypted
    case unknownMethod(Int)
    case overlapping
    case folderWithContent
    case impossibleSize
    case tooLarge(size: Int, limit: Int)
    case totalTooLarge(limit: Int)
    case headersDisagree
    case descriptorDisagrees
    case damagedStream
    case longerThanDeclared(Int)
    case shorterThanDeclared(Int)
    case bytesBehindStream
    case wrongChecksum

    package enum NameFault: String, Sendable {
        case empty = "it has no name"
        case notUTF8 = "its name is not UTF-8"
        case zeroByte = "its name holds a zero byte"
        case controlCharacter = "its name holds a control character"
        case backslash = "its name holds a backslash"
        case absolute = "its name is an absolute path"
        case drive = "its name begins with a drive"
        case traversal = "its name leads out of the folder (..)"
        case notNormal = "its name has empty parts or dots as parts"
        case tooLong = "its name is longer than a file system allows"
        case otherUnicodeName = "it has two different names"
    }
}

extension ZipFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAZip: "not a zip file"
        case .truncated: "the file is cut off"
        case .trailingBytes: "there are bytes behind the end of the zip file"
        case .ambiguousEnd: "the zip file has more than one end"
        case .severalDisks: "the zip file is one of several parts"
        case .inconsistentDirectory: "the zip directory is not where, or not what, its end says"
        case .tooManyMembers(let limit): "the zip file has more than \(limit) members"
        case .directoryTooLarge(let limit): "the zip directory is larger than \(limit) bytes"
        case .damagedEntry: "an entry of the zip directory is damaged"
        case .badName(let fault): fault.rawValue
        case .duplicate: "the zip file has two members of this name"
        case .fileAndFolder: "it is a file, and others lie below it as if it were a folder"
        case .encrypted: "it is encrypted"
        case .unknownMethod(let number):
            "it is compressed with \(Self.methodName(number)); only stored and deflated files can be read"
        case .overlapping: "it shares bytes with another member"
        case .folderWithContent: "it is a folder with content"
        case .impossibleSize: "no compressed data of its length can have the size that it declares"
        case .tooLarge(let size, let limit):
            "it has \(size) bytes, more than the \(limit) that are accepted"
        case .totalTooLarge(let limit):
            "the files together have more than the \(limit) bytes that are accepted"
        case .headersDisagree: "its own header and the zip directory disagree"
        case .descriptorDisagrees: "the sizes behind its data and the zip directory disagree"
        case .damagedStream: "its compressed data is damaged"
        case .longerThanDeclared(let size): "it is longer than the \(size) bytes that it declares"
        case .shorterThanDeclared(let size): "it is shorter than the \(size) bytes that it declares"
        case .bytesBehindStream: "there are bytes behind its compressed data"
        case .wrongChecksum: "its content does not match its CRC-32"
        }
    }

    /// The names of APPNOTE 4.4.5 for the methods that are met.
    private static func methodName(_ number: Int) -> String {
        let names = [
            1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz",
            98: "PPMd",
            99: "AES",
        ]
        return names[number].map { "\($0) (method \(number))" } ?? "method \(number)"
    }
}
