/* spool.c: see spool.h. The lock is on a file of its own: the spool itself is replaced. */
#include "alerts/spool.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct spool {
    char *path, *folder;
    int lock;
};

static bool make_parents(const char *path, struct err *err)
{
    char *copy = xstrdup(path);
    bool good = true;

    for (char *p = copy + 1; *p && good; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST && errno != EISDIR && errno != EROFS)
            good = err_set(err, ERR_DISK, "%s: cannot make the directory %s: %s", path, copy,
                           strerror(errno));
        *p = '/';
    }
    free(copy);
    return good;
}

/* The descriptor, -1 and no error when somebody else has it, -1 and err when it is no good. */
static int lock_slot(const char *path, struct err *err)
{
    char *name = xasprintf("%s.lock", path);
    struct stat st;
    int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0)
        err_set(err, ERR_DISK, "%s: %s", name, strerror(errno));
    else if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        err_set(err, ERR_DISK, "%s: is not a file of yours", name);
    free(name);
    if (fd >= 0 && (err->code != ERR_NONE || flock(fd, LOCK_EX | LOCK_NB))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct spool *spool_open(const char *path, struct err *err)
{
    struct spool *spool = xcalloc(1, sizeof *spool);
    const char *slash = strrchr(path, '/');

    spool->lock = -1;
    spool->folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    if (make_parents(path, err))
        for (int slot = 0; slot < SPOOL_SLOTS && spool->lock < 0 && err->code == ERR_NONE; slot++) {
            free(spool->path);
            spool->path = slot ? xasprintf("%s.%d", path, slot) : xstrdup(path);
            spool->lock = lock_slot(spool->path, err);
        }
    if (spool->lock >= 0)
        return spool;
    err_set(err, ERR_DISK, "%s: %d other processes use it", path, SPOOL_SLOTS);
    spool_close(spool);
    return NULL;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->lock >= 0)
        close(spool->lock);
    free(spool->path);
    free(spool->folder);
    free(spool);
}

const char *spool_path(const struct spool *spool)
{
    return spool->path;
}

static char *read_all(int fd, const char *path, size_t size, size_t *len, struct err *err)
{
    char *out = xcalloc(size + 1, 1);

    for (*len = 0; *len < size;) {
        ssize_t n = read(fd, out + *len, size - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    if (*len == size)
        return out;
    free(out);
    err_set(err, ERR_DISK, "%s: cannot be read whole", path);
    return NULL;
}

char *spool_load(const struct spool *spool, size_t *len, size_t max, struct err *err)
{
    struct stat st;
    int fd = open(spool->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    char *out = NULL;

    *len = 0;
    if (fd < 0 && errno == ENOENT)
        return NULL;
    if (fd < 0) {
        err_set(err, ERR_DISK, "%s: %s", spool->path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        err_set(err, ERR_DISK, "%s: is not a regular file", spool->path);
    else if (st.st_uid != geteuid() || (st.st_mode & 077))
        err_set(err, ERR_DISK, "%s: others may touch it (mode %03o)", spool->path,
                (unsigned)st.st_mode & 0777);
    else if ((size_t)st.st_size > max)
        err_set(err, ERR_LIMIT, "%s: is larger than %zu KiB", spool->path, max >> 10);
    else
        out = read_all(fd, spool->path, (size_t)st.st_size, len, err);
    close(fd);
    return out;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

bool spool_save(const struct spool *spool, const char *text, size_t len, struct err *err)
{
    char *beside = xasprintf("%s.new", spool->path);
    int fd, folder;

    unlink(beside);
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write_all(fd, text, len);
    if (fd >= 0)
        good = close(fd) == 0 && good;
    good = good && rename(beside, spool->path) == 0;
    if (!good) {
        err_set(err, ERR_DISK, "%s: cannot be written: %s", spool->path, strerror(errno));
        unlink(beside);
    } else if ((folder = open(spool->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
        fsync(folder);
        close(folder);
    }
    free(beside);
    return good;
}

void spool_set_aside(const struct spool *spool)
{
    char *bad = xasprintf("%s.bad", spool->path);

    rename(spool->path, bad);
    free(bad);
}
