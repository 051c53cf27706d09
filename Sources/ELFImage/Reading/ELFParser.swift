/// Reads the facts of one file (System V ABI, "Object Files" and "Program Loading and Dynamic Linking"). Sections are not
/// looked at: the dynamic linker does not either, and tools strip them.
struct ELFParser {
    private var file: FileWindow
    private var width = ELFFacts.Width.bits64
    private var byteOrder = ELFFacts.ByteOrder.little
    private var loads: [Segment] = []
    private var nameBytes = 0

    private struct Segment {
        let offset: UInt64
        let address: UInt64
        let size: UInt64
    }

    /// Far above what files have: the largest of PyTorch and CUDA have a few kilobytes of such names.
    private static let nameLimit = 1 << 18
    private static let oneNameLimit: UInt64 = 4096
    private static let versionLimit = 16384

    init(_ file: FileWindow) { self.file = file }

    /// The facts; nil when this is no ELF file.
    mutating func parse() throws -> ELFFacts? {
        let identification = try file.read(0..<16, of: ELFError.identification)
        guard identification.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let start = identification.startIndex
        guard let width = ELFFacts.Width(rawValue: identification[start + 4]) else {
            throw ELFError(ELFError.identification, .malformed("class \(identification[start + 4]) is unknown"))
        }
        guard let byteOrder = ELFFacts.ByteOrder(rawValue: identification[start + 5]) else {
            throw ELFError(ELFError.identification, .malformed("byte order \(identification[start + 5]) is unknown"))
        }
        self.width = width
        self.byteOrder = byteOrder
        let isWide = width == .bits64
        let header = try fields(at: 0, count: isWide ? 64 : 52, "the ELF header")
        var facts = ELFFacts(width: width, byteOrder: byteOrder, machine: header.half(18), type: header.half(16))
        let count = Int(header.half(isWide ? 56 : 44))
        let size = Int(header.half(isWide ? 54 : 42))
        // Objects and cores have nothing to load; cores have thousands of segments.
        guard count > 0, facts.type == 2 || facts.type == 3 else { return facts }
        guard size == (isWide ? 56 : 32) else {
            throw ELFError("the program headers", .malformed("each has \(size) bytes"))
        }
        guard count <= 4096 else { throw ELFError("the program headers", .tooMuch("4096")) }
        let table = try fields(at: header.address(narrow: 28, wide: 32), count: count * size, "the program headers")
        try read(table, count: count, size: size, into: &facts)
        return facts
    }

    /// Reads all that the program headers lead to.
    private mutating func read(_ table: ELFFields, count: Int, size: Int, into facts: inout ELFFacts) throws {
        var dynamic: (offset: UInt64, size: UInt64)?
        for index in 0..<count {
            let base = index * size
            let offset = table.address(narrow: base + 4, wide: base + 8)
            let fileSize = table.address(narrow: base + 16, wide: base + 32)
            switch table.word(base) {
            case 1:
                let address = table.address(narrow: base + 8, wide: base + 16)
                loads.append(Segment(offset: offset, address: address, size: fileSize))
            case 2: dynamic = (offset, fileSize)
            case 3 where fileSize > 0:
                guard fileSize <= 4096 else { throw ELFError("the interpreter", .tooMuch("4096 bytes")) }
                let bytes = try bytes(at: offset, count: Int(fileSize), "the interpreter")
                facts.interpreter = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            default: break
            }
        }
        guard let dynamic, dynamic.size > 0 else { return }
        guard dynamic.size <= 1 << 20 else { throw ELFError("the dynamic section", .tooMuch("1 MiB")) }
        facts.isDynamic = true
        let section = try fields(at: dynamic.offset, count: Int(dynamic.size), "the dynamic section")
        try read(DynamicSection(section), into: &facts)
    }

    private mutating func read(_ dynamic: DynamicSection, into facts: inout ELFFacts) throws {
        guard !dynamic.isEmpty else { return }
        guard let strings = try place(of: dynamic.strings, size: dynamic.stringsSize, "the string table") else {
            if dynamic.namesNothing { return }
            throw ELFError("the dynamic section", .malformed("it has no string table"))
        }
        facts.needed = try dynamic.needed.map { try name(at: $0, in: strings) }
        facts.soname = try dynamic.soname.map { try name(at: $0, in: strings) }
        facts.rpath = try dynamic.rpath.map { try name(at: $0, in: strings) }
        facts.runpath = try dynamic.runpath.map { try name(at: $0, in: strings) }
        if let chain = try place(of: dynamic.required, size: nil, "the needed versions"), dynamic.requiredCount > 0 {
            for (library, versions) in try required(in: chain, count: dynamic.requiredCount) {
                facts.requiredVersions.append(
                    ELFFacts.RequiredVersions(
                        library: try name(at: library, in: strings),
                        versions: try versions.map { try name(at: $0, in: strings) }))
            }
        }
        if let chain = try place(of: dynamic.provided, size: nil, "the defined versions"), dynamic.providedCount > 0 {
            facts.providedVersions = try provided(in: chain, count: dynamic.providedCount)
                .map { try name(at: $0, in: strings) }
        }
    }

