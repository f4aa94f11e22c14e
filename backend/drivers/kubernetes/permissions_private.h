/* permissions_private.h: asking from inside. permissions.c sends and waits, permissions_ask.c knows
 * the questions, permissions_sum.c makes the answer. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_PERMISSIONS_PRIVATE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_PERMISSIONS_PRIVATE_H

#include "drivers/kubernetes/permissions.h"
#include "drivers/kubernetes/rbac.h"

enum ask_limit {
    ASK_LANES = 4,
    ASK_NAMESPACES_MAX = 256,
    ASK_EACH_MAX = 16, /* namespaces in which every right is asked for by itself */
    ASK_BACKOFF_MS = 1000,
    ASK_BACKOFF_MAX_MS = 30000,
};

enum ask_step {
    ASK_WHO,
    ASK_CLUSTER,    /* every question, in the whole cluster */
    ASK_NAMESPACES, /* which there are */
    ASK_RULES,      /* all rights in each of them */
    ASK_EACH,       /* every open question where rights could not be listed */
    ASK_DONE
};

enum right { RIGHT_UNKNOWN, RIGHT_YES, RIGHT_NO };

/* One verb of one row. */
struct question {
    const struct rbac_row *row;
    char verb[12];
    enum right cluster;
    unsigned char scopes[ASK_NAMESPACES_MAX]; /* enum right, by namespace */
};

struct ask;
typedef void ask_answered(struct ask *ask, size_t question, const struct http_answer *answer,
                          const struct err *failed);

struct lane {
    struct ask *ask;
    bool busy, refreshed;
    const char *path;
    char *body;
    size_t question;
    ask_answered *answered;
};

struct ask {
    struct ask *next, **link; /* of the access, which drops it when it is closed */
    struct kube_access *access;
    struct loop *loop;
    struct loop_timer *timer;
    struct arena *arena;
    driver_permissions_fn *fn;
    void *arg;

    enum ask_step step;
    size_t at; /* next of this step */
    struct err failed;
    int64_t backoff_ms;
    struct lane lanes[ASK_LANES];
    unsigned in_flight;

    const char *who; /* "" not known */
    unsigned who_version;
    struct question *questions;
    size_t question_count;
    const char **scopes;
    bool *listed; /* by scope: its rights could be listed whole */
    size_t scope_count;
};

/* credentials.c */
struct ask **kube_access_asks(struct kube_access *access);
struct loop *kube_access_loop(struct kube_access *access);

/* permissions.c */
void kube_permissions_drop(struct ask *ask);
/* Sends a POST of `body` (taken over), or a GET where it is NULL. A lane must be free. */
void kube_ask(struct ask *ask, const char *path, json_t *body, size_t question, ask_answered *fn);

/* permissions_ask.c */
size_t kube_ask_count_questions(void);
void kube_ask_list_questions(struct ask *ask);
/* Sends the next request of this step; false when it has none left. */
bool kube_ask_step(struct ask *ask);

/* permissions_sum.c: the texts live in the ask's arena. */
struct driver_permissions kube_permissions_sum(struct ask *ask);

#endif
