/// Something that the proof found.
package struct LibraryFinding: Sendable, Hashable, Codable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable, Codable {
        /// A module or a program of the image will not load.
        case error
        /// A plug-in that is looked for at run time will not load; packages do without such.
        case note
    }

    package enum Kind: Sendable, Hashable, Codable {
        case missingLibrary(String)
        /// `newest` is the newest version of the same family that the library has.
        case missingVersion(String, library: String, newest: String?)
        case otherMachine(String)
        /// Begins like ELF and is none; for this reason.
        case damaged(String)
    }

    package let severity: Severity
    package let kind: Kind
    /// The files that need it, sorted.
    package let files: [String]
    /// The package that brought these files: whose wheel is to blame.
    package let owner: FileOwner?
    /// What explains it, or what to do.
    package let hint: String?

    package var description: String {
        let first = files.first ?? ""
        let more = files.count > 1 ? " and \(files.count - 1) more" : ""
        let file = "\(first)\(more)" + (owner.map { " of \($0)" } ?? "")
        return switch kind {
        case .missingLibrary(let library): "\(library) is not in the image; \(file) needs it"
        case .missingVersion(let version, let library, let newest):
            "\(file) needs \(version), and \(library) has "
                + (newest.map { "nothing newer than \($0)" } ?? "no such version")
        case .otherMachine(let machine): "\(file) is built for \(machine)"
        case .damaged(let reason): "\(file) is damaged: \(reason)"
        }
    }
}

/// What a proof says of an image.
package struct LibraryVerdict: Sendable, Hashable, Codable {
    /// Errors first, then by package.
    package let findings: [LibraryFinding]
    /// ELF files that were looked at.
    package let files: Int
    /// Needs of libraries that were followed.
    package let needs: Int
    /// Libraries that the driver has to bring.
    package let fromDriver: [String]
    /// Packages whose modules load only after another package is imported, which has their libraries: from → to.
    package let importsFirst: [String: [String]]

    package var isProven: Bool { !findings.contains { $0.severity == .error } }
}
