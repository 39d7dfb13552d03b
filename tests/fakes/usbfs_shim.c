/*
 * USB devices played over UNIX sockets, for programs that speak usbfs through libc.
 *
 * With LD_PRELOAD and TELECABINE_USBFS_DIR set, open("/dev/bus/usb/BBB/DDD") connects to
 * $TELECABINE_USBFS_DIR/BBB-DDD.sock where there is one (SOCK_SEQPACKET). A closed socket means that the device was
 * pulled out.
 *
 * To the simulator goes one packet for each request: 'C' and the interface that is claimed, 'S' with an interface
 * and its alternate setting, 'H' and the endpoint that is cleared (numbers of 32 bits), 'O' with an endpoint (one
 * byte) and what is written to it. It answers 0 and an error number (0: done). Packets that begin with the number
 * of an endpoint are transfers from it; those that come while an answer is awaited are lost.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_FDS 4096
#define MAX_TRANSFER 16384
#define ANSWER_MS 5000

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

/* Whether somebody plays this device; `address` is then where. Whoever creates a node means a file. */
static int is_played(const char *path, int flags, struct sockaddr_un *address) {
    const char *folder = getenv("TELECABINE_USBFS_DIR");
    unsigned bus, device;
    if (!path || !folder || flags & O_CREAT) return 0;
    if (sscanf(path, "/dev/bus/usb/%u/%u", &bus, &device) != 2) return 0;
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "%s/%03u-%03u.sock", folder, bus, device);
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

/* One packet into `packet`; its true length, which may be more than `size`. */
static ssize_t receive(int fd, void *packet, size_t size, int timeout_ms) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready = poll(&wait, 1, timeout_ms);
    if (ready < 0) return -1;
    if (ready == 0) return fail(ETIMEDOUT);
    ssize_t length = recv(fd, packet, size, MSG_TRUNC);
    return length > 0 ? length : fail(ENODEV);
}

static int ask(int fd, const void *request, size_t size, int timeout_ms) {
    unsigned char answer[2];
    if (send(fd, request, size, MSG_NOSIGNAL) < 0) return fail(ENODEV);
    do {
        if (receive(fd, answer, sizeof answer, timeout_ms) < 0) return -1;
    } while (answer[0] != 0);
    return answer[1] ? fail(answer[1]) : 0;
}

static int control(int fd, char what, const uint32_t *numbers, size_t count) {
    char request[1 + 2 * sizeof *numbers] = {what};
    memcpy(request + 1, numbers, count * sizeof *numbers);
    return ask(fd, request, 1 + count * sizeof *numbers, ANSWER_MS);
}

static int bulk_in(int fd, const struct usbdevfs_bulktransfer *bulk, int timeout_ms) {
    static __thread unsigned char packet[1 + MAX_TRANSFER];
    ssize_t length;
    do {
        length = receive(fd, packet, sizeof packet, timeout_ms);
        if (length < 0) return -1;
    } while (packet[0] != bulk->ep);
    if (length - 1 > (ssize_t)bulk->len || length > (ssize_t)sizeof packet) return fail(EOVERFLOW);
    memcpy(bulk->data, packet + 1, (size_t)length - 1);
    return (int)length - 1;
}

static int bulk_out(int fd, const struct usbdevfs_bulktransfer *bulk, int timeout_ms) {
    char request[2 + MAX_TRANSFER] = {'O', (char)bulk->ep};
    if (bulk->len > MAX_TRANSFER) return fail(EINVAL);
    memcpy(request + 2, bulk->data, bulk->len);
    return ask(fd, request, 2 + bulk->len, timeout_ms) ? -1 : (int)bulk->len;
}

static int bulk_transfer(int fd, const struct usbdevfs_bulktransfer *bulk) {
    int timeout_ms = bulk->timeout ? (int)bulk->timeout : -1;
    return bulk->ep & 0x80 ? bulk_in(fd, bulk, timeout_ms) : bulk_out(fd, bulk, timeout_ms);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (!is_node(fd)) return libc(ioctl)(fd, request, argument);
    switch ((unsigned)request) {
    case (unsigned)USBDEVFS_CLAIMINTERFACE: return control(fd, 'C', argument, 1);
    case (unsigned)USBDEVFS_SETINTERFACE: return control(fd, 'S', argument, 2);
    case (unsigned)USBDEVFS_CLEAR_HALT: return control(fd, 'H', argument, 1);
    case (unsigned)USBDEVFS_BULK: return bulk_transfer(fd, argument);
    default: return fail(ENOTTY);
    }
}
