/* write.h: JSON patches with what they rest on tested by the server in the same breath. Pure.
 *
 * A test on generation and lockstep's own annotations instead of resourceVersion: status moves
 * all the time while pods come and go, and a pause must not lose against that. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_WRITE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_WRITE_H

#include "drivers/kubernetes/recipe.h"

#define KUBE_MANAGER "lockstep"

/* Operations of one patch on w->object; `ops` is owned until kube_patch_end. */
struct kube_patch {
    const struct kube_workload *w;
    json_t *ops;
    bool annotated; /* metadata.annotations is there, or made by this patch */
};

/* Tests that the object is as judged. ERR_CONFLICT when w->object itself is not at `revision`. */
bool kube_patch_begin(struct kube_patch *patch, const struct kube_workload *w, const char *revision,
                      struct err *err);
/* Sets a member to a value (adopted); a missing parent is an error of the caller. */
void kube_patch_set(struct kube_patch *patch, const char *path, json_t *value);
void kube_patch_test(struct kube_patch *patch, const char *path, json_t *value);
void kube_patch_remove(struct kube_patch *patch, const char *path);
/* text NULL: removed, where it is there. */
void kube_patch_annotate(struct kube_patch *patch, const char *key, const char *text);
/* Leaves the mark of this write in front of the last few. */
void kube_patch_mark(struct kube_patch *patch, const struct action *action);
/* Takes away every annotation of lockstep's and its entries in managedFields: after it somebody
 * else's server-side apply meets nothing of lockstep. */
void kube_patch_clean(struct kube_patch *patch);
/* A further patch of the same write, without a precondition of its own but what it tests. */
void kube_patch_follow(struct kube_patch *patch, const struct kube_workload *w);
/* Moves the patch into *out as its next request; subresource "" or "status". */
void kube_patch_end(struct kube_patch *patch, const char *subresource, struct kube_write *out);
void kube_patch_drop(struct kube_patch *patch);

/* Appends the deletion of one pod, only if it is still this one. */
void kube_write_delete(struct kube_write *write, const json_t *pod);
/* Appends all requests of another one. */
void kube_write_move(struct kube_write *to, struct kube_write *from);

#endif
