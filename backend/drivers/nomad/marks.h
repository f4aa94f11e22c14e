/* marks.h: which writes of which actions can be seen on a group. Pure.
 *
 * A registration carries its sign itself. What follows it on its deployment (healthy, paused,
 * promoted) and the return to the user's own update block carry none, but are told by what they
 * did, because they come in one order only. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_MARKS_H
#define LOCKSTEP_DRIVERS_NOMAD_MARKS_H

#include "drivers/nomad/picture.h"

/* Writes between the registration of canaries and the next one: healthy, pause, promote. */
enum { NOMAD_PROMOTION_WRITES = 3 };

/* "<id>.<write>" each, in the arena. */
const char *const *nomad_marks(const struct nomad_sight *sight,
                               const struct nomad_standing *standing, struct arena *arena,
                               size_t *count);

#endif
