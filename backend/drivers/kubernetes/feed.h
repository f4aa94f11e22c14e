/* feed.h: one kind of object, listed and then watched for as long as it is wanted.
 *
 * Where the server offers it (WatchList), the list is the beginning of the watch: nothing is put
 * together for it on either side. Where it does not, or such a beginning fails, it comes in pages.
 *
 * It goes on by itself through everything that ends a watch: an end in time, a cut in the middle
 * of a line, 410 as a status or as an event, 429, 401. What is told is told again after a new list:
 * the receiver compares. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_FEED_H
#define LOCKSTEP_DRIVERS_KUBERNETES_FEED_H

#include "drivers/kubernetes/api.h"

struct feed;

enum feed_state {
    FEED_LISTING,   /* the first time, or again */
    FEED_WATCHING,  /* what was told is what is there */
    FEED_FAILING,   /* waits before it tries again; feed_error says why */
    FEED_FORBIDDEN, /* 403: asked again now and then */
    FEED_ABSENT,    /* 404: the server knows no such kind (yet) */
};

struct feed_ops {
    /* Seen or changed; borrowed. `round` counts lists. */
    void (*put)(void *arg, const json_t *object, unsigned round);
    void (*drop)(void *arg, const json_t *object); /* deleted: its last state */
    void (*listed)(void *arg, unsigned round);     /* what was not put in this round is gone */
    void (*changed)(void *arg, enum feed_state state);
};

/* `path` without query; `selector`: more of the query, escaped, or "". Both are copied. */
struct feed *feed_new(struct kube *kube, const char *path, const char *selector,
                      const struct feed_ops *ops, void *arg);
void feed_free(struct feed *feed); /* NULL is fine; not inside put and drop */
enum feed_state feed_state(const struct feed *feed);
bool feed_listed(const struct feed *feed); /* at least once, or it cannot be */
const struct err *feed_error(const struct feed *feed);
/* When it last heard anything, or -1; since when it fails, or -1. */
int64_t feed_heard_ms(const struct feed *feed);
int64_t feed_failing_ms(const struct feed *feed);
/* The server answers again: what failed is tried now, unless the server itself said when. */
void feed_hurry(struct feed *feed);
/* Nothing came for too long: begins the watch anew. */
void feed_restart(struct feed *feed);

#endif
