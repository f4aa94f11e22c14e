/* memo.h: what a rollout must remember to be undone, and to leave nothing of lockstep behind:
 * the task template before, and the user's own update and rollback configuration, verbatim. */
#ifndef LOCKSTEP_DRIVERS_SWARM_MEMO_H
#define LOCKSTEP_DRIVERS_SWARM_MEMO_H

#include "drivers/swarm/facts.h"

#define MEMO_TO       "to"       /* version that it is about to move to */
#define MEMO_TEMPLATE "template" /* Spec.TaskTemplate before */
#define MEMO_UPDATE   "update"   /* the user's Spec.UpdateConfig, null where there is none */
#define MEMO_ROLLBACK "rollback" /* and Spec.RollbackConfig */

/* New references. Before a start; the version before is the one that runs. */
json_t *memo_from_current(const struct swarm_service *from, const char *to);
/* For an update that somebody else began: the engine keeps the Spec before the last POST. NULL
 * when that is of the same version (then it has been overwritten). */
json_t *memo_from_previous(const struct swarm_service *from);
/* Is it about what the service asks for now? */
bool memo_fits(const json_t *memo, const struct swarm_service *from);
/* How many tasks the user lets the engine replace at once: 1 .. replicas. memo may be NULL. */
uint32_t memo_parallelism(const json_t *memo, const struct swarm_service *from, uint32_t replicas);

#endif
