import CHostSystem
import Glibc
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

/// The words by which programs say that they ran out of memory, on the last lines that they print.
package enum MemoryErrorText {
    /// A test that costs almost nothing, for every line of output: all marks hold "emory" or "bad_alloc".
    package static func mayBe(in line: UnsafeRawBufferPointer) -> Bool {
        guard line.count >= 9, line.count <= 4096, let base = line.baseAddress else { return false }
        return contains_text(base, line.count, "emory") || contains_text(base, line.count, "bad_alloc")
    }

    /// The line's own words, shortened, when it reports exhausted memory.
    package static func reason(in line: String) -> String? {
        let marks = [
            "torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError", "CUDA out of memory", "MemoryError",
            "DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory",
            "std::bad_alloc", "Cannot allocate memory",
        ]
        guard marks.contains(where: line.contains) else { return nil }
        return String(line.prefix(300))
    }
}
