/* differ.h: what a manifest asks for and the cluster does not have. Pure.
 *
 * Everything that the file says has to be so; what the server added stays its own matter. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_DIFFER_H
#define LOCKSTEP_DRIVERS_KUBERNETES_DIFFER_H

#include "base/json.h"

enum { KUBE_DIFFERING_NAMED = 3 };

struct kube_differing {
    char text[360]; /* the first ones, each with its place in the file and both values */
    size_t count;
};

/* A workload but for its pod template. */
void kube_differ_work(struct kube_differing *d, const struct json_at *root, const json_t *live);
/* Any other object: labels, annotations, and all that is beside metadata and status. */
void kube_differ_object(struct kube_differing *d, const struct json_at *root, const json_t *live);

#endif
