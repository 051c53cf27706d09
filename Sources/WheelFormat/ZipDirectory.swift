import HostSystem

/// The directory of a zip file: every member, checked. Opening reads the end of the file only, so that it takes
/// milliseconds whatever the size; a member's own header is compared when its data is asked for.
///
/// Refused: names that lead elsewhere, duplicates, members that share bytes, encryption, methods other than stored and
/// deflated, sizes that cannot be. What `MemberReader` then delivers is bounded by what is declared here.
package struct ZipDirectory: Sendable {
    package struct Limits: Sendable {
        package var members = 1 << 18
        package var directorySize = 64 << 20
        package var memberSize = 32 << 30
        package var totalSize = 128 << 30

        package init() {}
    }

    package let source: any RandomAccessBytes
    /// What the file is called in errors.
    package let name: String
    /// In the order of the directory.
    package let members: [ZipMember]
    private let places: [String: Int]

    /// - Parameter name: what to call the file in errors; the last part of the path unless given.
    package init(path: String, name: String? = nil, limits: Limits = Limits()) throws(WheelError) {
        let name = name ?? Files.name(of: path)
        do throws(SystemError) {
            source = try FileBytes(path: path)
        } catch {
            throw WheelError(.open, wheel: name, .system(error))
        }
        self.name = name
        (members, places) = try Self.read(source, name, limits)
    }

    package init(_ source: some RandomAccessBytes, name: String, limits: Limits = Limits())
        throws(WheelError)
    {
        self.source = source
        self.name = name
        (members, places) = try Self.read(source, name, limits)
    }

    /// The place in `members` of a file, nil where there is none of this path.
    package func index(of path: String) -> Int? { places[path] }

    private static func read(
        _ source: some RandomAccessBytes, _ name: String, _ limits: Limits
    ) throws(WheelError) -> (members: [ZipMember], places: [String: Int]) {
        do throws(Failure) {
            let end: ZipEnd
            let bytes: [UInt8]
            do throws(WheelError.Cause) {
                end = try ZipEnd(source)
                guard end.memberCount <= limits.members else {
                    throw .zip(.tooManyMembers(limit: limits.members))
                }
                guard end.directory.count <= limits.directorySize else {
                    throw .zip(.directoryTooLarge(limit: limits.directorySize))
                }
                guard end.memberCount <= end.directory.count / ZipEntry.size else {
                    throw .zip(.inconsistentDirectory)
                }
                bytes = try source.bytes(end.directory)
            } catch {
                throw Failure(nil, error)
            }
            var members = try bytes.withRawBytes { bytes throws(Failure) in
                try parse(LittleEndianBytes(bytes), end, limits)
            }
            try bound(&members)
            return (members, try index(members))
        } catch {
            throw WheelError(.open, wheel: name, member: error.member, error.cause)
        }
    }

    private struct Failure: Error {
        let member: String?
        let cause: WheelError.Cause

        init(_ member: String?, _ cause: WheelError.Cause) {
            self.member = member
            self.cause = cause
        }

        init(_ member: String?, _ fault: ZipFault) {
            self.init(member, .zip(fault))
        }
    }

    private static func parse(
        _ bytes: LittleEndianBytes, _ end: ZipEnd, _ limits: Limits
    ) throws(Failure) -> [ZipMember] {
        var members: [ZipMember] = []
        members.reserveCapacity(end.memberCount)
        var place = 0
        var total = 0
        while place < bytes.count {
            let entry: ZipEntry
            do throws(ZipFault) {
                guard members.count < end.memberCount else { throw .inconsistentDirectory }
                entry = try ZipEntry(bytes, at: place)
            } catch {
                throw Failure(nil, error)
            }
            do throws(ZipFault) {
                members.append(try entry.member(directoryStart: end.directory.lowerBound, limits: limits))
            } catch {
                throw Failure(String(decoding: entry.name, as: UTF8.self), error)
            }
            // Neither can overflow: a member's size is bounded, and so is their number.
            total += members[members.count - 1].size
            guard total <= limits.totalSize else {
                throw Failure(nil, .totalTooLarge(limit: limits.totalSize))
            }
            place = entry.next
        }
        guard members.count == end.memberCount else { throw Failure(nil, .inconsistentDirectory) }
        return members
    }

    /// Gives each member the place where the next one begins, and refuses those that reach beyond.
    private static func bound(_ members: inout [ZipMember]) throws(Failure) {
        let order = members.indices.sorted { members[$0].headerOffset < members[$1].headerOffset }
        for (index, next) in zip(order, order.dropFirst()) {
            let member = members[index]
            let limit = members[next].headerOffset
            let room = limit - member.headerOffset - LocalHeader.size - member.path.utf8.count
            guard room >= member.compressedSize else { throw Failure(member.path, .overlapping) }
            members[index].limit = limit
        }
    }

    private static func index(_ members: [ZipMember]) throws(Failure) -> [String: Int] {
        var places: [String: Int] = [:]
        places.reserveCapacity(members.count)
        for (index, member) in members.enumerated() {
            guard places.updateValue(index, forKey: member.path) == nil else {
                throw Failure(member.path, .duplicate)
            }
        }
        // Members of one folder stand together, so the folder of the last one answers nearly always.
        var known: Substring = ""
        for member in members {
            var path = member.path[...]
            while let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
                path = path[..<slash]
                if path == known { break }
                if let index = places[String(path)], !members[index].isFolder {
                    throw Failure(String(path), .fileAndFolder)
                }
            }
            if let slash = member.path.utf8.lastIndex(of: UInt8(ascii: "/")) {
                known = member.path[..<slash]
            }
        }
        return places
    }
}
