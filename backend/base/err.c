/* err.c: errors as values, and the one way to give up. */
#define ERR_SET_HERE
#include "base/err.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*fatal_hook)(void);

/* Line ends become blanks; everything else that may not be shown is marked, because words of
 * libraries and engines come through here. A text that was cut ends in a whole character. */
static void store(struct err *err, char *raw)
{
    for (char *p = raw; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\t')
            *p = ' ';
    text_clean_into(err->text, sizeof err->text, raw, strlen(raw));
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err->code != ERR_NONE)
        return false;
    char raw[2 * sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    err->code = code;
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    store(err, raw);
    return false;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    char head[sizeof err->text], raw[2 * sizeof err->text + 2];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    snprintf(raw, sizeof raw, "%s: %s", head, err->text);
    store(err, raw);
}

const char *err_word(enum err_code code)
{
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_USAGE:
        return "usage";
    case ERR_CONFIG:
        return "config";
    case ERR_AUTH:
        return "auth";
    case ERR_NETWORK:
        return "network";
    case ERR_CONFLICT:
        return "conflict";
    case ERR_NOT_FOUND:
        return "not-found";
    case ERR_REJECTED:
        return "rejected";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_PROTOCOL:
        return "protocol";
    case ERR_DISK:
        return "disk";
    case ERR_LIMIT:
        return "limit";
    case ERR_UNKNOWN:
        return "unknown";
    case ERR_CODE_COUNT:
        break;
    }
    return "invalid";
}

void fatal_set_hook(void (*hook)(void))
{
    fatal_hook = hook;
}

void fatal(const char *fmt, ...)
{
    va_list ap;

    if (fatal_hook)
        fatal_hook();
    fputs("lockstep: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}
