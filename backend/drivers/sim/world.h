/* world.h: the simulated cluster from inside; private to this folder.
 *
 * All times are milliseconds of the cluster's clock. Every change is an event in one
 * queue; sim_advance runs what is due, in order, whoever looks first. Unless a
 * function says otherwise, the caller holds sim->lock. */
#ifndef LOCKSTEP_DRIVERS_SIM_WORLD_H
#define LOCKSTEP_DRIVERS_SIM_WORLD_H

#include "drivers/sim/scenario.h"
#include "drivers/sim/sim.h"
#include "model/node.h"
#include "model/service.h"

#include <pthread.h>

enum sim_limit {
    SIM_MARK_MAX = 32,       /* action ids kept on a service */
    SIM_NEWS_MAX = 256,      /* events that a slow driver can still read */
    SIM_RESCHEDULE_MS = 2000 /* until the work of a silent node is started elsewhere */
};

enum image { IMAGE_GOOD, IMAGE_MISSING, IMAGE_CRASHES };

/* Lives as long as the cluster: pointers to it are identities. */
struct sim_version {
    struct sim_version *next;
    const char *name, *artifact, *digest, *contract;
    const char *pull_error; /* what is said when it cannot be pulled */
    enum image image;
};

struct sim_instance {
    struct sim_instance *next;
    uint64_t serial;
    const char *name;
    const struct sim_version *version;
    uint32_t slot, node;
    enum instance_state state;
    bool returned; /* was a ghost, and the cluster has not dealt with it yet */
    unsigned failures;
    const char *reason;
    int64_t since_utc_ms;
};

struct sim_slot {
    const struct sim_version *goal;
};

struct sim_service {
    const struct scenario_service *scenario;
    const char *id, *name;
    struct sim_version *versions;
    struct sim_slot *slots;
    uint32_t replicas;
    struct sim_instance *instances; /* oldest first */
    /* spec */
    const struct sim_version *wants, *was;
    uint32_t target;  /* slots that shall be on `wants` */
    int64_t every_ms; /* not 0: target grows by one each time, by itself */
    uint64_t every_epoch;
    bool back; /* the rollout goes back: as fast as can be */
    uint64_t revision;
    char marks[SIM_MARK_MAX][48];
    size_t mark_count;
    char by[96];
    int64_t since_utc_ms;
    /* how it goes */
    bool rollout;
    bool slow;
    bool gone;
    uint64_t changed; /* sim->change when something of it changed last */
    uint64_t made;    /* instances so far, for names */
};

struct sim_node {
    const char *id, *name;
    bool silent, removed, draining;
    const char *note;
    int64_t state_utc_ms, replace_at_ms;
    uint64_t changed;
};

struct sim_record {
    struct sim_record *next;
    const char *key;
    char *text;
    uint64_t revision, changed;
};

struct sim_news {
    const struct sim_service *service; /* NULL: of the cluster */
    char text[200];
};

struct sim_armed {
    struct sim_armed *next;
    enum sim_fault fault;
    char target[24];
};

struct request;
struct sim_driver;

typedef void sim_event_fn(struct sim *sim, void *object, uint64_t serial);
struct sim_event {
    int64_t at_ms;
    uint64_t order;
    sim_event_fn *fn;
    void *object;
    uint64_t serial;
};

struct sim {
    pthread_mutex_t lock;
    unsigned refs;
    struct clock *clock;
    const struct scenario *scenario;
    uint64_t seed, dice;
    struct arena *arena; /* names and texts, for as long as the cluster lives */
    struct sim_node *nodes;
    size_t node_count;
    struct sim_service *services;
    size_t service_count;
    struct sim_record *records;
    uint64_t record_revision;
    struct sim_event *queue; /* a heap */
    size_t queue_count, queue_cap;
    uint64_t order, serial;
    uint64_t change;
    int64_t now_ms; /* of the event being run, else of the last look at the clock */
    struct sim_news news[SIM_NEWS_MAX];
    uint64_t news_count;
    bool unreachable, forbidden;
    struct sim_armed *armed;
    struct sim_chaos chaos;
    bool chaos_on;
    struct sim_driver *drivers;
    struct request *requests; /* on their way, or answered and not yet picked up */
    unsigned operators;       /* drivers ever opened */
    char (*applied)[48];
    size_t applied_count, applied_cap;
};

/* queue.c */
void sim_at(struct sim *sim, int64_t delay_ms, sim_event_fn *fn, void *object, uint64_t serial);
void sim_advance(struct sim *sim);              /* to the clock's now */
int64_t sim_next_ms(const struct sim *sim);     /* of the next event; -1 none */
uint32_t sim_roll(struct sim *sim, uint32_t n); /* 0 .. n-1 from the seed, in the order of calls */
/* A draw that depends on the seed and these words only, whatever happened before. */
uint32_t sim_draw(const struct sim *sim, const char *name, uint64_t serial, uint32_t n);

/* world.c */
int64_t sim_utc_ms(const struct sim *sim);
struct sim_service *sim_find_service(struct sim *sim, const char *id_or_name);
struct sim_node *sim_find_node(struct sim *sim, const char *id_or_name);
/* The version of this name and artifact ("": NAME:VERSION); one that nobody declared cannot be
 * pulled. Never NULL. */
struct sim_version *sim_version_of(struct sim *sim, struct sim_service *service, const char *name,
                                   const char *artifact);
void sim_touch(struct sim *sim, struct sim_service *service);
void sim_touch_node(struct sim *sim, struct sim_node *node);
void sim_say(struct sim *sim, const struct sim_service *service, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* wire.c */
void sim_lock(struct sim *sim);   /* and advances to now */
void sim_unlock(struct sim *sim); /* and wakes every driver that has something to fetch */
void sim_drop_requests(struct sim *sim);
/* A write that was applied: a new revision and, with a mark, its mark. */
void sim_stamp(struct sim *sim, struct sim_service *service, const char *mark, const char *by);

/* facts.c: one service as a driver hands it out, sealed, one reference. `focus`: with instances. */
const struct service *sim_facts(struct sim *sim, const struct sim_service *service,
                                const char *cluster, bool focus);
struct node sim_node_facts(const struct sim_node *node, const char *cluster);

/* rollout.c */
void sim_build_service(struct sim *sim, struct sim_service *service);
/* A new target. The caller has checked it. */
void sim_rollout_start(struct sim *sim, struct sim_service *service, const struct sim_version *to,
                       uint32_t target, bool back);
void sim_rollout_target(struct sim *sim, struct sim_service *service, uint32_t target);
uint32_t sim_rollout_dispatched(const struct sim_service *service);
/* Takes every next step that can be taken now. */
void sim_reconcile(struct sim *sim, struct sim_service *service);
bool sim_moving(struct sim *sim, const struct sim_service *service);
enum trouble sim_trouble(const struct sim_service *service, const char **reason);
void sim_node_silent(struct sim *sim, struct sim_node *node);
void sim_node_returns(struct sim *sim, struct sim_node *node);
void sim_crash_one(struct sim *sim, struct sim_service *service);

/* fault.c */
void sim_story_begin(struct sim *sim);
/* The fault that meets this write, if any: armed ones first, then chance. SIM_FAULT_COUNT: none. */
enum sim_fault sim_fault_of_write(struct sim *sim, const char *kind, const char *verb);
void sim_apply_fault(struct sim *sim, enum sim_fault fault, const char *target);

#endif
