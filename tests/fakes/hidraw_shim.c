/*
 * hidraw nodes played over UNIX sockets, for programs that open, read, write and select them through libc.
 *
 * With LD_PRELOAD and TELECABINE_HIDRAW_DIR set, open("/dev/hidrawN") connects to
 * $TELECABINE_HIDRAW_DIR/hidrawN.sock where there is one (SOCK_SEQPACKET, one report a packet, as hidraw keeps the
 * boundaries of reports and a pty does not). The descriptor is the socket itself: a closed socket means that the
 * device was pulled out. HIDIOCSFEATURE sends the feature report after a byte 'F', which is no number of a report
 * of data; every other ioctl of hidraw is refused.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/hidraw.h>
#include <linux/ioctl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FDS 4096
#define MAX_REPORT 256

static unsigned char nodes[MAX_FDS];

static int (*real_open)(const char *, int, ...);
static int (*real_open64)(const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);

static void find_libc(void);
#define libc(name) (find_libc(), real_##name)

/* Other libraries' constructors may run before ours: whoever calls first looks the functions up. */
__attribute__((constructor)) static void find_libc(void) {
    if (real_close) return;
    real_open = dlsym(RTLD_NEXT, "open");
    real_open64 = dlsym(RTLD_NEXT, "open64");
    real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    real_close = dlsym(RTLD_NEXT, "close");
}

static int is_node(int fd) {
    return fd >= 0 && fd < MAX_FDS && __atomic_load_n(&nodes[fd], __ATOMIC_ACQUIRE);
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* Whether somebody plays this node; `address` is then where. Whoever creates a node means a file. */
static int is_played(const char *path, int flags, struct sockaddr_un *address) {
    const char *folder = getenv("TELECABINE_HIDRAW_DIR");
    if (!path || !folder || flags & O_CREAT || strncmp(path, "/dev/hidraw", 11)) return 0;
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "%s/%s.sock", folder, path + 5);
    return access(address->sun_path, F_OK) == 0;
}

static int connect_node(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (fd >= MAX_FDS || connect(fd, (const struct sockaddr *)address, sizeof *address)) {
        libc(close)(fd);
        return fail(ENODEV);
    }
    __atomic_store_n(&nodes[fd], 1, __ATOMIC_RELEASE);
    return fd;
}

int open(const char *path, int flags, ...) {
    struct sockaddr_un address;
    va_list rest;
    if (is_played(path, flags, &address)) return connect_node(&address);
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return libc(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    struct sockaddr_un address;
    va_list rest;
    if (is_played(path, flags, &address)) return connect_node(&address);
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return libc(open64)(path, flags, mode);
}

int close(int fd) {
    if (is_node(fd)) __atomic_store_n(&nodes[fd], 0, __ATOMIC_RELEASE);
    return libc(close)(fd);
}

static int set_feature(int fd, const void *report, unsigned size) {
    char packet[1 + MAX_REPORT] = {'F'};
    if (size == 0 || size > MAX_REPORT) return fail(EINVAL);
    memcpy(packet + 1, report, size);
    if (send(fd, packet, 1 + size, MSG_NOSIGNAL) < 0) return fail(ENODEV);
    return (int)size;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (!is_node(fd)) return libc(ioctl)(fd, request, argument);
    unsigned size = _IOC_SIZE((unsigned)request);
    if ((unsigned)request != (unsigned)HIDIOCSFEATURE(size)) return fail(ENOTTY);
    return set_feature(fd, argument, size);
}
