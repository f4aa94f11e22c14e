/* rbac.c: see rbac.h. Secrets are not in it, and nothing is "*". */
#include "drivers/kubernetes/rbac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK   "get,list,watch"
#define KEY(v) (1u << VERB_##v)
#define MOVES  (KEY(START) | KEY(STEP) | KEY(PAUSE) | KEY(RESUME) | KEY(ROLLBACK))
#define ALL    (MOVES | KEY(FENCE) | KEY(ATTEST))

const struct rbac_row rbac_rows[] = {
    {RBAC_VIEW, "apps", "deployments", "", LOOK, NULL, 0, false, "Deployments are not seen"},
    {RBAC_VIEW, "apps", "replicasets", "", LOOK, NULL, 0, false,
     "versions of Deployments are not told apart"},
    {RBAC_VIEW, "apps", "statefulsets", "", LOOK, NULL, 0, false, "StatefulSets are not seen"},
    {RBAC_VIEW, "apps", "daemonsets", "", LOOK, NULL, 0, false, "DaemonSets are not seen"},
    {RBAC_VIEW, "apps", "controllerrevisions", "", LOOK, NULL, 0, false,
     "versions of StatefulSets and DaemonSets are not told apart"},
    {RBAC_VIEW, "", "pods", "", LOOK, NULL, 0, false,
     "what runs, and why something is stuck, is not known"},
    {RBAC_VIEW, "", "pods", "log", "get", NULL, 0, false, "the log of a pod is not shown"},
    {RBAC_VIEW, "", "events", "", "list,watch", NULL, 0, false, "reasons from Events are missing"},
    {RBAC_VIEW, "", "configmaps", "", LOOK, NULL, 0, false,
     "the shared record of releases is not read"},
    {RBAC_VIEW, "batch", "cronjobs", "", "list,watch", NULL, 0, false,
     "versions that CronJobs would start are not seen"},
    {RBAC_VIEW, "argoproj.io", "rollouts", "", LOOK, NULL, 0, false, "Argo Rollouts are not seen"},
    {RBAC_VIEW, "", "nodes", "", LOOK, NULL, 0, true,
     "nodes that went silent are not seen, so that the guard cannot count what they run"},
    {RBAC_VIEW, "", "namespaces", "", "list", NULL, 0, true,
     "keys are checked only in the namespace of the context"},
    {RBAC_OPERATE, "apps", "deployments", "", "patch", "deployment", MOVES, false, ""},
    {RBAC_OPERATE, "apps", "statefulsets", "", "patch", "statefulset", MOVES, false, ""},
    {RBAC_OPERATE, "apps", "daemonsets", "", "patch", "daemonset", MOVES, false, ""},
    {RBAC_OPERATE, "", "pods", "", "delete", "daemonset", KEY(START) | KEY(STEP) | KEY(ROLLBACK),
     false, ""},
    {RBAC_OPERATE, "", "pods", "", "delete", "statefulset", KEY(ROLLBACK), false, ""},
    {RBAC_OPERATE, "argoproj.io", "rollouts", "", "patch", "rollout", MOVES, false, ""},
    {RBAC_OPERATE, "argoproj.io", "rollouts", "status", "patch", "rollout",
     KEY(STEP) | KEY(RESUME) | KEY(ROLLBACK), false, ""},
    {RBAC_OPERATE, "", "configmaps", "", "create,update", "", ALL, false, ""},
    {RBAC_OPERATE, "", "events", "", "create", NULL, 0, false,
     "actions leave no Event on what they moved"},
};
const size_t rbac_row_count = ARRAY_LEN(rbac_rows);

static bool same_resource(const struct rbac_row *a, const struct rbac_row *b)
{
    return strcmp(a->group, b->group) == 0 && strcmp(a->resource, b->resource) == 0 &&
           strcmp(a->subresource, b->subresource) == 0;
}

/* Two kinds of services may need the same right: it is granted once. */
static bool granted_before(size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (same_resource(&rbac_rows[i], &rbac_rows[row]) &&
            strcmp(rbac_rows[i].verbs, rbac_rows[row].verbs) == 0)
            return true;
    return false;
}

static void print_verbs(FILE *out, const char *verbs)
{
    fputs("  verbs: [", out);
    for (; *verbs; verbs++)
        fputs(*verbs == ',' ? ", " : (const char[]){*verbs, '\0'}, out);
    fputs("]\n", out);
}

static void print_rules(FILE *out, enum rbac_role role)
{
    for (size_t i = 0; i < rbac_row_count; i++) {
        const struct rbac_row *row = &rbac_rows[i];
        if (row->role != role || granted_before(i))
            continue;
        fprintf(out, "- apiGroups: [\"%s\"]\n  resources: [%s%s%s]\n", row->group, row->resource,
                row->subresource[0] ? "/" : "", row->subresource);
        print_verbs(out, row->verbs);
    }
}

static const char *const head[] = {
    [RBAC_VIEW] = "# What lockstep needs to look, and nothing more: no Secrets, no writes.\n",
    [RBAC_OPERATE] = "# What lockstep needs to look and to act. `patch` on a workload is the right "
                     "to run any\n# image there: bind it as narrowly as you can, and see `lockstep "
                     "doctor --print-policy`.\n",
};
static const char *const role_name[] = {
    [RBAC_VIEW] = "lockstep-view", [RBAC_OPERATE] = "lockstep-operate"};

static void print_role(FILE *out, enum rbac_role role)
{
    const char *name = role_name[role];

    fprintf(
        out,
        "%s# Everywhere:          kubectl create clusterrolebinding %s --clusterrole %s --group "
        "GROUP\n# In one namespace:    kubectl create rolebinding %s --clusterrole %s --group "
        "GROUP -n NAMESPACE\n# (nodes and namespaces are then missing: bind lockstep-view "
        "everywhere where you can)\n",
        head[role], name, name, name, name);
    fprintf(out,
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: %s\n"
            "  labels:\n    app.kubernetes.io/name: lockstep\nrules:\n",
            name);
    print_rules(out, RBAC_VIEW);
    if (role == RBAC_OPERATE)
        print_rules(out, RBAC_OPERATE);
    fclose(out);
}

char *rbac_yaml(enum rbac_role role)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out)
        print_role(out, role);
    else
        fatal("out of memory for a role");
    return text;
}
