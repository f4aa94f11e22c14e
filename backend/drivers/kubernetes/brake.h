/* brake.h: exact steps of a plain Deployment. Pure.
 *
 * With the brake on no new pod ever counts as available, so the controller's arithmetic comes to
 * rest at exactly maxSurge + maxUnavailable new pods and replicas - maxUnavailable old ones,
 * whatever the pods do. What is asked for stands in the object itself: every write is made from
 * what the object says now, so that a step taken up after a crash, or after somebody scaled,
 * is still exact. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_BRAKE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_BRAKE_H

#include "drivers/kubernetes/recipe_memo.h"

/* annotation: "pause": a pause at rest parks it: paused without the brake, its new pods count as
 * available and alerts stay quiet. Without it such a pause needs no write. */
#define KUBE_PARK "lockstep.park"

/* As of recipe.h, for KUBE_DEPLOYMENT; memo fits or is NULL (rollback never NULL). */
bool kube_brake_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                     struct err *err);
bool kube_brake_settled(const struct kube_workload *w, const struct action *action);
bool kube_brake_compose(struct kube_patch *patch, const struct action *action, const json_t *memo,
                        struct kube_write *more, struct err *err);

/* Numbers of one step of the controller's arithmetic; for tests. */
struct kube_chunk {
    uint32_t surge, unavailable; /* the new pods it stands at: the sum */
};
/* From `fresh` new and `old` old pods to `target` new ones of `replicas`, with at most
 * `at_once` more pods than replicas. */
struct kube_chunk kube_brake_chunk(uint32_t replicas, uint32_t fresh, uint32_t old, uint32_t target,
                                   uint32_t at_once);

#endif
