import Glibc
import HostSystem

/// What `bunsen build --format json` says that it built.
package enum BuiltDigest {
    package static func of(_ result: Tool.Result) throws -> String {
        guard result.succeeded else { throw Unexpected(result) }
        guard let digest = try JSONValue(parsing: result.output)["digest"].string else {
            throw SystemError("find the digest in", "what bunsen build says", code: EBADMSG)
        }
        return digest
    }
}

extension Project {
    /// Locks the recipe and the base of its image, unless that was done before.
    package func lockImage() throws {
        if try bunsen("lock", "--check", "--image", timeout: 60).succeeded { return }
        let locked = try bunsen("lock", "--image", timeout: 300)
        guard locked.succeeded else { throw Unexpected(locked) }
    }
}
