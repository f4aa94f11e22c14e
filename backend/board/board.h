/* board.h: from facts and the release record to what is shown and what a key would do.
 *
 * Pure. The same functions make the rows of the screen and judge the key that was
 * pressed on one, so that both can never disagree. */
#ifndef LOCKSTEP_BOARD_BOARD_H
#define LOCKSTEP_BOARD_BOARD_H

#include "frame.h"
#include "guard/guard.h"
#include "release/plan.h"

struct board_input {
    struct guard_input guard; /* snapshot, service, release, time */
    const struct plan *plan;
    bool live;        /* the cluster is; else nothing may act */
    const char *deny; /* why no key may act here (permission, read-only, unsettled action), or "" */
};

/* A release in flight as the facts show it, whoever started it. Instances on fenced nodes do not
 * count. */
struct flight {
    bool active;        /* two versions, or a wish that is not fulfilled */
    bool rolling_back;  /* towards `from` */
    const char *from;   /* version before, "" unknown */
    const char *to;     /* version being moved to; "" when nothing is in flight */
    uint32_t have;      /* instances present on `to`, failing ones included */
    uint32_t serving;   /* of these, serving */
    uint32_t unsettled; /* starting or stopping, of any version */
    uint32_t failing;   /* on `to` */
    uint32_t ghosts;    /* of any version */
};
struct flight board_flight(const struct guard_input *in);

/* What a verb would do, before the guard is asked. */
struct proposal {
    bool offered;       /* makes sense in this state */
    const char *hinder; /* why not now, though offered; "" when it may go */
    const char *effect; /* "3 of 8 on 5 (now 1)" */
    const char *from, *to;
    uint32_t have, to_count;
};
/* `to_count` 0 asks for the plan's next; `version` only for VERB_START. */
struct proposal board_propose(const struct board_input *in, enum verb verb, uint32_t to_count,
                              const char *version, struct arena *arena);

/* The row of one service with all its options judged; one reference, yours. */
const struct row *board_row(const struct board_input *in);
const struct row *row_ref(const struct row *row);
void row_unref(const struct row *row); /* NULL is fine; any thread */

/* Orders rows by urgency, cluster, name: for qsort over const struct row *. */
int board_compare(const void *a, const void *b);

#endif
