import Glibc
import HostSystem

/// A folder that exists while `body` runs.
package func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/bunsen-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress) }
    guard let made else { throw SystemError("make the folder", "/tmp/bunsen-test-XXXXXX") }
    let folder = String(cString: made)
    defer { try? Files.remove(folder) }
    return try body(folder)
}
