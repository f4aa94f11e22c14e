/* scenario.h: the worlds that the simulator knows, as data.
 *
 * A scenario is one row; nothing else has to change for a new one. */
#ifndef LOCKSTEP_DRIVERS_SIM_SCENARIO_H
#define LOCKSTEP_DRIVERS_SIM_SCENARIO_H

#include "drivers/sim/sim.h"

struct scenario_service {
    const char *name; /* NULL ends a table */
    uint32_t replicas;
    const char *runs; /* version */
    /* Versions that can be pulled, in order; "!" behind one: it exits 2 s after it began to
     * serve, "?": it fails requests under load, "~": nothing is measured of it. "" : every version
     * is there. */
    const char *images;
    /* A rollout that is on its way at the start, or "". have == target == 0: it waits. */
    const char *to;
    uint32_t have, target;
    bool back;               /* the one on its way goes back to `to` */
    bool per_node;           /* one on each node; replicas is not used */
    uint32_t start_ms[2];    /* from .. to, until a new instance serves; 0, 0: 500 .. 4000 */
    uint32_t parallel;       /* instances replaced at a time; 0: 3 */
    const char *by, *owner;  /* or NULL */
    const char *ghost;       /* version that the silent node was left with, or NULL */
    const char *launcher[2]; /* name and version of something else that starts instances */
    int64_t minutes_ago;     /* when the last rollout began */
    const char *profile;     /* of the release that is on its way; NULL: plain */
};

struct scenario_event {
    int64_t at_ms;
    enum sim_fault fault;
    const char *target; /* NULL ends a table */
    /* "SERVICE STAGE VERSION": counted from when the ledger says so. "cue WORD": from sim_cue.
     * NULL: from the beginning. */
    const char *after;
    const char *say; /* instead of the fault: an event of the target, a service */
};
enum scenario_limit { SCENARIO_EVENTS_MAX = 32 };

/* What a version declares, as it would stand on the workload. */
struct scenario_contract {
    const char *service, *version, *text;
};

struct scenario {
    const char *name, *about;
    const char *nodes;  /* names with spaces between, or "PREFIX*COUNT" */
    const char *silent; /* the one that does not report from the beginning, or NULL */
    const struct scenario_service *services;
    uint32_t copies; /* not 0: each service this often, "NAME-0001" … */
    const struct scenario_event *events;
    const struct scenario_contract *contracts;
    const char *settings; /* text of a settings file, or NULL */
    int64_t returned_ms;  /* old instances run on for this long on a returned node; 0: 1000 */
    bool two_writes;      /* a step of k is k-1, then 1, as on Docker Swarm */
    bool no_fence;        /* has no neutral write */
    bool no_ledger;
};

/* story_worlds.c: the worlds of the stories that `lockstep demo` tells. */
extern const struct scenario story_worlds[];
extern const size_t story_world_count;

const struct scenario *scenario_find(const char *name); /* "": the default; NULL: none */
const struct scenario *scenario_at(size_t index);       /* NULL after the last */

#endif
