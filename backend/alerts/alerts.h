/* alerts.h: the alarms that a watch knows and what every sink was told of them.
 *
 * Bounded: what is over and told everywhere is forgotten after a while; when the book is full of
 * what is not, new alarms are counted as dropped and come in as soon as there is room, if they are
 * still open then. */
#ifndef LOCKSTEP_ALERTS_ALERTS_H
#define LOCKSTEP_ALERTS_ALERTS_H

#include "alerts/alert.h"
#include "alerts/settings.h"

enum alerts_limit {
    ALERTS_MAX = 1024,
    ALERTS_SINKS_MAX = WATCH_SINKS_MAX + 1,
    ALERTS_KEEP_MS = 3600000, /* what is over is remembered for so long, for other watches */
    ALERTS_TEXT_MAX = 8 << 20,
    SINK_NEVER_MS = 1 << 30, /* said so long ago that it is said again */
};

/* What one sink knows of one alarm. */
struct delivery {
    int said;    /* 0, ALERT_OPENED or ALERT_RESOLVED */
    int sending; /* the event under way, 0: none */
    unsigned tries;
    int64_t said_ms; /* of the loop's clock */
};

struct incident {
    struct alert alert;
    bool carried;       /* known from before; what runs has not shown it here yet */
    int64_t known_ms;   /* known here since then; carried: looked for since then */
    uint64_t seen;      /* the look that showed it last */
    char hand[ID_TEXT]; /* the service's last action through lockstep when it was seen */
    int shared;         /* how far the record in the cluster knows it: 0 or an event */
    struct delivery to[ALERTS_SINKS_MAX];
};

struct alerts {
    struct incident **items; /* oldest first */
    size_t count, cap;
    const char *sinks[ALERTS_SINKS_MAX]; /* names, borrowed; [0] is stdout */
    size_t sink_count;
    bool dirty; /* differs from what was saved */
    uint64_t dropped;
};

void alerts_release(struct alerts *book);
/* The open one of the same key, or NULL. */
struct incident *alerts_find_open(const struct alerts *book, const struct alert *key);
struct incident *alerts_find_id(const struct alerts *book, const char *id);
/* NULL, and counted, when there is no room. `id` "": it gets one. */
struct incident *alerts_add(struct alerts *book, const struct alert *alert, int64_t now_ms);
/* ALERT_OPENED or ALERT_RESOLVED: what there is to be said of it. */
int incident_event(const struct incident *incident);
/* Nothing is left to be told to anybody. */
bool alerts_is_told(const struct alerts *book, const struct incident *incident);
/* Forgets what is over, told and old. */
void alerts_forget(struct alerts *book, int64_t utc_ms);

/* The book as text: {"schema":1,"holder":ID,"alarms":[…]}. */
char *alerts_write(const struct alerts *book, const char *holder);
/* Reads it into an empty book; everything in it is carried. False: `err`, and what was good is
 * there. */
bool alerts_read(struct alerts *book, const char *text, size_t len, int64_t now_ms, char *holder,
                 struct err *err);

#endif
