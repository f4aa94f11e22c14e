/* compare.h: two contracts of one service: what changes, who can live with whom, and the order
 * of releases that gets there safely. Pure; needs no cluster.
 *
 * backward: the new version lives with what the old one wrote and serves its callers;
 * forward: the old one, still running, lives with what the new one writes; rollback: the old one
 * can run again after the new one was everywhere. */
#ifndef LOCKSTEP_GUARD_COMPARE_H
#define LOCKSTEP_GUARD_COMPARE_H

#include "guard/contract.h"
#include "guard/verdict.h"

/* Sentences, in the arena. */
struct sentences {
    const char **text;
    size_t count, cap;
};

struct comparison {
    const struct contract *from, *to;
    bool adjacent;                                /* `to` is declared to follow `from` */
    struct sentences changes;                     /* "writes invoices: adds json-4" */
    struct sentences backward, forward, rollback; /* what breaks it; none: compatible */
    struct sentences order; /* steps, first one first; a single one when they can go as they are */
    struct verdict verdict; /* a canary of `to` while `from` is everywhere: R1 and R3 */
};

/* Both of the same service. Texts into the arena; the contracts are borrowed. */
void contract_compare(const struct contract *from, const struct contract *to, struct arena *arena,
                      struct comparison *out);

/* What is odd about one contract though it can be read. */
void contract_remarks(const struct contract *contract, struct arena *arena, struct sentences *out);

#endif
