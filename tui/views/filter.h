/* filter.h: which rows are shown: "stuck cluster=prod !cart".
 *
 * Terms are separated by blanks and all must hold. A term is a POSIX extended
 * regular expression (case-insensitive); `!` in front turns it round; `key=` looks at
 * one field only: cluster, service, state, version, by, node. */
#ifndef LOCKSTEP_TUI_VIEWS_FILTER_H
#define LOCKSTEP_TUI_VIEWS_FILTER_H

#include "frame.h"

#include <regex.h>

enum filter_limit { FILTER_TERMS_MAX = 8, FILTER_PLUSES_MAX = 4 };

struct filter_term {
    unsigned char field;
    bool invert;
    regex_t regex;
};

struct filter {
    struct filter_term terms[FILTER_TERMS_MAX];
    size_t count;
    char complaint[120]; /* what is wrong with it, or "" */
};

/* False when it is not understood: then it holds nothing back, and says why. */
bool filter_parse(struct filter *filter, const char *text);
bool filter_holds(const struct filter *filter, const struct frame *frame, const struct row *row);
void filter_release(struct filter *filter);

#endif
