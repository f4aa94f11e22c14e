/* file.c: see file.h. */
#include "base/file.h"

#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "the script /x", the path clean. */
static char *name_of(const char *what, const char *path)
{
    char clean[200];

    text_clean_into(clean, sizeof clean, path, strlen(path));
    return xasprintf("%s%s%s", what, what[0] ? " " : "", clean);
}

/* For all of it and the byte behind it that tells the end, as far as is known: not for all that it
 * might be, which calloc may have to clear. At most max + 1. */
static size_t room_for(int fd, size_t max)
{
    struct stat st;
    size_t size = 4096;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        size = (size_t)st.st_size + 1;
    return size <= max ? size : max + 1;
}

/* Twice the room; no copy of a secret is left behind. */
static char *enlarge(char *bytes, size_t *room, size_t max)
{
    size_t more = *room <= max / 2 ? *room * 2 : max + 1;
    char *larger = xcalloc(more + 1, 1);

    memcpy(larger, bytes, *room);
    explicit_bzero(bytes, *room);
    free(bytes);
    *room = more;
    return larger;
}

char *file_read_open(int fd, const char *what, const char *path, size_t max, size_t *len,
                     struct err *err)
{
    size_t room = room_for(fd, max), have = 0;
    char *bytes = xcalloc(room + 1, 1), *name = name_of(what, path);
    ssize_t got = fd < 0 ? -1 : 1;

    while (got > 0 && have <= max) {
        if (have == room)
            bytes = enlarge(bytes, &room, max);
        do
            got = read(fd, bytes + have, room - have);
        while (got < 0 && errno == EINTR);
        have += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        err_set(err, ERR_CONFIG, "cannot read %s: %s", name, strerror(errno));
    else if (have > max)
        err_set(err, ERR_CONFIG, "%s is larger than %zu bytes", name, max);
    free(name);
    if (got < 0 || have > max) {
        explicit_bzero(bytes, have);
        free(bytes);
        return NULL;
    }
    *len = have;
    return bytes;
}

char *file_read(const char *what, const char *path, size_t max, size_t *len, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = file_read_open(fd, what, path, max, len, err);

    if (fd >= 0)
        close(fd);
    return bytes;
}

char *file_read_token(const char *path, struct err *err)
{
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not keep us waiting */
    char *token = file_read_open(fd, "the token", path, FILE_TOKEN_MAX, &len, err);

    if (fd >= 0)
        close(fd);
    if (!token)
        return NULL;
    token[strcspn(token, "\r\n")] = '\0';
    size_t start = strspn(token, " \t"), end = strlen(token);
    while (end > start && strchr(" \t", token[end - 1]))
        end--;
    memmove(token, token + start, end - start);
    explicit_bzero(token + end - start, len + 1 - (end - start));
    if (token[0])
        return token;
    free(token);
    char *name = name_of("the token", path);
    err_set(err, ERR_CONFIG, "%s is empty", name);
    free(name);
    return NULL;
}
