/* explore_parts.h: what the files of the explorer's world share; private to them. */
#ifndef LOCKSTEP_TESTS_RELEASE_EXPLORE_PARTS_H
#define LOCKSTEP_TESTS_RELEASE_EXPLORE_PARTS_H

#include "release/explore_world.h"

enum how { STALE = 1, BASE_STALE = 2, TWO_COPIES = 4, GUARDED = 8, OUTCOME_SHIFT = 4 };
enum bits {
    PHASE_IDLE = 0,
    PHASE_RUNS = 1,
    PHASE_DOWN = 2,
    PHASE = 3,
    WAITING = 4,     /* for the answer to its request */
    BASE = 8,        /* the revision it judged is current */
    LEDGER = 16,     /* the ledger revision it read is current */
    LATE = 32,       /* its claim is too old to send under */
    MARKS_KEPT = 64, /* no write of lockstep since its base */
};
enum journal { INTENTS = 15, RECORDED = 16, JOURNAL_BASE = 32 };
enum others { OTHER_SERVICE = 1, OTHER_LEDGER = 2 };
enum claim_bits { CLAIM_WRITE = 15, CLAIM_BASE = 16 };

struct walk {
    const struct model *model;
    world_emit *emit;
    void *arg;
};

static inline unsigned kind_of(struct message m)
{
    return m.what & 7u;
}

static inline unsigned by_of(struct message m)
{
    return (m.what >> 3) & 1u;
}

static inline unsigned subject_of(struct message m)
{
    return (m.what >> 4) & 3u;
}

static inline unsigned write_of(struct message m)
{
    return m.what >> 6;
}

static inline uint8_t what(unsigned kind, unsigned by, unsigned subject, unsigned write)
{
    return (uint8_t)(kind | by << 3 | subject << 4 | write << 6);
}

static inline void put(uint8_t *bits, unsigned mask, bool on)
{
    *bits = (uint8_t)(on ? *bits | mask : *bits & ~mask);
}

static inline unsigned phase(const struct world *w, unsigned op)
{
    return w->operators[op].bits & PHASE;
}

static inline unsigned own_action(const struct world *w, unsigned op)
{
    return op * WORLD_ACTIONS + w->operators[op].next;
}

/* Kind of the request that an effect sends. */
unsigned request_kind(enum effect_kind effect);
/* Does its sender wait for the answer to this very request? */
bool awaited(const struct world *w, struct message m);
/* Hands on a world in canonical form. */
void emit_world(const struct walk *walk, const struct world *next, const char *label, unsigned by,
                const char *wrong);

/* Somebody wrote: whatever was read or sent before is stale. */
void service_moved(struct world *w);
void ledger_moved(struct world *w);
/* Is what was said true of the set of writes that are in? */
bool outcome_is_true(const struct model *model, enum outcome outcome, unsigned applied);
/* A copy arrives. Returns the promise that it breaks, NULL none. */
const char *message_arrives(const struct model *model, struct world *w, struct message m,
                            enum protocol_reply *answer);

#endif
