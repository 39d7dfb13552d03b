/*
 * A UVC camera played over a UNIX socket, for programs that speak V4L2 through libc.
 *
 * With LD_PRELOAD and TELECABINE_V4L2_DIR set, open("/dev/videoN") connects to
 * $TELECABINE_V4L2_DIR/videoN.sock (SOCK_SEQPACKET, one JPEG a packet) and the ioctls of the streaming
 * interface are answered as the uvcvideo driver answers them for a camera that offers one format: MJPG
 * 640x480 at 30 frames a second. The descriptor is the socket itself, so select() and poll() need no help:
 * nothing to read means the sensor sends nothing, a closed socket means that the camera was pulled out.
 *
 * To the simulator go single bytes: '1' STREAMON, '0' STREAMOFF.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 640
#define HEIGHT 480
#define FRAME_BYTES (WIDTH * HEIGHT * 2)
#define MAX_BUFFERS 8
#define MAX_FDS 4096

struct camera {
    int number;
    unsigned buffers;
    void *memory[MAX_BUFFERS];
    unsigned queue[MAX_BUFFERS];
    unsigned queued;
    unsigned sequence;
    int streaming;
};

static struct camera *cameras[MAX_FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*real_open)(const char *, int, ...);
static int (*real_open64)(const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static void *(*real_mmap64)(void *, size_t, int, int, int, off64_t);

static void find_libc(void);
#define libc(name) (find_libc(), real_##name)

/* Other libraries' constructors may run before ours: whoever calls first looks the functions up. */
__attribute__((constructor)) static void find_libc(void) {
    if (real_mmap64) return;
    real_open = dlsym(RTLD_NEXT, "open");
    real_open64 = dlsym(RTLD_NEXT, "open64");
    real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    real_close = dlsym(RTLD_NEXT, "close");
    real_mmap = dlsym(RTLD_NEXT, "mmap");
    real_mmap64 = dlsym(RTLD_NEXT, "mmap64");
}

static struct camera *camera_of(int fd) {
    return fd >= 0 && fd < MAX_FDS ? __atomic_load_n(&cameras[fd], __ATOMIC_ACQUIRE) : NULL;
}

static int fail(int error) {
    errno = error;
    return -1;
}

/* The number N of /dev/videoN when a simulator is configured, else -1. Whoever creates a node means a file. */
static int video_number(const char *path, int flags) {
    char *end;
    long number;
    if (!path || flags & O_CREAT || strncmp(path, "/dev/video", 10) || !getenv("TELECABINE_V4L2_DIR")) return -1;
    number = strtol(path + 10, &end, 10);
    return end == path + 10 || *end ? -1 : (int)number;
}

static int connect_camera(int number) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/video%d.sock", getenv("TELECABINE_V4L2_DIR"), number);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (fd >= MAX_FDS || connect(fd, (struct sockaddr *)&address, sizeof address)) {
        int error = errno == ENOENT ? ENOENT : ENODEV;
        libc(close)(fd);
        return fail(error);
    }
    struct camera *camera = calloc(1, sizeof *camera);
    camera->number = number;
    __atomic_store_n(&cameras[fd], camera, __ATOMIC_RELEASE);
    return fd;
}

