/* recipe.h: exact steps, as verified on the real agent. Pure.
 *
 * A start places canaries beside the old allocations, which hold by themselves; called healthy,
 * paused and promoted, they take the place of as many old ones. Every step after that is one
 * registration that changes nothing but the update block: max_parallel is the size of the step,
 * and with health_check "manual" Nomad replaces that many and stands. So every write that moves
 * something carries EnforceIndex; the three that do not are tied to one deployment, which the
 * next registration ends. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_RECIPE_H
#define LOCKSTEP_DRIVERS_NOMAD_RECIPE_H

#include "drivers/nomad/picture.h"
#include "model/action.h"

/* `sight` is the job as just read, `service` its picture. Fills action->writes (and artifact for
 * VERB_START); *new_memo becomes a new reference where a memo is needed and `memo` is none for this
 * rollout. */
bool nomad_plan(const struct nomad_sight *sight, const struct nomad_group *group,
                const struct service *service, const json_t *memo, struct action *action,
                json_t **new_memo, struct err *err);

/* Has write action->write come to rest, so that the next may go? */
bool nomad_settled(const struct service *service, const struct action *action);

/* What to send for write action->write. */
struct nomad_request {
    enum nomad_deed deed; /* NONE: a registration */
    const char *deployment;
    json_t *body; /* owned */
};
/* False and err when the memo does not fit, or the state is not the one that was judged. */
bool nomad_compose(const struct nomad_sight *sight, const struct nomad_group *group,
                   const struct service *service, const json_t *memo, const struct action *action,
                   struct nomad_request *out, struct err *err);

/* Does another group of this job move? Its name, or NULL. */
const char *nomad_other_in_flight(const struct nomad_sight *sight, const struct nomad_group *group);

#endif
