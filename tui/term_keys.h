/* term_keys.h: what curses reads from a terminal, as keys of ours: pasted text is one key, an
 * escape sequence that nobody knows is none. Private to term.c. */
#ifndef LOCKSTEP_TUI_TERM_KEYS_H
#define LOCKSTEP_TUI_TERM_KEYS_H

#include "term.h"

struct term_keys {
    bool in_paste;
    int64_t paste_ms; /* when something of it came last */
    char utf8[4];     /* the beginning of a character */
    size_t utf8_len;
    enum { ESCAPE_NONE, ESCAPE_SEEN, ESCAPE_CSI, ESCAPE_SS3 } escape;
};

/* Sequences that terminals send whatever their terminfo entry says; once curses runs. */
void term_keys_define(void);
/* Before what was typed until now is taken. */
void term_keys_begin(struct term_keys *keys);
/* One code of curses; `out` has `count` keys of this time and room for one more. The new count. */
size_t term_keys_take(struct term_keys *keys, int code, struct term_key *out, size_t count);

#endif
