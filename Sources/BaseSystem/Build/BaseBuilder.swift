import Glibc
import HostSystem

/// A base as a tar archive: the first layer of an image.
package struct BaseTree: Sendable, Hashable {
    package struct SpecialFile: Sendable, Hashable {
        /// Absolute.
        package var path: String
        /// Such as 0o4755.
        package var mode: UInt32
    }

    package var path: String
    /// Bytes of the archive, uncompressed.
    package var size: Int64
    /// Of the archive, uncompressed, 64 hexadecimal digits: what an image calls the diff_id.
    package var sha256: String
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
            let date = Int64(pin.date.seconds)
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

    /// Runs mmdebstrap and returns what it said.
    private func bootstrap(
        _ pin: DebianPin, _ packages: [DebianPackage], _ mode: BootstrapMode, _ script: FinishingScript, scratch: String
    ) throws -> String {
        // mmdebstrap makes its own folder in here, which then belongs to the root of the user namespace.
        try Files.makeFolder("\(scratch)/work")
        chmod("\(scratch)/work", 0o1777)
        var tool = try AptTool.find("mmdebstrap", package: "mmdebstrap", environment: environment)
        // Nothing of the caller's environment gets to the scripts of the packages.
        tool.environment = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "\(scratch)/work",
            "TMPDIR": "\(scratch)/work", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": String(script.date),
        ]
        let program = tool.executable
        tool = Tool(executable: "/bin/sh", environment: tool.environment, workingFolder: scratch)
        let result = try tool.run(
            [
                "-c", "umask 022; exec \"$@\"", "sh", program, "--mode=\(mode.rawValue)", "--variant=essential",
                "--format=tar", "--architectures=\(pin.architecture)", "--skip=output/dev,check/signed-by,cleanup/apt",
                "--aptopt=APT::Sandbox::User \"root\"", "--dpkgopt=force-unsafe-io",
                "--include=\(packages.map(\.name).joined(separator: ","))", "--customize-hook=\(script.text)", "",
                "\(scratch)/root.tar", "deb [trusted=yes] copy://\(scratch)/repository ./",
            ], timeout: 3600)
        guard result.succeeded else { throw mode.explained(AptFailure.error(Self.operation, result)) }
        return result.errorText
    }

    /// Copies the archive to its place, without devices, and looks at every member.
    private func finish(_ source: String, to path: String, date: Int64) throws -> BaseTree {
        let unfinished = "\(path).\(getpid()).unfinished"
        try Files.remove(unfinished)
        do {
            var output = try TarOutput(path: unfinished)
            var groups = try TarGroups(path: source)
            var setuid: [BaseTree.SpecialFile] = []
            // mmdebstrap's own /dev has device nodes, which an ordinary user cannot unpack and no engine needs.
            try output.writeFolder("dev", time: date)
            while let group = try groups.next() {
                let isDevice = [UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6")].contains(group.type)
                if isDevice || group.name == "dev" || group.name.hasPrefix("dev/") {
                    try groups.content(of: group) { _ in }
                    continue
                }
                if group.type == UInt8(ascii: "0"), group.mode & 0o6000 != 0 {
                    setuid.append(BaseTree.SpecialFile(path: "/\(group.name)", mode: group.mode & 0o7777))
                }
                try output.write(group.head)
                try groups.content(of: group) { try output.write($0) }
            }
            let (size, sha256) = try output.close()
            guard rename(unfinished, path) == 0 else { throw SystemError("write", path) }
            return BaseTree(
                path: path, size: size, sha256: sha256, packages: [], setuid: setuid.sorted { $0.path < $1.path },
                stripped: [])
        } catch {
            unlink(unfinished)
            throw error
        }
    }

    private static func stripped(_ text: String) -> [BaseTree.SpecialFile] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = String(line).removingPrefix(FinishingScript.strippedMark)?.split(separator: " ", maxSplits: 1)
            guard let words, words.count == 2, let mode = UInt32(words[0], radix: 8) else { return nil }
            return BaseTree.SpecialFile(path: String(words[1]), mode: mode)
        }.sorted { $0.path < $1.path }
    }
}
