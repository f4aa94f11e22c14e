/* explore_world.h: a small world around the real action protocol, for the explorer.
 *
 * One service, one ledger record, two operators, and a network that delivers each
 * request up to twice, late, or never. Flat: memcmp compares two worlds. What cannot
 * influence the future any more is left out (canonical form), and the two operators are
 * interchangeable, so that as few worlds as possible have to be visited. */
#ifndef LOCKSTEP_TESTS_RELEASE_EXPLORE_WORLD_H
#define LOCKSTEP_TESTS_RELEASE_EXPLORE_WORLD_H

#include "release/protocol.h"

enum world_limit { WORLD_OPERATORS = 2, WORLD_ACTIONS = 2, WORLD_MESSAGES = 8 };

enum message_kind { MESSAGE_NONE, MESSAGE_ACT, MESSAGE_FENCE, MESSAGE_CLAIM, MESSAGE_STORE };

/* What is explored; constant during a run. */
struct model {
    unsigned caps, protections;
    unsigned actions; /* per operator, 1..WORLD_ACTIONS */
    unsigned writes;  /* per action, 0..2 */
    unsigned refused; /* set of 1 << enum message_kind that the engine always refuses */
    bool foreign;     /* somebody without lockstep moves the service's revision once */
    bool meddles;     /* and somebody the record's, once */
    bool crashes;     /* and restarts, any number, at any point */
    bool gives_up;    /* the operator gives up a multi-write action at any point */
    bool bad_journal; /* the journal may refuse an intent */
};

struct message {
    uint8_t what; /* kind, sender, action, write */
    uint8_t how;  /* stale, base stale, two copies, guarded, outcome */
};

struct operator_state {
    struct protocol protocol;
    uint8_t bits;
    uint8_t subject; /* action that is being carried out or settled */
    uint8_t next;    /* how many actions are behind */
};

struct action_state {
    uint8_t applied;  /* set of writes */
    uint8_t said;     /* enum action_end, to its operator */
    uint8_t recalled; /* enum outcome, in the ledger */
    uint8_t journal;  /* number of intents; bit 4: outcome recorded; bit 5: base still current */
};

struct world {
    struct operator_state operators[WORLD_OPERATORS];
    struct action_state actions[WORLD_OPERATORS * WORLD_ACTIONS];
    struct message messages[WORLD_MESSAGES]; /* sorted, empty ones last */
    uint8_t mark;        /* last one on the object: 0 none, 1 + action * 2 + write */
    uint8_t claim;       /* 0 none, 1 + action */
    uint8_t claim_write; /* bit 4: base still current */
    uint8_t others;      /* what they have done */
};

/* One step of the world; `wrong` says which promise it breaks, NULL none. */
typedef void world_emit(void *arg, const struct world *next, const char *label, unsigned by,
                        const char *wrong);

struct world world_first(const struct model *model);
/* Every world that may come next, in canonical form. */
void world_steps(const struct model *model, const struct world *world, world_emit *emit, void *arg);
/* The one that comes next when nothing goes wrong any more; emits nothing when all is settled. */
void world_quiet(const struct model *model, const struct world *world, world_emit *emit, void *arg);

#endif
