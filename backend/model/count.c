/* count.c: how many instances may run, as every rule and every row counts them. */
#include "model/fleet.h"

#include <string.h>

static uint64_t sum_of(const uint32_t count[INSTANCE_STATE_COUNT], unsigned states)
{
    uint64_t sum = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        sum += states & (1u << s) ? count[s] : 0;
    return sum;
}

static bool is_fenced(const struct snapshot *snapshot, const struct service *service,
                      const struct placement *place)
{
    if (!snapshot || !place->node[0] || !snapshot_may_be_odd(snapshot, place))
        return false;
    const struct node *node = snapshot_find_placed(snapshot, service, place);
    return node && node->state == NODE_FENCED;
}

/* Where engine and placements disagree, the larger number counts. */
static uint64_t count_row(const struct snapshot *snapshot, const struct service *service,
                          size_t row, unsigned states)
{
    uint64_t counted = sum_of(service->versions[row].count, states), placed = 0, fenced = 0;

    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];
        uint64_t sum = place->version == row ? sum_of(place->count, states) : 0;

        placed += sum;
        if (sum && is_fenced(snapshot, service, place))
            fenced += sum;
    }
    return (counted > placed ? counted : placed) - fenced;
}

bool snapshot_may_run(const struct snapshot *snapshot, const struct service *service, size_t row)
{
    for (size_t i = 0; i < service->placement_count; i++) {
        const struct placement *place = &service->placements[i];

        if (place->version == row && sum_of(place->count, STATES_ALL) &&
            !is_fenced(snapshot, service, place))
            return true;
    }
    return count_row(snapshot, service, row, STATES_ALL) > 0; /* not placed yet */
}

uint32_t snapshot_count(const struct snapshot *snapshot, const struct service *service,
                        const char *version, unsigned states)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0)
            sum += count_row(snapshot, service, i, states);
    return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}
