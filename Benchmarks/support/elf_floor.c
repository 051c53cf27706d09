// The floor of finding out what the dynamic linker needs to know of the files below some folders: every folder listed,
// and of each ELF file the header, the program headers and the dynamic section read. Which files are ELF is known before,
// from standard input, one path a line. Nothing is judged or kept. One process per core takes every so manieth folder
// and file. Prints JSON.
//
//     elf_floor FOLDER… < FILES

#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct counts {
    long entries, elf, bytes;
};

static struct counts *counts;

static long take(int file, void *buffer, size_t count, off_t offset) {
    long got = pread(file, buffer, count, offset);
    if (got > 0) __atomic_fetch_add(&counts->bytes, got, __ATOMIC_RELAXED);
    return got;
}

static void list(int parent, const char *name) {
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = folder < 0 ? NULL : fdopendir(folder);
    if (!stream) return;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        __atomic_fetch_add(&counts->entries, 1, __ATOMIC_RELAXED);
        if (entry->d_type == DT_DIR) list(folder, entry->d_name);
    }
    closedir(stream);
}

static void look(const char *path) {
    static Elf64_Phdr segments[4096];
    static char dynamic[1 << 20];
    Elf64_Ehdr header;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    __atomic_fetch_add(&counts->elf, 1, __ATOMIC_RELAXED);
    if (take(file, &header, sizeof header, 0) == sizeof header && header.e_ident[EI_CLASS] == ELFCLASS64
        && header.e_phnum <= 4096 && header.e_phentsize == sizeof *segments) {
        take(file, segments, header.e_phnum * sizeof *segments, header.e_phoff);
        for (int index = 0; index < header.e_phnum; index++)
            if (segments[index].p_type == PT_DYNAMIC && segments[index].p_filesz <= sizeof dynamic)
                take(file, dynamic, segments[index].p_filesz, segments[index].p_offset);
    }
    close(file);
}

int main(int count, char **folders) {
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) return 1;
    char **files = NULL, *line = NULL;
    size_t number = 0, room = 0;
    for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
        if (line[length - 1] == '\n') line[length - 1] = 0;
        files = realloc(files, (number + 1) * sizeof *files);
        if (!files) return 1;
        files[number++] = strdup(line);
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long core = 0; core < cores; core++)
        if (fork() == 0) {
            for (long index = 1 + core; index < count; index += cores) list(AT_FDCWD, folders[index]);
            for (size_t index = core; index < number; index += cores) look(files[index]);
            _exit(0);
        }
    while (wait(NULL) > 0) {}
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("{\"seconds\": %.6f, \"entries\": %ld, \"elf\": %ld, \"bytes\": %ld}\n",
        (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9, counts->entries, counts->elf, counts->bytes);
    return 0;
}
