/* facts.h: what the API server's objects say, decoded. Pure.
 *
 * Each call decodes one object into an arena of its own (yours to free): what is kept of an object
 * is a few hundred bytes, not its JSON. Every string is clean and lives in that arena. Wrong types
 * in what is counted by are refused with their path; what only explains is left out instead. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_FACTS_H
#define LOCKSTEP_DRIVERS_KUBERNETES_FACTS_H

#include "base/err.h"
#include "drivers/kubernetes/template.h"

struct kube_meta {
    struct arena *arena;
    const char *uid, *scope, *name; /* scope: namespace, "" for nodes */
    const char *version;            /* metadata.resourceVersion */
    const char *owner_uid;          /* of the controlling owner, or "" */
    int64_t created_utc_ms;
    const void *source; /* the feed that holds it, and the round in which it was seen last */
    unsigned round;
};

/* What is to know of a pod template. */
struct kube_template_facts {
    const char *version, *image, *digest;
    char hash[17]; /* equal for equal templates */
};

enum { KUBE_MARKS_MAX = 16, KUBE_REPLICAS_MAX = 1 << 20 };

/* A Deployment, StatefulSet, DaemonSet or Rollout. */
struct kube_work {
    struct kube_meta meta;
    enum kube_kind kind;
    struct kube_template_facts template;
    enum kube_hold hold;
    const char *contract; /* as written, or "" */
    const char *selector; /* as a query value, not escaped; "": nothing can be selected */
    const char *owner;    /* "helm", "argo-cd", "flux", the kind of an owning object, or "" */
    const char *by;       /* who set the template last, or "" */
    int64_t set_utc_ms;   /* when; -1 */
    const char *app;      /* label app.kubernetes.io/name or app, or "" */
    const char *const *marks;
    size_t mark_count;
    char revision[KUBE_REVISION_TEXT]; /* kube_revision: precondition of writes */
    char target_hash[17];              /* of what a person would call a change of the target */
    bool observed;                     /* status is about this generation */
    bool recreate;                     /* old ones go before new ones come */
    uint32_t replicas, surge, unavailable, partition;
    /* status */
    uint32_t present, updated, ready, available, terminating;
    int64_t sequence;                        /* revision number of the template, 0 unknown */
    const char *new_revision, *old_revision; /* names or hashes, StatefulSet and Rollout; else "" */
    const char *failure;                     /* the engine cannot create pods: its words, or "" */
    const char *stalled;                     /* it says that nothing goes on: its words, or "" */
    bool latched;                            /* it was complete once, as it is asked for now */
    bool gave_up;                            /* Rollout: aborted or degraded */
    const char *unreadable; /* the object is not what it should be: everything above is of before */
};

/* A ReplicaSet or ControllerRevision: one template that was asked for some time. */
struct kube_revision {
    struct kube_meta meta;
    struct kube_template_facts template;
    const char *hash; /* label of its pods, or "" */
    int64_t sequence;
    bool reused; /* asked for again after another one: its age says nothing */
    bool counts; /* a ReplicaSet: what follows is known */
    uint32_t wanted, present, ready, terminating;
    const char *failure;
};

enum kube_phase { KUBE_PENDING, KUBE_RUNNING, KUBE_ENDED };

struct kube_pod {
    struct kube_meta meta;
    struct kube_template_facts template; /* of itself; its digest is of what really runs */
    const char *hash, *node;
    enum kube_phase phase;
    bool ready, terminating;
    uint32_t restarts;
    unsigned rank;         /* how bad `reason` is, 0: nothing is wrong */
    const char *reason;    /* the most specific one, or "" */
    int64_t ready_utc_ms;  /* when `ready` became what it is; -1 */
    int64_t begun_utc_ms;  /* its containers, last; -1 */
    int64_t delete_utc_ms; /* when it was told to go; -1 */
};

enum kube_node_ready { KUBE_NODE_READY, KUBE_NODE_NOT_READY, KUBE_NODE_SILENT };

struct kube_node {
    struct kube_meta meta;
    enum kube_node_ready ready;
    bool draining;
    bool removed; /* the server forgot it while nobody heard of it */
    int64_t since_utc_ms;
    const char *note;
};

/* A CronJob: it starts its template by itself. */
struct kube_cron {
    struct kube_meta meta;
    struct kube_template_facts template;
    const char *app;
    bool suspended;
};

/* Each returns a fact in meta.arena, or NULL and err. */
struct kube_work *kube_decode_work(enum kube_kind kind, const json_t *object, struct err *err);
struct kube_revision *kube_decode_revision(const json_t *object, struct err *err);
struct kube_pod *kube_decode_pod(const json_t *object, struct err *err);
struct kube_node *kube_decode_node(const json_t *object, struct err *err);
struct kube_cron *kube_decode_cron(const json_t *object, struct err *err);

/* metadata of any object, into an arena that it makes; false and err leave none. */
bool kube_decode_meta(const json_t *object, struct kube_meta *out, struct err *err);
/* Of a pod template, or of a pod itself. */
struct kube_template_facts kube_decode_template(const json_t *template, struct arena *arena);
/* A clean copy of a raw text. */
const char *kube_clean(struct arena *arena, const char *raw, size_t max);
/* The words of a Status object, "" when there are none. */
const char *kube_status_message(const json_t *status, struct arena *arena);

/* reason.c: why this pod does not serve; *rank 0: nothing is wrong with it. */
const char *kube_pod_reason(const json_t *pod, struct arena *arena, unsigned *rank);
/* Ranks, the most telling last. */
enum kube_rank {
    KUBE_RANK_NONE,
    KUBE_RANK_GATE,     /* a readiness gate */
    KUBE_RANK_PROBE,    /* runs and is not ready */
    KUBE_RANK_WAIT,     /* volumes, sandbox: not known better */
    KUBE_RANK_SCHEDULE, /* no node takes it */
    KUBE_RANK_CRASH,
    KUBE_RANK_CONFIG, /* a missing ConfigMap, a bad security context … */
    KUBE_RANK_IMAGE,
};

/* "deployment/shop/billing" into the arena. */
const char *kube_service_id(struct arena *arena, enum kube_kind kind, const char *scope,
                            const char *name);
/* The reverse; false when it is none. The texts are safe in a path. */
bool kube_parse_id(const char *id, enum kube_kind *kind, char scope[64], char name[254]);

#endif
