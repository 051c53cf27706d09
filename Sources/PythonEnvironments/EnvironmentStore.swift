import Glibc
import HostSystem
import Resolver

/// The environments under $BUNSEN_HOME, one for each lock, shared by all projects.
///
/// An environment is a folder that is complete when its marker is there: the marker is written last. Makers hold a
/// lock on a file beside the folder, so that ten at once make it once; the kernel drops the lock of a killed maker, and
/// the next one removes what was half made.
package struct EnvironmentStore: Sendable {
    let home: String
    let variables: [String: String]

    /// - Parameters:
    ///   - home: $BUNSEN_HOME, an absolute path.
    ///   - environment: the variables of this process, with the person's settings of uv and pip.
    package init(home: String, environment: [String: String]) {
        self.home = home
        self.variables = environment
    }

    /// Where the environment of a lock is, or would be.
    package func folder(of lock: Lock) -> String { "\(home)/environments/\(lock.environmentID)" }

    /// Where Python keeps what it compiled from this environment's modules, which are read-only themselves. Filled as
    /// modules are imported: compiling all of them at once takes ten times as long as all the rest.
    private func bytecodeFolder(of lock: Lock) -> String { "\(home)/cache/bytecode/\(lock.environmentID)" }

    /// The environment of a lock when it has been made. Reads one file.
    package func existing(_ lock: Lock) -> PythonEnvironment? {
        PythonEnvironment.finished(in: folder(of: lock), lockDigest: lock.digest)
    }

    /// The environment of a lock, made now when there is none.
    ///
    /// - Parameters:
    ///   - projectFolder: where the lock and its pylock.toml are.
    ///   - progress: gets one line at a time, of uv's and of our own.
    package func environment(
        _ lock: Lock, projectFolder: String, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> PythonEnvironment {
        if let environment = existing(lock) { return environment }
        let folder = folder(of: lock)
        try Files.makeFolder("\(home)/environments")
        let lockPath = "\(folder).lock"
        var fileLock = try FileLock.take(lockPath)
        if fileLock == nil {
            progress("waiting for another bunsen that makes this environment")
            fileLock = try FileLock.wait(lockPath)
        }
        defer { withExtendedLifetime(fileLock) {} }
        if let environment = existing(lock) { return environment }
        if Files.exists(folder) {
            progress("removing an environment that was not finished")
            try Files.remove(folder)
        }
        return try EnvironmentMaker(
            home: home, variables: variables, lock: lock, folder: folder, bytecode: bytecodeFolder(of: lock),
            projectFolder: projectFolder, progress: progress
        ).make()
    }

    /// Says that the environment of a lock is in use, as long as the returned value lives: `bunsen store prune` leaves
    /// it alone then. Nil when there is no environment, perhaps because it was removed just now.
    package func hold(_ lock: Lock) throws -> FileLock? {
        let folder = folder(of: lock)
        guard Files.exists("\(folder).lock") else { return nil }
        let use = try FileLock.share("\(folder).lock")
        guard existing(lock) != nil else { return nil }
        // The time of the last use. Where the marker is another person's, it stays as it is.
        utimensat(AT_FDCWD, "\(folder)/\(PythonEnvironment.markerName)", nil, 0)
        return use
    }

    /// Removes the environment of a lock, if there is one.
    package func remove(_ lock: Lock) throws {
        let folder = folder(of: lock)
        guard Files.exists(folder) else { return }
        let fileLock = try FileLock.wait("\(folder).lock")
        defer { withExtendedLifetime(fileLock) {} }
        // The marker first: what is left after an interruption is then not taken for complete.
        chmod(folder, 0o755)
        try Files.remove("\(folder)/\(PythonEnvironment.markerName)")
        try Files.remove(folder)
        try Files.remove(bytecodeFolder(of: lock))
    }
}
