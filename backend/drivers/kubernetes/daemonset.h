/* daemonset.h: exact steps of a DaemonSet by OnDelete. Pure.
 *
 * With OnDelete nothing moves until a pod is deleted, so lockstep chooses the nodes: those named in
 * annotation KUBE_NODES first, then by name. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_DAEMONSET_H
#define LOCKSTEP_DRIVERS_KUBERNETES_DAEMONSET_H

#include "drivers/kubernetes/recipe_memo.h"

#define KUBE_NODES "lockstep.nodes" /* annotation: nodes whose pods move first, "n7 n12" */

bool kube_daemonset_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                         struct err *err);
bool kube_daemonset_settled(const struct kube_workload *w, const struct action *action);
bool kube_daemonset_compose(struct kube_patch *patch, const struct action *action,
                            const json_t *memo, struct kube_write *more, struct err *err);

#endif
