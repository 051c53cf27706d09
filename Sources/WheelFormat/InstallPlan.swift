/// Everything that installing one wheel writes.
package struct InstallPlan: Sendable {
    package struct File: Sendable, Hashable {
        package enum Source: Sendable, Hashable {
            /// The content of `members[index]`, unchanged.
            case member(Int)
            case generated([UInt8])
        }

        /// Which layer of an image the file belongs to.
        package enum Part: Sendable, Hashable {
            /// It depends on nothing but the wheel and the scheme's folders.
            case wheel
            /// It depends on how the wheel was installed, or on the interpreter: launchers, scripts with a rewritten
            /// first line, INSTALLER, REQUESTED, direct_url.json, RECORD.
            case environment
        }

        /// Absolute, without dots.
        package let path: String
        /// 0755 or 0644.
        package let mode: UInt16
        package let source: Source
        package let part: Part
        /// As RECORD has it; nil where the wheel's RECORD has none.
        package let digest: RecordDigest?
        package let size: Int
    }

    package let wheel: WheelName
    package let scheme: InstallScheme
    /// Sorted by the bytes of their paths, each path once.
    package let files: [File]
    /// What a person should hear of and what does not prevent the installation.
    package let warnings: [String]
    /// What RECORD says of each member that is a file of the plan: feed it while the content is read.
    package let recordCheck: RecordCheck

    package func files(of part: File.Part) -> [File] { files.filter { $0.part == part } }
}

/// How a wheel is installed, beside where.
package struct InstallOptions: Sendable, Hashable {
    /// What INSTALLER says (PEP 376).
    package var installer: String
    /// Whether a person asked for this package, and not only another package did (PEP 376).
    package var isRequested: Bool
    /// The content of direct_url.json (PEP 610), for a package that came from a URL or a file and not from an index.
    package var directURL: [UInt8]?

    package init(installer: String = "bunsen", isRequested: Bool = false, directURL: [UInt8]? = nil) {
        self.installer = installer
        self.isRequested = isRequested
        self.directURL = directURL
    }
}
