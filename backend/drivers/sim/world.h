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
    SIM_MARK_MAX = 32,        /* action ids kept on a service */
    SIM_NEWS_MAX = 256,       /* events that a slow driver can still read */
    SIM_RESCHEDULE_MS = 2000, /* until the work of a silent node is started elsewhere */
    SIM_BEHIND_MS = 7800000   /* how long a node has been silent that is so from the beginning */
};

enum image {
    IMAGE_GOOD,
    IMAGE_MISSING,
    IMAGE_CRASHES,
    IMAGE_ERRS, /* serves, but fails requests under load */
    IMAGE_MUTE  /* serves, and nothing is measured of it */
};

/* Lives as long as the cluster: pointers to it are identities. */
struct sim_version {
    struct sim_version *next;
    const char *name, *artifact, *digest, *contract;
    const char *pull_error; /* what is said when it cannot be pulled */
    enum image image;
    int64_t image_utc_ms; /* since when; 0: always */
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
    uint64_t configured; /* how often somebody changed its configuration */
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
    uint64_t order, serial;
    sim_event_fn *fn;
    void *object;
};

struct sim {
    pthread_mutex_t lock;
    unsigned refs, operators; /* operators: drivers ever opened */
    struct clock *clock;
    const struct scenario *scenario;
    uint64_t seed, dice, order, serial, change;
    struct arena *arena; /* names and texts, for as long as the cluster lives */
    struct sim_node *nodes;
    size_t node_count;
    struct sim_service *services;
    size_t service_count;
    struct sim_record *records;
    struct sim_event *queue; /* a heap */
    int64_t now_ms;          /* of the event being run, else of the last look at the clock */
    struct sim_news news[SIM_NEWS_MAX];
    uint64_t news_count, record_revision;
    bool unreachable, forbidden, denied, chaos_on;
    bool metrics_away;
    struct sim_armed *armed;
    struct sim_chaos chaos;
    uint32_t told; /* a bit for each event of the scenario that has been set off */
    struct sim_driver *drivers;
    struct request *requests; /* on their way, or answered and not yet picked up */
    char (*applied)[48];
    size_t applied_count, applied_cap, queue_count, queue_cap;
};

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

#endif
