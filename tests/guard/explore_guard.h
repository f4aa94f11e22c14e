/* explore_guard.h: every reachable state of small fleets under the real guard.
 *
 * The guard judges, deed_apply changes the world; what is right is decided by explore_truth.c,
 * which knows contracts and nodes but none of the guard's rules. Whole states are stored and
 * compared, no hashes of them. */
#ifndef LOCKSTEP_TESTS_GUARD_EXPLORE_GUARD_H
#define LOCKSTEP_TESTS_GUARD_EXPLORE_GUARD_H

#include "explore/search.h"
#include "guard/scenario.h"

enum { FLEET_SERVICES = 2, FLEET_VERSIONS = 3, FLEET_NODES = 3, FLEET_OPERATORS = 2 };

enum fleet_fault {
    FAULT_SILENT = 1,      /* nodes go silent, and return with anything they may have run */
    FAULT_RETIRED = 2,     /* and are said to be gone */
    FAULT_FENCED = 4,      /* fencing and joining anew */
    FAULT_CLIENTS = 8,     /* cohorts stop, start again, lose their support */
    FAULT_SCHEMA = 16,     /* the store itself is expanded and contracted */
    FAULT_PARTLY = 32,     /* releases and rollbacks reach any part of the nodes, or none */
    FAULT_FAILED = 64,     /* bakes fail */
    FAULT_LAUNCHERS = 128, /* what an autoscaler would start is pointed elsewhere */
};

enum fleet_size {
    FLEET_SMALL,  /* always */
    FLEET_MEDIUM, /* some seconds: not under sanitizers */
    FLEET_LARGE,  /* only with --all */
};

struct fleet_case {
    const char *name;
    enum fleet_size size;
    const char *world; /* a scenario with ' for ", without actions */
    unsigned faults;
    unsigned gone_max;  /* nodes that do not report at the same time; 0: all of them */
    unsigned pictures;  /* operators that decide on a picture and press the key later */
    unsigned missing;   /* rules that are not asked: must fail; 0: must hold */
    const char *breaks; /* the promise that this breaks */
};
extern const struct fleet_case fleet_cases[];
extern const size_t fleet_case_count;

/* One world as three words; nodes in canonical order, because their names mean nothing. */
struct fleet_state {
    uint64_t word[3];
};

/* What an operator decided on a picture, and what happened since. */
struct picture {
    uint8_t deed; /* index + 1; 0: none */
    bool aged;    /* actions were applied since */
    bool untrue;  /* and they changed something */
};

/* The numbers of the contracts, as this explorer reads them. */
struct fleet_facts {
    unsigned seat[FLEET_SERVICES][FLEET_NODES]; /* id, or NO_SEAT */
    unsigned follows[FLEET_SERVICES][FLEET_VERSIONS];
    unsigned reads[FLEET_SERVICES][FLEET_VERSIONS], writes[FLEET_SERVICES][FLEET_VERSIONS];
    unsigned needs[FLEET_SERVICES][FLEET_VERSIONS], provides[FLEET_SERVICES][FLEET_VERSIONS];
    unsigned requires[FLEET_SERVICES][FLEET_VERSIONS][FLEET_SERVICES];
    bool reads_any[FLEET_SERVICES][FLEET_VERSIONS];
    unsigned launcher[FLEET_SERVICES]; /* id, or NO_SEAT */
};
#define NO_SEAT UINT32_MAX

struct fleet_deed {
    struct deed deed;
    uint32_t seats[FLEET_NODES];
    uint8_t nodes; /* mask: the nodes that it names */
    bool judged;   /* else it happens to the fleet */
    bool helps;    /* may be a step on the way to a stable state */
    bool pictured; /* can be decided on a picture */
    uint8_t by_permutation[6];
};

struct fleet_model {
    const struct fleet_case *fleet;
    struct scenario *scenario;
    struct fleet_facts facts;
    struct fleet_deed *deeds;
    size_t deed_count;
    unsigned symmetries;   /* set of permutations of nodes that mean nothing */
    struct world at, next; /* decoded while stepping */
};

struct fleet_model *fleet_model_new(const struct fleet_case *fleet);
void fleet_model_free(struct fleet_model *model);
struct fleet_state fleet_first(struct fleet_model *model);
/* Into model->at and pictures. */
void fleet_decode(struct fleet_model *model, const struct fleet_state *state,
                  struct picture pictures[FLEET_OPERATORS]);
struct fleet_state fleet_encode(const struct fleet_model *model, const struct world *world,
                                const struct picture pictures[FLEET_OPERATORS]);
extern const uint8_t fleet_permutation[6][FLEET_NODES];

/* Every step from a state; the label is a deed and what became of it. */
void fleet_steps(struct fleet_model *model, const struct fleet_state *state, search_emit *emit,
                 void *arg);
/* Only what operators are allowed to do with a fresh picture, and fencing what is silent. */
void fleet_helping_steps(struct fleet_model *model, const struct fleet_state *state,
                         search_emit *emit, void *arg);
void fleet_deed_text(const struct fleet_model *model, size_t deed, char *out, size_t size);

/* Ground truth. NULL, or the promise that does not hold. */
const char *truth_of_state(const struct fleet_facts *facts, const struct world *world);
const char *truth_of_step(const struct fleet_facts *facts, const struct world *before,
                          const struct world *after, const struct deed *deed);
/* Nothing moves, and every service runs one version that is released and baked. */
bool truth_is_stable(const struct fleet_facts *facts, const struct world *world);

/* `stable`: how many of the states are. */
void fleet_explore(struct fleet_model *model, size_t states_max, struct search_result *out,
                   size_t *stable);
/* Runs one case and prints one line (and the steps to a violation that is not expected, or all
 * with `trace`); false when it did not end as it must. */
bool fleet_run_case(const struct fleet_case *fleet, bool trace, FILE *out);

#endif
