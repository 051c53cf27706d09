import Glibc
import HostSystem

/// The small files that a workbench's servers are told by. The workbench sees them at `place`, for reading only; they
/// belong to its user and are nobody else's to read: a host key and a token are among them.
package struct ControlFolder: Sendable {
    /// On this machine.
    package let path: String
    /// As the workbench sees it.
    package let place: String
    private let owner: (user: uid_t, group: gid_t)?

    /// - Parameter owner: whom the files are given to; nil keeps them.
    package init(path: String, place: String, owner: (user: uid_t, group: gid_t)?) {
        self.path = path
        self.place = place
        self.owner = owner
    }

    package func make() throws {
        try Files.makeFolder(path, mode: 0o700)
        try giveAway(path)
    }

    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws {
        try Files.write(bytes, to: "\(path)/\(name)", mode: mode)
        try giveAway("\(path)/\(name)")
    }

    package func remove(_ name: String) { unlink("\(path)/\(name)") }

    package func giveAway(_ path: String) throws {
        guard let owner, geteuid() == 0 else { return }
        guard lchown(path, owner.user, owner.group) == 0 else { throw SystemError("give away", path) }
    }
}
