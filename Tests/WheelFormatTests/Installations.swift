import Glibc
import HostSystem
import Testing
import WheelFormat

/// The same wheels, installed by several programs into one place one after the other, and put aside.
struct Installations {
    let folder: String
    private var prefix: String { "\(folder)/prefix" }

    /// Makes an empty environment, lets `body` fill it, and puts it aside under a name.
    func install(_ name: String, _ body: (_ prefix: String) throws -> Void) throws {
        let uv = try RealWheels.uv()
        try RealWheels.run(
            uv, ["venv", "--quiet", "--no-project", "--python", RealWheels.python(), prefix])
        try body(prefix)
        guard rename(prefix, "\(folder)/\(name)") == 0 else { throw SystemError("put aside", prefix) }
    }

    func installOurs(_ wheels: [String]) throws -> [InstallPlan] {
        var plans: [InstallPlan] = []
        let scheme = InstallScheme.virtualEnvironment(prefix, pythonMinor: try RealWheels.pythonMinor())
        try install("ours") { _ in
            var conflicts = ConflictCheck()
            var writer = PlanWriter()
            for path in wheels {
                let archive = try WheelArchive(path: path)
                let plan = try archive.plan(for: scheme, .init(isRequested: true))
                #expect(plan.warnings.isEmpty)
                try conflicts.add(plan)
                try writer.write(plan, from: archive)
                plans.append(plan)
            }
        }
        return plans
    }

    /// Every file that `peer` or we installed: there in both, of one mode and one content.
    func compare(_ peer: String, _ plans: [InstallPlan]) throws {
        let theirs = try files("\(folder)/\(peer)")
        let ours = try files("\(folder)/ours")
        let launchers = Set(
            plans.flatMap { plan in
                plan.files(of: .environment).filter { $0.path.hasPrefix("\(plan.scheme.scripts)/") }
            }.map { String($0.path.dropFirst(prefix.utf8.count + 1)) })
        var differences: [String] = []
        for path in Set(theirs.keys).union(ours.keys).sorted() {
            guard let their = theirs[path], let our = ours[path] else {
                differences.append("only \(theirs[path] == nil ? "we have" : "\(peer) has") \(path)")
                continue
            }
            let isRecord = path.hasSuffix(".dist-info/RECORD")
            if their.mode != our.mode, !isRecord {
                differences.append(
                    "\(path) has mode \(String(our.mode, radix: 8)), not \(String(their.mode, radix: 8))")
            }
            if path.hasSuffix(".dist-info/INSTALLER") || their.digest == our.digest { continue }
            let pair = (
                try Files.read("\(folder)/\(peer)/\(path)"), try Files.read("\(folder)/ours/\(path)")
            )
            if isRecord {
                differences += compareRecords(path, pair.0, pair.1, peer, launchers)
            } else if peer != "pip" || !launchers.contains(path) || calls(pair.0) != calls(pair.1) {
                differences.append("\(path) has other content")
            }
        }
        let installed = plans.reduce(0) { $0 + $1.files.count }
        let identical = ours.values.count { $0.size > 0 }
        print(
            "\(plans.count) wheels, \(installed) files planned, \(ours.count) in the environment (\(identical) not empty), "
                + "\(launchers.count) launchers and rewritten scripts: \(differences.count) differences from \(peer)"
        )
        #expect(ours.count > plans.count * 4 && installed > plans.count * 4)
        #expect(differences.isEmpty, "\(differences.prefix(40).joined(separator: "\n"))")
    }

    /// The lines of a launcher that say what is started and with what.
    private func calls(_ launcher: [UInt8]) -> [String] {
        let lines = String(decoding: launcher, as: UTF8.self).split(separator: "\n").map(String.init)
        return lines.prefix(1) + lines.filter { $0.hasPrefix("from ") || $0.contains("sys.exit(") }
    }

    private func compareRecords(
        _ path: String, _ theirs: [UInt8], _ ours: [UInt8], _ peer: String, _ launchers: Set<String>
    ) -> [String] {
        /// Rows as text; those of files that may differ are left out.
        func rows(_ bytes: [UInt8]) -> [String] {
            String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
                .filter { row in
                    let file = row.split(separator: ",")[0]
                    if ["INSTALLER", "uv_cache.json", "direct_url.json"].contains(where: {
                        file.hasSuffix(".dist-info/\($0)")
                    }) {
                        return false
                    }
                    return peer == "uv" || !launchers.contains(String(file.drop { $0 == "." || $0 == "/" }))
                }
        }
        let (their, our) = (rows(theirs), rows(ours))
        if our == their || (peer == "pip" && Set(our) == Set(their) && our.count == their.count) {
            return []
        }
        let missing = Set(their).subtracting(our).sorted()
        let extra = Set(our).subtracting(their).sorted()
        return ["\(path): we lack \(missing.prefix(3)), we have \(extra.prefix(3))"]
    }

    private struct Installed {
        let mode: mode_t
        let size: Int
        let digest: String
    }

    private func files(_ root: String) throws -> [String: Installed] {
        var found: [String: Installed] = [:]
        var folders = [""]
        while let folder = folders.popLast() {
            for name in try Files.names(in: "\(root)/\(folder)") {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                var status = stat()
                guard lstat("\(root)/\(path)", &status) == 0 else { throw SystemError("examine", path) }
                switch status.st_mode & S_IFMT {
                case S_IFDIR: folders.append(path)
                case S_IFREG:
                    if path == ".lock" || path.hasSuffix(".dist-info/uv_cache.json")
                        || path.hasSuffix(".dist-info/direct_url.json")
                    {
                        continue
                    }
                    found[path] = Installed(
                        mode: status.st_mode & 0o7777, size: Int(status.st_size),
                        digest: try SHA256.hexDigest(file: "\(root)/\(path)"))
                default: continue  // the links of the environment itself
                }
            }
        }
        return found
    }
}
