/* deployment_model.h: the Deployment controller's arithmetic, as its source has it, on objects of
 * our own: what it does with a spec, in any order of its own steps and with status that lags.
 *
 * Templates are told apart by image alone. */
#ifndef LOCKSTEP_TESTS_DRIVERS_KUBERNETES_DEPLOYMENT_MODEL_H
#define LOCKSTEP_TESTS_DRIVERS_KUBERNETES_DEPLOYMENT_MODEL_H

#include "drivers/kubernetes/recipe.h"

enum { MODEL_SETS = 4 };

struct model_set {
    json_t *object;
    int32_t pods, ready; /* what really runs; status follows by model_kubelet */
    bool used;
};

struct model {
    json_t *deployment;
    struct model_set sets[MODEL_SETS];
    size_t set_count;
    int never_ready; /* index of a ReplicaSet whose pods never become ready; -1 none */
    int64_t version; /* resourceVersion of the next change */
    uint32_t seed;
    const json_t *objects[MODEL_SETS];
    struct kube_workload workload;
};

/* Complete and at rest on image "app:4". `surge` and `unavailable` as JSON text: "3", "\"25%\"". */
void model_open(struct model *model, uint32_t replicas, const char *surge, const char *unavailable);
void model_close(struct model *model);
const struct kube_workload *model_look(struct model *model);

/* One request as the API server would carry it out; the status of its answer. */
long model_send(struct model *model, const struct kube_request *request);
/* Somebody else's change: path and value as text. */
void model_set_text(struct model *model, const char *path, const char *value);

/* One step of the controller or of a kubelet, as the seed says; false when nothing is left to do.
 */
bool model_turn(struct model *model);
/* Pods asked for of this image, by ReplicaSets; -1: of all. */
int32_t model_wanted(const struct model *model, const char *image);
int32_t model_ready(const struct model *model, const char *image);

#endif
