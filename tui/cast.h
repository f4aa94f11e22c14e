/* cast.h: pictures as an asciicast, version 2 or 3, the way asciinema plays it: JSON lines of times
 * and bytes for a terminal. The same pictures give the same bytes. */
#ifndef LOCKSTEP_TUI_CAST_H
#define LOCKSTEP_TUI_CAST_H

#include "theme.h"

#include <stdio.h>

struct cast;

/* Begins it in `out` (borrowed); `began_utc_ms` and `title` are for its head. */
struct cast *cast_new(FILE *out, bool v3, int width, int height, int64_t began_utc_ms,
                      const char *title);
/* What differs from the picture before; nothing when nothing does. */
void cast_picture(struct cast *cast, int64_t at_ms, const struct canvas *canvas,
                  const struct theme *theme);
void cast_mark(struct cast *cast, int64_t at_ms, const char *text);
/* Ends it; the file stays open. */
void cast_free(struct cast *cast, int64_t at_ms);

#endif
