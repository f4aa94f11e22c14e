/* driver.h: the contract between the engine and a kind of cluster.
 *
 * For every driver:
 *  - all slots are mandatory; what a platform cannot do answers ERR_UNSUPPORTED;
 *  - everything runs on the engine thread; no slot blocks;
 *  - each callback runs exactly once, later, from the loop: never from inside the
 *    call that asked for it, and never after close;
 *  - what a callback receives is borrowed for its length, except where it says
 *    "adopted";
 *  - a driver retries reads by itself (with back-off) and never retries a write. */
#ifndef LOCKSTEP_DRIVERS_DRIVER_H
#define LOCKSTEP_DRIVERS_DRIVER_H

#include "base/err.h"
#include "base/loop.h"
#include "health/settings.h"
#include "model/action.h"
#include "model/node.h"
#include "model/past.h"
#include "model/service.h"

#include <jansson.h>

struct driver;
struct action_status;

enum cluster_state {
    CLUSTER_CONNECTING,
    CLUSTER_LIVE,
    CLUSTER_STALE, /* was live; the last facts stay, with their age */
    CLUSTER_STATE_COUNT
};
extern const char *const cluster_state_word[CLUSTER_STATE_COUNT];

/* Where facts go. Called from the loop only. */
struct driver_sink {
    void *arg;
    /* A service was seen or changed; adopted (one reference), sealed. */
    void (*service)(void *arg, const struct service *service);
    void (*service_gone)(void *arg, const char *id);
    /* Copied by the engine. A node that the engine removed while it was silent is
     * reported once more as NODE_SILENT with the note; it is never just gone. */
    void (*node)(void *arg, const struct node *node);
    void (*node_gone)(void *arg, const char *id); /* provably empty and gone */
    /* A complete picture was delivered since open or since the last state change. */
    void (*synced)(void *arg);
    /* Heard from the cluster now: what is in the model is at most as old as this. */
    void (*fresh)(void *arg);
    /* why: NULL, or what is wrong; of LIVE, what the picture is without. */
    void (*state)(void *arg, enum cluster_state state, const struct err *why);
    /* Something the engine says happened: one clean line for the timeline. */
    void (*event)(void *arg, const char *service_id, const char *text);
    /* The ledger record of a service changed in the store: read it again. */
    void (*ledger_changed)(void *arg, const char *key);
    /* Of recordings alone (NULL: not wanted): what the engine said then, by its kind of event, and
     * how an action of then stood. */
    void (*told)(void *arg, unsigned kind, const char *name, const char *by, const char *text);
    void (*acted)(void *arg, uint64_t ticket, const struct action_status *status);
};

struct cluster_config {
    const char *name;     /* context name on the screen */
    const char *kind;     /* ops->name */
    const char *endpoint; /* unix:///…, tcp://…, https://…; sim: the scenario */
    const char *ca_file, *cert_file, *key_file; /* "" where not used */
    bool production;
    bool read_only;
    int64_t settle_ms; /* bounded time after which an unanswered write is settled by a re-read;
                          0: the driver's own */
    /* kubernetes; NULL counts as "" */
    const char *kubeconfig;   /* "": KUBECONFIG, ~/.kube/config, the pod's account */
    const char *kube_context; /* "": the current one; in-cluster: the pod's account */
    const char *namespaces;   /* separated by commas; "": all. nomad, too: one */
    const char *kube_account; /* folder of the pod's account; "": where Kubernetes puts it */
    bool terminal_free;       /* nothing is drawn: credential plugins may ask on the terminal */
    /* nomad; NULL counts as "" */
    const char *token, *token_file, *region;
    const char *server_name; /* of TLS, when it is not the host */
    uint64_t seed;           /* sim */
    void *shared;            /* sim: an existing struct sim to share; NULL otherwise */
    const struct tape *tape; /* facts come from this recording, whatever the kind; NULL: no */
    size_t tape_cluster;     /* which of its clusters it is */
    size_t tape_next;        /* the first of its facts that is not known yet */
};

