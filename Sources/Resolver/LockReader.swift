import Glibc
import HostSystem
import RecipeModel

/// A bunsen.lock that cannot be used: where and why.
package struct LockError: Error, Sendable, CustomStringConvertible, Equatable {
    package enum Kind: Sendable { case missing, edited, truncated, conflict, malformed, otherFormat, pylock }

    package let kind: Kind
    package let file: String
    package let line: Int?
    package let reason: String
    package let hint: String

    package var description: String { line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)" }
}

/// Reads bunsen.lock, which has one form only: the one that `LockWriter` writes.
package enum LockReader {
    static let largestSize = 16 << 20

    /// The lock in a folder, checked against its own digest and against the pylock.toml beside it.
    package static func read(folder: String) throws -> Lock {
        let path = "\(folder)/\(Lock.fileName)"
        let lock = try read(try bytes(path), file: path)
        var files = [(Lock.pylockName, lock.pylockDigest)]
        files += lock.variants.map { (Lock.pylockName(variant: $0.name), $0.pylockDigest) }
        for (name, digest) in files {
            let path = "\(folder)/\(name)"
            guard "sha256:" + SHA256.hexDigest(try bytes(path)) == digest else {
                throw LockError(
                    kind: .pylock, file: path, line: nil,
                    reason: "this is not the \(name) that \(Lock.fileName) was written with",
                    hint: "run `bunsen lock`, or take all files of the lock from the same commit")
            }
        }
        return lock
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        do {
            return try Files.read(path, limit: largestSize)
        } catch let error as SystemError where error.code == ENOENT {
            throw LockError(
                kind: .missing, file: path, line: nil, reason: "there is no such file", hint: "run `bunsen lock`")
        }
    }

    /// The lock in some bytes.
    package static func read(_ bytes: [UInt8], file: String) throws(LockError) -> Lock {
        func problem(_ kind: LockError.Kind, _ line: Int?, _ reason: String) -> LockError {
            LockError(kind: kind, file: file, line: line, reason: reason, hint: "run `bunsen lock` to write it again")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(.malformed, nil, "the text is not UTF-8")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (index, line) in lines.enumerated() {
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].contains(where: line.hasPrefix) {
                throw LockError(
                    kind: .conflict, file: file, line: index + 1, reason: "a mark of a merge conflict",
                    hint: "settle the conflict in bunsen.yaml, then run `bunsen lock`")
            }
        }
        guard let format = lines.dropFirst().first, lines.first == LockWriter.header else {
            throw problem(.malformed, 1, bytes.isEmpty ? "the file is empty" : "this is not a lock of Bunsen")
        }
        guard format == LockWriter.formatLine else {
            throw problem(.otherFormat, 2, "a lock in another format than this Bunsen's")
        }
        guard lines.count > 3, lines[2].hasPrefix("digest: ") else {
            throw problem(.truncated, lines.count, "the lock ends too early")
        }
        // The plain lock, and after a line with their own digest the variants.
        let border = lines.firstIndex { $0.hasPrefix(LockWriter.variantsKey) }
        let plain = border.map { lines[..<$0] + [""] } ?? lines[...]
        func check(_ body: ArraySlice<String>, _ line: Int, _ key: String) throws(LockError) -> String {
            let digest = LockWriter.digest(ofBody: body.joined(separator: "\n"))
            if lines[line] == key + digest { return digest }
            if lines.last != "" { throw problem(.truncated, lines.count, "the lock ends in the middle of a line") }
            throw problem(.edited, line + 1, "the lock was changed after it was written: its digest does not fit")
        }
        let digest = try check(plain.dropFirst(3), 2, "digest: ")
        if let border { _ = try check(lines[(border + 1)...], border, LockWriter.variantsKey) }
        do throws(LockParser.Unexpected) {
            var parser = LockParser(lines: Array(plain), next: 3)
            var lock = try parser.lock()
            lock.digest = digest
            if let border {
                var parser = LockParser(lines: lines, next: border + 1)
                lock.variants = try parser.variants(of: lock)
            }
            return lock
        } catch {
            throw problem(.malformed, error.line, "expected \(error.expected)")
        }
    }
}
