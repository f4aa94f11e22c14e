/* memo.h: what a rollout must remember to be undone, and to leave nothing of lockstep behind: the
 * job before, and the user's own update block of the group, verbatim. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_MEMO_H
#define LOCKSTEP_DRIVERS_NOMAD_MEMO_H

#include "drivers/nomad/picture.h"

#define MEMO_TO   "to"   /* version that it is about to move to */
#define MEMO_FROM "from" /* version of the job before */
#define MEMO_JOB  "job"  /* the whole job before */
#define MEMO_UPDATE                                                                                \
    "update" /* the user's update block of the group, null where there was none;                   \
                not there: it is not known */

/* New references. Before a start; the version before is the one that runs. */
json_t *nomad_memo_from_current(const struct nomad_standing *standing, const char *to);
/* For an update that somebody else began: the newest kept version of the job with another version
 * of the group. NULL when there is none. */
json_t *nomad_memo_from_previous(const struct nomad_sight *sight,
                                 const struct nomad_standing *standing);
/* Is it about what the group asks for now? */
bool nomad_memo_fits(const json_t *memo, const struct nomad_group *group);
/* How many the user lets Nomad replace at once: 1 .. count. */
uint32_t nomad_memo_parallelism(const json_t *memo, const struct nomad_group *group);
/* The group in the job before; NULL. */
const json_t *nomad_memo_group(const json_t *memo, const char *name);

#endif
