/* hidden.h: random fleets in which versions clash in ways that no contract tells.
 *
 * The guard and the stages are the real ones. Beside the world that the guard sees stands what
 * really happens (hidden_truth.c): which version runs where, what is at rest, and who fails.
 * Operators (hidden_operator.c) do what people do: they see only what reports, follow the stages,
 * sometimes try a short cut, and act on a picture that is some moments old. */
#ifndef LOCKSTEP_TESTS_GUARD_HIDDEN_H
#define LOCKSTEP_TESTS_GUARD_HIDDEN_H

#include "guard/deed.h"
#include "guard/random_world.h"
#include "release/stage.h"

#include <stdio.h>

enum {
    HIDDEN_SERVICES = 3,
    HIDDEN_VERSIONS = 4,
    HIDDEN_NODES = 9, /* the last one joins when a launcher starts it */
    HIDDEN_STORES = 2,
    HIDDEN_FORMATS = 4,
    HIDDEN_POISON = HIDDEN_FORMATS,    /* format that nobody reads */
    HIDDEN_COLUMN = HIDDEN_POISON + 1, /* first of two schema elements */
    HIDDEN_NAMES = HIDDEN_COLUMN + 2,
    HIDDEN_ELEMENTS = 3,
};

/* What can be wrong with a version and stands in no contract. */
#define HIDDEN_TABLE(X)                                                                            \
    X(ROT, "it breaks by itself, after a while")                                                   \
    X(NEAR, "beside the version before it")                                                        \
    X(FAR, "beside a version more than one step away")                                             \
    X(PEER, "beside a version of a coupled service")                                               \
    X(WAY_BACK, "where it ran, an older one breaks")                                               \
    X(IMAGE, "the image is not what was declared, or nothing was")                                 \
    X(PULL, "it cannot be pulled")
#define HIDDEN_ENUM(name, word) HIDDEN_##name,
enum hidden_kind { HIDDEN_TABLE(HIDDEN_ENUM) HIDDEN_COUNT };
#undef HIDDEN_ENUM
extern const char *const hidden_word[HIDDEN_COUNT];

/* What a version really does. Sets are masks. */
struct really {
    unsigned reads[HIDDEN_STORES], writes[HIDDEN_STORES], needs[HIDDEN_STORES];
    unsigned provides, requires[HIDDEN_SERVICES];
    bool reads_any[HIDDEN_STORES];
    unsigned faults;                 /* of 1 << enum hidden_kind */
    int64_t rot_ms;                  /* ROT: how long after its start */
    unsigned clashes;                /* NEAR, FAR: older versions that it cannot run beside */
    bool hurts_old;                  /* and then it is the older one that fails */
    unsigned peers[HIDDEN_SERVICES]; /* PEER */
    unsigned spoils;                 /* WAY_BACK: versions that fail where it ran */
};

enum place_state { PLACE_NONE, PLACE_UP, PLACE_CUT, PLACE_OFF };

/* One service on one node. */
struct place {
    enum place_state state; /* cut off: it runs on, and nobody hears of it */
    unsigned runs;
    unsigned been; /* versions that ran here since it was installed */
    int64_t since_ms;
    bool fails; /* for whoever looks at it */
};

/* What one operator has in mind. */
struct desk {
    unsigned stable;   /* version that everything is to run while nothing is in flight */
    unsigned given_up; /* versions that were seen to fail */
    unsigned patience; /* ticks since something went on */
    bool held;         /* decided on an old picture: */
    struct deed picture;
    uint32_t picture_seat;
};

enum { HARM_FLEET_WIDE = 1, HARM_CONTAINED = 2, HARM_STALE = 4, HARM_STUCK = 8 };

struct hidden_setting {
    unsigned missing; /* rules that are not asked */
    bool no_bakes;    /* nobody waits for a stage or looks at what fails */
    FILE *trace;      /* where every deed is told; NULL: nowhere */
};

struct hidden_result {
    unsigned harm; /* what was seen in this world */
    unsigned allowed, refused, released, went_back, ticks, calm_ticks;
    unsigned by_rule[RULE_COUNT];
    unsigned seen;   /* kinds of hidden faults that made something fail */
    const char *why; /* of the first fleet-wide failure */
    unsigned service, version;
};

struct hidden {
    struct dice dice;
    struct book *book;
    struct world world; /* as the guard sees it */
    const struct hidden_setting *setting;
    const struct profile *profile;
    struct plan plan;
    unsigned services, versions, stores, nodes[HIDDEN_SERVICES];
    struct really really[HIDDEN_SERVICES][HIDDEN_VERSIONS];
    struct place places[HIDDEN_SERVICES][HIDDEN_NODES];
    unsigned at_rest[HIDDEN_STORES], has[HIDDEN_STORES];
    bool calls;      /* clients call in this moment */
    bool calm;       /* no faults any more, nobody begins anything */
    unsigned latest; /* service that was released last */
    struct release releases[HIDDEN_SERVICES];
    struct desk desks[HIDDEN_SERVICES];
    int64_t utc_ms, tick_ms;
    struct hidden_result *out;
};

void hidden_init(struct hidden *h, uint64_t seed, const struct hidden_setting *setting,
                 struct hidden_result *out);
void hidden_release(struct hidden *h);

/* hidden_truth.c */
/* What a deed really does, beside what the guard notes. */
void truth_apply(struct hidden *h, const struct deed *deed);
/* Time passes: everything writes and calls; notes who fails. */
void truth_pass(struct hidden *h);
uint32_t hidden_seat(const struct hidden *h, unsigned s, unsigned n);
const struct seat_now *hidden_seat_now(const struct hidden *h, unsigned s, unsigned n);

/* hidden_operator.c */
void hidden_operate(struct hidden *h, unsigned s);
/* One line about a deed. */
void hidden_tell(const struct hidden *h, const struct deed *deed, const char *how);
/* Judged, and done when it is allowed. */
bool hidden_do(struct hidden *h, struct deed deed);
struct deed hidden_deed(enum deed_kind kind, unsigned s, unsigned v);
/* Nothing moves, and everything runs one version that is released and baked. */
bool hidden_is_stable(const struct hidden *h);

/* One world from its first tick to its rest. */
void hidden_run(uint64_t seed, const struct hidden_setting *setting, struct hidden_result *out);

#endif
