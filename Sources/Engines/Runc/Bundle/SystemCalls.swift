/// The calls of the kernel that a container may make with any arguments, by what they are about.
///
/// Names that an architecture or a libseccomp does not know are skipped by runc, so newer names do no harm.
enum SystemCalls {
    static let allowed = [
        files, memory, processes, restrictions, signals, time, waiting, communication, network, randomness,
    ].flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }

    private static let files = """
        access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
        fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock
        fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr
        inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl lchown lgetxattr link linkat listxattr
        llistxattr lremovexattr lseek lsetxattr lstat memfd_create mkdir mkdirat mknod mknodat name_to_handle_at
        newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead
        readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile setxattr splice stat statfs
        statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes
        vmsplice write writev
        """

    private static let memory = """
        brk madvise membarrier mincore mlock mlock2 mlockall mmap mprotect mremap msync munlock munlockall munmap
        pkey_alloc pkey_free pkey_mprotect remap_file_pages
        """

    private static let processes = """
        arch_prctl capget capset execve execveat exit exit_group fork get_robust_list getcpu getegid geteuid getgid
        getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid
        getuid ioprio_get ioprio_set kill pidfd_open pidfd_send_signal prctl prlimit64 process_vm_readv
        process_vm_writev ptrace rseq sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
        sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp set_robust_list set_tid_address setfsgid setfsuid setgid setgroups
        setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sysinfo tgkill times tkill
        uname vfork wait4 waitid
        """

    private static let restrictions = """
        landlock_add_rule landlock_create_ruleset landlock_restrict_self
        """

    private static let signals = """
        alarm pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
        rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4
        """

    private static let time = """
        clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time timer_create
        timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime
        """

    private static let waiting = """
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
        eventfd2 futex futex_requeue futex_wait futex_waitv futex_wake io_cancel io_destroy io_getevents io_pgetevents
        io_setup io_submit poll ppoll pselect6 select
        """

    private static let communication = """
        mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd semctl
        semget semop semtimedop shmat shmctl shmdt shmget
        """

    private static let network = """
        accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg
        sendmsg sendto setsockopt shutdown socketpair
        """

    private static let randomness = """
        getrandom
        """
}
