import CHostSystem
import Glibc

/// How a process ended.
package enum ProcessEnd: Sendable, Hashable {
    case exited(code: Int32)
    case signalled(number: Int32)

    package init(waitStatus status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .exited(code: (status >> 8) & 0xff) : .signalled(number: signal)
    }

    package var succeeded: Bool { self == .exited(code: 0) }

    /// The code that a shell reports: the exit code, or 128 plus the signal's number.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let number): 128 + number
        }
    }
}

/// A process could not be started.
package struct ChildStartError: Error, CustomStringConvertible {
    package enum Step: Sendable, Hashable {
        case fork, descriptors, workingFolder, execute, namespaces, folders
        /// Of the path that something was mounted at.
        case mount(String)
    }

    package let step: Step
    package let executable: String
    package let workingFolder: String?
    package let code: Int32

    package init(step: Step, executable: String, workingFolder: String? = nil, code: Int32) {
        self.step = step
        self.executable = executable
        self.workingFolder = workingFolder
        self.code = code
    }

    package var reason: String { String(cString: strerror(code)).lowercasedFirst }

    package var description: String {
        switch step {
        case .fork: "cannot start another process: \(reason)"
        case .descriptors: "cannot connect the streams of \(executable): \(reason)"
        case .workingFolder: "cannot enter the working folder \(workingFolder ?? "."): \(reason)"
        case .execute: "cannot execute \(executable): \(reason)"
        case .namespaces: "cannot make namespaces for \(executable): \(reason)"
        case .folders: "cannot open what is to be mounted for \(executable): \(reason)"
        case .mount(let target): "cannot mount \(target): \(reason)"
        }
    }
}

/// A process that this one started and has to wait for.
package struct ChildProcess: Sendable {
    package let id: pid_t

    /// What a child starts with.
    package struct Start {
        /// Absolute path of the program; `arguments[0]` is the name that it sees.
        package var executable: String
        package var arguments: [String]
        package var environment: [String: String]
        /// Nil keeps the working folder of this process.
        package var workingFolder: String?
        /// Descriptors that become the child's standard streams; nil is /dev/null.
        package var standardInput: Int32?
        package var standardOutput: Int32?
        package var standardError: Int32?
        /// The child leads a process group of its own, so that a terminal's Ctrl-C does not reach it by itself.
        package var ownGroup = false
        /// The child leads a session of its own, which no terminal controls: neither Ctrl-C nor a closed terminal
        /// reaches it.
        package var ownSession = false
        /// Sent to the child when this process dies; nil for none.
        package var deathSignal: Int32?
        /// Further descriptors that stay open in the child, such as those of locks that it holds on to.
        package var keptDescriptors: [Int32] = []
        /// Whatever this process was itself started with, beside the standard streams, stays closed to the child: some
        /// programs fail when low numbers are taken, and a terminal of an editor leaves dozens open.
        package var closesOthers = false
        /// Open namespaces (namespaces(7)) that the child enters, in this order.
        package var joined: [Int32] = []
        /// Nil starts the child beside this process; else it is the first process of namespaces of its own.
        package var isolation: Isolation?

        package init(executable: String, arguments: [String], environment: [String: String]) {
            self.executable = executable
            self.arguments = arguments
            self.environment = environment
        }
    }

    /// Process and mount namespaces of a child's own. They end with the child: its descendants are killed, its mounts
    /// are gone, however it ends.
    package struct Isolation: Sendable {
        /// One call of mount(2), with paths relative to the child's working folder.
        package struct Mount: Sendable {
            package var source: String
            package var target: String
            package var type: String
            package var options: String

            package init(source: String, target: String, type: String, options: String = "") {
                self.source = source
                self.target = target
                self.type = type
                self.options = options
            }
        }

        /// A folder that a mount names by `/proc/self/fd/` and a number.
        package struct Folder: Sendable {
            package var path: String
            /// Of a descriptor that is open here, for the time of the start. The child opens the folder anew under its
            /// number, because no mount takes a folder of another mount namespace.
            package var number: Int32

            package init(path: String, number: Int32) {
                self.path = path
                self.number = number
            }
        }

        package var folders: [Folder]
        /// In order.
        package var mounts: [Mount]
        /// A user namespace too, in which who starts the child is root: what an ordinary user needs to mount at all.
        package var asRootOfOwnUsers: Bool

        package init(folders: [Folder] = [], mounts: [Mount], asRootOfOwnUsers: Bool) {
            self.folders = folders
            self.mounts = mounts
            self.asRootOfOwnUsers = asRootOfOwnUsers
        }
    }

    /// Starts a child. When this returns, the program is running: a missing or unusable one throws `ChildStartError`.
    package static func start(_ start: Start) throws -> ChildProcess {
        var pid: pid_t = 0
        var failedStep: Int32 = 0
        let variables = start.environment.map { "\($0.key)=\($0.value)" }.sorted()
        let code = withCStrings(start.arguments) { argv in
            withCStrings(variables) { envp in
                start.executable.withCString { path in
                    withOptionalCString(start.workingFolder) { folder in
                        var request = child_start()
                        request.path = path
                        request.argv = argv
                        request.envp = envp
                        request.working_folder = folder
                        request.standard_input = start.standardInput ?? -1
                        request.standard_output = start.standardOutput ?? -1
                        request.standard_error = start.standardError ?? -1
                        request.own_group = start.ownGroup
                        request.own_session = start.ownSession
                        request.closes_others = start.closesOthers
                        request.death_signal = start.deathSignal ?? 0
                        return start.withDescriptors(in: &request) { request in
                            guard let isolation = start.isolation else {
                                return start_child(&request, &pid, &failedStep)
                            }
                            return isolation.apply(to: &request) { start_child(&$0, &pid, &failedStep) }
                        }
                    }
                }
            }
        }
        guard code == 0 else {
            let step: ChildStartError.Step =
                switch UInt32(bitPattern: failedStep) {
                case CHILD_START_FORK.rawValue:
                    start.isolation == nil && start.joined.isEmpty ? .fork : .namespaces
                case CHILD_START_EXEC.rawValue: .execute
                case CHILD_START_FOLDER.rawValue: .workingFolder
                case CHILD_START_DESCRIPTORS.rawValue: .descriptors
                case CHILD_START_NAMESPACES.rawValue: .namespaces
                case CHILD_START_OPEN.rawValue: .folders
                case let step: .mount(start.isolation?.target(ofStep: step) ?? "")
                }
            throw ChildStartError(
                step: step, executable: start.executable, workingFolder: start.workingFolder, code: code)
        }
        return ChildProcess(id: pid)
    }

    /// Waits for the end of the child and releases its process id.
    package func wait() -> ProcessEnd {
        var status: Int32 = 0
        _ = retryingInterrupts { waitpid(id, &status, 0) }
        return ProcessEnd(waitStatus: status)
    }
}