int open(const char *path, int flags, ...) {
    int number = video_number(path, flags);
    va_list rest;
    if (number >= 0) return connect_camera(number);
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return libc(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    int number = video_number(path, flags);
    va_list rest;
    if (number >= 0) return connect_camera(number);
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return libc(open64)(path, flags, mode);
}

int close(int fd) {
    struct camera *camera = camera_of(fd);
    if (camera) {
        __atomic_store_n(&cameras[fd], NULL, __ATOMIC_RELEASE);
        free(camera); /* the mapped buffers belong to whoever mapped them */
    }
    return libc(close)(fd);
}

static int query_capability(struct camera *camera, struct v4l2_capability *answer) {
    memset(answer, 0, sizeof *answer);
    strcpy((char *)answer->driver, "uvcvideo");
    snprintf((char *)answer->card, sizeof answer->card, "Simulated UVC camera %d", camera->number);
    snprintf((char *)answer->bus_info, sizeof answer->bus_info, "usb-sim-%d", camera->number);
    answer->version = 0x060100;
    answer->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_EXT_PIX_FORMAT;
    answer->capabilities = answer->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int enumerate_format(struct v4l2_fmtdesc *answer) {
    if (answer->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || answer->index > 0) return fail(EINVAL);
    answer->flags = V4L2_FMT_FLAG_COMPRESSED;
    strcpy((char *)answer->description, "Motion-JPEG");
    answer->pixelformat = V4L2_PIX_FMT_MJPEG;
    return 0;
}

/* Whatever is asked, the driver answers with the nearest it can do: here there is only one. */
static int the_only_format(struct v4l2_format *answer) {
    if (answer->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    memset(&answer->fmt.pix, 0, sizeof answer->fmt.pix);
    answer->fmt.pix.width = WIDTH;
    answer->fmt.pix.height = HEIGHT;
    answer->fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
    answer->fmt.pix.field = V4L2_FIELD_NONE;
    answer->fmt.pix.sizeimage = FRAME_BYTES;
    answer->fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
    return 0;
}

static int the_only_rate(struct v4l2_streamparm *answer) {
    if (answer->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    memset(&answer->parm, 0, sizeof answer->parm);
    answer->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    answer->parm.capture.timeperframe = (struct v4l2_fract){1, 30};
    return 0;
}

static int request_buffers(struct camera *camera, struct v4l2_requestbuffers *request) {
    if (request->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || request->memory != V4L2_MEMORY_MMAP) return fail(EINVAL);
    if (camera->streaming) return fail(EBUSY);
    if (request->count > MAX_BUFFERS) request->count = MAX_BUFFERS;
    camera->buffers = request->count;
    camera->queued = 0;
    return 0;
}

static int query_buffer(struct camera *camera, struct v4l2_buffer *buffer) {
    if (buffer->index >= camera->buffers) return fail(EINVAL);
    buffer->length = FRAME_BYTES;
    buffer->m.offset = buffer->index * FRAME_BYTES;
    return 0;
}

static int queue_buffer(struct camera *camera, struct v4l2_buffer *buffer) {
    if (buffer->index >= camera->buffers || camera->queued >= camera->buffers) return fail(EINVAL);
    camera->queue[camera->queued++] = buffer->index;
    return 0;
}

static void stamp(struct v4l2_buffer *buffer) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer->timestamp = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->field = V4L2_FIELD_NONE;
}

static int dequeue_buffer(int fd, struct camera *camera, struct v4l2_buffer *buffer) {
    if (!camera->streaming) return fail(EINVAL);
    if (!camera->queued) return fail(EAGAIN);
    unsigned index = camera->queue[0];
    if (!camera->memory[index]) return fail(EINVAL);
    ssize_t length = recv(fd, camera->memory[index], FRAME_BYTES, MSG_DONTWAIT);
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) return fail(ENODEV);
    if (length < 0) return -1;
    memmove(camera->queue, camera->queue + 1, --camera->queued * sizeof camera->queue[0]);
    buffer->index = index;
    buffer->bytesused = (unsigned)length;
    buffer->length = FRAME_BYTES;
    buffer->sequence = camera->sequence++;
    stamp(buffer);
    return 0;
}

static int set_streaming(int fd, struct camera *camera, int on) {
    camera->streaming = 0;
    if (!on) camera->queued = 0;
    if (send(fd, on ? "1" : "0", 1, MSG_NOSIGNAL) != 1) return fail(ENODEV);
    camera->streaming = on;
    return 0;
}

static int answer_ioctl(int fd, struct camera *camera, unsigned long request, void *argument) {
    switch ((unsigned)request) {
    case VIDIOC_QUERYCAP: return query_capability(camera, argument);
    case VIDIOC_ENUM_FMT: return enumerate_format(argument);
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT:
    case VIDIOC_TRY_FMT: return the_only_format(argument);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: return the_only_rate(argument);
    case VIDIOC_G_INPUT: *(int *)argument = 0; return 0;
    case VIDIOC_S_INPUT: return *(int *)argument ? fail(EINVAL) : 0;
    case VIDIOC_REQBUFS: return request_buffers(camera, argument);
    case VIDIOC_QUERYBUF: return query_buffer(camera, argument);
    case VIDIOC_QBUF: return queue_buffer(camera, argument);
    case VIDIOC_DQBUF: return dequeue_buffer(fd, camera, argument);
    case VIDIOC_STREAMON: return set_streaming(fd, camera, 1);
    case VIDIOC_STREAMOFF: return set_streaming(fd, camera, 0);
    default: return fail(ENOTTY);
    }
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    struct camera *camera = camera_of(fd);
    if (!camera) return libc(ioctl)(fd, request, argument);
    pthread_mutex_lock(&lock);
    int result = answer_ioctl(fd, camera, request, argument);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

static void *map_buffer(struct camera *camera, size_t length, off64_t offset) {
    unsigned index = (unsigned)(offset / FRAME_BYTES);
    if (offset % FRAME_BYTES || index >= camera->buffers || length != FRAME_BYTES) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    void *memory = libc(mmap)(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    camera->memory[index] = memory == MAP_FAILED ? NULL : memory;
    return memory;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    struct camera *camera = camera_of(fd);
    if (camera) return map_buffer(camera, length, offset);
    return libc(mmap)(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
    struct camera *camera = camera_of(fd);
    if (camera) return map_buffer(camera, length, offset);
    return libc(mmap64)(address, length, protection, flags, fd, offset);
}
