/// The entries of a dynamic section that lead to facts: addresses of memory, and offsets in the string table.
struct DynamicSection {
    private(set) var isEmpty = true
    private(set) var needed: [UInt64] = []
    private(set) var soname: UInt64?
    private(set) var rpath: UInt64?
    private(set) var runpath: UInt64?
    private(set) var strings: UInt64?
    private(set) var stringsSize: UInt64?
    private(set) var required: UInt64?
    private(set) var requiredCount = 0
    private(set) var provided: UInt64?
    private(set) var providedCount = 0

    var namesNothing: Bool { needed.isEmpty && soname == nil && rpath == nil && runpath == nil && required == nil }

    init(_ section: ELFFields) {
        let size = section.width == .bits64 ? 16 : 8
        for index in 0..<(section.bytes.count / size) {
            let base = index * size
            let value = section.address(narrow: base + 4, wide: base + 8)
            let tag = section.address(narrow: base, wide: base)
            if tag == 0 { break }
            isEmpty = false
            switch tag {
            case 1: needed.append(value)
            case 5: strings = value
            case 10: stringsSize = value
            case 14: soname = value
            case 15: rpath = value
            case 29: runpath = value
            case 0x6fff_fffc: provided = value
            case 0x6fff_fffd: providedCount = Int(truncatingIfNeeded: min(value, 1 << 20))
            case 0x6fff_fffe: required = value
            case 0x6fff_ffff: requiredCount = Int(truncatingIfNeeded: min(value, 1 << 20))
            default: break
            }
        }
    }
}