    // MARK: Versions (Linux Standard Base, "Symbol Versioning"; the structures are the same in both widths)

    /// Chains of Verneed and Vernaux: offsets of names in the string table. Weak needs are left out.
    private mutating func required(
        in chain: Range<UInt64>, count: Int
    ) throws -> [(library: UInt64, versions: [UInt64])] {
        let part = "the needed versions"
        var result: [(UInt64, [UInt64])] = []
        var total = 0
        var offset = chain.lowerBound
        for _ in 0..<min(count, Self.versionLimit) {
            let need = try link(at: offset, count: 16, of: chain, part)
            var versions: [UInt64] = []
            var auxiliary = try sum(offset, UInt64(need.word(8)), part)
            for _ in 0..<need.half(2) {
                total += 1
                guard total <= Self.versionLimit else { throw ELFError(part, .tooMuch("\(Self.versionLimit)")) }
                let entry = try link(at: auxiliary, count: 16, of: chain, part)
                if entry.half(4) & 2 == 0 { versions.append(UInt64(entry.word(8))) }
                if entry.word(12) == 0 { break }
                auxiliary = try sum(auxiliary, UInt64(entry.word(12)), part)
            }
            result.append((UInt64(need.word(4)), versions))
            if need.word(12) == 0 { break }
            offset = try sum(offset, UInt64(need.word(12)), part)
        }
        return result
    }

    /// A chain of Verdef, each with its name in the first Verdaux. The first of a library is its own name, with the flag
    /// 1, and no version.
    private mutating func provided(in chain: Range<UInt64>, count: Int) throws -> [UInt64] {
        let part = "the defined versions"
        var result: [UInt64] = []
        var offset = chain.lowerBound
        for _ in 0..<min(count, Self.versionLimit) {
            let definition = try link(at: offset, count: 20, of: chain, part)
            if definition.half(2) & 1 == 0 {
                let entry = try link(at: sum(offset, UInt64(definition.word(12)), part), count: 8, of: chain, part)
                result.append(UInt64(entry.word(0)))
            }
            if definition.word(16) == 0 { break }
            offset = try sum(offset, UInt64(definition.word(16)), part)
        }
        return result
    }

    // MARK: Places

    private func sum(_ left: UInt64, _ right: UInt64, _ part: String) throws -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        guard !overflow else { throw ELFError(part, .malformed("an offset is out of range")) }
        return sum
    }

    /// Where an address of memory lies in the file, up to the end of its segment or `size`.
    private func place(of address: UInt64?, size: UInt64?, _ part: String) throws -> Range<UInt64>? {
        guard let address else { return nil }
        for segment in loads where address >= segment.address && address - segment.address < segment.size {
            let inside = address - segment.address
            let start = try sum(segment.offset, inside, part)
            return start..<(try sum(start, min(size ?? .max, segment.size - inside), part))
        }
        throw ELFError(part, .malformed("its address is in no segment of the file"))
    }

    private mutating func name(at offset: UInt64, in table: Range<UInt64>) throws -> String {
        let part = "the string table"
        let start = try sum(table.lowerBound, offset, part)
        guard start < table.upperBound else { throw ELFError(part, .malformed("a name lies outside of it")) }
        let end = min(try sum(start, Self.oneNameLimit, part), table.upperBound)
        // Nearly all names are short, and a table may claim more than the file has.
        for end in [min(start &+ 128, end), end] {
            let bytes = try file.read(start..<end, of: part)
            guard let terminator = bytes.firstIndex(of: 0) else { continue }
            nameBytes += terminator - bytes.startIndex
            guard nameBytes <= Self.nameLimit else {
                throw ELFError(part, .tooMuch("\(Self.nameLimit) bytes of names"))
            }
            return String(decoding: bytes[..<terminator], as: UTF8.self)
        }
        throw ELFError(part, .malformed("a name has no end"))
    }

    /// One structure of a chain.
    private mutating func link(
        at offset: UInt64, count: Int, of chain: Range<UInt64>, _ part: String
    ) throws -> ELFFields {
        guard offset >= chain.lowerBound, try sum(offset, UInt64(count), part) <= chain.upperBound else {
            throw ELFError(part, .malformed("the chain leaves its segment"))
        }
        return try fields(at: offset, count: count, part)
    }

    private mutating func fields(at offset: UInt64, count: Int, _ part: String) throws -> ELFFields {
        ELFFields(bytes: try bytes(at: offset, count: count, part), width: width, byteOrder: byteOrder)
    }

    private mutating func bytes(at offset: UInt64, count: Int, _ part: String) throws -> ArraySlice<UInt8> {
        try file.read(offset..<(try sum(offset, UInt64(count), part)), of: part)
    }
}
