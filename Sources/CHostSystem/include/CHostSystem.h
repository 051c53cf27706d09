#ifndef C_HOST_SYSTEM_H
#define C_HOST_SYSTEM_H

#include <pty.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <termios.h>

/// One call of mount(2). Relative paths begin at the child's working folder; NULL where the call takes none.
struct child_mount {
    const char *source;
    const char *target;
    const char *type;
    unsigned long flags;
    const char *options;
};

/// A folder that a child opens in place of a descriptor of its parent, to have it in its own mount namespace: no mount
/// takes a folder of another one.
struct child_folder {
    const char *path;
    int number;
};

/// What a child process starts with. Descriptors of -1 mean /dev/null.
struct child_start {
    const char *path;         ///< absolute path of the executable
    char *const *argv;        ///< NULL-terminated
    char *const *envp;        ///< NULL-terminated
    const char *working_folder; ///< NULL keeps the parent's
    int standard_input;
    int standard_output;
    int standard_error;
    bool own_group;           ///< put the child in a new process group that it leads
    bool own_session;         ///< put the child in a new session that it leads, which no terminal controls
    int death_signal;         ///< sent to the child when the parent dies; 0 for none
    bool closes_others;       ///< descriptors above 2 stay closed to the child, except those that are kept
    const int *kept;          ///< further descriptors that the child keeps open, under their own numbers
    size_t kept_count;
    bool isolated;            ///< the child is the first process of process and mount namespaces of its own
    const char *user_map;     ///< uid_map and gid_map of a user namespace besides (user_namespaces(7)); NULL for none
    const char *group_map;
    const int *joined;        ///< open namespaces that the child enters, in this order; NULL for none
    size_t joined_count;
    const struct child_folder *folders; ///< opened before anything is mounted, and closed at the exec
    size_t folder_count;
    const struct child_mount *mounts; ///< made one after the other, in the working folder
    size_t mount_count;
};

/// The step of starting a child that failed.
enum child_start_step {
    CHILD_START_FORK = 0,
    CHILD_START_DESCRIPTORS = 1,
    CHILD_START_FOLDER = 2,
    CHILD_START_EXEC = 3,
    CHILD_START_NAMESPACES = 4,
    CHILD_START_OPEN = 5, ///< of one of the folders
    CHILD_START_MOUNT = 6 ///< of the first mount; the second is 7, and so on
};

/// Starts a child. Returns 0 and its pid, or the errno of the step that failed, which is stored in *failed_step.
/// Everything that may fail has failed or succeeded when the call returns: the child reports through a
/// close-on-exec pipe, so "exec: no such file" is an error of this call and never an exit code.
int start_child(const struct child_start *start, pid_t *pid, int *failed_step);

/// pipe2(2) with close-on-exec ends, which Swift's import of the C library lacks. Returns 0 or -1 with errno.
int open_pipe(int ends[2]);

/// Makes this process the parent of all its descendants whose own parents end (PR_SET_CHILD_SUBREAPER of prctl(2),
/// which is variadic and so not callable from Swift).
void adopt_orphans(void);

/// Takes back the signal that this process was to get at its parent's death (PR_SET_PDEATHSIG, likewise).
void outlive_parent(void);

/// A descriptor of a process (pidfd_open(2)): its number cannot come to mean another one. Returns -1 with errno.
int open_process(pid_t id);

/// Sends a signal to the process of a descriptor (pidfd_send_signal(2)); with `value`, as sigqueue(3) does, where that is
/// not NULL. Returns 0 or -1 with errno.
int signal_process(int descriptor, int number, const int *value);

/// Whether `size` bytes hold a text (memmem(3), a GNU extension).
bool contains_text(const void *bytes, size_t size, const char *text);

#endif
