/* past.h: from objects to what was released before (model/past.h). Pure.
 *
 * What is known comes from ReplicaSets and ControllerRevisions (which template was asked for when
 * first), their counters (how often, and what is no longer kept), pods (when each was begun, as far
 * as they are still the first ones) and Events (how many at a time; kept for an hour, as a rule).
 */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_PAST_H
#define LOCKSTEP_DRIVERS_KUBERNETES_PAST_H

#include "drivers/kubernetes/facts.h"
#include "model/past.h"

struct kube_past;
struct kube_past *kube_past_new(const char *cluster);
void kube_past_free(struct kube_past *past); /* NULL is fine */
/* One object of any kind that history is made of; what cannot be read is left out. */
void kube_past_work(struct kube_past *past, enum kube_kind kind, const json_t *object);
void kube_past_revision(struct kube_past *past, const json_t *object);
void kube_past_pod(struct kube_past *past, const json_t *object);
void kube_past_event(struct kube_past *past, const json_t *object);
/* Once, after all were added: valid until kube_past_free. */
const struct past *kube_past_make(struct kube_past *past, size_t *count);

#endif
