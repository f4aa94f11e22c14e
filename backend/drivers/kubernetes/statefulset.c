/* statefulset.c: see statefulset.h.
 *
 * With podManagementPolicy OrderedReady the engine waits for the first pod that is not ready
 * before it updates any: the old template alone does not heal a broken pod. It is patched
 * first, then the broken pod is deleted; the other way round it would come back broken. */
#include "drivers/kubernetes/statefulset.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Last writes of a release: the user's strategy back, the marks away. */
enum { TAIL = 2, MORE_MAX = 32 };

static uint32_t partition_of(const struct kube_workload *w)
{
    int64_t at = kube_int(w->object, "spec/updateStrategy/rollingUpdate/partition", 0);
    uint32_t replicas = kube_replicas(w);

    if (kube_hold_of(w) == KUBE_ON_DELETE || at > replicas)
        return replicas;
    return at < 0 ? 0 : (uint32_t)at;
}

/* The ordinal behind the last dash, counted from the first. */
static uint32_t index_of(const struct kube_workload *w, const json_t *pod)
{
    const char *dash = strrchr(kube_raw(pod, "metadata/name"), '-');
    int64_t start = kube_int(w->object, "spec/ordinals/start", 0);
    long at = dash ? strtol(dash + 1, NULL, 10) : 0;

    return at < start || start < 0 ? 0 : (uint32_t)(at - start);
}

static bool is_of(const struct kube_workload *w, const json_t *pod, const char *hash)
{
    return strcmp(kube_label(pod, kube_kinds[w->kind].hash), hash) == 0;
}

/* From here on everything is of the new template, or on its way there. */
static uint32_t reached(const struct kube_workload *w)
{
    const json_t *newest = kube_new_revision(w);
    uint32_t lowest = kube_replicas(w);

    if (!newest || w->pod_count == 0)
        return newest && lowest > kube_count_new(w).present ? lowest - kube_count_new(w).present
                                                            : lowest;
    for (size_t i = 0; i < w->pod_count; i++) {
        const json_t *pod = w->pods[i];
        bool moved = is_of(w, pod, kube_revision_hash(w, newest)) || kube_is_terminating(pod);
        if (kube_owns(w->object, pod) && moved && index_of(w, pod) < lowest)
            lowest = index_of(w, pod);
    }
    return lowest;
}

static bool is_ordered(const struct kube_workload *w)
{
    return strcmp(kube_raw(w->object, "spec/podManagementPolicy"), "Parallel") != 0;
}

static bool is_broken(const struct kube_workload *w, const json_t *pod)
{
    return kube_owns(w->object, pod) && !kube_is_terminating(pod) &&
           strcmp(kube_raw(kube_condition(pod, "Ready"), "status"), "True") != 0;
}

static bool is_stuck(const struct kube_workload *w)
{
    for (size_t i = 0; i < w->pod_count; i++)
        if (is_ordered(w) && is_broken(w, w->pods[i]))
            return true;
    return false;
}

/* ---- plan ---- */

bool kube_statefulset_plan(const struct kube_workload *w, const json_t *memo, struct action *action,
                           struct err *err)
{
    (void)memo;
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME: {
        bool moves = action->verb == VERB_START ||
                     action->to_count > kube_replicas(w) - partition_of(w) ||
                     kube_hold_of(w) == KUBE_RUNS;
        uint32_t first = moves || action->last_step;
        action->writes = first + (action->last_step ? TAIL : 0);
        action->holds_from = action->last_step ? first : 0;
        return true;
    }
    case VERB_PAUSE:
        action->writes = kube_hold_of(w) != KUBE_ON_DELETE && partition_of(w) < reached(w);
        return true;
    case VERB_ROLLBACK:
        action->writes = 1u + is_stuck(w) + TAIL;
        action->holds_from = 1;
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a StatefulSet cannot do that");
}

/* ---- rest ---- */

static bool revision_is_known(const struct kube_workload *w)
{
    const json_t *asked = kube_new_revision(w);

    return kube_is_observed(w) && asked &&
           kube_template_equal(kube_revision_template(w, asked), kube_template(w));
}

bool kube_statefulset_settled(const struct kube_workload *w, const struct action *action)
{
    struct kube_count fresh = kube_count_new(w), old = kube_count_old(w);
    uint32_t replicas = kube_replicas(w), wanted = replicas - partition_of(w);

    if (!revision_is_known(w))
        return false;
    /* What blocks it is deleted by the next write. */
    if (action->verb == VERB_ROLLBACK && action->write == 0 && action->writes > 1 + TAIL)
        return true;
    if (fresh.terminating + old.terminating > 0 || fresh.present < wanted || fresh.ready < wanted ||
        fresh.present + old.present != replicas)
        return false;
    if (action->verb == VERB_ROLLBACK || action->last_step)
        return old.present == 0 && strcmp(kube_raw(w->object, "status/currentRevision"),
                                          kube_raw(w->object, "status/updateRevision")) == 0;
    return true;
}

/* ---- writes ---- */

static void set_partition(struct kube_patch *patch, uint32_t partition)
{
    const json_t *user = kube_at(patch->w->object, "spec/updateStrategy/rollingUpdate");
    json_t *rolling = json_is_object(user) ? json_deep_copy(user) : json_object();

    json_object_set_new(rolling, "partition", json_integer(partition));
    kube_patch_set(patch, "/spec/updateStrategy",
                   json_pack("{s:s, s:o}", "type", "RollingUpdate", "rollingUpdate", rolling));
}

static uint32_t partition_for(const struct kube_workload *w, const struct action *action)
{
    uint32_t replicas = kube_replicas(w), want = replicas - partition_of(w);

    if (action->last_step || action->to_count > replicas)
        return 0;
    if (action->verb == VERB_START || kube_hold_of(w) == KUBE_RUNS || action->to_count > want)
        want = action->to_count > 0 ? action->to_count : 1;
    return replicas - want;
}

static void delete_broken(struct kube_patch *patch, struct kube_write *more)
{
    const struct kube_workload *w = patch->w;
    const char *hash = kube_revision_hash(w, kube_new_revision(w));

    for (size_t i = 0; i < w->pod_count && more->count < MORE_MAX; i++)
        if (is_broken(w, w->pods[i]) && !is_of(w, w->pods[i], hash))
            kube_write_delete(more, w->pods[i]);
}

static void compose_back(struct kube_patch *patch, const struct action *action, const json_t *memo,
                         struct kube_write *more)
{
    if (action->write == 0) {
        kube_patch_set(patch, "/spec/template",
                       json_deep_copy(json_object_get(memo, MEMO_TEMPLATE)));
        set_partition(patch, 0);
    } else if (action->write + TAIL < action->writes) {
        delete_broken(patch, more);
    } else {
        kube_memo_restore(patch, memo);
    }
}

bool kube_statefulset_compose(struct kube_patch *patch, const struct action *action,
                              const json_t *memo, struct kube_write *more, struct err *err)
{
    switch (action->verb) {
    case VERB_START:
    case VERB_STEP:
    case VERB_RESUME:
        if (action->last_step && action->write + TAIL >= action->writes)
            kube_memo_restore(patch, memo);
        else
            set_partition(patch, partition_for(patch->w, action));
        return true;
    case VERB_PAUSE:
        set_partition(patch, reached(patch->w));
        return true;
    case VERB_ROLLBACK:
        compose_back(patch, action, memo, more);
        return true;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return err_set(err, ERR_UNSUPPORTED, "a StatefulSet cannot do that");
}
