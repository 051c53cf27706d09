import CHostSystem
import Glibc
import HostSystem

/// A terminal pair: what a program writes to `program`, believing it is a terminal, comes out of `supervisor`.
///
/// A training script sees a terminal exactly where Bunsen itself writes to one: colours, progress bars and line
/// buffering stay as they are without Bunsen.
package struct PseudoTerminal {
    package let supervisor: Descriptor
    package let program: Descriptor

    /// Opens a pair with the size of the terminal behind `model`.
    package init(like model: Int32) throws {
        var size = winsize()
        let knowsSize = ioctl(model, UInt(TIOCGWINSZ), &size) == 0
        var settings = termios()
        // Bytes pass unchanged: the real terminal makes "\r\n" of "\n", and would do so twice otherwise.
        cfmakeraw(&settings)
        var leading: Int32 = -1
        var following: Int32 = -1
        guard openpty(&leading, &following, nil, &settings, nil) == 0 else {
            throw SystemError("open", "a pseudo-terminal")
        }
        if knowsSize { _ = ioctl(leading, UInt(TIOCSWINSZ), &size) }
        for number in [leading, following] { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        supervisor = Descriptor(owning: leading)
        program = Descriptor(owning: following)
    }

    /// Gives the pair the size that the terminal behind `model` has now.
    package static func copySize(from model: Int32, to terminal: Descriptor) {
        var size = winsize()
        if ioctl(model, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(terminal.number, UInt(TIOCSWINSZ), &size) }
    }
}
