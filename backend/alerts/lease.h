/* lease.h: which of several watches of one context speaks to receivers that everybody shares.
 *
 * One record per context, in its own store, written by compare-and-swap (shared.h). Whoever holds
 * it writes a beat every LEASE_BEAT_MS; who sees no new beat for LEASE_MS of its own clock takes it
 * over. The holder begins no delivery that could end after its lease. Where there is no store that
 * may be written, and where it has not answered for LEASE_ALONE_MS, each watch speaks for itself:
 * better twice than never. */
#ifndef LOCKSTEP_ALERTS_LEASE_H
#define LOCKSTEP_ALERTS_LEASE_H

#include "alerts/alerts.h"
#include "base/loop.h"
#include "engine.h"

enum lease_limit {
    LEASE_BEAT_MS = 5000,
    LEASE_MS = 20000, /* more than SINK_TIME_MS and two beats */
    LEASE_ALONE_MS = 60000,
};

enum lease_state { LEASE_WAITS, LEASE_FOLLOWS, LEASE_LEADS, LEASE_ALONE };

struct lease;
struct lease_env {
    struct engine *engine;
    struct loop *loop;
    struct alerts *book;
    const char *context;
    const char *id;                                    /* of this watch */
    void (*changed)(void *arg);                        /* there may be something to deliver now */
    void (*took_over)(void *arg, const char *context); /* from another watch, just now */
    void (*leads)(void *arg, const char *context, bool leads); /* changed: it speaks, or another */
    void *arg;
};

struct lease *lease_new(const struct lease_env *env);
/* Answers on their way are dropped. After `engine_gone` none can come. */
void lease_free(struct lease *lease, bool engine_gone);
/* This context was heard just now: only then is there something to speak about. */
void lease_heard(struct lease *lease, bool live);
/* Something of this context changed in the book. */
void lease_touch(struct lease *lease);
/* May this be told now to a receiver that is shared, and was told `said` of it before? Who told
 * alone that something began, unknown to the others, tells alone that it is over. */
bool lease_allows(const struct lease *lease, const struct incident *incident, int event, int said);
enum lease_state lease_state(const struct lease *lease);
/* Gives it back, for the next one to take at once; true when that is done or there is nothing. */
bool lease_give_back(struct lease *lease);

#endif
