/* wire.h: requests between a driver and the simulated cluster; private to this folder.
 *
 * A request lives in the cluster, not in the driver: what was sent arrives even when
 * the one who sent it is gone. Callers hold sim->lock. */
#ifndef LOCKSTEP_DRIVERS_SIM_WIRE_H
#define LOCKSTEP_DRIVERS_SIM_WIRE_H

#include "drivers/driver.h"
#include "drivers/sim/world.h"

enum wire_limit {
    WIRE_TIMEOUT_MS = 2000, /* without an answer for so long a write is unknown */
    WIRE_SETTLE_MS = 3000,  /* where there is no fence: after that nothing arrives any more */
    WIRE_RETRY_MS = 500,
    WIRE_READ_TRIES = 8,
};

enum request_kind {
    REQUEST_READ,
    REQUEST_ACT,
    REQUEST_FENCE,
    REQUEST_LEDGER_GET,
    REQUEST_LEDGER_PUT,
    REQUEST_LEDGER_LIST,
    REQUEST_PERMISSIONS,
    REQUEST_HISTORY,
};

union request_fn {
    driver_read_fn *read;
    driver_act_fn *act;
    driver_ledger_fn *ledger;
    driver_list_fn *list;
    driver_permissions_fn *permissions;
    driver_history_fn *history;
};

struct request {
    struct request *next;      /* of all */
    struct request *inbox;     /* answered, in order of answers */
    struct sim_driver *driver; /* NULL: closed meanwhile */
    unsigned refs;             /* events that will look at it, and the inbox */
    enum request_kind kind;
    bool answered, computed;
    bool focus, overtaken, forbidden, denied;
    unsigned tries;
    char cluster[64];
    char object[256]; /* service id or ledger key */
    char expected[96];
    char *text;
    struct action action;
    char back_artifact[512]; /* VERB_ROLLBACK: what ran before */
    union request_fn fn;
    void *arg;
    /* the answer */
    struct err err;
    char revision[24];
    char *got;
    const char **keys;
    size_t key_count;
    const struct service *service;
    struct arena *past_arena;
    const struct past *pasts;
    size_t past_count;
};

struct sim_driver {
    struct driver base;
    struct driver_caps caps;
    struct sim *sim;
    struct sim_driver *next; /* of the same cluster */
    char who[32];
    char focus[160];
    bool following, closed;
    unsigned depth; /* of callbacks */
    struct request *inbox, **inbox_tail;
    /* what it has told its sink */
    enum cluster_state state;
    bool told_why, synced, *told_services;
    uint64_t seen, news_seen;
    int64_t heard_ms, beat_ms, facts_ms; /* facts_ms: when to look for changes; 0 none */
    /* waking */
    int pipe[2];
    bool signaled;
    int64_t armed_ms; /* -1: no timer */
    struct loop_fd *watch;
    struct loop_timer *timer;
    struct sim_log *log; /* NULL: nobody reads one */
};

void sim_lock(struct sim *sim);   /* and advances to now */
void sim_unlock(struct sim *sim); /* and wakes every driver that has something to fetch */
void sim_drop_requests(struct sim *sim);
/* It knows already that nothing answers: no change reaches it, and its beat tells how long. */
bool sim_is_cut(const struct sim *sim, const struct sim_driver *driver);
/* A write that was applied: a new revision and, with a mark, its mark. */
void sim_stamp(struct sim *sim, struct sim_service *service, const char *mark, const char *by);

/* facts.c: one service as a driver hands it out, sealed, one reference. `focus`: with instances. */
const struct service *sim_facts(struct sim *sim, const struct sim_service *service,
                                const char *cluster, bool focus);
struct node sim_node_facts(const struct sim_node *node, const char *cluster);

struct request *wire_request(struct sim_driver *driver, enum request_kind kind, void *arg);
void wire_send(struct request *request);
/* metrics.c: the measure slot. Takes the lock itself. */
bool sim_measure(struct driver *base, const struct driver_measure *ask, double *values,
                 struct err *err);
void wire_forget_driver(struct sim_driver *driver);
void wire_release(struct sim *sim, struct request *request);

/* past.c: what an earlier lockstep left in the ledger. */
void sim_build_record(struct sim *sim, const struct sim_service *service);
/* What the cluster still knows of the releases of before: the last one of each service. */
const struct past *sim_pasts(struct sim *sim, const char *cluster, struct arena *arena,
                             size_t *count);

/* act.c: takes over the text. */
struct sim_record *sim_store_put(struct sim *sim, const char *key, char *text);
/* act.c: does what the request says, when it arrives; fills the answer. */
void act_apply(struct sim *sim, struct request *request);

/* plan.c */
bool sim_plan(struct driver *driver, const struct service *service, const json_t *memo,
              struct action *action, json_t **new_memo, struct err *err);
bool sim_settled(struct driver *driver, const struct service *service, const struct action *action);
/* Number of instances on the new version that write `action->write` asks for. */
uint32_t sim_write_target(const struct action *action);

/* stream.c: what one turn tells the sink. */
void stream_deliver(struct sim_driver *driver); /* without the lock */

/* story.c: what a scenario does by itself: at its times, and when the ledger says something. */
void sim_story_begin(struct sim *sim);
void sim_story_heard(struct sim *sim, const char *record);

/* log.c */
void sim_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink);
void sim_drop_log(struct sim_driver *driver);

/* fault.c */
/* The fault that meets this write, if any: armed ones first, then chance. SIM_FAULT_COUNT: none. */
enum sim_fault sim_fault_of_write(struct sim *sim, const char *kind, const char *verb);
void sim_apply_fault(struct sim *sim, enum sim_fault fault, const char *target);

#endif
