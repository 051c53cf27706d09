// Swift cannot call fork(2): between fork and exec only async-signal-safe calls are allowed, and Swift's runtime makes
// no such promise. So this one step is C. posix_spawn(3) would do but for the death signal.
#define _GNU_SOURCE
#include "CHostSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What is told to the parent: the step that failed, or as a step of its own which process became the child.
struct failure {
    int32_t step;
    int32_t error;
};

#define CHILD_START_PROCESS (-1)

static void fail(int report, int step) {
    struct failure failure = {step, errno};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

// Moves a descriptor above 2, so that placing one standard stream cannot overwrite the source of another.
static int move_up(int descriptor) {
    if (descriptor < 0) {
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (descriptor < 0) return -1;
    }
    return descriptor > 2 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

// Whether the reading end of the report is gone. A parent outside the child's process namespace has no number there.
static bool parent_died(int report) {
    struct pollfd poller = {report, POLLOUT, 0};
    return poll(&poller, 1, 0) == 1 && (poller.revents & POLLERR) != 0;
}

static void write_map(const char *path, const char *text, int report) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) fail(report, CHILD_START_NAMESPACES);
    close(file);
}

static void enter_namespaces(const struct child_start *start, int report) {
    if (start->user_map != NULL) {
        // An ordinary user may map groups only after giving up setgroups(2).
        write_map("/proc/self/setgroups", "deny", report);
        write_map("/proc/self/uid_map", start->user_map, report);
        write_map("/proc/self/gid_map", start->group_map, report);
    }
    // Nothing that is mounted from here on may reach the namespace of the parent.
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) fail(report, CHILD_START_NAMESPACES);
}

// At the exec(3), for the report goes on until then.
static void close_others(void) {
    // CLOSE_RANGE_CLOEXEC of close_range(2), Linux 5.11.
    if (syscall(SYS_close_range, 3U, ~0U, 4U) == 0) return;
    for (int number = 3; number < 4096; number++) fcntl(number, F_SETFD, FD_CLOEXEC);
}

static void run_child(const struct child_start *start, int report) {
    if (start->own_session)
        setsid();
    else if (start->own_group)
        setpgid(0, 0);
    if (start->death_signal != 0) {
        prctl(PR_SET_PDEATHSIG, start->death_signal);
        if (parent_died(report)) _exit(127); // before the line above
    }
    if (start->isolated) enter_namespaces(start, report);
    int streams[3] = {start->standard_input, start->standard_output, start->standard_error};
    for (int index = 0; index < 3; index++) {
        streams[index] = move_up(streams[index]);
        if (streams[index] < 0) fail(report, CHILD_START_DESCRIPTORS);
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(streams[index], index) < 0) fail(report, CHILD_START_DESCRIPTORS);
    }
    if (start->working_folder != NULL && chdir(start->working_folder) != 0) fail(report, CHILD_START_FOLDER);
    for (size_t index = 0; index < start->folder_count; index++) {
        const struct child_folder *next = &start->folders[index];
        int folder = open(next->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0 || dup3(folder, next->number, O_CLOEXEC) < 0) fail(report, CHILD_START_OPEN);
        close(folder);
    }
    for (size_t index = 0; index < start->mount_count; index++) {
        const struct child_mount *next = &start->mounts[index];
        if (mount(next->source, next->target, next->type, next->flags, next->options) != 0)
            fail(report, CHILD_START_MOUNT + (int)index);
    }
    if (start->closes_others) close_others();
    for (size_t index = 0; index < start->kept_count; index++) fcntl(start->kept[index], F_SETFD, 0);

    // Signals the parent blocks or ignores must not be inherited: a training script expects the defaults.
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(start->path, start->argv, start->envp);
    fail(report, CHILD_START_EXEC);
}

