/* template.h: what is said in the objects of a workload, read without judging it. Pure.
 *
 * Everything works on raw objects as the API server answered them and borrows from them.
 * Counting goes by owned revisions (ReplicaSets, ControllerRevisions) and by the hash label of
 * pods: status.updatedReplicas is 0 whenever a template was edited while paused, and 0 is not
 * what runs. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_TEMPLATE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_TEMPLATE_H

#include "base/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kube_kind {
    KUBE_DEPLOYMENT,
    KUBE_STATEFULSET,
    KUBE_DAEMONSET,
    KUBE_ROLLOUT, /* argoproj.io/v1alpha1 */
    KUBE_KIND_COUNT
};

/* One row for each kind. */
struct kube_kind_info {
    const char *word;     /* in service ids and on the screen: "deployment" */
    const char *prefix;   /* "/apis/apps/v1" */
    const char *resource; /* "deployments" */
    const char *owner;    /* kind in ownerReferences: "Deployment" */
    const char *hash;     /* label of its pods that tells templates apart */
    bool by_replicaset;   /* revisions are ReplicaSets, else ControllerRevisions */
};
extern const struct kube_kind_info kube_kinds[KUBE_KIND_COUNT];

/* Borrowed, complete objects of one workload, as the API server answered. Objects that it does not
 * own may be among revisions and pods: they are passed over. */
struct kube_workload {
    enum kube_kind kind;
    const json_t *object;
    const json_t *const *revisions;
    size_t revision_count;
    const json_t *const *pods; /* with those that are terminating */
    size_t pod_count;
};

/* What lockstep leaves on an object, and takes away when it has finished or undone. */
#define KUBE_MARKS     "lockstep.marks" /* metadata.annotations: "<id>.<write> …", newest first */
#define KUBE_FENCE     "lockstep.fence" /* metadata.annotations: a nonce */
#define KUBE_DELETE    "lockstep.delete"    /* metadata.annotations: UIDs of pods told to go */
#define KUBE_CONTRACT  "lockstep.contract"  /* annotation of the pod template, or of the object */
#define KUBE_VERSION   "lockstep.version"   /* annotation or label of the pod template */
#define KUBE_CONTAINER "lockstep.container" /* annotation: the container whose image is "it" */
#define KUBE_REST      "lockstep.rest"      /* annotation: "paused": the owner keeps it paused */
/* New pods are ready and serve, but never become available, so nothing goes on by itself. */
#define KUBE_BRAKE_READY_S    2147483646
#define KUBE_BRAKE_DEADLINE_S 2147483647

/* ---- any object ---- */
/* A member by path, "spec/strategy/type"; NULL when it is not there. Keys hold no '/'. */
const json_t *kube_at(const json_t *object, const char *path);
int64_t kube_int(const json_t *object, const char *path, int64_t fallback);
const char *kube_raw(const json_t *object, const char *path); /* "" when it is no string */
/* Raw; "" when not there. */
const char *kube_label(const json_t *object, const char *key);
const char *kube_annotation(const json_t *object, const char *key);
bool kube_is_terminating(const json_t *object);
/* Is `child`'s controlling owner this object (by uid)? */
bool kube_owns(const json_t *object, const json_t *child);
/* status.conditions[type], or NULL. */
const json_t *kube_condition(const json_t *object, const char *type);
/* The engine has acted on this generation: what status says is about it. */
bool kube_is_observed(const struct kube_workload *w);
/* Who else writes it: "argo-cd", "flux", "helm", or "". */
const char *kube_owner(const json_t *object);
/* What service->revision is: it moves with every change of the spec, of lockstep's annotations and
 * with a new object of the same name, and not with status, which moves by itself all the time
 * while pods come and go. A write tests exactly this on the server. Of a Rollout, whose state
 * is its status, it is metadata.resourceVersion. */
enum { KUBE_REVISION_TEXT = 96 };
const char *kube_revision(const json_t *object, char out[KUBE_REVISION_TEXT]);

/* ---- pod templates ---- */
/* What people call it: KUBE_VERSION, else label app.kubernetes.io/version, else the image's tag,
 * else its digest; "?" for none. Clean. */
const char *kube_template_version(const json_t *template, struct arena *arena);
/* The container that a version is about: the one named by KUBE_CONTAINER or
 * kubectl.kubernetes.io/default-container, else the first. NULL when there is none; *index is its
 * place. */
const json_t *kube_template_container(const json_t *template, size_t *index);
const char *kube_template_image(const json_t *template); /* raw, "" for none */
/* The same but for the hash labels and what the engine adds by itself. */
bool kube_template_equal(const json_t *a, const json_t *b);

/* ---- workload ---- */
const json_t *kube_template(const struct kube_workload *w); /* what is asked for */
uint32_t kube_replicas(const struct kube_workload *w);      /* DaemonSet: nodes it is meant for */
/* Template that a ReplicaSet or ControllerRevision stands for; NULL when it holds none. */
const json_t *kube_revision_template(const struct kube_workload *w, const json_t *revision);
/* Hash label that pods of this revision carry. Raw, "" unknown. */
const char *kube_revision_hash(const struct kube_workload *w, const json_t *revision);
/* The revision of the template that is asked for; NULL while the engine has made none (paused). */
const json_t *kube_new_revision(const struct kube_workload *w);
/* The revision whose pods carry this hash, or NULL. */
const json_t *kube_revision_of_hash(const struct kube_workload *w, const char *hash);
/* How many templates it has had, as the engine counts: one more with each change, and with each way
 * back. 0 unknown. */
int64_t kube_revision_number(const struct kube_workload *w);
/* maxSurge, maxUnavailable: a number or "25%" of `replicas`. A missing value is `fallback`. */
uint32_t kube_portion(const json_t *value, uint32_t replicas, bool round_up, const char *fallback);

/* Pods of one side: of the template asked for, or of all others; by labels, where pods are known,
 * else as the ReplicaSets say. */
struct kube_count {
    uint32_t wanted;      /* ReplicaSets: sum of spec.replicas; else as present */
    uint32_t present;     /* not terminating, and not ended */
    uint32_t ready;       /* of these */
    uint32_t available;   /* of these, for minReadySeconds */
    uint32_t terminating; /* may still run */
    uint32_t sets;        /* revisions that have any */
};
struct kube_count kube_count_new(const struct kube_workload *w);
struct kube_count kube_count_old(const struct kube_workload *w);

/* How it is held. */
enum kube_hold {
    KUBE_RUNS,   /* the engine goes on by itself */
    KUBE_BRAKED, /* by lockstep's brake */
    KUBE_PAUSED, /* spec.paused */
    KUBE_PARTED, /* StatefulSet: partition above 0 */
    KUBE_ON_DELETE,
    KUBE_WAITS, /* Rollout: at a pause step */
};
enum kube_hold kube_hold_of(const struct kube_workload *w);
bool kube_is_braked(const json_t *object);

#endif