struct driver_env {
    struct loop *loop;
    struct driver_sink sink;
    const struct cluster_config *config; /* outlives the driver */
};

/* What the engine must know before it plans. Constant after open. */
struct driver_caps {
    bool fence;        /* has a neutral write (fence slot works) */
    int64_t settle_ms; /* else: so long after it was sent no write can arrive any more */
    bool ledger;       /* has a shared store with compare-and-swap */
    bool choose_nodes; /* a step can name its nodes */
    bool measures;     /* knows by itself what its services do (measure slot) */
    bool clears_marks; /* the last write of an action that finishes or undoes (action_clears_marks)
                          takes every mark away, and is in when none of its action is left */
    const char
        *drift_note; /* what may move a resting rollout without a command, or "" (P16's limit) */
};

typedef void driver_read_fn(void *arg, const struct service *service, /* NULL with err */
                            const struct err *err);
/* revision: of the object after the write, where the answer says it, else "". */
typedef void driver_act_fn(void *arg, const char *revision, const struct err *err);
/* text is NULL (and revision "") when there is no such record: not an error. */
typedef void driver_ledger_fn(void *arg, const char *text, const char *revision,
                              const struct err *err);
typedef void driver_list_fn(void *arg, const char *const *keys, size_t count,
                            const struct err *err);

/* Verbs that this identity may not use on some services. */
struct driver_denial {
    unsigned verbs;      /* set of 1 << enum verb; 0: something else that it lacks, worth knowing;
                            with a scope: that nothing of it is seen */
    const char *kind;    /* as struct service's; "": every kind */
    const char *scope;   /* "": every scope */
    bool unscoped;       /* only what has no scope */
    const char *missing; /* "patch statefulsets.apps in shop" */
};

/* One series: values at from, from + step, …, each over the step that ends there. */
struct driver_measure {
    const char *service_id, *version;
    enum measure measure;
    int64_t from_utc_ms, step_ms;
    size_t count;
};

/* Who this identity is and what it may do; the texts are clean. */
struct driver_permissions {
    const char *who; /* as the engine says; else the local user with `verified` false */
    bool verified;
    bool may_view, may_act;
    const char *missing;                 /* verb and resource that is missing, or "" */
    const struct driver_denial *denials; /* may_act, but not everything */
    size_t denial_count;
};
typedef void driver_permissions_fn(void *arg, const struct driver_permissions *permissions,
                                   const struct err *err);

/* err: nothing is known. Everything is borrowed until it returns. */
typedef void driver_history_fn(void *arg, const struct past *pasts, size_t count,
                               const struct err *err);

/* The log of one instance. */
struct log_query {
    const char *service_id, *instance; /* its name, as struct instance says */
    bool previous;                     /* of what ran before its last restart */
};
enum driver_log_limit { LOG_TAIL = 400 }; /* lines of before that come first, at most */
/* line and happened may call no slot; end may. */
struct log_sink {
    void *arg;
    /* One clean line that it wrote, at most LINES_MAX bytes. */
    void (*line)(void *arg, const char *text);
    /* What the engine says happened to it, or what is waited for; at_utc_ms -1: not known. */
    void (*happened)(void *arg, int64_t at_utc_ms, const char *text);
    /* Once: nothing more comes. why NULL: it has ended, or is gone. */
    void (*end)(void *arg, const struct err *why);
};

/* What a start shall ask for, in the engine's own words. */
struct driver_manifest {
    const char *file; /* its name, for complaints */
    const char *text;
    size_t len;
};
enum { DRIVER_ARTIFACT = 512 }; /* bytes of action.artifact */

struct driver_ops {
    const char *name; /* "sim", "swarm", … */

    /* NULL and err (ERR_CONFIG) for what can be seen to be wrong without the
     * network; everything else is reported through sink.state later. */
    struct driver *(*open)(const struct driver_env *env, struct err *err);
    void (*close)(struct driver *driver);
    const struct driver_caps *(*caps)(const struct driver *driver);

