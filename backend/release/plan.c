/* plan.c: see plan.h. */
#include "release/plan.h"

#include "base/mem.h"

enum { DEFAULT_CANARY_PERCENT = 5 };

struct plan plan_default(void)
{
    return (struct plan){.canary = 0, .waves = {10, 33, 100}, .wave_count = 3};
}

/* Rounded up: a step moves at least one. */
static uint32_t share_of(uint32_t replicas, uint32_t percent)
{
    uint64_t share = ((uint64_t)replicas * percent + 99) / 100;

    return share > replicas ? replicas : (uint32_t)share;
}

static uint32_t canary_of(const struct plan *plan, uint32_t replicas)
{
    if (plan->canary)
        return plan->canary < replicas ? plan->canary : replicas;
    return share_of(replicas, DEFAULT_CANARY_PERCENT);
}

uint32_t plan_next(const struct plan *plan, uint32_t replicas, uint32_t have)
{
    uint32_t canary = canary_of(plan, replicas);

    if (have < canary)
        return canary;
    for (size_t i = 0; i < plan->wave_count && i < ARRAY_LEN(plan->waves); i++) {
        uint32_t wave = share_of(replicas, plan->waves[i]);
        if (wave > have)
            return wave;
    }
    return replicas;
}

uint32_t plan_step_of(const struct plan *plan, uint32_t replicas, uint32_t have, uint32_t *steps)
{
    uint32_t step = 0, count = 0;

    for (uint32_t at = 0; at < replicas; count++) {
        if (have > at)
            step = count + 1;
        at = plan_next(plan, replicas, at);
    }
    *steps = count;
    return step;
}
