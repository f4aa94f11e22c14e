/* kubeconfig.h: kubeconfig files, merged and checked as kubectl does it. Reads files, runs
 * nothing, asks no network.
 *
 * Of several files the first that has an entry of a name decides all of it; missing files are
 * skipped; relative paths start at the folder of the file that has the entry. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_KUBECONFIG_H
#define LOCKSTEP_DRIVERS_KUBERNETES_KUBECONFIG_H

#include "base/mem.h"

#include <stdbool.h>

enum kubeconfig_limit {
    KUBECONFIG_FILES_MAX = 32,
    KUBECONFIG_ENTRIES_MAX = 4096, /* of one list */
    KUBECONFIG_PEM_MAX = 1 << 20,  /* bytes of a certificate, key or token file */
};

/* How a credential plugin may use the terminal. */
enum kube_interactive { KUBE_NEVER, KUBE_IF_AVAILABLE, KUBE_ALWAYS };

struct kube_exec {
    const char *api_version;  /* client.authentication.k8s.io/v1 or v1beta1; NULL: no plugin */
    const char *command;      /* a path, or a name to be found in PATH */
    const char *const *args;  /* without the command; NULL-terminated */
    const char *const *env;   /* "NAME=value" */
    const char *install_hint; /* clean, or "" */
    bool provide_cluster;
    enum kube_interactive interactive;
    const char *distrusted; /* why it is not run: others may write its file; or "" */
};

struct kube_cluster {
    const char *name, *file;
    const char *server; /* with a scheme, without query and fragment */
    const char *tls_server_name, *proxy_url;
    const char *ca_file, *ca_pem;
    bool insecure, no_compression;
    const char *exec_config; /* JSON for plugins, or NULL */
};

/* Everything that is not clean here is a secret or goes to a server or plugin as it is. */
struct kube_user {
    const char *name, *file; /* "" when the context names none */
    const char *token, *token_file;
    const char *cert_file, *cert_pem, *key_file, *key_pem;
    const char *username, *password;
    struct kube_exec exec;
    const char *as, *as_uid;
    const char *const *as_groups; /* NULL-terminated */
    const char *const *as_extra;  /* key, value, key, value, …, NULL */
};

struct kube_context {
    const char *name, *file, *scope; /* scope: the namespace or "" */
    struct kube_cluster cluster;
    struct kube_user user;
};

struct kubeconfig;

/* `file` as --kubeconfig names it, which must be there; "": those of KUBECONFIG, else
 * ~/.kube/config. NULL without an error: there is none. */
struct kubeconfig *kubeconfig_load(const char *file, struct err *err);
void kubeconfig_free(struct kubeconfig *kubeconfig); /* NULL is fine */

/* Name of the current context, clean, or "". */
const char *kubeconfig_current(const struct kubeconfig *kubeconfig);
/* Names of contexts, clean, in order; how many (at most `max`) were stored. */
size_t kubeconfig_names(const struct kubeconfig *kubeconfig, const char **names, size_t max);
/* The files that were read, "a, b". */
const char *kubeconfig_files(const struct kubeconfig *kubeconfig);
/* One context ("": the current one), whole and checked. Lives as long as the kubeconfig. */
bool kubeconfig_find(struct kubeconfig *kubeconfig, const char *context, struct kube_context *out,
                     struct err *err);

/* A whole small text file, NUL-terminated, in the arena; `what` names it in messages. */
const char *kubeconfig_read_file(struct arena *arena, const char *path, const char *what,
                                 struct err *err);

#endif
