/* exec_plugin.h: running a credential plugin of a kubeconfig, on the loop.
 *
 * The program is the user's own choice and gets the user's environment, as from kubectl. It gets no
 * terminal (a session of its own, stdin from /dev/null) unless the terminal is free for it; what it
 * says on stderr never reaches the screen as it is; it is killed at its time limit. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_EXEC_PLUGIN_H
#define LOCKSTEP_DRIVERS_KUBERNETES_EXEC_PLUGIN_H

#include "base/loop.h"
#include "drivers/kubernetes/kubeconfig.h"

enum exec_limit {
    EXEC_LIMIT_MS = 60000,           /* it may wait for a login in a browser */
    EXEC_TERMINAL_LIMIT_MS = 300000, /* or for somebody who types */
    EXEC_OUT_MAX = 1 << 20,
    EXEC_ERR_MAX = 16 << 10, /* the end of stderr that is kept */
};

/* What it gave; secrets, not clean. */
struct exec_answer {
    const char *token;              /* or NULL */
    const char *cert_pem, *key_pem; /* both or none */
    int64_t expires_utc_ms;         /* -1: never */
};

struct exec_request {
    const struct kube_exec *exec;
    const struct kube_cluster *cluster; /* told to it where it asks (provideClusterInfo) */
    const char *context;                /* for what to run, in messages; "" none */
    const char *user;
    bool terminal;    /* this process's terminal is free for it */
    int64_t limit_ms; /* 0: the usual one */
};

/* answer is NULL with err, and borrowed for the call. CONFIG: it cannot be run. AUTH: it ended
 * without credentials, or needs a terminal. NETWORK: it did not end in time. PROTOCOL: what it
 * printed is not an ExecCredential. */
typedef void exec_done_fn(void *arg, const struct exec_answer *answer, const struct err *err);
struct exec_run;
/* fn runs once, from the loop. The request is only read during the call. */
struct exec_run *exec_plugin_start(struct loop *loop, const struct exec_request *request,
                                   exec_done_fn *fn, void *arg);
/* Kills it; fn never runs. NULL is fine. */
void exec_plugin_cancel(struct exec_run *run);

/* Pure: the ExecCredential that a plugin printed. */
bool exec_plugin_parse(const char *text, size_t len, const char *api_version, struct arena *arena,
                       struct exec_answer *out, struct err *err);
/* Pure: the value of KUBERNETES_EXEC_INFO; yours. */
char *exec_plugin_info(const struct kube_exec *exec, const struct kube_cluster *cluster,
                       bool interactive);
/* The last line of what it said, without escape sequences, clean, into out. */
const char *exec_plugin_last_line(const char *text, size_t len, char *out, size_t size);

#endif
