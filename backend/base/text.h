/* text.h: the entrance for text from outside.
 *
 * Everything a cluster, a file or another program says passes text_clean once,
 * where it enters; what is behind it (model, guard, views, verbs) holds only
 * clean UTF-8. What clean means: valid UTF-8; no C0, DEL or C1 (they become
 * \xNN); no bidirectional, zero-width, tag or private-use characters (they become
 * <U+NNNN>); at most two combining marks in a row; a length ceiling. */
#ifndef LOCKSTEP_BASE_TEXT_H
#define LOCKSTEP_BASE_TEXT_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

enum text_limit {
    TEXT_NAME_MAX = 253,     /* names of objects, nodes, versions */
    TEXT_MESSAGE_MAX = 1024, /* reasons and messages */
};

/* Returns a clean copy in the arena, never NULL; longer results end in "…" and stay <= max bytes.
 */
const char *text_clean(struct arena *arena, const char *bytes, size_t len, size_t max);
/* The same into a caller's buffer of `size` bytes (NUL included); returns out. */
char *text_clean_into(char *out, size_t size, const char *bytes, size_t len);
/* True when text_clean would return it unchanged. */
bool text_is_clean(const char *text);
/* May this character be shown, behind another one? Of text_next's U+FFFD that is not the question.
 */
bool text_is_shown(unsigned codepoint);

/* Cells a clean UTF-8 text takes on a terminal (wide characters count 2, combining marks 0). */
size_t text_width(const char *text);
/* Decodes one character; returns its bytes (>= 1), U+FFFD for invalid input. */
size_t text_next(const char *bytes, size_t len, unsigned *codepoint);
int text_codepoint_width(unsigned codepoint); /* 0, 1 or 2 */

#endif
