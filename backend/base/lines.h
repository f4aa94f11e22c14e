/* lines.h: bytes of a program's output, cut into clean lines as they come.
 *
 * Colours (SGR sequences) are taken out and tabs become blanks; everything else that text_clean
 * does not let through is shown escaped. A line that is too long ends in "…". */
#ifndef LOCKSTEP_BASE_LINES_H
#define LOCKSTEP_BASE_LINES_H

#include <stddef.h>

enum lines_limit { LINES_MAX = 1000 }; /* bytes of one clean line */

struct lines;
/* A clean line without its end, borrowed; must not free the cutter. */
typedef void lines_fn(void *arg, const char *line);

struct lines *lines_new(lines_fn *fn, void *arg);
void lines_free(struct lines *lines); /* NULL is fine */
void lines_feed(struct lines *lines, const char *bytes, size_t len);
void lines_end(struct lines *lines); /* what came without an end is a line, too */

#endif
