/* random_world.h: random fleets with contracts, good and bad, and what somebody does to them.
 *
 * The same seed gives the same world, on every machine. */
#ifndef LOCKSTEP_TESTS_GUARD_RANDOM_WORLD_H
#define LOCKSTEP_TESTS_GUARD_RANDOM_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};
struct dice dice_of(uint64_t seed);
unsigned dice_below(struct dice *dice, unsigned n); /* 0 … n-1; n > 0 */
bool dice_percent(struct dice *dice, unsigned percent);

/* A scenario with `actions` of them: mostly the next step of a release, often anything at all. */
json_t *random_scenario(uint64_t seed, size_t actions);

#endif
