/* recipe_start.h: which template a start asks for. Pure. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_START_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_START_H

#include "drivers/kubernetes/write.h"

/* Fills action->artifact, where it is empty, with the image of what runs under the tag action->to.
 * Refuses what has no container to change, or several and none that is meant. */
bool kube_start_check(const struct kube_workload *w, struct action *action, struct err *err);
/* The operations that change the template: to `next`, where a manifest says it; else the image of
 * every container that runs the same image as the one that is meant, and the version's label where
 * the tag does not tell it. */
bool kube_start_template(struct kube_patch *patch, const struct action *action, const json_t *next,
                         struct err *err);

#endif
