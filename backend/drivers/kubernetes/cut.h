/* cut.h: the API server's long bodies, cut into single objects as their bytes come. Pure.
 *
 * A list of 5,000 objects is never held as a whole: each item is parsed, handed out and gone. What
 * a body may cost is therefore the largest object in it, whatever the number of objects. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_CUT_H
#define LOCKSTEP_DRIVERS_KUBERNETES_CUT_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

enum cut_limit {
    CUT_OBJECT_MAX = 8 << 20, /* bytes of one object; the server itself refuses 3 MiB */
    CUT_REST_MAX = 1 << 16,   /* bytes of a list beside its items */
};

enum cut_kind {
    CUT_LIST,  /* one object; the elements of its "items" (or "rows") are handed out */
    CUT_WATCH, /* objects, one after the other */
};

struct cut;

/* One object, adopted. False with err ends the cutting. */
typedef bool cut_fn(void *arg, json_t *value, struct err *err);

/* `what` names the source in errors; borrowed. */
struct cut *cut_new(enum cut_kind kind, const char *what, cut_fn *fn, void *arg);
void cut_free(struct cut *cut); /* NULL is fine */
/* Bytes as they came, split anywhere. False and err when they are not what was expected. */
bool cut_feed(struct cut *cut, const char *bytes, size_t len, struct err *err);
/* No more bytes come. CUT_LIST: the list without its items, yours. CUT_WATCH: an empty object.
 * NULL and err (ERR_NETWORK) when they ended in the middle. */
json_t *cut_end(struct cut *cut, struct err *err);

#endif
