/* credentials.h: one way to one Kubernetes cluster, as kubectl would take it.
 *
 * A context of a kubeconfig, or the account of the pod that this process runs in. Owns the HTTP
 * client: the pointer stays the same until close, while tokens, certificates and authorities in it
 * are replaced under way (requests in flight end as they began). Token files are read again each
 * minute, credential plugins run on the loop and never block it.
 * Private to this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_H
#define LOCKSTEP_DRIVERS_KUBERNETES_CREDENTIALS_H

#include "drivers/driver.h"
#include "net/http.h"

struct kube_access;

/* Reads the kubeconfig and every file it names. NULL and ERR_CONFIG (file, line, path) for what can
 * be seen to be wrong without network and without running anything. Uses of `config`: kubeconfig
 * ("": KUBECONFIG, else ~/.kube/config, else the pod's account), kube_context ("": the current
 * one), namespaces, read_only. */
struct kube_access *kube_access_open(struct loop *loop, const struct cluster_config *config,
                                     struct err *err);
/* Ends its HTTP client too: callbacks of requests in flight never run. NULL is fine. */
void kube_access_close(struct kube_access *access);

/* http is NULL with err: AUTH (log in; the text says how), CONFIG (a file; a server that is not
 * Kubernetes), NETWORK (a plugin or the server did not answer). */
typedef void kube_access_fn(void *arg, struct http *http, const struct err *err);
/* Runs fn exactly once, from the loop, with credentials that are good now. Ask before every
 * request: it costs nothing while they last. `refresh`: the server answered 401 to what was given
 * last: tokens are read again, plugins run again; a caller asks so once per request, then
 * gives up. Callers that come meanwhile share one run. The first time the server is
 * asked for its version, so that what answers is a Kubernetes API server. */
void kube_access_get(struct kube_access *access, bool refresh, kube_access_fn *fn, void *arg);

/* What does not change after open. All texts are clean. */
struct kube_place {
    const char *context;   /* "" for the pod's account */
    const char *file;      /* that defines the context, or "" */
    const char *server;    /* "https://host:port/prefix" */
    const char *user;      /* its name in the kubeconfig, or whom it impersonates: not verified */
    const char *proxy;     /* in force, without its password, or "" */
    const char *namespace; /* the context's own, else "default" */
    /* Follow only these; 0: all of them, and where listing all is forbidden (403), `namespace`. */
    const char *const *namespaces;
    size_t namespace_count;
    /* Why nothing but GET is ever sent here though nobody asked for --read-only (a certificate
     * that is not checked, plain http over a network), or "". The HTTP client enforces it. */
    const char *view_only;
    bool read_only;      /* the HTTP client refuses everything but GET, for whatever reason */
    const char *version; /* of the server, "" until it was asked */
};
const struct kube_place *kube_access_place(const struct kube_access *access);

#endif
