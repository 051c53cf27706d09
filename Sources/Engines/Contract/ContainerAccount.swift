/// Who the command of a container is by name: what programs that ask for the user of a number hear (passwd(5)). The
/// numbers are those of the request's identity.
package struct ContainerAccount: Sendable, Hashable {
    package let name: String
    /// Made where it is not there.
    package let home: String
    /// Where the image does not have it, /bin/sh is taken.
    package let shell: String

    /// - Throws: `EngineError` for what no list of users can hold.
    package init(name: String, home: String, shell: String) throws {
        let letters = name.utf8.allSatisfy {
            (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || "_-.".utf8.contains($0)
        }
        guard letters, let first = name.utf8.first, !(48...57).contains(first), first != UInt8(ascii: "-"),
            name.utf8.count <= 32
        else {
            throw EngineError(
                "name the user", name, .notUnderstood("a name has up to 32 letters, digits, _, - and ., a letter first")
            )
        }
        for path in [home, shell] {
            guard path.hasPrefix("/"), !path.utf8.contains(where: { $0 < 32 || $0 == UInt8(ascii: ":") }),
                !path.split(separator: "/").contains("..")
            else {
                throw EngineError(
                    "name the user", name, .notUnderstood("\"\(path)\" is no absolute path without colons"))
            }
        }
        self.name = name
        self.home = home
        self.shell = shell
    }
}

/// The lists of users and groups of an image (passwd(5), group(5)) with an account in them.
struct AccountFiles: Sendable, Hashable {
    let users: String
    let groups: String

    /// An entry of that name or number is replaced, because it would be found instead; all others stay. A group of that
    /// number stays as it is.
    init(_ account: ContainerAccount, _ user: ContainerUser, shell: String, users: String, groups: String) {
        let kept = Self.lines(users).filter { line in
            let fields = Self.fields(line)
            return fields.first.map(String.init) != account.name
                && !(fields.count > 2 && Self.number(fields[2]) == user.user)
        }
        let entry = "\(account.name):x:\(user.user):\(user.group)::\(account.home):\(shell)"
        self.users = Self.text(kept + [entry[...]])
        let present = Self.lines(groups)
        if present.contains(where: { line in
            let fields = Self.fields(line)
            return fields.count > 2 && Self.number(fields[2]) == user.group
        }) {
            self.groups = groups
        } else {
            let isTaken = present.contains { Self.fields($0).first.map(String.init) == account.name }
            let name = isTaken ? "\(account.name)-\(user.group)" : account.name
            self.groups = Self.text(present + ["\(name):x:\(user.group):"])
        }
    }

    private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }

    private static func text(_ lines: [Substring]) -> String { lines.map { $0 + "\n" }.joined() }

    private static func fields(_ line: Substring) -> [Substring] {
        line.split(separator: ":", omittingEmptySubsequences: false)
    }

    private static func number(_ text: Substring) -> UInt32? { UInt32(text) }
}

extension ContainerRequest {
    /// Throws where an account has no numbers.
    func checkAccount() throws {
        guard let account, identity == nil else { return }
        throw EngineError("name the user", account.name, .refused("the request does not say which number it has"))
    }
}
