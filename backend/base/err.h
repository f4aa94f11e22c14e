/* err.h: errors as values.
 *
 * The code says what the reader should do; the text is one sentence a stranger
 * can act on: what was done, to what, what was expected, what was found. */
#ifndef LOCKSTEP_BASE_ERR_H
#define LOCKSTEP_BASE_ERR_H

#include <stdbool.h>

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_USE               __attribute__((warn_unused_result))

enum err_code {
    ERR_NONE,
    ERR_USAGE,       /* the command line is wrong: read --help */
    ERR_CONFIG,      /* the user's file is wrong: fix the file */
    ERR_AUTH,        /* the cluster said no: log in, or ask for the permission named */
    ERR_NETWORK,     /* could not be reached, or the answer was lost: retrying may help */
    ERR_CONFLICT,    /* somebody else changed it first: look again, never retry blindly */
    ERR_NOT_FOUND,   /* the object is not there */
    ERR_REJECTED,    /* the engine understood and refused; its own words are in the text */
    ERR_UNSUPPORTED, /* this engine or driver cannot do that */
    ERR_PROTOCOL,    /* the answer was not understood: report it */
    ERR_DISK,        /* a local file could not be written or trusted */
    ERR_LIMIT,       /* a named ceiling was reached */
    ERR_UNKNOWN,     /* the outcome is not known: `lockstep status` settles it */
    ERR_CODE_COUNT
};

/* By value, on the caller's stack, nothing to free. A zeroed one means "no error". */
struct err {
    enum err_code code;
    char text[400]; /* one sentence, no newline, sanitized, ready to show */
};

/* Sets *err unless it already holds an error (the first error wins). Control
 * bytes in the result are replaced. Always returns false, so that a function can
 * end in `return err_set(err, ERR_CONFIG, "…")`. */
#if defined __clang_analyzer__ && !defined ERR_SET_HERE
/* Static analysis sees one file at a time; it must know that the answer is always false. */
void err_set_elsewhere(struct err *err, enum err_code code, const char *fmt, ...);
#define err_set(...) (err_set_elsewhere(__VA_ARGS__), false)
#else
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
#endif

/* Puts context in front of the text: "reading config: no such file". */
void err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* NULL says that all went well, as one without an error does. */
static inline bool err_failed(const struct err *err)
{
    return err && err->code != ERR_NONE;
}

/* The word used in JSON and logs: "network", "conflict", … Never NULL. */
const char *err_word(enum err_code code);

/* Out of memory and our own bugs. Runs the hook (which gives the terminal back),
 * prints one line to stderr and aborts. */
_Noreturn void fatal(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* The hook must be async-signal-safe. NULL removes it. */
void fatal_set_hook(void (*hook)(void));

#endif
