/* script.h: keys that are pressed by themselves, for demos: `lockstep demo --script FILE`.
 *
 *   # seconds since the first picture, then a key by its word
 *   2.5  j
 *   4    S
 *   6    enter */
#ifndef LOCKSTEP_TUI_SCRIPT_H
#define LOCKSTEP_TUI_SCRIPT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum script_limit { SCRIPT_FILE_MAX = 256 * 1024, SCRIPT_SECONDS_MAX = 86400 };

struct script_press {
    int64_t at_ms;
    int key; /* enum key or a character */
};

struct script {
    struct script_press *presses; /* in order of time */
    size_t count, cap, next;
};

/* Errors say "file:line: what"; then the script is empty. */
bool script_parse(struct script *script, const char *text, size_t len, const char *file,
                  struct err *err);
bool script_load(struct script *script, const char *path, struct err *err);
void script_release(struct script *script); /* also: stop it */

/* When the next key is due; -1 when there is none. */
int64_t script_due_ms(const struct script *script);
/* The next key when it is due, else KEYCODE_NONE. */
int script_take(struct script *script, int64_t elapsed_ms);

#endif
