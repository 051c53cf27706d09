import ContentStore
import Glibc
import HostSystem

/// Runs one program in the unpacked layers of an image: alone, without network, changing nothing. Made of util-linux
/// and the kernel's overlay file system, so it needs no engine; an ordinary user gets it by a user namespace.
package struct ImageSandbox: Sendable {
    /// Unpacked layers, from the base upwards. They stay as long as this value lives.
    let layers: [Snapshot]
    /// Where short-lived files are made.
    let store: ContentStore
    let variables: [String: String]
    let userID: UInt32

    /// - Parameter variables: of the program in the image.
    package init(layers: [Snapshot], store: ContentStore, variables: [String: String], userID: UInt32) {
        self.layers = layers
        self.store = store
        self.variables = variables
        self.userID = userID
    }

    /// Runs `command` to its end.
    ///
    /// - Parameters:
    ///   - command: a program by its path in the image, and its arguments.
    ///   - shared: a folder of the host that the program may write to, seen as /shared; nil for none.
    ///   - host: the variables of this process, for the tools.
    package func run(
        _ command: [String], shared: String? = nil, host: [String: String], timeout: Double = 600
    ) throws -> Tool.Result {
        let search = (host["PATH"] ?? "") + ":/usr/sbin:/sbin:/usr/bin:/bin"
        guard let unshare = findExecutable("unshare", searchPath: search, from: "/") else {
            throw ImageBuildError(
                .missingTool, "unshare", "this program of util-linux is not on the machine",
                hint: "install it: apt-get install util-linux")
        }
        let work = try store.workFolder()
        defer { withExtendedLifetime(work) {} }
        let folder = work.path
        try Files.makeFolder("\(folder)/mount", mode: 0o755)
        // Short names, because the kernel reads all mount options from one page.
        var names: [String] = []
        for (number, layer) in layers.enumerated() {
            let name = String(number, radix: 36)
            guard symlink(layer.tree, "\(folder)/\(name)") == 0 else { throw SystemError("link", "\(folder)/\(name)") }
            names.append(name)
        }
        let isRoot = geteuid() == 0
        var arguments = ["--mount", "--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]
        if !isRoot { arguments += ["--user", "--map-root-user"] }
        var inside = variables.map { "\($0.key)=\($0.value)" }.sorted()
        inside.append("HOME=/tmp")
        arguments += ["--", "/bin/sh", "-eu", "-c", Self.script, "bunsen", names.reversed().joined(separator: ":")]
        // In a user namespace there is one user only, and no right to choose groups.
        arguments += [isRoot ? "\(userID):\(userID)" : "", shared ?? ""]
        arguments += inside + command
        var tool = Tool(executable: unshare, environment: ["PATH": search], workingFolder: folder)
        tool.environment["LC_ALL"] = "C.UTF-8"
        return try tool.run(arguments, timeout: timeout)
    }

    /// $1 lower folders, $2 user or nothing, $3 shared folder; then variables and the command, for env.
    private static let script = """
        lower=$1 user=$2 shared=$3; shift 3
        mount -t tmpfs -o mode=755 tmpfs mount
        mkdir mount/upper mount/work mount/root
        mount -t overlay overlay -o "lowerdir=$lower,upperdir=mount/upper,workdir=mount/work" mount/root
        root=mount/root
        mkdir -p $root/proc $root/dev $root/tmp
        mount -t proc proc $root/proc 2>/dev/null || mount --rbind /proc $root/proc
        mount -t tmpfs -o mode=755 tmpfs $root/dev
        for device in null zero full random urandom; do
            : > $root/dev/$device
            mount --bind /dev/$device $root/dev/$device
        done
        mkdir $root/dev/shm
        mount -t tmpfs -o mode=1777 tmpfs $root/dev/shm
        mount -t tmpfs -o mode=1777 tmpfs $root/tmp
        if [ -n "$shared" ]; then
            mkdir $root/shared
            mount --bind "$shared" $root/shared
        fi
        exec chroot ${user:+--userspec="$user"} $root /usr/bin/env -i "$@"
        """
}
