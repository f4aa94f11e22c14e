/* statefulset.h: exact steps of a StatefulSet by its partition. Pure.
 *
 * Pods with an index of at least the partition are of the new template, one after the other from
 * the highest; the engine paces itself, so a step is one write. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_STATEFULSET_H
#define LOCKSTEP_DRIVERS_KUBERNETES_STATEFULSET_H

#include "drivers/kubernetes/recipe_memo.h"

bool kube_statefulset_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                           struct err *err);
bool kube_statefulset_settled(const struct kube_workload *w, const struct action *action);
bool kube_statefulset_compose(struct kube_patch *patch, const struct action *action,
                              const json_t *memo, struct kube_write *more, struct err *err);

#endif
