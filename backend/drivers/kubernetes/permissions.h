/* permissions.h: who this identity is, and which keys it may use where.
 *
 * SelfSubjectReview says who; SelfSubjectAccessReview is asked for every verb and resource of the
 * table that also makes the RBAC of `lockstep doctor --print-rbac`. Both are POSTs: where
 * nothing but GET may be sent they are not, `who` is the kubeconfig's user, unverified. Private to
 * this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_PERMISSIONS_H
#define LOCKSTEP_DRIVERS_KUBERNETES_PERMISSIONS_H

#include "drivers/kubernetes/credentials.h"

/* Fits the slot `permissions`: fn runs exactly once, from the loop, never after the access was
 * closed. Denials (driver_permissions.denials) name kinds as struct service does: "deployment",
 * "statefulset", "daemonset", "rollout". */
void kube_permissions_ask(struct kube_access *access, driver_permissions_fn *fn, void *arg);

/* "patch deployments.apps in shop" for a group ("" core), resource, subresource ("" none) and
 * namespace ("" the whole cluster), into out. For messages of 403 too. */
struct kube_need {
    const char *verb, *group, *resource, *subresource;
};
const char *kube_need_text(const struct kube_need *need, const char *scope, char *out, size_t size);

#endif
