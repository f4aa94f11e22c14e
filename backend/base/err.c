/* err.c: errors as values, and the one way to give up. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*fatal_hook)(void);

static void blank_controls(char *text)
{
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (err->code != ERR_NONE)
        return false;
    va_list ap;
    va_start(ap, fmt);
    err->code = code;
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    blank_controls(err->text);
    return false;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
    char old[sizeof err->text], head[sizeof err->text];
    va_list ap;

    memcpy(old, err->text, sizeof old);
    va_start(ap, fmt);
    vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    int n = snprintf(err->text, sizeof err->text, "%s: ", head);
    if (n > 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, "%s", old);
    blank_controls(err->text);
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
