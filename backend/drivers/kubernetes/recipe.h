/* recipe.h: exact steps on Kubernetes, as verified on the real engine. Pure.
 *
 * A plain Deployment knows no step. It is held by the brake: new pods are ready and serve but
 * never become "available" (minReadySeconds of 68 years), so the controller's own arithmetic stops
 * at maxSurge + maxUnavailable new pods. A StatefulSet is held by its partition, a
 * DaemonSet by OnDelete, an Argo Rollout by its own steps.
 *
 * Each write is one request with the resourceVersion that was judged in it. What lockstep sets
 * beside the template (marks, brake) is taken away by the last write of a release or of an undo. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RECIPE_H

#include "base/err.h"
#include "drivers/kubernetes/template.h"
#include "model/action.h"

/* The workload is as just read. Fills action->writes (and holds_from, artifact, `to` of a
 * rollback); *new_memo becomes a new reference where what undo and restore need is not in `memo`.
 * Refusals are ERR_REJECTED or ERR_UNSUPPORTED with the sentence for the operator. */
bool kube_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
               json_t **new_memo, struct err *err);

/* Has write action->write come to rest, so that the next may go? memo may be NULL. */
bool kube_settled(const struct kube_workload *w, const struct action *action, const json_t *memo);

enum kube_follow { KUBE_DELETES_MAX = 64 };

/* One HTTP request. Paths are escaped and start with '/'. */
struct kube_request {
    const char *method;       /* "PATCH", "DELETE" */
    const char *content_type; /* "application/json-patch+json", … */
    char *path;
    json_t *body; /* NULL: none */
};

/* requests[0] is the write: it carries the precondition and leaves the mark, and its answer is
 * the outcome (kube_meaning). Where more follow they are deletions of single pods with a UID as
 * precondition, sent only after a 2xx to the first: harmless when sent twice, their 404 and 409
 * mean that this pod is gone; any other failure leaves the action applied but not settled. */
struct kube_write {
    struct kube_request *requests;
    size_t count;
};
void kube_write_release(struct kube_write *write);

/* Write action->write. ERR_CONFLICT when the object is not at action->revision. */
bool kube_compose(const struct kube_workload *w, const struct action *action, const json_t *memo,
                  struct kube_write *out, struct err *err);

/* A neutral write at `revision`: moves resourceVersion and no pod. `nonce` differs each time. */
bool kube_compose_fence(const struct kube_workload *w, const char *revision, const char *nonce,
                        struct kube_write *out, struct err *err);

/* What the status of the answer to requests[0] means for driver_act_fn: NONE, CONFLICT,
 * REJECTED, AUTH, NOT_FOUND, UNSUPPORTED, NETWORK (try a read), UNKNOWN. A failed test of a JSON
 * patch (422 of reason Invalid that names it) is a conflict. `answer` is the body's Status
 * object or NULL. */
enum err_code kube_meaning(long status, const json_t *answer);

/* Writes that a step from have_count to to_count takes, and how many pods write `write` adds;
 * for tests. */
uint32_t kube_write_size(const struct action *action, uint32_t write);

#endif
