/* watch.h: `lockstep watch` without its command line: frames in, deliveries out.
 *
 * Everything runs on one loop. With an engine on a thread of its own that loop is the caller's, and
 * neither a sink nor the disk can keep the engine from looking; in tests it may be the engine's.
 *
 * What is promised to a sink that is shared (not stdout), for every alarm that one watch of its
 * context saw open and lived on to tell:
 *  - it is told opened, then resolved, each at least once;
 *  - each exactly once, unless a watch died, or could not reach the context's store, between the
 *    answer of the sink and the record of it; or the sink's answer was lost; or the store did not
 *    answer for LEASE_ALONE_MS or is none that may be written and there is more than one watch.
 *    What comes twice has the same id and event;
 *  - another watch takes over at most LEASE_MS + 2 * LEASE_BEAT_MS after the last beat. */
#ifndef LOCKSTEP_ALERTS_WATCH_H
#define LOCKSTEP_ALERTS_WATCH_H

#include "alerts/alerts.h"
#include "alerts/lease.h"
#include "alerts/sink.h"

struct watch;

/* A sink that the settings do not know, for tests. */
struct watch_sink {
    const struct sink_ops *ops;
    const char *name;
    void *arg;
};

struct watch_env {
    struct engine *engine;
    struct loop *loop;
    const struct watch_settings *settings; /* outlives the watch */
    const char *const *contexts;
    size_t context_count;
    const char *spool; /* NULL: nothing is kept across restarts */
    int out;
    bool json;
    int64_t unknown_ms, silent_ms; /* of the policy: how long such an alarm needs to come back */
    void (*say)(void *arg, const char *text); /* a line about the watch itself; may be NULL */
    void *arg;
    const struct watch_sink *scripted;
    size_t scripted_count;
};

/* NULL and err when a sink cannot be what the settings say. A spool that cannot be used is said and
 * done without. */
struct watch *watch_new(const struct watch_env *env, struct err *err);
void watch_free(struct watch *watch, bool engine_gone);

/* The newest frame; frames may be left out. */
void watch_look(struct watch *watch, const struct frame *frame);
/* Gives every lease back; true when that is done. */
bool watch_leave(struct watch *watch);

/* For metrics. */
struct watch_sink_stats {
    const char *name;
    uint64_t delivered, failed;
    size_t pending; /* events not told yet */
};
size_t watch_stats(const struct watch *watch, struct watch_sink_stats *out, size_t max);
const struct alerts *watch_alerts(const struct watch *watch);
/* LEASE_ALONE for a context that is not watched. */
enum lease_state watch_lease(const struct watch *watch, const char *context);
struct loop *watch_loop(const struct watch *watch);
/* The last frame seen, borrowed; NULL before the first. */
const struct frame *watch_frame(const struct watch *watch);

#endif
