import Glibc
import HostSystem

/// A folder of its own for one test, removed at its end.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = "/tmp/bunsen-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try Files.makeFolder(folder)
    defer { try? Files.remove(folder) }
    return try body(folder)
}
