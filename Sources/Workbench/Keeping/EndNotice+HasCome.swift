import Engines
import Glibc

extension EndNotice {
    /// Whether the end has come, without waiting for it and without taking it away from `wait`.
    var hasCome: Bool {
        switch self {
        case .child(let id):
            var information = siginfo_t()
            let result = waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT | WNOHANG)
            return result != 0 || information.si_signo == SIGCHLD
        case .descriptor(let notice):
            var poller = pollfd(fd: notice.number, events: Int16(POLLIN), revents: 0)
            return poll(&poller, 1, 0) > 0
        }
    }
}
