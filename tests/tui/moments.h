/* moments.h: what a screen showed while it was recorded, and what the recording shows then. */
#ifndef LOCKSTEP_TESTS_TUI_MOMENTS_H
#define LOCKSTEP_TESTS_TUI_MOMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deck;
struct engine;
struct frame;

struct moment {
    const char *after; /* what was done before it */
    int64_t at_ms;     /* of the engine's clock */
    int64_t utc_ms;
    char *text; /* every view of the first services, one under the other */
};

/* The frame as of that moment at 100x60: the fleet, and all views of the first services; yours.
 * still: without the age of the data, which a recording knows to a tenth of a second. */
char *moment_draw(const struct frame *frame, int64_t now_ms, bool still);
/* The frame as it is, at the time it was made. */
struct moment moment_take(struct engine *engine, const char *after);
/* What the deck shows then; the deck stands there. Yours. */
char *moment_again(struct deck *deck, int64_t at_ms, bool still);
/* Fails the test, with the first line that differs, unless both say the same. */
void moment_same(const char *what, int64_t at_ms, const char *live, const char *recorded);

/* Each of them in the recording at path, on and then back; fails the test where it shows something
 * else. Returns its marks, a line each, yours. */
char *moments_same(const char *path, const struct moment *moments, size_t count);

#endif
