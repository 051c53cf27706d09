import CHostSystem
import Glibc
import HostSystem
import TestSupport

/// A terminal and whoever sits at it.
final class TestTerminal: @unchecked Sendable {
    let follower: Descriptor
    private let leader: Descriptor
    private var shown: [UInt8] = []

    init(rows: UInt16, columns: UInt16) throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        var (leading, following) = (Int32(-1), Int32(-1))
        guard openpty(&leading, &following, nil, nil, &size) == 0 else { throw SystemError("open", "a terminal") }
        (leader, follower) = (Descriptor(owning: leading), Descriptor(owning: following))
        for number in [leading, following] { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        leader.setNonBlocking()
    }

    func type(_ text: String) throws { try leader.writeAll(Array(text.utf8), path: "a terminal") }

    func resize(rows: UInt16, columns: UInt16) throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(leader.number, UInt(TIOCSWINSZ), &size) == 0 else { throw SystemError("resize", "a terminal") }
    }

    /// What was printed so far.
    var text: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = bytes.withUnsafeMutableBytes { read(leader.number, $0.baseAddress, $0.count) }
            guard count > 0 else { return String(decoding: shown, as: UTF8.self) }
            shown += bytes[..<count]
        }
    }

    func shows(_ expected: String) -> Bool { eventually { self.text.contains(expected) } }

    /// The flags that raw mode changes.
    var settings: [UInt32] {
        get throws {
            var settings = termios()
            guard tcgetattr(follower.number, &settings) == 0 else { throw SystemError("read", "a terminal") }
            return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
        }
    }
}
