import Glibc
import HostSystem
import TensorBoardEvents

/// Finds the files into which training libraries write their results while a run lasts: TensorBoard's event files,
/// Hugging Face's `trainer_state.json` and Lightning's `metrics.csv`.
///
/// It looks again every time it is asked, and reads a folder only when the folder's time of change is new. That costs
/// one stat(2) a folder, and unlike inotify it also works on network file systems, where shared servers keep projects.
package struct ResultFileFinder {
    package enum Kind: Sendable { case tensorboard, trainerState, lightning }

    package struct Found: Sendable {
        package let path: String
        package let kind: Kind
    }

    private struct Folder {
        let path: String
        let depth: Int
        var change: (Int, Int) = (-1, -1)
    }

    private static let deepest = 10
    private static let mostFolders = 20_000
    /// Folders that hold code, packages or Bunsen's own results.
    private static let skipped: Set<String> = [
        "node_modules", "__pycache__", "site-packages", "venv", "wandb", "mlruns",
    ]

    private var folders: [Folder]
    private var seen: Set<String> = []
    private let since: Int
    private let excluded: Set<String>

    /// - Parameters:
    ///   - since: seconds since 1970; older files are from earlier runs.
    ///   - excluded: absolute paths of folders that are not entered, such as data sets.
    package init(roots: [String], since: Double, excluded: Set<String>) {
        folders = roots.map { Folder(path: $0, depth: 0) }
        // File systems round times of change down, some to two seconds.
        self.since = Int(since.rounded(.down)) - 2
        self.excluded = excluded
    }

    /// The files that appeared since the last call.
    package mutating func look() -> [Found] {
        var found: [Found] = []
        var index = 0
        while index < folders.count {
            var status = stat()
            let folder = folders[index]
            if stat(folder.path, &status) != 0 {
                if folder.depth > 0 {
                    folders.remove(at: index)
                } else {
                    index += 1
                }
                continue
            }
            let change = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            if change != folder.change {
                folders[index].change = change
                found += read(folder)
            }
            index += 1
        }
        return found
    }

    private mutating func read(_ folder: Folder) -> [Found] {
        var found: [Found] = []
        let known = Set(folders.lazy.map(\.path))
        for name in (try? Files.names(in: folder.path)) ?? [] {
            let path = "\(folder.path)/\(name)"
            let kind = Self.kind(of: name)
            if kind != nil, seen.contains(path) { continue }
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                let isCandidate = !name.hasPrefix(".") && !Self.skipped.contains(name) && !excluded.contains(path)
                if isCandidate, folder.depth < Self.deepest, folders.count < Self.mostFolders, !known.contains(path) {
                    folders.append(Folder(path: path, depth: folder.depth + 1))
                }
            } else if let kind, status.st_mode & S_IFMT == S_IFREG, status.st_mtim.tv_sec >= since {
                seen.insert(path)
                found.append(Found(path: path, kind: kind))
            }
        }
        return found
    }

    private static func kind(of name: String) -> Kind? {
        switch name {
        case "trainer_state.json": .trainerState
        case "metrics.csv": .lightning
        default: isEventFileName(name) ? .tensorboard : nil
        }
    }
}