/// Takes back the `deathSignal` that this process was started with: it may outlive its parent.
package func outliveParent() { outlive_parent() }

/// The environment variables of this process.
package func processEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let variable = String(cString: text)
        if let equals = variable.firstIndex(of: "=") {
            variables[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        entry += 1
    }
    return variables
}

/// Where programs are on a system that says nothing else: root's PATH, as Debian and Docker have it.
package let standardSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/// The path of a program: `name` itself when it has a slash, else the first executable on `searchPath` (PATH).
package func findExecutable(_ name: String, searchPath: String, from folder: String) -> String? {
    if name.contains("/") {
        let path = Files.absolute(name, from: folder)
        return Files.isExecutable(path) ? path : nil
    }
    for entry in searchPath.split(separator: ":") {
        let path = Files.absolute("\(entry)/\(name)", from: folder)
        if Files.isExecutable(path) { return path }
    }
    return nil
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString(body)
}

extension ChildProcess.Start {
    fileprivate func withDescriptors(
        in request: inout child_start, _ body: (inout child_start) -> Int32
    ) -> Int32 {
        keptDescriptors.withUnsafeBufferPointer { kept in
            joined.withUnsafeBufferPointer { joined in
                (request.kept, request.kept_count) = (kept.baseAddress, kept.count)
                (request.joined, request.joined_count) = (joined.baseAddress, joined.count)
                return body(&request)
            }
        }
    }
}

extension ChildProcess.Isolation {
    fileprivate func target(ofStep step: UInt32) -> String? {
        let index = Int(step) - Int(CHILD_START_MOUNT.rawValue)
        return mounts.indices.contains(index) ? mounts[index].target : nil
    }

    fileprivate func apply(to request: inout child_start, _ body: (inout child_start) -> Int32) -> Int32 {
        request.isolated = true
        let texts = mounts.flatMap { [$0.source, $0.target, $0.type, $0.options] }
        // Root inside is who starts the child, outside (user_namespaces(7)).
        return withCStrings(texts + ["0 \(geteuid()) 1", "0 \(getegid()) 1"] + folders.map(\.path)) { pointers in
            guard let pointers else { return ENOMEM }
            let calls = mounts.indices.map { index in
                child_mount(
                    source: pointers[4 * index], target: pointers[4 * index + 1], type: pointers[4 * index + 2],
                    flags: 0, options: pointers[4 * index + 3])
            }
            let opened = folders.enumerated().map { index, folder in
                child_folder(path: pointers[texts.count + 2 + index], number: folder.number)
            }
            if asRootOfOwnUsers {
                request.user_map = UnsafePointer(pointers[texts.count])
                request.group_map = UnsafePointer(pointers[texts.count + 1])
            }
            return calls.withUnsafeBufferPointer { calls in
                opened.withUnsafeBufferPointer { opened in
                    (request.mounts, request.mount_count) = (calls.baseAddress, calls.count)
                    (request.folders, request.folder_count) = (opened.baseAddress, opened.count)
                    return body(&request)
                }
            }
        }
    }
}
