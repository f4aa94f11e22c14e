/* queue.h: what will happen in the simulated cluster, in order, and its dice.
 *
 * Events due at the same time run in the order in which they were asked for. */
#ifndef LOCKSTEP_DRIVERS_SIM_QUEUE_H
#define LOCKSTEP_DRIVERS_SIM_QUEUE_H

#include "drivers/sim/world.h"

void sim_at(struct sim *sim, int64_t delay_ms, sim_event_fn *fn, void *object, uint64_t serial);
void sim_advance(struct sim *sim);              /* to the clock's now */
int64_t sim_next_ms(const struct sim *sim);     /* of the next event; -1 none */
uint32_t sim_roll(struct sim *sim, uint32_t n); /* 0 .. n-1 from the seed, in the order of calls */
/* A draw that depends on the seed and these words only, whatever happened before. */
uint32_t sim_draw(const struct sim *sim, const char *name, uint64_t serial, uint32_t n);

#endif
