/* recipe_memo.h: what a rollout must remember to be undone, and to leave nothing of lockstep
 * behind: the pod template before, and the user's own settings, verbatim. Pure. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_MEMO_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_MEMO_H

#include "drivers/kubernetes/write.h"

#define MEMO_TO       "to"       /* version that it is about to move to */
#define MEMO_TEMPLATE "template" /* spec.template before */
#define MEMO_HASH     "hash"     /* of its revision, as the engine says; absent: not known */
#define MEMO_NEXT     "next"     /* spec.template that a manifest asks for, where one was named */
#define MEMO_SPEC     "spec"     /* the user's members of spec that lockstep changes in flight */
#define MEMO_REVISION "revision" /* kube_revision_number of what it moves to */
#define MEMO_PAUSED   "paused"   /* it rests paused between releases */

/* New references. Before a start; the template before is the one that is there. */
json_t *kube_memo_from_current(const struct kube_workload *w, const char *to);
/* Of a rollout that somebody else began, or whose record was lost: the template of the one other
 * revision that runs, or of the one that is version `back`. NULL and err when there is none, or
 * more than one. */
json_t *kube_memo_from_flight(const struct kube_workload *w, const char *back, struct err *err);
/* Of a release that is over but for its last writes, and whose record was lost. */
json_t *kube_memo_from_rest(const struct kube_workload *w);
/* Is it about what the workload asks for now (in flight, or undone already)? */
bool kube_memo_fits(const json_t *memo, const struct kube_workload *w);
bool kube_memo_rests_paused(const json_t *memo); /* NULL: no */
/* Version of the template before. */
const char *kube_memo_back(const json_t *memo, struct arena *arena);
/* The user's own bounds. */
uint32_t kube_memo_surge(const json_t *memo, uint32_t replicas);
uint32_t kube_memo_unavailable(const json_t *memo, uint32_t replicas);
/* Puts the user's settings back, without `paused`. */
void kube_memo_restore(struct kube_patch *patch, const json_t *memo);
/* The revision of a third template that runs pods, or NULL: neither asked for nor before. */
const json_t *kube_memo_third(const json_t *memo, const struct kube_workload *w);
/* Has the template changed since the release began, though its version is the same? */
bool kube_memo_is_outdated(const json_t *memo, const struct kube_workload *w);
/* Does anything of the template before still run? */
bool kube_memo_runs(const json_t *memo, const struct kube_workload *w);

#endif
