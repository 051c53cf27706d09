import CHostSystem

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
