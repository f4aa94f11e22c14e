/* follow.h: streaming facts; private to this folder. */
#ifndef LOCKSTEP_DRIVERS_SWARM_FOLLOW_H
#define LOCKSTEP_DRIVERS_SWARM_FOLLOW_H

#include "drivers/swarm/look.h"

/* One service or node as it was told to the sink. */
struct told {
    char *id, *name;
    uint64_t hash;
};

struct told_table {
    struct told *rows; /* sorted by id */
    size_t count;
};

struct follow {
    struct swarm *swarm;
    struct told_table services, nodes;
    char focus[160];
    enum cluster_state state;
    bool told_state, synced;
    /* looking */
    bool looking, again;
    struct loop_timer *timer;
    int64_t looked_ms, backoff_ms;
    /* the event stream */
    struct http_request *stream;
    char *line;
    size_t line_len, line_cap;
    bool skip_line;
};

/* deliver.c: tells the sink what is new in this view. */
void follow_deliver(struct follow *follow, const struct swarm_view *view);
void told_free(struct told_table *table);

/* events.c */
void follow_open_stream(struct follow *follow);
void follow_close_stream(struct follow *follow);

/* follow.c: looks soon, because something happened. */
void follow_wake(struct follow *follow);

#endif
