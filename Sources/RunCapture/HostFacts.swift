import ExperimentModel
import Glibc
import HostSystem

extension RunManifest.Host {
    /// What this machine says of itself.
    package static func current() -> RunManifest.Host {
        var name = utsname()
        uname(&name)
        return RunManifest.Host(
            name: text(&name.nodename),
            operatingSystem: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? text(&name.sysname),
            kernel: text(&name.release),
            processor: value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? text(&name.machine),
            cores: Int(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            memory: UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))))
    }

    private static func value(of key: String, in path: String, separator: Character) -> String? {
        guard let text = try? Files.readText(path) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            guard let position = line.firstIndex(of: separator) else { continue }
            return String(line[line.index(after: position)...].drop { $0 == " " || $0 == "\"" })
                .split(separator: "\"", omittingEmptySubsequences: false).first.map(String.init)
        }
        return nil
    }

    private static func text<Tuple>(_ field: inout Tuple) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
