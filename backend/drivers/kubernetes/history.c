/* history.c: everything that the server still keeps of the releases of before, read once. */
#include "drivers/kubernetes/collect.h"
#include "drivers/kubernetes/past.h"

#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MAX = 1000000 }; /* of each kind; of one only a few numbers are kept */

enum part {
    PART_REVISIONS, /* ReplicaSets */
    PART_CONTROLLER,
    PART_DEPLOYMENTS,
    PART_STATEFULSETS,
    PART_DAEMONSETS,
    PART_ROLLOUTS,
    PART_PODS,   /* after the revisions that they are of */
    PART_EVENTS, /* the same */
    PART_COUNT
};

static const struct {
    const char *what, *prefix, *resource, *selector;
    enum kube_kind kind;
    bool help; /* history is poorer without it, and still a history */
} parts[PART_COUNT] = {
    [PART_REVISIONS] = {"listing replicasets", "/apis/apps/v1", "replicasets", "", 0, false},
    [PART_CONTROLLER] = {"listing controllerrevisions", "/apis/apps/v1", "controllerrevisions", "",
                         0, false},
    [PART_DEPLOYMENTS] = {"listing deployments", "/apis/apps/v1", "deployments", "",
                          KUBE_DEPLOYMENT, false},
    [PART_STATEFULSETS] = {"listing statefulsets", "/apis/apps/v1", "statefulsets", "",
                           KUBE_STATEFULSET, false},
    [PART_DAEMONSETS] = {"listing daemonsets", "/apis/apps/v1", "daemonsets", "", KUBE_DAEMONSET,
                         false},
    [PART_ROLLOUTS] = {"listing rollouts", "/apis/argoproj.io/v1alpha1", "rollouts", "",
                       KUBE_ROLLOUT, true},
    [PART_PODS] = {"listing pods", "/api/v1", "pods", "", 0, true},
    [PART_EVENTS] = {"listing events", "/api/v1", "events",
                     "fieldSelector=reason%3DScalingReplicaSet", 0, true},
};

struct reading {
    struct op op;
    struct kube_past *past;
    unsigned part;
    size_t scope; /* of the namespaces of this context */
    driver_history_fn *fn;
    void *arg;
};

static void drop(struct op *op)
{
    struct reading *r = (struct reading *)(void *)op;

    kube_past_free(r->past);
    free(r);
}

static void finish(struct reading *r, const struct err *err)
{
    struct kube_past *past = r->past;
    driver_history_fn *fn = r->fn;
    void *arg = r->arg;
    size_t count = 0;
    const struct past *made = err ? NULL : kube_past_make(past, &count);

    r->past = NULL;
    op_end(&r->op);
    fn(arg, made, count, err);
    kube_past_free(past);
}

static void on_item(void *arg, json_t *item)
{
    struct reading *r = arg;

    switch ((enum part)r->part) {
    case PART_REVISIONS:
    case PART_CONTROLLER:
        kube_past_revision(r->past, item);
        break;
    case PART_DEPLOYMENTS:
    case PART_STATEFULSETS:
    case PART_DAEMONSETS:
    case PART_ROLLOUTS:
        kube_past_work(r->past, parts[r->part].kind, item);
        break;
    case PART_PODS:
        kube_past_pod(r->past, item);
        break;
    case PART_EVENTS:
        kube_past_event(r->past, item);
        break;
    case PART_COUNT:
        break;
    }
    json_decref(item);
}

static void ask(void *arg);

static void on_part(void *arg, const struct err *err)
{
    struct reading *r = arg;
    const struct kube_place *place = kube_access_place(op_kube(&r->op)->access);
    bool passing =
        err && (err->code == ERR_NOT_FOUND || (parts[r->part].help && err->code == ERR_AUTH));

    if (err && !passing) {
        finish(r, err);
        return;
    }
    if (++r->scope >= place->namespace_count) {
        r->scope = 0;
        r->part++;
    }
    if (r->part == PART_COUNT)
        finish(r, NULL);
    else
        ask(r);
}

static void ask(void *arg)
{
    struct reading *r = arg;
    const struct kube_place *place = kube_access_place(op_kube(&r->op)->access);
    const char *prefix = parts[r->part].prefix, *resource = parts[r->part].resource;
    char *scope = place->namespace_count ? http_escape(place->namespaces[r->scope]) : NULL;
    char *path = scope ? xasprintf("%s/namespaces/%s/%s", prefix, scope, resource)
                       : xasprintf("%s/%s", prefix, resource);
    const struct collect list = {
        parts[r->part].what, path, parts[r->part].selector, on_item, on_part, r, OBJECTS_MAX};

    collect_start(op_kube(&r->op), &list);
    free(path);
    free(scope);
}

void kube_history(struct driver *driver, driver_history_fn *fn, void *arg)
{
    struct kube *kube = kube_of(driver);
    struct reading *r = xcalloc(1, sizeof *r);

    r->past = kube_past_new(kube->base.env.config->name);
    r->fn = fn;
    r->arg = arg;
    api_op_begin(kube, &r->op, drop);
    ask(r);
}
