/* lines.c: see lines.h. */
#include "base/lines.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { RAW_MAX = 4096, TAB = 8 }; /* bytes of a line that are looked at */

struct lines {
    lines_fn *fn;
    void *arg;
    size_t len;
    char raw[RAW_MAX];
};

struct lines *lines_new(lines_fn *fn, void *arg)
{
    struct lines *lines = xcalloc(1, sizeof *lines);

    lines->fn = fn;
    lines->arg = arg;
    return lines;
}

void lines_free(struct lines *lines)
{
    free(lines);
}

/* Bytes of a colour sequence at the beginning of the text, 0: it is none. */
static size_t colour_len(const char *text, size_t len)
{
    size_t i = 2;

    if (len < 3 || text[0] != '\x1b' || text[1] != '[')
        return 0;
    while (i < len && strchr("0123456789;:", text[i]) && text[i])
        i++;
    return i < len && text[i] == 'm' ? i + 1 : 0;
}

static void tell(struct lines *lines)
{
    char plain[RAW_MAX + TAB], clean[LINES_MAX + 1];
    size_t used = 0, len = lines->len;

    if (len > 0 && lines->raw[len - 1] == '\r')
        len--;
    for (size_t i = 0; i < len && used < RAW_MAX;) {
        size_t colour = colour_len(lines->raw + i, len - i);
        if (colour) {
            i += colour;
        } else if (lines->raw[i] == '\t') {
            do
                plain[used++] = ' ';
            while (used % TAB);
            i++;
        } else {
            plain[used++] = lines->raw[i++];
        }
    }
    lines->fn(lines->arg, text_clean_into(clean, sizeof clean, plain, used));
}

static void end_line(struct lines *lines)
{
    tell(lines);
    lines->len = 0;
}

void lines_feed(struct lines *lines, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len, room = RAW_MAX - lines->len;
        size_t kept = part < room ? part : room;
        memcpy(lines->raw + lines->len, bytes, kept);
        lines->len += kept;
        if (end) {
            end_line(lines);
            part++;
        }
        bytes += part;
        len -= part;
    }
}

void lines_end(struct lines *lines)
{
    if (lines->len > 0)
        end_line(lines);
}
