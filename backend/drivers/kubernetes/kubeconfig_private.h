/* kubeconfig_private.h: what the files of kubeconfig share. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_KUBECONFIG_PRIVATE_H
#define LOCKSTEP_DRIVERS_KUBERNETES_KUBECONFIG_PRIVATE_H

#include "drivers/kubernetes/kubeconfig.h"

#include "base/json.h"

/* One file. */
struct kube_file {
    const char *path;
    char *text;
    size_t len;
    json_t *root;
    const char *distrusted; /* why no program named in it is run, or "" */
};

/* A named entry of a list, found in the first file that has it. Its parts point to each other: it
 * must not be copied. */
struct kube_entry {
    const struct kube_file *file;
    struct json_at root, list, item, body;
};

/* "" when missing or null; raw: for secrets and what is handed on. */
bool kube_opt_raw(const struct json_at *up, const char *key, const char **out, struct err *err);
/* The same, clean. */
bool kube_opt_text(const struct json_at *up, const char *key, const char **out, struct err *err);
bool kube_opt_bool(const struct json_at *up, const char *key, bool *out, struct err *err);
/* Base64 made plain; it must be text. */
bool kube_opt_data(const struct json_at *up, const char *key, const char **out, struct err *err);
/* A path, whole. */
bool kube_opt_path(const struct kube_entry *entry, const char *key, const char **out,
                   struct err *err);
const char *kube_resolve(const struct kube_entry *entry, const char *path);
/* "<file>:<line>:<column>: users[0].user: <sentence>" */
bool kube_complain(const struct json_at *at, struct err *err, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* kubeconfig_user.c */
bool kube_read_user(const struct kube_entry *entry, struct kube_user *out, struct err *err);

#endif
