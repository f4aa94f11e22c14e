/* service.h: one service of one cluster as facts, sealed.
 *
 * A driver builds it into an arena of its own, seals it, and from then on it is
 * const and shared by reference count between engine and frames. All strings are
 * clean (base/text.h) and live in that arena. Facts only: nothing here is a
 * judgement of lockstep's. */
#ifndef LOCKSTEP_MODEL_SERVICE_H
#define LOCKSTEP_MODEL_SERVICE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one instance (task, pod, allocation) is doing. */
enum instance_state {
    INSTANCE_STARTING, /* asked for, not serving yet */
    INSTANCE_SERVING,
    INSTANCE_STOPPING, /* told to stop, may still run */
    INSTANCE_FAILING,  /* ended or cannot start; the engine tries again or gave up */
    INSTANCE_GHOST,    /* may still run on a node that does not report */
    INSTANCE_STATE_COUNT
};
extern const char *const instance_state_word[INSTANCE_STATE_COUNT];

/* How many instances of one version are in each state. */
struct version_count {
    const char *version; /* what people call it: label, tag, else short digest; "?" unknown */
    const char *digest;  /* of what runs, or "" */
    uint32_t count[INSTANCE_STATE_COUNT];
    int64_t young_utc_ms; /* when its youngest instance came to its state; 0 not known */
};

/* How many of one version are on one node. */
struct placement {
    const char *node; /* node id, matches struct node.id */
    uint32_t version; /* index into versions */
    uint32_t count[INSTANCE_STATE_COUNT];
    uint64_t node_key; /* by service_seal; 0: not sealed */
};

/* Something that would start a version by itself: the spec that re-creates lost
 * instances, an autoscaler's template, a cron image. A virtual node of the guard. */
struct launcher {
    const char *name;
    const char *version;
};
#define LAUNCHER_SPEC "spec" /* the service's own: moves with every release */

struct instance {
    const char *name; /* slot, pod or allocation name */
    const char *node; /* node id or "" */
    uint32_t version; /* index into versions */
    enum instance_state state;
    const char *reason;   /* most specific one, or "" */
    int64_t since_utc_ms; /* -1 unknown */
};

/* What the engine itself is doing with the service. */
enum motion {
    MOTION_NONE,    /* nothing in flight */
    MOTION_MOVING,  /* instances are being replaced now */
    MOTION_RESTING, /* in flight, and it stands by itself until somebody acts */
    MOTION_RUNNING, /* in flight, and the engine goes on by itself */
};

enum trouble {
    TROUBLE_NONE,
    TROUBLE_STUCK,  /* wants to go on and cannot */
    TROUBLE_FAILED, /* gave up */
};

struct service {
    /* identity */
    const char *cluster; /* the context's name */
    const char *id;      /* the engine's stable id: safe in URLs, unique in the cluster */
    const char *name;
    const char *scope; /* namespace, or "" */
    const char *kind;  /* "service", "deployment", … */
    const char *owner; /* "helm", "argo-cd", … or "" */

    /* preconditions */
    const char *revision;      /* the engine's own, opaque; moves with any change */
    const char *spec_digest;   /* of what a person would call a change of the target */
    const char *config_digest; /* of how instances are configured: environment, mounts, arguments …,
                                  not version or count; "" not known */

    /* what is asked for */
    uint32_t replicas;        /* instances wanted */
    bool per_node;            /* one on each node (global service, DaemonSet) */
    const char *wants;        /* version that new instances get */
    const char *was;          /* version before, where the engine knows, else "" */
    const char *artifact;     /* image reference of `wants`, or "" */
    const char *contract;     /* text of lockstep.contract, or "" */
    const char *const *marks; /* action ids ("id.write") found on the object */
    size_t mark_count;

    /* what runs */
    struct version_count *versions;
    size_t version_count;
    struct placement *placements; /* every instance that is not history */
    size_t placement_count;
    struct launcher *launchers;
    size_t launcher_count;
    struct instance *instances; /* only while in flight, in trouble, or in focus */
    size_t instance_count;

    /* how it goes */
    enum motion motion;
    enum trouble trouble;
    const char *reason;   /* single most specific one, or "" */
    const char *by;       /* who started it, where the engine knows, else "" */
    int64_t since_utc_ms; /* since the rollout (not the object) began; -1 unknown */
    int64_t observed_ms;  /* engine clock, when the driver heard it */

    /* private */
    struct arena *arena;
    unsigned refs;
};

/* Opens a service to be filled; strings and arrays go into service->arena. */
struct service *service_new(void);
/* Checks what every driver must keep (asserts: indices, non-NULL strings) and seals it. */
const struct service *service_seal(struct service *service);
const struct service *service_ref(const struct service *service);
void service_unref(const struct service *service); /* NULL is fine; any thread */

/* Of everything in it but observed_ms: equal means that there is nothing to tell. */
uint64_t service_hash(const struct service *service);

/* Instances of `version` that are in any of the states of the set (1 << enum instance_state). */
unsigned service_count(const struct service *service, const char *version, unsigned states);
#define STATES_SERVING (1u << INSTANCE_SERVING)
#define STATES_ALL     ((1u << INSTANCE_STATE_COUNT) - 1u)
/* Everything but failing: what occupies or may occupy a place. */
#define STATES_PRESENT (STATES_ALL & ~(1u << INSTANCE_FAILING))

#endif
