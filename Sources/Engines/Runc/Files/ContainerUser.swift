import Glibc
import HostSystem

/// Who a command runs as, in numbers of the container.
struct ContainerUser: Sendable, Hashable {
    let user: UInt32
    let group: UInt32

    /// The user of an image: `1000`, `1000:1000`, `name` or `name:group` (OCI image specification, config.md, "User").
    /// Names are those of the image. An image without one means root.
    init(imageUser text: String?, files: ImageFiles) throws {
        let parts = (text ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        guard let name = parts.first else {
            (user, group) = (0, 0)
            return
        }
        let account = Self.entries(files.text(of: "/etc/passwd")).first {
            $0.count > 3 && ($0[0] == name || $0[2] == name)
        }
        guard let user = UInt32(name) ?? account.flatMap({ UInt32($0[2]) }) else {
            throw EngineError("run as", "user \(name)", .said("the image has no such user"))
        }
        self.user = user
        guard parts.count == 2 else {
            group = account.flatMap { UInt32($0[3]) } ?? 0
            return
        }
        let entry = Self.entries(files.text(of: "/etc/group")).first { $0.count > 2 && $0[0] == parts[1] }
        guard let group = UInt32(parts[1]) ?? entry.flatMap({ UInt32($0[2]) }) else {
            throw EngineError("run as", "group \(parts[1])", .said("the image has no such group"))
        }
        self.group = group
    }

    init(user: UInt32, group: UInt32) { (self.user, self.group) = (user, group) }

    /// Lines of passwd(5) and group(5).
    private static func entries(_ text: String?) -> [[String]] {
        (text ?? "").split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The image's list of users with this one in it, or nil where it has one of that number. Programs ask for the name
    /// and the home of who runs them, and some fail without an answer.
    func addedToUsers(of files: ImageFiles) -> (users: String, home: String)? {
        let text = files.text(of: "/etc/passwd") ?? ""
        let entries = Self.entries(text)
        if entries.contains(where: { $0.count > 2 && $0[2] == String(user) }) { return nil }
        let name = entries.contains { $0.first == "person" } ? "person\(user)" : "person"
        let home = "/home/\(name)"
        let separator = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
        return ("\(text)\(separator)\(name):x:\(user):\(group)::\(home):/bin/sh\n", home)
    }
}
