/* watch_private.h: what the files of watch share. */
#ifndef LOCKSTEP_ALERTS_WATCH_PRIVATE_H
#define LOCKSTEP_ALERTS_WATCH_PRIVATE_H

#include "alerts/spool.h"
#include "alerts/watch.h"

struct watched {
    const char *name;
    struct lease *lease;
    int64_t live_ms; /* heard last; of the loop's clock */
    bool live;
};

struct outlet {
    struct watch *watch;
    struct sink *sink;
    const char *name;
    size_t index; /* in the book's sinks */
    bool busy;
    bool one_by_one; /* a batch was rejected: whose fault it was is found out */
    unsigned tries;
    int64_t next_ms;
    size_t under_way; /* alarms of the delivery that is */
    uint64_t delivered, failed;
};

struct watch {
    struct watch_env env;
    struct alerts book;
    struct spool *spool;
    bool spool_failed;
    char id[ID_TEXT]; /* of this watch, kept in the spool */
    struct watched *contexts;
    struct outlet outlets[ALERTS_SINKS_MAX];
    size_t outlet_count;
    struct loop_timer *timer;
    const struct frame *frame;
    uint64_t looks;
    int64_t looked_utc_ms; /* when the frame before was made; 0 none */
};

/* watch.c */
void watch_say(struct watch *watch, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct watched *watch_context(const struct watch *watch, const char *name);
/* Something of this alarm has to be written down and told. */
void watch_changed(struct watch *watch, struct incident *incident);

/* look.c: from frames to the book; watch_look */

/* deliver.c: from the book to the sinks */
void watch_pump(struct watch *watch);
void watch_pump_soon(struct watch *watch);

#endif
