/* credentials_private.h: an access from inside. credentials.c keeps it up to date,
 * credentials_apply.c makes HTTP settings of it and reads the pod's account. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_PRIVATE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_PRIVATE_H

#include "drivers/kubernetes/credentials.h"

#include "drivers/kubernetes/exec_plugin.h"

#define KUBE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

enum access_limit {
    REREAD_MS = 60000,        /* files of tokens, certificates and authorities */
    REFRESH_REST_MS = 1000,   /* between two full refreshes */
    EXPIRY_MARGIN_MS = 10000, /* a plugin's token is renewed so long before its end */
    KUBE_CONNECT_MS = 5000,
    KUBE_TOTAL_MS = 30000,
};

struct waiter {
    struct waiter *next;
    kube_access_fn *fn;
    void *arg;
};

struct kube_access {
    struct loop *loop;
    struct arena *arena; /* of place and server; lives as long as the access */
    struct kube_place place;
    const char *server, *proxy;
    bool tls, terminal_free;
    char *file, *context_name, *account; /* as configured */

    struct kubeconfig *kubeconfig; /* NULL: the pod's account */
    struct kube_context context;   /* of it, or made up for the account */
    struct arena *account_arena;

    struct exec_run *run;
    struct arena *exec_arena;
    struct exec_answer exec;
    bool exec_known;

    struct http *http;       /* NULL until credentials were good once */
    bool stale;              /* to be applied again */
    bool identified, asking; /* the server said that it is Kubernetes; is being asked */
    bool reread;             /* there are files to be read again */
    int64_t read_ms, renewed_ms;
    struct err err; /* of the last attempt */

    struct ask *asks;              /* of permissions.c */
    struct waiter *waiters, *rest; /* rest: those of a delivery that is under way */
    struct loop_timer *timer;
    bool *gone; /* set by close inside a callback */
};

/* credentials_server.c: what answered GET /version. False when it is no Kubernetes API server; its
 * version, clean, or "" where it does not tell. */
bool kube_server_check(const struct kube_place *place, const struct http_answer *answer,
                       char version[32], struct err *err);

/* credentials_apply.c */

/* True when nothing but the plugin could give a token. */
bool kube_access_wants_exec(const struct kube_access *access);
/* Reads the files that the context names and makes or renews the HTTP client. */
bool kube_access_apply(struct kube_access *access, struct err *err);

/* The pod's account: are its variable and its token there? */
bool kube_account_is_there(const struct kube_access *self);
void kube_account_read(struct kube_access *access);

#endif