// Enters namespaces in a process between, because only the children of a process come into a process namespace that it
// enters (pid_namespaces(7)). CLONE_PARENT makes the child that of our parent all the same.
static void run_joined(const struct child_start *start, int report) {
    for (size_t index = 0; index < start->joined_count; index++) {
        if (setns(start->joined[index], 0) != 0) fail(report, CHILD_START_NAMESPACES);
    }
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) run_child(start, report);
    if (child < 0) fail(report, CHILD_START_FORK);
    struct failure told = {CHILD_START_PROCESS, child};
    ssize_t ignored = write(report, &told, sizeof told);
    (void)ignored;
    _exit(0);
}

struct new_child {
    const struct child_start *start;
    int report[2];
};

static int begin(void *argument) {
    const struct new_child *child = argument;
    close(child->report[0]);
    int up = child->report[1] > 2 ? child->report[1] : fcntl(child->report[1], F_DUPFD_CLOEXEC, 3);
    if (child->start->joined_count > 0) run_joined(child->start, up);
    run_child(child->start, up);
    return 127;
}

// As vfork(2) does, the child uses our memory, on a stack of its own, while this thread waits for its exec: a copy of the
// tables of all memory, and of each page that is written afterwards, takes longer than the rest of a start. What it calls
// changes nothing of ours but errno. A child with users of its own gets a copy: memory belongs to the users of who made
// it.
static pid_t clone_child(struct new_child *child) {
    const struct child_start *start = child->start;
    unsigned long flags = SIGCHLD;
    if (start->isolated) flags |= CLONE_NEWPID | CLONE_NEWNS | (start->user_map != NULL ? CLONE_NEWUSER : 0);
    const size_t size = 256 << 10;
    bool copies = start->user_map != NULL || start->joined_count > 0;
    void *stack = copies ? MAP_FAILED
                         : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        // With a signal only this is fork(2).
        pid_t id = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
        if (id == 0) begin(child);
        return id;
    }
    pid_t id = clone(begin, (char *)stack + size, (int)(flags | CLONE_VM | CLONE_VFORK), child);
    int error = errno;
    munmap(stack, size);
    errno = error;
    return id;
}

static void wait_for(pid_t process) {
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
    }
}

int start_child(const struct child_start *start, pid_t *pid, int *failed_step) {
    struct new_child new = {start, {-1, -1}};
    int *report = new.report;
    *failed_step = CHILD_START_FORK;
    if (pipe2(report, O_CLOEXEC) != 0) return errno;

    // No signal handler of the parent may run in the child.
    sigset_t all, previous;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &previous);
    pid_t child = clone_child(&new);
    int fork_error = errno;
    sigprocmask(SIG_SETMASK, &previous, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        return fork_error;
    }

    // Until the last copy of the other end is closed, by exec or an end.
    struct failure told, failure = {0, 0};
    pid_t joined = 0;
    while (true) {
        ssize_t count = read(report[0], &told, sizeof told);
        if (count < 0 && errno == EINTR) continue;
        if (count != sizeof told) break;
        if (told.step == CHILD_START_PROCESS) {
            joined = told.error;
        } else {
            failure = told;
        }
    }
    close(report[0]);
    if (start->joined_count > 0) wait_for(child);
    pid_t last = start->joined_count > 0 ? joined : child;
    // What was between may have been killed before it could tell.
    if (last == 0 && failure.error == 0) failure = (struct failure){CHILD_START_FORK, ECHILD};
    if (failure.error != 0) {
        if (last != 0) wait_for(last);
        *failed_step = failure.step;
        return failure.error;
    }
    *pid = last;
    return 0;
}

int open_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void adopt_orphans(void) { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

void outlive_parent(void) { prctl(PR_SET_PDEATHSIG, 0); }

int open_process(pid_t id) { return (int)syscall(SYS_pidfd_open, id, 0); }

int signal_process(int descriptor, int number, const int *value) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    if (value != NULL) {
        information.si_signo = number;
        information.si_code = SI_QUEUE;
        information.si_pid = getpid();
        information.si_uid = getuid();
        information.si_value.sival_int = *value;
    }
    return (int)syscall(SYS_pidfd_send_signal, descriptor, number, value == NULL ? NULL : &information, 0);
}

bool contains_text(const void *bytes, size_t size, const char *text) {
    return memmem(bytes, size, text, strlen(text)) != NULL;
}