    /* Starts streaming facts into the sink until close. */
    void (*follow)(struct driver *driver);
    /* Streams instances of this service as well, as if it were in flight; NULL: of none. */
    void (*focus)(struct driver *driver, const char *service_id);

    /* One service by a consistent read (never a cache). ERR_NOT_FOUND when it is not there. */
    void (*read)(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg);

    /* Pure. Fills action->writes (how many engine writes this action takes, each
     * with its own precondition), given the service as just read and the memo of
     * its release (NULL before its first VERB_START; after a rehearsal comes another). For
     * VERB_START *new_memo becomes what must be kept to undo and to restore (a new reference).
     * ERR_UNSUPPORTED/ERR_REJECTED with the reason when the engine cannot do it from here. */
    bool (*plan)(struct driver *driver, const struct service *service, const json_t *memo,
                 struct action *action, json_t **new_memo, struct err *err);
    /* Pure: has write `action->write` come to rest, so that the next may go (or the action is
     * done)? */
    bool (*settled)(struct driver *driver, const struct service *service,
                    const struct action *action);

    /* The only slot that changes a service. Sends write `action->write` of the
     * action once, with precondition action->revision, leaving the mark
     * "<id>.<write>" on the object in the same write. Outcomes by err->code:
     * NONE applied; CONFLICT the revision had moved; REJECTED, AUTH, NOT_FOUND,
     * UNSUPPORTED: certainly not applied; anything else: unknown. */
    void (*act)(struct driver *driver, const struct action *action, const json_t *memo,
                driver_act_fn *fn, void *arg);
    /* A compare-and-swap no-op on the service at `revision`: moves the revision and
     * nothing else, after which a late write with that precondition can only fail.
     * Outcomes as of act. */
    void (*fence)(struct driver *driver, const char *service_id, const char *revision,
                  driver_act_fn *fn, void *arg);

    /* The shared store. `key` is the service's name (clean; the driver makes it
     * fit). put: expected "" means "must not exist"; ERR_CONFLICT when it moved. */
    void (*ledger_get)(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg);
    void (*ledger_put)(struct driver *driver, const char *key, const char *text,
                       const char *expected, driver_ledger_fn *fn, void *arg);
    void (*ledger_list)(struct driver *driver, driver_list_fn *fn, void *arg);

    void (*permissions)(struct driver *driver, driver_permissions_fn *fn, void *arg);

    /* Streams the log of one instance, from its last lines on and through its restarts, until
     * another is asked for; query NULL: of none. What was asked for before is dropped: its sink
     * hears nothing more. The query is copied. A read: never more than one at a time. */
    void (*log)(struct driver *driver, const struct log_query *query, const struct log_sink *sink);

    /* Reads what a start of this service shall ask for and keeps it until it is planned: `artifact`
     * becomes what stands for it in action->artifact. At most one at a time. Pure otherwise. */
    bool (*describe)(struct driver *driver, const char *service_id,
                     const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                     struct err *err);

    /* All that the cluster still keeps of the releases of before, of every service. Reads only. */
    void (*history)(struct driver *driver, driver_history_fn *fn, void *arg);
    /* What is measured of a version, without asking anybody; NAN where there is nothing. False and
     * err when it cannot be said now; ERR_UNSUPPORTED where caps->measures is false. */
    bool (*measure)(struct driver *driver, const struct driver_measure *ask, double *values,
                    struct err *err);
};

/* First member of every concrete driver. */
struct driver {
    const struct driver_ops *ops;
    struct driver_env env;
};

extern const struct driver_ops driver_sim, driver_swarm, driver_kubernetes, driver_nomad;
extern const struct driver_ops driver_replay; /* of no kind: config.tape says so */
/* The measure slot of those that measure nothing. */
bool driver_measures_nothing(struct driver *driver, const struct driver_measure *ask,
                             double *values, struct err *err);
/* NULL when no driver is called that. */
const struct driver_ops *driver_find(const char *name);

#endif
