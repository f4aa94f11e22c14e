/* filter.h: which rows, nodes or events are shown: "stuck cluster=prod !cart".
 *
 * Terms are separated by blanks and all must hold. A term is a POSIX extended
 * regular expression (case-insensitive); `!` in front turns it round; `key=` looks at
 * one field only: cluster, service, state, version, by, node, kind, marked. What a list has not
 * (a node is by nobody) matches nothing. */
#ifndef LOCKSTEP_TUI_VIEWS_FILTER_H
#define LOCKSTEP_TUI_VIEWS_FILTER_H

#include "view.h"

#include <regex.h>

enum filter_limit { FILTER_TERMS_MAX = 8, FILTER_PLUSES_MAX = 4 };

enum filter_field {
    FILTER_ANY,
    FILTER_CLUSTER,
    FILTER_SERVICE,
    FILTER_STATE,
    FILTER_VERSION,
    FILTER_BY,
    FILTER_NODE,
    FILTER_KIND,
    FILTER_MARKED,
    FILTER_FIELD_COUNT
};
extern const char *const filter_field_word[FILTER_FIELD_COUNT]; /* "", "cluster", … */

struct filter_term {
    enum filter_field field;
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
bool filter_holds(const struct filter *filter, const struct screen *screen,
                  const struct frame *frame, const struct row *row);
/* For lists of something else: `fits` says whether one thing has what one term looks for, `!`
 * aside, with filter_fits for its texts. */
typedef bool filter_try(const struct filter_term *term, const void *thing);
bool filter_passes(const struct filter *filter, filter_try *fits, const void *thing);
bool filter_fits(const struct filter_term *term, const char *text);
void filter_release(struct filter *filter);

#endif
