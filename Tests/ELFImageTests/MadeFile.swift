/// A small shared library of big-endian PowerPC, byte by byte as the specification has it.
struct MadeFile {
    private(set) var bytes: [UInt8] = []
    private let isWide: Bool

    init(isWide: Bool) {
        self.isWide = isWide
        let header = isWide ? 64 : 52
        let segment = isWide ? 56 : 32
        let entry = isWide ? 16 : 8
        let strings = Array("\0liba.so.1\0libb.so\0".utf8)
        let dynamic = header + 2 * segment
        let table = dynamic + 5 * entry
        let end = table + strings.count

        bytes = [0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, 2, 1] + [UInt8](repeating: 0, count: 9)
        put(3, 2)
        put(isWide ? 21 : 20, 2)
        put(1, 4)
        address(0)
        address(header)
        address(0)
        put(0, 4)
        for value in [header, segment, 2, 0, 0, 0] { put(value, 2) }
        // Addresses of memory are 0x10000 above the offsets in the file.
        add(type: 1, offset: 0, size: end)
        add(type: 2, offset: dynamic, size: 5 * entry)
        for (tag, value) in [(1, 1), (14, 11), (5, 0x10000 + table), (10, strings.count), (0, 0)] {
            address(tag)
            address(value)
        }
        bytes += strings
    }

    private mutating func put(_ value: Int, _ count: Int) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    private mutating func address(_ value: Int) { put(value, isWide ? 8 : 4) }

    private mutating func add(type: Int, offset: Int, size: Int) {
        put(type, 4)
        if isWide { put(5, 4) }
        address(offset)
        address(0x10000 + offset)
        address(0x10000 + offset)
        address(size)
        address(size)
        if !isWide { put(5, 4) }
        address(1)
    }
}
