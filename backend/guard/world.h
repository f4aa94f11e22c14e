/* world.h: everything that varies, in one flat block without pointers.
 *
 * Two worlds over the same book are equal when their blocks are equal bytes: that is what
 * the exhaustive explorer hashes and stores. What may run of each service (live) and what may be
 * at rest (may) are kept up to date by world_settle: a change of one seat costs its service
 * and its neighbours, not the fleet. */
#ifndef LOCKSTEP_GUARD_WORLD_H
#define LOCKSTEP_GUARD_WORLD_H

#include "guard/book.h"

enum seat_state {
    SEAT_ABSENT, /* named, never joined */
    SEAT_REPORTING,
    SEAT_SILENT,
    SEAT_RETIRED, /* counts as silent */
    SEAT_FENCED,  /* leaves every count */
    SEAT_STATE_COUNT
};
extern const char *const seat_state_word[SEAT_STATE_COUNT];

struct seat_now {
    versions_t runs;   /* reported, or last reported; VERSION_NOT_KNOWN: never reported */
    versions_t queued; /* pushed since, not heard of */
    uint32_t state;
    uint32_t tried; /* ran the changing version and was rolled back: under test as well */
};

/* How far one version's rehearsal got. */
enum cert_stage {
    CERT_NONE,
    CERT_CANARIED,
    CERT_BAKED,
    CERT_ROLLED,
    CERT_CERTIFIED,
    CERT_RELEASED,
    CERT_STABLE, /* released and baked */
    CERT_STAGE_COUNT
};
extern const char *const cert_word[CERT_STAGE_COUNT];

struct cert {
    versions_t from; /* live without the version, when it was canaried */
    uint64_t basis;  /* of what it rests on; checked up to CERTIFIED, frozen from RELEASED */
    uint64_t stage;
};

struct service_now {
    versions_t live;   /* derived */
    uint64_t changing; /* version being moved to, or NOT_CHANGING */
};
#define NOT_CHANGING UINT64_C(255)

struct store_now {
    struct set may; /* formats possibly at rest */
    struct set has; /* schema elements present */
};

/* How far coupling reaches. */
enum coupling { COUPLING_NEIGHBOURS, COUPLING_COMPONENT, COUPLING_FLEET };

struct policy {
    unsigned rules; /* set of 1 << enum rule_id that are asked */
    enum coupling coupling;
};
/* What scenario files are judged under: every rule, coupling over the whole component. */
struct policy policy_strict(void);

struct world {
    const struct book *book;
    struct policy policy;
    /* arrays in the block, by the ids of the book */
    struct service_now *services;
    struct cert *certs; /* [book->services[s].first_cert + version] */
    struct store_now *stores;
    struct seat_now *seats;
    uint64_t *launchers; /* version that would be started, or NO_VERSION */
    uint64_t *usages;    /* calls */
    uint64_t *ended;     /* cohorts: support is over */
    uint64_t *applied;   /* actions so far: what an operator's decision may rest on */
    void *block;
    size_t block_size;
};
#define NO_VERSION UINT64_C(255)

/* Nothing runs, nothing is at rest; seats absent. */
void world_init(struct world *world, const struct book *book, struct policy policy);
void world_release(struct world *world);
void world_copy(struct world *to, const struct world *from); /* same book, both initialised */

/* After seats, launchers or stores were set by hand: derives live and may of everything, and
 * counts as stable every version that is all of Live. */
void world_begin(struct world *world);
/* After the seats or launchers of `service` changed. */
void world_settle(struct world *world, uint32_t service);
/* Drops the certificates of a service, and of those it is coupled to, whose basis is not what it
 * was. After each applied action, for every service whose live or stores changed. */
void world_void_certs(struct world *world, uint32_t service);
uint64_t world_basis(const struct world *world, uint32_t service, unsigned version);

/* What may run at one seat; nothing when it is fenced or absent. */
versions_t seat_poss(const struct seat_now *seat);
bool seat_reports(const struct seat_now *seat);
struct cert *world_cert(const struct world *world, uint32_t service, unsigned version);
/* NULL for VERSION_NOT_KNOWN. */
const struct book_version *world_version(const struct world *world, uint32_t service,
                                         unsigned version);
/* u = v, or one is declared to follow the other. */
bool world_adjacent(const struct world *world, uint32_t service, unsigned u, unsigned v);
/* The services coupled to it under the policy, itself not counted: calls fn until it says false. */
typedef bool coupled_fn(void *arg, uint32_t service);
void world_coupled(const struct world *world, uint32_t service, coupled_fn *fn, void *arg);

/* The oldest version, going back along `follows` from what lives, that can read everything at
 * rest when additionally `extra` (may be NULL) writes; VERSION_NOT_KNOWN when none can. */
unsigned world_floor(const struct world *world, uint32_t service, const struct book_version *extra);
/* Everything along `follows` from these, themselves among it. */
versions_t world_came_before(const struct book_service *service, versions_t live);
/* The same over one store alone; BOOK_NONE: over all. */
unsigned world_floor_of(const struct world *world, uint32_t service, uint32_t store,
                        const struct book_version *extra);

#endif
