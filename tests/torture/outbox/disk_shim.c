/*
 * Between a program and its disk: writes down what happens to the files of one folder, or lets one step fail.
 *
 * For LD_PRELOAD; idle until telecabine_disk() is called (disk.py). A step is a file made, written, cut, synced,
 * renamed, linked or removed. The trace is read by trace.py.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_FDS 4096
#define MAX_NAME 256

static char *names[MAX_FDS];
static char is_dir[MAX_FDS];
static const char *folder;
static size_t folder_length;
static int trace = -1;
static long fail_at, steps;
static int fail_with;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * `path`: the folder, absolute; nothing else is touched. `file`: where the steps are written down, or NULL.
 * Step `at` (from 1, 0 for none) fails with errno `with`, once; with -1 the process dies in the midst of it.
 */
void telecabine_disk(const char *path, const char *file, long at, int with) {
    folder_length = strlen(path);
    fail_at = at;
    fail_with = with;
    steps = 0;
    if (file) trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    folder = strdup(path);
}

/* How many steps there have been. */
long telecabine_disk_steps(void) { return steps; }

/* The name inside the folder, "" for the folder itself, NULL for what is elsewhere. */
static const char *inside(const char *path) {
    if (!folder || !path || strncmp(path, folder, folder_length)) return NULL;
    path += folder_length;
    if (*path == '\0') return path;
    return *path == '/' ? path + 1 : NULL;
}

static const char *of(int fd) { return fd >= 0 && fd < MAX_FDS ? names[fd] : NULL; }

static void told(char what, const char *name, const char *other, uint64_t offset, const void *data, size_t size) {
    if (trace < 0) return;
    struct __attribute__((packed)) { char what; uint16_t name, other; uint64_t offset; uint32_t size; } head = {
        what, (uint16_t)strlen(name), (uint16_t)strlen(other), offset, (uint32_t)size};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)other, head.other},
                            {(void *)data, size}};
    if (syscall(SYS_writev, trace, parts, 4) < 0) abort();
}

/* Counts a step. Not 0: it has to fail, with errno set; of a write, `half` is done before the process dies. */
static int fails(int fd, const void *half, size_t size, off_t at) {
    if (++steps != fail_at) return 0;
    if (fail_with < 0) {
        if (half && size > 1) (void)!syscall(SYS_pwrite64, fd, half, size / 2, at);
        kill(getpid(), SIGKILL);
    }
    errno = fail_with;
    return 1;
}

#define REAL(type, name, ...)                                  \
    static type (*real)(__VA_ARGS__);                          \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int opened(int fd, const char *path, int flags, int was_there) {
    const char *name = inside(path);
    struct stat found;
    if (fd < 0 || fd >= MAX_FDS || !name) return fd;
    free(names[fd]);
    names[fd] = strdup(name);
    is_dir[fd] = !fstat(fd, &found) && S_ISDIR(found.st_mode);
    if ((flags & O_CREAT) && !was_there) told('c', name, "", 0, NULL, 0);
    if ((flags & O_TRUNC) && was_there) told('t', name, "", 0, NULL, 0);
    return fd;
}

static int open_at(int dir, const char *path, int flags, mode_t mode) {
    struct stat found;
    const char *name = inside(path);
    int was_there = name && !stat(path, &found), fd;
    if (!name) return (int)syscall(SYS_openat, dir, path, flags, mode);
    pthread_mutex_lock(&lock);
    fd = (flags & O_CREAT) && !was_there && fails(-1, NULL, 0, 0) ? -1
        : (int)syscall(SYS_openat, dir, path, flags, mode);
    opened(fd, path, flags, was_there);
    pthread_mutex_unlock(&lock);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                             \
    int name(const char *path, int flags, ...) {               \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t mode = mode_of(flags, rest);                    \
        va_end(rest);                                          \
        return open_at(AT_FDCWD, path, flags, mode);           \
    }
#define OPENAT(name)                                           \
    int name(int dir, const char *path, int flags, ...) {      \
        va_list rest;                                          \
        va_start(rest, flags);                                 \
        mode_t mode = mode_of(flags, rest);                    \
        va_end(rest);                                          \
        return open_at(dir, path, flags, mode);                \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    REAL(int, "close", int);
    if (of(fd)) {
        pthread_mutex_lock(&lock);
        free(names[fd]);
        names[fd] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return real(fd);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (!of(fd)) return real(fd, data, size);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = fails(fd, data, size, at) ? -1 : real(fd, data, size);
    if (done > 0) told('w', of(fd), "", (uint64_t)at, data, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t write_at(int fd, const void *data, size_t size, off_t at) {
    ssize_t done;
    if (!of(fd)) return syscall(SYS_pwrite64, fd, data, size, at);
    pthread_mutex_lock(&lock);
    done = fails(fd, data, size, at) ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
    if (done > 0) told('w', of(fd), "", (uint64_t)at, data, (size_t)done);
    pthread_mutex_unlock(&lock);
    return done;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return write_at(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return write_at(fd, data, size, at); }

static int cut(int fd, off_t size) {
    int done;
    if (!of(fd)) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    done = fails(fd, NULL, 0, 0) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
    if (!done) told('t', of(fd), "", (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int synced(int fd, long call) {
    int done;
    if (!of(fd)) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    done = fails(fd, NULL, 0, 0) ? -1 : (int)syscall(call, fd);
    if (!done) told(is_dir[fd] ? 'd' : 's', of(fd), "", 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* Who still holds a file whose name has gone to another, or gone altogether, writes to nothing that is looked at. */
static void moved(const char *from, const char *to) {
    for (int fd = 0; fd < MAX_FDS; fd++) {
        if (!names[fd]) continue;
        int gone = to ? !strcmp(names[fd], to) : !strcmp(names[fd], from);
        int follows = to && !strcmp(names[fd], from);
        if (!gone && !follows) continue;
        free(names[fd]);
        names[fd] = follows ? strdup(to) : NULL;
    }
}

static int named(char what, long call, const char *from, const char *to) {
    const char *name = inside(from), *other = to ? inside(to) : "";
    int done;
    if (!name || !other) return to ? (int)syscall(call, from, to) : (int)syscall(call, from);
    pthread_mutex_lock(&lock);
    done = fails(-1, NULL, 0, 0) ? -1 : to ? (int)syscall(call, from, to) : (int)syscall(call, from);
    if (!done) told(what, name, other, 0, NULL, 0);
    if (!done && what != 'l') moved(name, to ? other : NULL);
    pthread_mutex_unlock(&lock);
    return done;
}
int rename(const char *from, const char *to) { return named('r', SYS_rename, from, to); }
int link(const char *from, const char *to) { return named('l', SYS_link, from, to); }
int unlink(const char *path) { return named('u', SYS_unlink, path, NULL); }

/* CPython takes these where they are there; the paths it gives are absolute. */
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    if (!inside(from)) return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
    return link(from, to);
}
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    if (!inside(from)) return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
    return rename(from, to);
}
int unlinkat(int dir, const char *path, int flags) {
    if (flags || !inside(path)) return (int)syscall(SYS_unlinkat, dir, path, flags);
    return unlink(path);
}
