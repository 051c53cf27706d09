import Glibc
import HostSystem
import LayerArchive

/// A base as a tar archive: the first layer of an image.
package struct BaseTree: Sendable, Hashable {
    package struct SpecialFile: Sendable, Hashable {
        /// Absolute.
        package var path: String
        /// Such as 0o4755.
        package var mode: UInt16
    }

    package var archive: TarResult
    package var packages: [DebianPackage]
    /// The files that give whoever starts them another user's or group's rights, sorted.
    package var setuid: [SpecialFile]
    /// The files that had such a bit and lost it, with the mode they had, sorted.
    package var stripped: [SpecialFile]
}

/// Makes a root file system from the pinned packages with mmdebstrap: the same bytes on every machine, as root and as
/// an ordinary user.
package struct BaseBuilder {
    let home: String
    let environment: [String: String]
    let store: DebianStore
    let progress: (String) -> Void

    static let operation = "cannot build the base"
    /// Raised when the same pins give other bytes than before: layers made by an older Bunsen are then made again.
    package static let version = 2

    /// - Parameters:
    ///   - home: $BUNSEN_HOME.
    ///   - store: where the packages are, or will be put.
    package init(
        home: String, environment: [String: String], store: DebianStore,
        progress: @escaping (String) -> Void = { _ in }
    ) {
        self.home = home
        self.environment = environment
        self.store = store
        self.progress = progress
    }

    /// Builds the base, or the whole system of a variant.
    ///
    /// - Parameters:
    ///   - request: what the lock was made for.
    ///   - variant: a variant with Debian packages of its own; nil for the base itself.
    ///   - path: of the archive, which appears there when it is whole.
    package func build(
        _ pin: DebianPin, request: BaseRequest, variant: String? = nil, options: BaseOptions = BaseOptions(),
        to path: String
    ) throws -> BaseTree {
        try options.check()
        let mode = try BootstrapMode.choose(environment: environment)
        // Before a hundred megabytes are fetched for it.
        _ = try bootstrapTool()
        let packages = pin.packages(variant: variant)
        guard packages.allSatisfy(\.isWellFormed), !packages.isEmpty else {
            throw BaseSystemError(.unusableInput, Self.operation, "the lock lists no usable packages")
        }
        try store.fetch(packages, suite: pin.suite)
        do {
            let scratch = try ScratchFolder(home: home, environment: environment)
            defer { withExtendedLifetime(scratch) {} }
            progress("unpacking and configuring \(packages.count) Debian packages")
            try LocalRepository.make(packages, store: store, folder: "\(scratch.path)/repository")
            let named = request.system + (variant.flatMap { request.variants[$0] } ?? [])
            let date = Int(pin.date.seconds)
            let script = FinishingScript(options: options, named: named, date: date)
            let words = try bootstrap(pin, packages, mode, script, scratch: scratch.path)
            progress("writing the base")
            var tree = try finish("\(scratch.path)/root.tar", to: path, date: date)
            tree.packages = packages
            tree.stripped = Self.stripped(words)
            return tree
        } catch let error as SystemError where error.code == ENOSPC || error.code == EDQUOT {
            throw BaseSystemError(
                .diskFull, Self.operation, "the disk is full: \(error)",
                hint: "make room, or set TMPDIR and BUNSEN_HOME to another disk")
        }
    }

    private func bootstrapTool() throws -> Tool {
        try AptTool.find("mmdebstrap", package: "mmdebstrap", environment: environment)
    }

    /// Runs mmdebstrap and returns what it said.
    private func bootstrap(
        _ pin: DebianPin, _ packages: [DebianPackage], _ mode: BootstrapMode, _ script: FinishingScript, scratch: String
    ) throws -> String {
        // mmdebstrap makes its own folder in here, which then belongs to the root of the user namespace.
        try Files.makeFolder("\(scratch)/work")
        chmod("\(scratch)/work", 0o1777)
        var tool = try bootstrapTool()
        // Nothing of the caller's environment gets to the scripts of the packages.
        tool.environment = [
            "PATH": standardSearchPath, "HOME": "\(scratch)/work",
            "TMPDIR": "\(scratch)/work", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": String(script.date),
        ]
        let program = tool.executable
        tool = Tool(executable: "/bin/sh", environment: tool.environment, workingFolder: scratch)
        let result = try tool.run(
            [
                "-c", "umask 022; \(mode.isolation)exec \"$@\"", "sh", program, "--mode=\(mode.rawValue)",
                "--variant=essential",
                "--format=tar", "--architectures=\(pin.architecture)", "--skip=output/dev,check/signed-by,cleanup/apt",
                "--aptopt=APT::Sandbox::User \"root\"", "--dpkgopt=force-unsafe-io",
                "--include=\(packages.map(\.name).joined(separator: ","))", "--customize-hook=\(script.text)", "",
                "\(scratch)/root.tar", "deb [trusted=yes] copy://\(scratch)/repository ./",
            ], timeout: 3600)
        guard result.succeeded else { throw mode.explained(AptFailure.error(Self.operation, result)) }
        return result.errorText
    }

    /// Writes the archive anew, without devices, in a form that does not depend on tar, and looks at every entry.
    private func finish(_ source: String, to path: String, date: Int) throws -> BaseTree {
        var setuid: [BaseTree.SpecialFile] = []
        let archive = try TarOutput.write(to: path) { output in
            let reader = try TarReader(path: source)
            // mmdebstrap's own /dev has device nodes, which an ordinary user cannot unpack and no engine needs.
            let devices = TarEntry("dev", .folder, mode: 0o755, modified: date)
            var isDevicesWritten = false
            while let entry = try reader.next() {
                if !isDevicesWritten, LayerPath.precedes(devices.path, entry.path) {
                    try output.add(devices)
                    isDevicesWritten = true
                }
                if entry.path == devices.path || entry.path.hasPrefix("dev/") { continue }
                switch entry.kind {
                case .characterDevice, .blockDevice, .pipe: continue
                case .file where entry.mode & 0o6000 != 0:
                    setuid.append(BaseTree.SpecialFile(path: "/\(entry.path)", mode: entry.mode))
                default: break
                }
                try output.add(entry, content: reader)
            }
        }
        return BaseTree(archive: archive, packages: [], setuid: setuid.sorted { $0.path < $1.path }, stripped: [])
    }

    private static func stripped(_ text: String) -> [BaseTree.SpecialFile] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = String(line).removingPrefix(FinishingScript.strippedMark)?.split(separator: " ", maxSplits: 1)
            guard let words, words.count == 2, let mode = UInt16(words[0], radix: 8) else { return nil }
            return BaseTree.SpecialFile(path: String(words[1]), mode: mode)
        }.sorted { $0.path < $1.path }
    }
}
