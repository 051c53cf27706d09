import Glibc
import HostSystem

/// A folder that exists while `body` runs.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = "/tmp/bunsen-test-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    try Files.makeFolder(folder, mode: 0o700)
    defer { try? Files.remove(folder) }
    return try body(folder)
}
