/* past.h: from the versions of a job to what was released before (model/past.h). Pure.
 *
 * A version of a job is a release of a group where the group's version is another one than before:
 * what else is registered, lockstep's own steps among it, is none. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_PAST_H
#define LOCKSTEP_DRIVERS_NOMAD_PAST_H

#include "drivers/nomad/picture.h"
#include "model/past.h"

/* One for each group of the job; everything is in the arena. */
const struct past *nomad_past_make(const char *cluster, const struct nomad_sight *sight,
                                   struct arena *arena, size_t *count);

#endif
