/// Which calls of the kernel a container may make (OCI runtime specification, config-linux.md, "Seccomp"). Everything
/// that is not listed fails with EPERM.
///
/// The rules are within those that Docker has for a container without capabilities, and leave out what experiments do
/// not need, such as setting clocks, another root, 32-bit programs and io_uring. Debuggers and profilers of one's own
/// processes work.
struct SeccompProfile: Sendable {
    var defaultAction = "SCMP_ACT_ERRNO"
    /// EPERM.
    var defaultErrnoRet: UInt32 = 1
    var architectures: [String]
    var syscalls: [Rule]

    struct Rule: Sendable {
        var names: [String]
        var action = "SCMP_ACT_ALLOW"
        var errnoRet: UInt32?
        var args: [Argument]?
    }

    /// A condition on one argument of a call.
    struct Argument: Sendable {
        var index: UInt32
        var value: UInt64
        var valueTwo: UInt64?
        var op: String
    }

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    private static let namespaceFlags: UInt64 = 0x7E02_0000
    private static let vsock: UInt64 = 40

    static let standard = SeccompProfile(
        architectures: nativeArchitectures,
        syscalls: [
            Rule(names: SystemCalls.allowed),
            // Processes and threads, in no new namespaces. The flags of clone3 lie in memory, where no rule can look:
            // a C library that hears ENOSYS uses clone.
            Rule(
                names: ["clone"],
                args: [Argument(index: 0, value: namespaceFlags, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ")]),
            Rule(names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38),
            // Not to the hypervisor.
            Rule(names: ["socket"], args: [Argument(index: 0, value: vsock, op: "SCMP_CMP_NE")]),
        ]
            // Only asking, and the kinds of Linux that old programs know.
            + [0, 0x8, 0x20000, 0x20008, 0xFFFF_FFFF].map { value in
                Rule(names: ["personality"], args: [Argument(index: 0, value: value, op: "SCMP_CMP_EQ")])
            })

    private static let nativeArchitectures: [String] = {
        #if arch(arm64)
            ["SCMP_ARCH_AARCH64"]
        #else
            ["SCMP_ARCH_X86_64"]
        #endif
    }()
}
