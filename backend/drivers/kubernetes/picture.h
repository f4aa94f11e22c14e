/* picture.h: from decoded objects to the facts of one service. Pure. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_PICTURE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_PICTURE_H

#include "drivers/kubernetes/facts.h"
#include "drivers/kubernetes/map.h"
#include "model/node.h"
#include "model/service.h"

/* Everything that is known of one workload. */
struct kube_view {
    const char *cluster; /* the context's name */
    const struct kube_work *work;
    const struct kube_revision *const *revisions; /* its own */
    size_t revision_count;
    const struct kube_pod *const *pods; /* its own, with those that are terminating */
    size_t pod_count;
    bool pods_known;  /* all of them; else only some (on silent nodes), the rest as status counts */
    bool deleted;     /* the object is gone; what is left of it may run */
    bool nodes_known; /* a node that is not in `nodes` is gone */
    const struct map *nodes;              /* name -> struct kube_node */
    const struct kube_cron *const *crons; /* of the same application */
    size_t cron_count;
    const char *said; /* by events: why something does not go on, or "" */
    int64_t utc_ms, now_ms;
};

/* Seals and returns the service: one reference, the caller's. */
const struct service *kube_picture(const struct kube_view *view, bool with_instances);

/* May what was on this node run on, unheard of? */
bool kube_node_is_lost(const struct kube_view *view, const char *node);
/* What a pod is to lockstep; false: history. */
bool kube_classify(const struct kube_view *view, const struct kube_pod *pod,
                   enum instance_state *out);
/* Revision of the template that is asked for, or NULL: none was made yet. */
const struct kube_revision *kube_view_new(const struct kube_view *view);
/* The revision that the pod is of, or NULL. */
const struct kube_revision *kube_view_of_pod(const struct kube_view *view,
                                             const struct kube_pod *pod);

/* How it goes, from what was counted. */
struct kube_tally {
    uint32_t fresh, stale; /* present and not terminating: of the template asked for, others */
    uint32_t fresh_ready;
    uint32_t leaving, starting; /* on nodes that report */
    bool unsettled;             /* a ReplicaSet has not reached its size */
};
enum motion kube_motion(const struct kube_view *view, const struct kube_revision *fresh,
                        const struct kube_tally *tally);

struct node kube_node_fact(const char *cluster, const struct kube_node *node);

#endif
