import Glibc
import HostSystem
import RecipeModel

/// A bunsen-image.lock that cannot be used: where and why.
package struct BaseLockError: Error, Sendable, CustomStringConvertible, Equatable {
    package enum Kind: Sendable { case missing, edited, malformed, otherFormat }

    package let kind: Kind
    package let file: String
    package let line: Int?
    package let reason: String
    package let hint: String

    package var description: String { line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)" }
}

/// Reads bunsen-image.lock, which has one form only: the one that `BaseLockWriter` writes.
package enum BaseLockReader {
    package static func read(folder: String) throws -> BaseLock {
        let path = "\(folder)/\(BaseLock.fileName)"
        do {
            return try read(Files.read(path, limit: 16 << 20), file: path)
        } catch let error as SystemError where error.code == ENOENT {
            throw BaseLockError(
                kind: .missing, file: path, line: nil, reason: "there is no such file",
                hint: "run `bunsen lock --image`")
        }
    }

    /// The lock in some bytes.
    package static func read(_ bytes: [UInt8], file: String) throws(BaseLockError) -> BaseLock {
        func problem(_ kind: BaseLockError.Kind, _ line: Int?, _ reason: String) -> BaseLockError {
            BaseLockError(
                kind: kind, file: file, line: line, reason: reason,
                hint: "settle bunsen.yaml, then run `bunsen lock --image` to write it again")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(.malformed, nil, "the text is not UTF-8")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.first == BaseLockWriter.header, let format = lines.dropFirst().first else {
            throw problem(.malformed, 1, bytes.isEmpty ? "the file is empty" : "this is not a lock of Bunsen's images")
        }
        guard format == BaseLockWriter.formatLine else {
            throw problem(.otherFormat, 2, "a lock in another format than this Bunsen's")
        }
        let digest = BaseLockWriter.digest(ofBody: lines.dropFirst(3).joined(separator: "\n"))
        guard lines.count > 3, lines[2] == "digest: \(digest)" else {
            throw problem(.edited, 3, "the lock was changed or cut after it was written: its digest does not fit")
        }
        var parser = BaseLockParser(lines: lines, next: 3)
        do throws(BaseLockParser.Unexpected) {
            return try parser.lock()
        } catch {
            throw problem(.malformed, error.line, "expected \(error.expected)")
        }
    }
}

/// Takes the lines of a lock one after the other.
struct BaseLockParser {
    struct Unexpected: Error {
        let line: Int
        let expected: String
    }

    let lines: [String]
    var next: Int

    mutating func lock() throws(Unexpected) -> BaseLock {
        try expect("recipe:")
        let digest = try value("  digest: ")
        let request = try request()
        guard request.digest == digest else { throw unexpected("the digest of the recipe's keys") }
        let python = try python()
        let base: BasePin
        if skip("image:") {
            base = .image(
                ImagePin(
                    reference: try value("  reference: "), digest: try imageDigest(),
                    platform: try value("  platform: "), initPackage: try initPackage()))
        } else {
            try expect("debian:")
            base = .debian(try debian(request))
        }
        guard next == lines.count - 1, lines.last == "" else { throw unexpected("the end of the lock") }
        return BaseLock(request: request, base: base, python: python)
    }

    private mutating func request() throws(Unexpected) -> BaseRequest {
        let base = try value("  base: ")
        let architecture = try value("  architecture: ")
        guard let python = PythonVersion(try quoted("  python: ")) else { throw unexpected("a Python version") }
        let compiler = try value("  compiler: ")
        guard ["true", "false"].contains(compiler) else { throw unexpected("true or false") }
        let system = try list("  system:", indentation: "    ", fields: 1).compactMap(\.first)
        var variants: [String: [String]] = [:]
        for fields in try list("  variants:", indentation: "    ", fields: 2) {
            variants[fields[0], default: []].append(fields[1])
        }
        return BaseRequest(
            base: base, architecture: architecture, python: python, system: system, compiler: compiler == "true",
            variants: variants)
    }

    private mutating func python() throws(Unexpected) -> PythonPin {
        guard skip("python:") else { return .none }
        if let version = try optional("  base: ") { return .base(version: unquoted(version)) }
        return .standalone(
            StandalonePython(
                key: try value("  standalone: "), version: try quoted("  version: "), file: try fileName(),
                size: try size(try value("  size: ")), sha256: try hexadecimal(try value("  sha256: "))))
    }

    private mutating func fileName() throws(Unexpected) -> String {
        let name = try value("  file: ")
        guard !name.contains("/"), !name.hasPrefix(".") else { throw unexpected("the name of a file") }
        return name
    }

    private mutating func imageDigest() throws(Unexpected) -> String {
        let digest = try value("  digest: ")
        guard let digits = digest.removingPrefix("sha256:") else { throw unexpected("sha256: and a digest") }
        return "sha256:" + (try hexadecimal(digits))
    }

    private mutating func initPackage() throws(Unexpected) -> DebianPackage? {
        let packages = try self.packages("  init:")
        guard packages.count <= 1 else { throw unexpected("one package") }
        return packages.first
    }

    private mutating func debian(_ request: BaseRequest) throws(Unexpected) -> DebianPin {
        let suite = try value("  suite: ")
        guard let date = InternetDate.timestamp(rfc3339: try value("  date: ")) else {
            throw unexpected("a date such as 2026-11-23T10:12:44Z")
        }
        let packages = try self.packages("  packages:")
        var variants: [String: [DebianPackage]] = [:]
        for name in request.variants.keys.sorted() {
            let added = try self.packages("  variant \(name):")
            if !added.isEmpty { variants[name] = added }
        }
        return DebianPin(
            suite: suite, architecture: request.architecture, date: date, packages: packages, variants: variants)
    }

    private mutating func packages(_ key: String) throws(Unexpected) -> [DebianPackage] {
        var packages: [DebianPackage] = []
        for fields in try list(key, indentation: "    ", fields: 7) {
            guard let digits = fields[4].removingPrefix("sha256:") else { throw unexpected("sha256: and a digest") }
            let package = DebianPackage(
                name: fields[0], version: fields[1], architecture: fields[2], size: try size(fields[3]),
                sha256: try hexadecimal(digits), archive: fields[5], path: fields[6])
            guard package.isWellFormed else { throw unexpected("a package of Debian") }
            packages.append(package)
        }
        return packages
    }

    private func unexpected(_ expected: String) -> Unexpected {
        Unexpected(line: min(next + 1, lines.count), expected: expected)
    }

    private func size(_ text: String) throws(Unexpected) -> Int64 {
        guard let size = Int64(text), size >= 0 else { throw unexpected("a size in bytes") }
        return size
    }

    private func hexadecimal(_ text: String) throws(Unexpected) -> String {
        guard isSHA256(text) else { throw unexpected("64 hexadecimal digits") }
        return text
    }

    private mutating func skip(_ line: String) -> Bool {
        guard next < lines.count, lines[next] == line else { return false }
        next += 1
        return true
    }

    private mutating func expect(_ line: String) throws(Unexpected) {
        if !skip(line) { throw unexpected("\"\(line)\"") }
    }

    private mutating func value(_ prefix: String) throws(Unexpected) -> String {
        guard let value = try optional(prefix) else { throw unexpected("\"\(prefix)…\"") }
        return value
    }

    private mutating func quoted(_ prefix: String) throws(Unexpected) -> String { unquoted(try value(prefix)) }

    private func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }

    /// Values are single words, so that YAML and this parser cannot disagree on them.
    private mutating func optional(_ prefix: String) throws(Unexpected) -> String? {
        guard next < lines.count, let value = lines[next].removingPrefix(prefix) else { return nil }
        guard !value.isEmpty, value.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw unexpected("one word") }
        next += 1
        return value
    }

    /// The items below a key, each split into its words; no items when the key is not there.
    private mutating func list(_ key: String, indentation: String, fields: Int) throws(Unexpected) -> [[String]] {
        guard skip(key) else { return [] }
        var items: [[String]] = []
        while next < lines.count, let item = lines[next].removingPrefix("\(indentation)- ") {
            let words = item.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count == fields, words.allSatisfy({ !$0.isEmpty }) else {
                throw unexpected(fields == 1 ? "one word" : "\(fields) words")
            }
            items.append(words)
            next += 1
        }
        return items
    }
}

func isSHA256(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
}

extension DebianPackage {
    /// Whether every part can be used in a command, a file name and an address as it is (Debian Policy, 5.6).
    var isWellFormed: Bool {
        func consists(_ text: String, of others: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy {
                    (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0)
                        || others.utf8.contains($0)
                }
        }
        let hasDots = path.split(separator: "/", omittingEmptySubsequences: false).contains {
            ["", ".", ".."].contains($0)
        }
        return consists(name, of: "+-.") && name.first?.isPunctuation == false && consists(version, of: "+-.:~")
            && consists(architecture, of: "-") && consists(archive, of: "-./") && consists(path, of: "+-._~/%:")
            && !hasDots && path.hasSuffix(".deb") && isSHA256(sha256) && size >= 0 && name.first != "-"
            && archive.first != "-"
    }
}
