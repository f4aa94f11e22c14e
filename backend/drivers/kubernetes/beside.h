/* beside.h: the objects that a manifest holds beside the workload, looked for in the cluster.
 *
 * Secrets are never read. What this identity may not read is unknown, and said to be. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_BESIDE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_BESIDE_H

#include "drivers/kubernetes/manifest.h"

struct kube;

/* "ConfigMap settings", clean. Pure. */
void kube_beside_name(const json_t *object, char *out, size_t size);
/* Against the object of the cluster, NULL: there is none. Pure. */
void kube_beside_judge(struct kube_beside *beside, const char *file, const json_t *live);
/* What was found, in one line for people; "" when nothing is beside. Pure. */
void kube_beside_sum(const struct kube_manifest *manifest, char *out, size_t size);

/* Asks for those that were not asked for; done runs once, not before this returns. */
void kube_beside_ask(struct kube *kube, const char *scope, void (*done)(void *arg), void *arg);

#endif
