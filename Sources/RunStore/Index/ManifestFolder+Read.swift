import Dispatch
import ExperimentModel
import Glibc
import HostSystem

extension ManifestFolder {
    /// A manifest that was read, with the stamp of the very file that was read.
    enum Outcome: Sendable {
        case row(RunRow, ManifestStamp)
        /// The run was removed meanwhile.
        case gone
        case damaged(reason: String)
    }

    /// Reads the manifests of these runs on all cores. The outcomes are in the order of `ids`.
    func read(_ ids: [RunID]) -> [Outcome] {
        let folder = descriptor
        let share = 32
        let shares = (ids.count + share - 1) / share
        if shares <= 1 { return ids.map { Self.read($0, in: folder) } }
        var outcomes = [Outcome](repeating: .gone, count: ids.count)
        outcomes.withUnsafeMutableBufferPointer { buffer in
            // Each share writes places of its own, and all have ended when concurrentPerform returns.
            nonisolated(unsafe) let places = buffer
            DispatchQueue.concurrentPerform(iterations: shares) { index in
                for position in index * share..<min(ids.count, (index + 1) * share) {
                    places[position] = Self.read(ids[position], in: folder)
                }
            }
        }
        return outcomes
    }

    private static func read(_ id: RunID, in folder: Int32) -> Outcome {
        let number = retryingInterrupts { openat(folder, "\(id.text)/\(RunFolder.manifestName)", O_RDONLY | O_CLOEXEC) }
        guard number >= 0 else {
            return errno == ENOENT ? .gone : .damaged(reason: String(cString: strerror(errno)).lowercasedFirst)
        }
        let file = Descriptor(owning: number)
        var status = stat()
        guard fstat(file.number, &status) == 0 else { return .gone }
        guard status.st_size <= 64 << 20 else { return .damaged(reason: "it is larger than 64 MiB") }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = 0
            while filled < size {
                let start = filled
                let count = retryingInterrupts {
                    Glibc.read(file.number, buffer.baseAddress.map { $0 + start }, size - start)
                }
                if count <= 0 { break }
                filled += count
            }
        }
        do {
            let summary = try RecordCoding.decode(ManifestSummary.self, from: bytes)
            guard summary.id == id else { return .damaged(reason: "it is the manifest of the run \(summary.id.short)") }
            return .row(summary.row, ManifestStamp(status))
        } catch {
            return .damaged(reason: jsonReason(error))
        }
    }
}
