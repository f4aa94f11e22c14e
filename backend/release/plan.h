/* plan.h: how many instances the next step moves. Pure. */
#ifndef LOCKSTEP_RELEASE_PLAN_H
#define LOCKSTEP_RELEASE_PLAN_H

#include <stddef.h>
#include <stdint.h>

/* canary: instances (0: 5 % rounded up, at least 1); waves: ascending percentages, last one 100. */
struct plan {
    uint32_t canary;
    uint32_t waves[8];
    size_t wave_count;
};

struct plan plan_default(void); /* canary 1 or 5 %, waves 10 %, 33 %, 100 % */

/* Instances on the new version after the next step, when `have` of `replicas` are
 * on it now: the canary, then the smallest wave (rounded up) above `have`.
 * Returns `replicas` when have >= replicas or nothing is left but the last wave. */
uint32_t plan_next(const struct plan *plan, uint32_t replicas, uint32_t have);
/* The step number of `have` (0: nothing moved) and how many steps there are, for "2/4". */
uint32_t plan_step_of(const struct plan *plan, uint32_t replicas, uint32_t have, uint32_t *steps);

#endif
