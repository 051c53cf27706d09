/// What the dynamic linker has to know about one file: an executable or a shared library (System V ABI, chapters 4 and 5;
/// symbol versions as in the Linux Standard Base, "Symbol Versioning").
///
/// Small, so that facts of thousands of files can be cached: what is empty is not encoded.
package struct ELFFacts: Sendable, Hashable, Codable {
    package enum Width: UInt8, Sendable, Hashable, Codable {
        case bits32 = 1
        case bits64 = 2
    }

    package enum ByteOrder: UInt8, Sendable, Hashable, Codable {
        case little = 1
        case big = 2
    }

    package var width: Width
    package var byteOrder: ByteOrder
    /// `e_machine`.
    package var machine: UInt16
    /// `e_type`: 1 object, 2 executable, 3 shared object.
    package var type: UInt16
    /// Whether there is a dynamic section: without one, nothing is loaded beside it.
    package var isDynamic = false
    /// The program that loads it; executables have one.
    package var interpreter: String?
    package var soname: String?
    package var needed: [String] = []
    /// Folders, separated by colons, as they are written.
    package var rpath: String?
    package var runpath: String?
    package var requiredVersions: [RequiredVersions] = []
    /// Versions that are defined here.
    package var providedVersions: [String] = []

    /// Versions of symbols that are needed of one library.
    package struct RequiredVersions: Sendable, Hashable, Codable {
        package var library: String
        package var versions: [String]

        package init(library: String, versions: [String]) {
            self.library = library
            self.versions = versions
        }

        private enum CodingKeys: String, CodingKey {
            case library = "l"
            case versions = "v"
        }
    }

    package init(width: Width, byteOrder: ByteOrder, machine: UInt16, type: UInt16) {
        self.width = width
        self.byteOrder = byteOrder
        self.machine = machine
        self.type = type
    }

    private enum CodingKeys: String, CodingKey {
        case width = "w"
        case byteOrder = "o"
        case machine = "m"
        case type = "t"
        case isDynamic = "d"
        case interpreter = "i"
        case soname = "s"
        case needed = "n"
        case rpath = "r"
        case runpath = "p"
        case requiredVersions = "q"
        case providedVersions = "v"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        width = try container.decode(Width.self, forKey: .width)
        byteOrder = try container.decode(ByteOrder.self, forKey: .byteOrder)
        machine = try container.decode(UInt16.self, forKey: .machine)
        type = try container.decode(UInt16.self, forKey: .type)
        isDynamic = try container.decodeIfPresent(Bool.self, forKey: .isDynamic) ?? false
        interpreter = try container.decodeIfPresent(String.self, forKey: .interpreter)
        soname = try container.decodeIfPresent(String.self, forKey: .soname)
        needed = try container.decodeIfPresent([String].self, forKey: .needed) ?? []
        rpath = try container.decodeIfPresent(String.self, forKey: .rpath)
        runpath = try container.decodeIfPresent(String.self, forKey: .runpath)
        requiredVersions = try container.decodeIfPresent([RequiredVersions].self, forKey: .requiredVersions) ?? []
        providedVersions = try container.decodeIfPresent([String].self, forKey: .providedVersions) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(width, forKey: .width)
        try container.encode(byteOrder, forKey: .byteOrder)
        try container.encode(machine, forKey: .machine)
        try container.encode(type, forKey: .type)
        if isDynamic { try container.encode(true, forKey: .isDynamic) }
        try container.encodeIfPresent(interpreter, forKey: .interpreter)
        try container.encodeIfPresent(soname, forKey: .soname)
        if !needed.isEmpty { try container.encode(needed, forKey: .needed) }
        try container.encodeIfPresent(rpath, forKey: .rpath)
        try container.encodeIfPresent(runpath, forKey: .runpath)
        if !requiredVersions.isEmpty { try container.encode(requiredVersions, forKey: .requiredVersions) }
        if !providedVersions.isEmpty { try container.encode(providedVersions, forKey: .providedVersions) }
    }
}

extension ELFFacts {
    /// The machine's name, as people call it.
    package var machineName: String {
        switch machine {
        case 3: "i386"
        case 8: "mips"
        case 20: "ppc"
        case 21: byteOrder == .little ? "ppc64le" : "ppc64"
        case 22: "s390x"
        case 40: "arm"
        case 62: width == .bits32 ? "x32" : "x86_64"
        case 183: "aarch64"
        case 190: "cuda"
        case 243: "riscv"
        case 247: "bpf"
        default: "machine \(machine)"
        }
    }

    /// Whether the two can be in one process.
    func fits(_ other: ELFFacts) -> Bool {
        width == other.width && byteOrder == other.byteOrder && machine == other.machine
    }
}
