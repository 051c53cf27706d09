import CHostSystem
import Glibc

extension ProcessIdentity {
    /// Sends a signal with a number beside it (sigqueue(3)), where one is given. No other process is ever sent one.
    ///
    /// - Returns: false when the process has ended.
    package func send(_ number: Int32, value: Int32? = nil) throws -> Bool {
        let opened = open_process(id)
        guard opened >= 0 else {
            if errno == ESRCH { return false }
            throw SystemError("find", "process \(id)")
        }
        let descriptor = Descriptor(owning: opened)
        // The number is held now; what it meant before, the start tells.
        guard isAlive else { return false }
        let result = value.map { withUnsafePointer(to: $0) { signal_process(descriptor.number, number, $0) } }
        guard result ?? signal_process(descriptor.number, number, nil) == 0 else {
            if errno == ESRCH { return false }
            throw SystemError("send signal \(number) to", "process \(id)")
        }
        return true
    }
}
