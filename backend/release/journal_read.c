/* journal_read.c: reading the journal and checking its chain, without locks. */
#include "release/journal.h"

#include "base/json.h"
#include "base/mem.h"
#include "release/journal_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whole file; NULL with err, or NULL without when it does not exist. */
static char *slurp(const char *path, size_t *len, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        if (errno != ENOENT)
            err_set(err, ERR_DISK, "journal %s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > 4 * (off_t)JOURNAL_FILE_MAX) {
        err_set(err, ERR_DISK, "journal %s: is not a regular file of a sane size", path);
        close(fd);
        return NULL;
    }
    char *text = xcalloc((size_t)st.st_size + 1, 1);
    *len = 0;
    for (ssize_t n; *len < (size_t)st.st_size; *len += (size_t)n)
        if ((n = read(fd, text + *len, (size_t)st.st_size - *len)) <= 0)
            break;
    close(fd);
    return text;
}

/* Calls fn for every existing file, oldest first. */
typedef bool file_fn(void *arg, const char *path, const char *text, size_t len);

static bool each_file(const char *path, file_fn *fn, void *arg, struct err *err)
{
    bool go_on = true;

    for (int n = JOURNAL_KEEP; n >= 0 && go_on; n--) {
        char *name = n ? xasprintf("%s.%d", path, n) : xstrdup(path);
        size_t len = 0;
        char *text = slurp(name, &len, err);
        if (text)
            go_on = fn(arg, name, text, len);
        else
            go_on = err->code == ERR_NONE;
        free(text);
        free(name);
    }
    return err->code == ERR_NONE;
}

struct reader {
    journal_read_fn *fn;
    void *arg;
};

static bool read_file(void *arg, const char *path, const char *text, size_t len)
{
    const struct reader *reader = arg;
    const char *line = text, *end = text + len, *newline;

    (void)path;
    for (; line < end && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
        struct err err = {0};
        json_t *record = json_parse(line, (size_t)(newline - line), "journal", &err);
        bool go_on = !json_is_object(record) || reader->fn(reader->arg, record);
        json_decref(record);
        if (!go_on)
            return false;
    }
    return true;
}

bool journal_read(const char *path, journal_read_fn *fn, void *arg, struct err *err)
{
    struct reader reader = {fn, arg};

    return each_file(path, read_file, &reader, err);
}

/* From the first whole line on; NULL and err, or NULL alone when there is nothing. */
static char *slurp_end(const char *path, size_t bytes, size_t *len, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        else if (errno != ENOENT)
            err_set(err, ERR_DISK, "journal %s: cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    off_t from = st.st_size > (off_t)bytes ? st.st_size - (off_t)bytes : 0;
    size_t want = (size_t)(st.st_size - from);
    char *text = xcalloc(want + 1, 1);
    *len = 0;
    for (ssize_t n; *len < want; *len += (size_t)n)
        if ((n = pread(fd, text + *len, want - *len, from + (off_t)*len)) <= 0)
            break;
    close(fd);
    const char *newline = from ? memchr(text, '\n', *len) : NULL;
    if (newline) {
        *len -= (size_t)(newline + 1 - text);
        memmove(text, newline + 1, *len);
    }
    return text;
}

bool journal_read_end(const char *path, size_t bytes, journal_read_fn *fn, void *arg,
                      struct err *err)
{
    struct reader reader = {fn, arg};
    size_t len = 0;
    char *text = slurp_end(path, bytes, &len, err);

    if (text)
        read_file(&reader, path, text, len);
    free(text);
    return err->code == ERR_NONE;
}

static bool bad_line(struct journal_audit *out, uint64_t line, const char *what)
{
    out->bad_line = line;
    snprintf(out->what, sizeof out->what, "%s", what);
    return false;
}

bool journal_verify_text(const char *text, size_t len, struct journal_audit *out)
{
    const char *line = text, *end = text + len;

    for (uint64_t number = 1; line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *what = "";
        struct chain_link link = {0};
        if (!newline)
            return bad_line(out, number, "is torn: it has no end");
        if (!chain_read(line, (size_t)(newline - line), &link, &what))
            return bad_line(out, number, what);
        if (out->records == 0)
            out->first_seq = link.seq;
        else if (link.seq != out->first_seq + out->records)
            return bad_line(out, number, "has not the next number: records are missing");
        if ((out->records || link.seq == 1) && strcmp(link.prev, out->head) != 0)
            return bad_line(out, number, "does not follow the record before it");
        memcpy(out->head, link.hash, sizeof out->head);
        out->records++;
        line = newline + 1;
    }
    return true;
}

static bool verify_file(void *arg, const char *path, const char *text, size_t len)
{
    struct journal_audit *out = arg;

    if (journal_verify_text(text, len, out))
        return true;
    snprintf(out->bad_file, sizeof out->bad_file, "%s", path);
    return false;
}

bool journal_verify(const char *path, struct journal_audit *out, struct err *err)
{
    char *oldest = xasprintf("%s.%d", path, JOURNAL_KEEP);
    bool dropped = access(oldest, F_OK) == 0;

    free(oldest);
    *out = (struct journal_audit){0};
    if (!each_file(path, verify_file, out, err))
        return false;
    if (out->first_seq > 1 && !dropped && !out->bad_file[0]) {
        snprintf(out->bad_file, sizeof out->bad_file, "%s", path);
        bad_line(out, 1,
                 "the records before the oldest one are missing, and too few to be rotated away");
    }
    return true;
}
