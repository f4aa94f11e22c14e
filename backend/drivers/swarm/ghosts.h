/* ghosts.h: what may still run on nodes that were removed, beyond what the engine remembers.
 *
 * A swarm forgets the tasks of a removed node as their slots get newer ones; the containers
 * run on. What was seen once stays in the picture for as long as this process lives. */
#ifndef LOCKSTEP_DRIVERS_SWARM_GHOSTS_H
#define LOCKSTEP_DRIVERS_SWARM_GHOSTS_H

#include "drivers/swarm/picture.h"

struct ghosts;
struct ghosts *ghosts_new(void);
void ghosts_free(struct ghosts *ghosts);
/* Remembers the ghosts of the view that are on nodes it does not list, and puts those back into it
 * (its tasks then lie in the arena) that it has lost. */
void ghosts_recall(struct ghosts *ghosts, struct arena *arena, struct swarm_view *view);

#endif
