/* rbac.h: every right that lockstep uses, as one table, from which the questions of permissions.c
 * and the YAML of `lockstep doctor --print-rbac` are made. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_RBAC_H
#define LOCKSTEP_DRIVERS_KUBERNETES_RBAC_H

#include "drivers/kubernetes/permissions.h"

enum rbac_role { RBAC_VIEW, RBAC_OPERATE };

/* Verbs of one resource. */
struct rbac_row {
    enum rbac_role role;
    const char *group, *resource, *subresource;
    const char *verbs; /* "get,list,watch" */
    const char *kind;  /* of services that need it to be acted on; "" all; NULL: no key needs it */
    unsigned keys;     /* set of 1 << enum verb that need it */
    bool whole;        /* not namespaced */
    const char *why;   /* what is missing without it */
};
extern const struct rbac_row rbac_rows[];
extern const size_t rbac_row_count;

/* A ClusterRole as YAML; operate has everything of view. Yours. */
char *rbac_yaml(enum rbac_role role);

#endif
