import CHostSystem
import Glibc

/// Signals as readable events (signalfd(2)): while this exists they do not interrupt the process.
package final class SignalInbox {
    package struct Arrival {
        package let number: Int32
        /// The kernel sent it, as a terminal does on Ctrl-C; false when a process sent it.
        package let fromTerminal: Bool
        /// The number that was sent beside it (sigqueue(3)).
        package let value: Int32?
    }

    package let descriptor: Descriptor
    private var previous = sigset_t()

    package init(_ numbers: [Int32]) throws {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        guard sigprocmask(SIG_BLOCK, &set, &previous) == 0 else { throw SystemError("block", "signals") }
        let number = signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        guard number >= 0 else { throw SystemError("open", "a signal descriptor") }
        descriptor = Descriptor(owning: number)
    }

    deinit {
        sigprocmask(SIG_SETMASK, &previous, nil)
    }

    /// Whether this process was started with the signal ignored, as nohup does.
    package static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
    }

    /// The signals that arrived since the last call.
    package func read() -> [Arrival] {
        var arrivals: [Arrival] = []
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while Glibc.read(descriptor.number, &info, size) == size {
            arrivals.append(
                Arrival(
                    number: Int32(info.ssi_signo), fromTerminal: info.ssi_code == 0x80,  // SI_KERNEL
                    value: info.ssi_code == -1 ? info.ssi_int : nil))  // SI_QUEUE
        }
        return arrivals
    }
}
