/* rollout.h: the steps of an Argo Rollout, pressed exactly once. Pure.
 *
 * Its controller walks the steps that its own spec names; lockstep only lets it go on. What it
 * shows is in status, which is a resource of its own: a promotion is a patch of /status that tests
 * the very pause it ends, behind a patch of the object that leaves the mark. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_ROLLOUT_H
#define LOCKSTEP_DRIVERS_KUBERNETES_ROLLOUT_H

#include "drivers/kubernetes/recipe_memo.h"

bool kube_rollout_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                       struct err *err);
bool kube_rollout_settled(const struct kube_workload *w, const struct action *action);
bool kube_rollout_compose(struct kube_patch *patch, const struct action *action, const json_t *memo,
                          struct kube_write *more, struct err *err);

/* Pods of the new template at the next pause of its steps from step `from` on; replicas when
 * there is no further one. */
uint32_t kube_rollout_next(const struct kube_workload *w, size_t from);

#endif
