/* follow.h: streaming facts: what is kept of a cluster, and who fills it. Private to this folder.
 *
 * Workloads, their revisions and nodes are followed for the whole cluster. Pods are not: only those
 * of workloads that move, have trouble or are looked at, and those on nodes that do not
 * report, so that what rests costs nothing, however large it is. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_FOLLOW_H
#define LOCKSTEP_DRIVERS_KUBERNETES_FOLLOW_H

#include "drivers/kubernetes/feed.h"
#include "drivers/kubernetes/map.h"
#include "drivers/kubernetes/picture.h"
#include "drivers/kubernetes/unread.h"

enum follow_limit {
    FOLLOW_FLUSH_MS = 30,      /* changes that come together are told together */
    FOLLOW_EARLY_MS = 300,     /* and at the start not before all of a picture is there */
    FOLLOW_PATIENCE_MS = 8000, /* a feed that fails for less is none of anybody's business */
    FOLLOW_PODS_MAX = 48,      /* workloads whose pods are followed at the same time */
    FOLLOW_NODES_MAX = 48,     /* silent nodes whose pods are */
    FOLLOW_LINGER_MS = 15000,  /* pods are followed so long after they were needed */
    FOLLOW_LOOK_MS = 10000,    /* what depends on time is looked at again */
    FOLLOW_SCOPES_MAX = 64,    /* namespaces, where listing all is forbidden */
};

/* The kinds that are followed for all of the cluster. The first ones are workloads. */
#define FOLLOW_KINDS(X)                                                                            \
    X(DEPLOYMENTS, "/apis/apps/v1", "deployments", true, "")                                       \
    X(STATEFULSETS, "/apis/apps/v1", "statefulsets", true, "")                                     \
    X(DAEMONSETS, "/apis/apps/v1", "daemonsets", true, "")                                         \
    X(ROLLOUTS, "/apis/argoproj.io/v1alpha1", "rollouts", true, "")                                \
    X(REPLICASETS, "/apis/apps/v1", "replicasets", true, "")                                       \
    X(CONTROLLERREVISIONS, "/apis/apps/v1", "controllerrevisions", true, "")                       \
    X(CRONJOBS, "/apis/batch/v1", "cronjobs", true, "")                                            \
    X(RECORDS, "/api/v1", "configmaps", true, KUBE_RECORD_SELECTOR)                                \
    X(NODES, "/api/v1", "nodes", false, "")

#define KUBE_RECORD_SELECTOR "labelSelector=lockstep.record%3D1"

enum follow_kind {
#define X(id, prefix, resource, scoped, selector) FOLLOW_##id,
    FOLLOW_KINDS(X)
#undef X
        FOLLOW_KIND_COUNT
};

/* One kind in one namespace, or in all. */
struct watch {
    struct watch *next;
    struct follow *follow;
    enum follow_kind kind;
    char *scope; /* "": all */
    struct feed *feed;
    struct unread unread;
    bool said; /* that it is forbidden */
};

/* One workload and its revisions; either may be heard of first. */
struct family {
    char *uid;
    struct kube_work *work; /* NULL: not heard of */
    bool deleted;           /* what is left of it: its work is of before */
    struct kube_revision **revisions;
    size_t revision_count, revision_cap;
    bool dirty;
    struct family *next_dirty;
    char *told_id; /* as the sink knows it; NULL: it does not */
    uint64_t told_hash;
    struct pods *pods; /* of its own; NULL: not followed */
    int64_t needed_ms; /* when its pods were needed last */
    char *said;        /* by events; NULL: nothing */
};

/* Pods of one workload, or on one silent node. */
struct pods {
    struct pods *next;
    struct follow *follow;
    struct family *family; /* NULL: of a node */
    char *node;            /* NULL: of a workload */
    struct feed *feed;
    struct map by_uid;
    struct unread unread;
    bool known; /* all that there are */
};

struct follow {
    struct kube *kube;
    struct watch *watches;
    struct map families; /* by uid of the workload */
    struct map revisions, nodes, crons;
    struct pods *pods; /* all, of workloads and of nodes */
    size_t pods_count, node_pods_count;
    struct map records; /* of the ledger, by uid */
    struct map ghosts;  /* pods that were dropped while their node was silent, by uid */
    struct family *dirty;
    char focus[160];
    enum cluster_state state;
    bool told_state, synced;
    char left_out[400]; /* as it was told last */
    bool probing, away; /* the last probe was not answered */
    int64_t opened_ms;
    struct loop_timer *flush_timer, *probe_timer, *look_timer;
    int64_t flushed_ms; /* when changes were told last */
};

/* store.c: what is kept. */
struct family *store_family(struct follow *follow, const char *uid); /* made when not there */
/* False and err: it cannot be read, and what is told is without it. */
bool store_put(struct follow *follow, enum follow_kind kind, const json_t *object,
               const void *source, unsigned round, struct err *err);
void store_drop(struct follow *follow, enum follow_kind kind, const char *uid);
/* Everything of this source that was not seen in this round. */
void store_sweep(struct follow *follow, enum follow_kind kind, const void *source, unsigned round);
void store_free(struct follow *follow);
/* The family that a pod belongs to, or NULL. */
struct family *store_family_of_pod(struct follow *follow, const struct kube_pod *pod);
/* The enum of a kind of workload; false for the others. */
bool follow_work_kind(enum follow_kind kind, enum kube_kind *out);

/* pods.c */
void pods_want(struct follow *follow, struct family *family);
void pods_unwant(struct follow *follow, struct family *family);
void pods_of_node(struct follow *follow, const struct kube_node *node, const char *name);
void pods_free_all(struct follow *follow);
bool pods_ready(const struct follow *follow); /* all that are followed are known */
/* All of one family, each once; an array in the arena. *known: there are no others. */
const struct kube_pod *const *pods_collect(struct follow *follow, struct family *family,
                                           struct arena *arena, size_t *count, bool *known);

/* tell.c */
void tell_soon(struct follow *follow, struct family *family); /* something of it changed */
void tell_now(struct follow *follow);
void tell_node(struct follow *follow, const struct kube_node *node);
/* CronJobs of the same application. */
const struct kube_cron *const *tell_crons(struct follow *follow, const struct kube_work *work,
                                          struct arena *arena, size_t *count);
void tell_node_gone(struct follow *follow, const struct kube_node *last);

/* events.c: of a family whose pods are followed; what is found becomes `said`. */
void events_ask(struct follow *follow, struct family *family);

/* follow.c */
/* Is something still on its way that pictures rest on? A Deployment without its ReplicaSets looks
 * as if nothing of it ran, and asks for its pods: of a large cluster, all of them. Not for longer
 * than FOLLOW_PATIENCE_MS. */
bool follow_is_early(const struct follow *follow);
void follow_judge(struct follow *follow);
void follow_judge_soon(struct follow *follow);
/* Every node is known, and watched. */
bool follow_has_nodes(const struct follow *follow);
/* What a single read does not ask for: CronJobs, and what a silent node ran and was forgotten. */
void follow_complete(struct follow *follow, struct kube_view *view, struct arena *arena);

#endif
