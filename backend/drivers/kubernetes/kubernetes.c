/* kubernetes.c: Kubernetes as a driver: what it can do, opening and closing. */
#include "drivers/kubernetes/api.h"

#include "drivers/kubernetes/permissions.h"

#include <stdlib.h>
#include <string.h>

#define DRIFT_NOTE                                                                                 \
    "scaling while it rests (an autoscaler, a person) keeps the share of the new version, not "    \
    "its "                                                                                         \
    "count; scaling to 0 and back makes everything new"

static struct driver *kube_open(const struct driver_env *env, struct err *err)
{
    struct kube_access *access = kube_access_open(env->loop, env->config, err);

    if (!access)
        return NULL;
    struct kube *kube = xcalloc(1, sizeof *kube);
    kube->base = (struct driver){&driver_kubernetes, *env};
    kube->caps = (struct driver_caps){
        .fence = true,
        .settle_ms = env->config->settle_ms > 0 ? env->config->settle_ms : KUBE_SETTLE_MS,
        .ledger = true,
        .clears_marks = true,
        .drift_note = DRIFT_NOTE,
    };
    kube->access = access;
    kube->seed = (unsigned)loop_now_ms(env->loop);
    return &kube->base;
}

static void kube_close(struct driver *driver)
{
    struct kube *kube = kube_of(driver);

    kube_log(driver, NULL, NULL);
    kube_unfollow(kube);
    api_drop_all(kube);
    kube_access_close(kube->access);
    api_end(kube);
    kube_forget_reads(kube);
    kube_manifest_release(&kube->manifest);
    free(kube);
}

static const struct driver_caps *kube_caps(const struct driver *driver)
{
    return &((const struct kube *)(const void *)driver)->caps;
}

static void permissions(struct driver *driver, driver_permissions_fn *fn, void *arg)
{
    kube_permissions_ask(kube_of(driver)->access, fn, arg);
}

const struct driver_ops driver_kubernetes = {
    .name = "kubernetes",
    .open = kube_open,
    .close = kube_close,
    .caps = kube_caps,
    .follow = kube_follow,
    .focus = kube_focus,
    .read = kube_read_service,
    .plan = kube_plan_slot,
    .settled = kube_settled_slot,
    .act = kube_act,
    .fence = kube_fence_slot,
    .ledger_get = kube_ledger_get,
    .ledger_put = kube_ledger_put,
    .ledger_list = kube_ledger_list,
    .permissions = permissions,
    .log = kube_log,
    .describe = kube_describe,
    .history = kube_history,
    .measure = driver_measures_nothing,
};
