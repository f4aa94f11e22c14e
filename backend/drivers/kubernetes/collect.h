/* collect.h: everything of one list, by a consistent read, page by page. Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_COLLECT_H
#define LOCKSTEP_DRIVERS_KUBERNETES_COLLECT_H

#include "drivers/kubernetes/api.h"

enum { COLLECT_MAX = 20000 }; /* objects */

/* An object of the list; it may be changed and kept (one reference is the receiver's). */
typedef void collect_item_fn(void *arg, json_t *item);
/* All were handed out, or err. Runs once, never inside the call. */
typedef void collect_fn(void *arg, const struct err *err);

struct collect {
    const char *what;     /* "listing pods", borrowed */
    const char *path;     /* without query */
    const char *selector; /* more of the query, escaped, or "" */
    collect_item_fn *item;
    collect_fn *done;
    void *arg;
    size_t most; /* objects at most; 0: COLLECT_MAX */
};
void collect_start(struct kube *kube, const struct collect *list);

#endif
