/* theme_check.h: is a theme readable? Pure.
 *
 * Contrast as WCAG 2.1 wants it (1.4.3, 1.4.11): 4.5:1 for whatever is
 * read, 3:1 for bars and borders, at truecolor and at 256 colours, the selected row included.
 * Colours that are the terminal's own are not known, and said so. */
#ifndef LOCKSTEP_TUI_THEME_CHECK_H
#define LOCKSTEP_TUI_THEME_CHECK_H

#include "theme.h"

struct theme_finding {
    bool bad;       /* false: worth knowing only */
    char text[160]; /* one sentence */
};

/* At most `max` findings; returns how many there are. */
size_t theme_check(const struct theme *theme, struct theme_finding *out, size_t max);

#endif
