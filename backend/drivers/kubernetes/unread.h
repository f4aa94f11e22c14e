/* unread.h: objects that were heard of and cannot be read. They are not shown, but never just
 * missing: the cluster says how many are left out, and why. Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_UNREAD_H
#define LOCKSTEP_DRIVERS_KUBERNETES_UNREAD_H

#include "base/err.h"
#include "drivers/kubernetes/map.h"

#include <jansson.h>

/* Of one source. Zeroed: none. */
struct unread {
    struct map objects;
    struct err why; /* of the last one */
};

/* True from all of them: the number changed. */
bool unread_put(struct unread *unread, const json_t *object, unsigned round, const struct err *why);
bool unread_drop(struct unread *unread, const json_t *object); /* it can be read, or is gone */
bool unread_sweep(struct unread *unread, unsigned round); /* those that were not seen in it are */
void unread_release(struct unread *unread);

#endif
