/* recipe_owner.h: may lockstep act on what somebody else keeps in order? Pure.
 *
 * A sync of the owner in the middle of a step takes the brake off and lets the engine run: it has
 * to be proven that it cannot. What proves it stands on the object: what its owner applied, which
 * fields it owns, or the owner's own words for "leave this alone". */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_OWNER_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_OWNER_H

#include "drivers/kubernetes/recipe.h"

#define KUBE_IGNORED                                                                               \
    "lockstep.ignored"            /* annotation: fields that the owner's diff and sync ignore */
#define KUBE_SYNC "lockstep.sync" /* annotation: "off": no sync of the owner runs by itself */

/* ERR_REJECTED with the exact setting that is missing. `template`: the action changes it as well.
 */
bool kube_owner_allows(const struct kube_workload *w, bool template, struct err *err);

#endif
