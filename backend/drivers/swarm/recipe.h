/* recipe.h: exact steps, as verified on the real engine. Pure.
 *
 * There is no pause, no step and no promote in a swarm. An update with Parallelism k and a
 * Delay of ten years replaces exactly k tasks, then stands; the next POST with any
 * difference takes the next k. What stands is also what a new leader does again, so every step
 * ends in a POST with Parallelism 1, and no POST replaces more at once than the service's
 * own UpdateConfig allows. */
#ifndef LOCKSTEP_DRIVERS_SWARM_RECIPE_H
#define LOCKSTEP_DRIVERS_SWARM_RECIPE_H

#include "drivers/swarm/facts.h"
#include "model/action.h"
#include "model/service.h"

/* `from` is the service as just read. Fills action->writes (and artifact for VERB_START);
 * *new_memo becomes a new reference where a memo is needed and `memo` is none for this rollout. */
bool swarm_plan(const struct swarm_service *from, const struct service *service, const json_t *memo,
                struct action *action, json_t **new_memo, struct err *err);

/* Has write action->write come to rest, so that the next may go? */
bool swarm_settled(const struct service *service, const struct action *action);

/* The whole Spec to POST for write action->write: the one just read, single keys patched. A new
 * reference; NULL and err when the memo does not fit. */
json_t *swarm_compose(const struct swarm_service *from, const json_t *memo,
                      const struct action *action, struct err *err);

/* Instances that write number `write` of a step replaces; for tests. */
uint32_t swarm_write_size(const struct action *action, uint32_t write);

#endif
