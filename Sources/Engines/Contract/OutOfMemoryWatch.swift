import HostSystem

/// Tells whether the kernel's out-of-memory killer was at work while a run lasted.
///
/// Source: proc(5), `/proc/vmstat`, field `oom_kill` (Linux 4.13 and later): kills since the machine started, whether a
/// control group's limit or the whole machine's memory was the cause.
package struct OutOfMemoryWatch: Sendable {
    private let before: UInt64?

    package init() {
        before = Self.kills()
    }

    /// Whether a process was killed since this was made. False where the kernel does not say.
    package var killed: Bool {
        guard let before, let now = Self.kills() else { return false }
        return now > before
    }

    private static func kills() -> UInt64? {
        guard let text = try? Files.readText("/proc/vmstat") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return UInt64(line.dropFirst(9))
        }
        return nil
    }
}
