/* journal.c: opening, appending, rotating. Reading and checking: journal_read.c. */
#include "release/journal.h"

#include "base/mem.h"
#include "release/journal_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

struct journal {
    char *path;
    struct clock *clock;
    int fd;
    bool bad;
    struct chain_link last; /* seq 0: empty */
    off_t known;            /* bytes up to and with `last` */
    char boot[40], host[65], notice[200], why[200];
};

static void read_boot_id(char *out, size_t size)
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

    snprintf(out, size, "unknown");
    if (f) {
        if (fgets(out, (int)size, f))
            out[strcspn(out, "\n")] = '\0';
        fclose(f);
    }
}

static bool make_parents(const char *path, struct err *err)
{
    char *copy = xstrdup(path);

    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST && errno != EISDIR && errno != EROFS) {
            err_set(err, ERR_DISK, "journal %s: cannot make the directory %s: %s", path, copy,
                    strerror(errno));
            free(copy);
            return false;
        }
        *p = '/';
    }
    free(copy);
    return true;
}

static int open_file(const char *path, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

    if (fd < 0) {
        err_set(err, ERR_DISK, "journal %s: cannot be opened: %s%s", path, strerror(errno),
                errno == ELOOP ? " (it is a symbolic link)" : "");
        return -1;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        err_set(err, ERR_DISK, "journal %s: is not a regular file", path);
    else if (st.st_uid != geteuid())
        err_set(err, ERR_DISK, "journal %s: belongs to user %u, not to you", path, st.st_uid);
    else if (st.st_mode & 077)
        err_set(err, ERR_DISK, "journal %s: others may touch it (mode %03o); run chmod 600 on it",
                path, st.st_mode & 0777);
    else
        return fd;
    close(fd);
    return -1;
}

/* The lock lasts for one append; whoever holds it longer is stopped or hung. */
static bool lock_file(int fd, const char *path, struct err *err)
{
    const struct timespec pause = {0, 5000000};

    for (int tries = 0; tries < JOURNAL_LOCK_MS / 5; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        nanosleep(&pause, NULL);
    }
    return err_set(err, ERR_DISK, "journal %s: another process holds its lock", path);
}

/* Reads [from, to) whole; yours. */
static char *read_range(int fd, off_t from, off_t to)
{
    size_t want = (size_t)(to - from), have = 0;
    char *bytes = xcalloc(want + 1, 1);

    while (have < want) {
        ssize_t n = pread(fd, bytes + have, want - have, from + (off_t)have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    if (have < want) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool save_torn(const char *path, const char *bytes, size_t len)
{
    char *torn = xasprintf("%s.torn", path);
    int fd = open(torn, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, len) == (ssize_t)len;

    if (fd >= 0)
        close(fd);
    free(torn);
    return ok;
}

/* Cuts an unfinished last line off, and leaves the last whole line in [*start, *end). */
static bool find_tail(struct journal *j, off_t *start, off_t *end, struct err *err)
{
    off_t size = lseek(j->fd, 0, SEEK_END);
    off_t from = size > 2 * JOURNAL_LINE_MAX ? size - 2 * JOURNAL_LINE_MAX : 0;
    char *bytes = read_range(j->fd, from, size);

    if (!bytes)
        return err_set(err, ERR_DISK, "journal %s: cannot be read", j->path);
    off_t at = size;
    while (at > from && bytes[at - from - 1] != '\n')
        at--;
    if (at < size) {
        save_torn(j->path, bytes + (at - from), (size_t)(size - at));
        if (ftruncate(j->fd, at)) {
            free(bytes);
            return err_set(err, ERR_DISK, "journal %s: cannot be cut: %s", j->path,
                           strerror(errno));
        }
        snprintf(j->notice, sizeof j->notice,
                 "the journal had a torn last record of %lld bytes; it was cut off into .torn",
                 (long long)(size - at));
    }
    *end = at;
    *start = at > from ? at - 1 : at;
    while (*start > from && bytes[*start - from - 1] != '\n')
        (*start)--;
    free(bytes);
    return true;
}

/* An empty file goes on from the one that was rotated away, where there is one: whoever rotated
 * may have died before the first record, and may have appended since we last looked. */
static void continue_chain(struct journal *j)
{
    char *before = xasprintf("%s.1", j->path);
    int fd = open(before, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > 2 * JOURNAL_LINE_MAX ? size - 2 * JOURNAL_LINE_MAX : 0;
    char *bytes = size > 0 ? read_range(fd, from, size) : NULL;
    size_t end = (size_t)(size - from), at = end ? end - 1 : 0;
    const char *what;

    while (bytes && at > 0 && bytes[at - 1] != '\n')
        at--;
    if (bytes && !chain_read(bytes + at, end - at - 1, &j->last, &what))
        j->last = (struct chain_link){0};
    free(bytes);
    if (fd >= 0)
        close(fd);
    free(before);
}

/* Learns the last record, mending what can be mended. Under the lock. */
static bool learn_tail(struct journal *j, bool *damaged, struct err *err)
{
    off_t start = 0, end = 0;
    const char *what = "";

    *damaged = false;
    if (!find_tail(j, &start, &end, err))
        return false;
    j->known = end;
    if (start == end) {
        if (end > 0)
            *damaged = true;
        else
            continue_chain(j);
        return true;
    }
    char *line = read_range(j->fd, start, end);
    *damaged = !line || !chain_read(line, (size_t)(end - start) - 1, &j->last, &what);
    free(line);
    return true;
}

static bool shift_files(const struct journal *j, struct err *err)
{
    bool ok = true;

    for (int n = JOURNAL_KEEP - 1; n >= 0 && ok; n--) {
        char *from = n ? xasprintf("%s.%d", j->path, n) : xstrdup(j->path);
        char *to = xasprintf("%s.%d", j->path, n + 1);
        ok = rename(from, to) == 0 || (errno == ENOENT && n > 0);
        free(from);
        free(to);
    }
    return ok || err_set(err, ERR_DISK, "journal %s: is full and cannot be rotated: %s", j->path,
                         strerror(errno));
}

static void sync_directory(const char *path)
{
    char *copy = xstrdup(path), *slash = strrchr(copy, '/');

    if (slash)
        slash[slash == copy ? 1 : 0] = '\0';
    int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(copy);
}

/* A new file under the same name, locked; the old descriptor is closed. */
static bool reopen(struct journal *j, struct err *err)
{
    int fd = open_file(j->path, err);

    if (fd < 0)
        return false;
    if (!lock_file(fd, j->path, err)) {
        close(fd);
        return false;
    }
    close(j->fd);
    j->fd = fd;
    sync_directory(j->path);
    return true;
}

static bool set_damaged_aside(struct journal *j, struct err *err)
{
    char *aside = xasprintf("%s.damaged-%lld", j->path, (long long)clock_utc_ms(j->clock));
    bool ok = rename(j->path, aside) == 0;

    if (!ok)
        err_set(err, ERR_DISK, "journal %s: is damaged and cannot be set aside: %s", j->path,
                strerror(errno));
    else
        snprintf(j->notice, sizeof j->notice,
                 "the journal's last record was changed; the file was kept as %s", aside);
    free(aside);
    j->last = (struct chain_link){0};
    j->known = 0;
    return ok && reopen(j, err);
}

struct journal *journal_open(const char *path, struct clock *clock, struct err *err)
{
    struct journal *j = xcalloc(1, sizeof *j);
    struct utsname host;
    bool damaged;

    j->path = xstrdup(path);
    j->clock = clock;
    j->fd = -1;
    read_boot_id(j->boot, sizeof j->boot);
    if (uname(&host) == 0)
        snprintf(j->host, sizeof j->host, "%.64s", host.nodename);
    if (!make_parents(path, err))
        goto fail;
    j->fd = open_file(path, err);
    if (j->fd < 0 || !lock_file(j->fd, path, err))
        goto fail;
    if (!learn_tail(j, &damaged, err) || (damaged && !set_damaged_aside(j, err)))
        goto fail;
    flock(j->fd, LOCK_UN);
    return j;
fail:
    journal_close(j);
    return NULL;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    free(journal->path);
    free(journal);
}

const char *journal_path(const struct journal *journal)
{
    return journal->path;
}

const char *journal_notice(const struct journal *journal)
{
    return journal->notice;
}

bool journal_is_bad(const struct journal *journal)
{
    return journal->bad;
}

const char *journal_head(const struct journal *journal)
{
    return journal->last.hash;
}

const char *journal_boot_id(const struct journal *journal)
{
    return journal->boot;
}

/* Somebody may have appended or rotated since: the lock is held, so now it stands still. */
static bool catch_up(struct journal *j, struct err *err)
{
    struct stat mine, named;
    bool damaged = false;

    if (fstat(j->fd, &mine))
        return err_set(err, ERR_DISK, "journal %s: %s", j->path, strerror(errno));
    bool moved = stat(j->path, &named) || named.st_ino != mine.st_ino;
    if (moved && !reopen(j, err))
        return false;
    if (!moved && mine.st_size == j->known)
        return true;
    if (!learn_tail(j, &damaged, err))
        return false;
    return !damaged || set_damaged_aside(j, err);
}

static bool write_line(struct journal *j, const char *line, struct err *err)
{
    size_t len = strlen(line), done = 0;

    while (done < len) {
        ssize_t n = write(j->fd, line + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done == len && fdatasync(j->fd) == 0)
        return true;
    snprintf(j->why, sizeof j->why, "%s", done < len && !errno ? "short write" : strerror(errno));
    j->bad = true;
    (void)!ftruncate(j->fd, j->known); /* best effort: no torn record stays behind */
    return err_set(err, ERR_DISK, "journal %s: could not be written: %s", j->path, j->why);
}

static json_t *stamped(const struct journal *j, const json_t *fields)
{
    char at[CLOCK_TEXT];
    json_t *record =
        json_pack("{s:s, s:s, s:I, s:s}", "at_utc", clock_format_utc(clock_utc_ms(j->clock), at),
                  "boot", j->boot, "pid", (json_int_t)getpid(), "host", j->host);

    json_object_update_missing(record, (json_t *)(uintptr_t)fields);
    return record;
}

static bool append_locked(struct journal *j, const json_t *record, struct err *err)
{
    if (!catch_up(j, err))
        return false;
    struct chain_link next = {.seq = j->last.seq + 1};
    memcpy(next.prev, j->last.hash, sizeof next.prev);
    char *line = chain_write(record, &next);
    size_t len = strlen(line);
    bool ok = len <= JOURNAL_LINE_MAX;
    if (!ok)
        err_set(err, ERR_LIMIT, "journal %s: a record of %zu bytes is over the limit of %d",
                j->path, len, JOURNAL_LINE_MAX);
    if (ok && j->known + (off_t)len > JOURNAL_FILE_MAX) {
        ok = shift_files(j, err) && reopen(j, err);
        j->known = ok ? 0 : j->known;
    }
    ok = ok && write_line(j, line, err);
    if (ok) {
        j->last = next;
        j->known += (off_t)len;
    }
    free(line);
    return ok;
}

bool journal_append(struct journal *journal, const json_t *fields, struct err *err)
{
    if (journal->bad)
        return err_set(err, ERR_DISK, "journal %s: not written since %s", journal->path,
                       journal->why);
    if (!lock_file(journal->fd, journal->path, err))
        return false;
    errno = 0;
    json_t *record = stamped(journal, fields);
    bool ok = append_locked(journal, record, err);
    json_decref(record);
    flock(journal->fd, LOCK_UN);
    return ok;
}
