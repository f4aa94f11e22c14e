/* template_count.c: which revision is which, and what runs of each. */
#include "drivers/kubernetes/template.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

const json_t *kube_template(const struct kube_workload *w)
{
    return kube_at(w->object, "spec/template");
}

static uint32_t count_of(int64_t value)
{
    return value < 0 ? 0 : value > INT32_MAX ? INT32_MAX : (uint32_t)value;
}

uint32_t kube_replicas(const struct kube_workload *w)
{
    return w->kind == KUBE_DAEMONSET
               ? count_of(kube_int(w->object, "status/desiredNumberScheduled", 0))
               : count_of(kube_int(w->object, "spec/replicas", 1));
}

/* ---- revisions ---- */

const json_t *kube_revision_template(const struct kube_workload *w, const json_t *revision)
{
    return kube_at(revision,
                   kube_kinds[w->kind].by_replicaset ? "spec/template" : "data/spec/template");
}

const char *kube_revision_hash(const struct kube_workload *w, const json_t *revision)
{
    /* Pods of a StatefulSet carry the whole name of their revision. */
    if (w->kind == KUBE_STATEFULSET)
        return kube_raw(revision, "metadata/name");
    return kube_label(revision, kube_kinds[w->kind].hash);
}

const json_t *kube_revision_of_hash(const struct kube_workload *w, const char *hash)
{
    for (size_t i = 0; hash[0] && i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) &&
            strcmp(kube_revision_hash(w, w->revisions[i]), hash) == 0)
            return w->revisions[i];
    return NULL;
}

/* Where several stand for the same template, the engine takes the oldest. */
static const json_t *older(const json_t *a, const json_t *b)
{
    return a && strcmp(kube_raw(a, "metadata/creationTimestamp"),
                       kube_raw(b, "metadata/creationTimestamp")) <= 0
               ? a
               : b;
}

static const json_t *find_by_template(const struct kube_workload *w, const json_t *template)
{
    const json_t *found = NULL;

    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) &&
            kube_template_equal(kube_revision_template(w, w->revisions[i]), template))
            found = older(found, w->revisions[i]);
    return found;
}

/* A newer API server may have added defaults to one of the two; the engine's own number tells. */
static const json_t *find_by_number(const struct kube_workload *w)
{
    static const char key[] = "deployment.kubernetes.io/revision";
    const char *number = kube_annotation(w->object, key);

    if (w->kind != KUBE_DEPLOYMENT || !number[0] || !kube_is_observed(w) ||
        json_is_true(kube_at(w->object, "spec/paused")))
        return NULL;
    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) &&
            strcmp(kube_annotation(w->revisions[i], key), number) == 0)
            return w->revisions[i];
    return NULL;
}

const json_t *kube_new_revision(const struct kube_workload *w)
{
    const json_t *found = NULL;

    if (w->kind == KUBE_STATEFULSET && kube_is_observed(w))
        found = kube_revision_of_hash(w, kube_raw(w->object, "status/updateRevision"));
    if (w->kind == KUBE_ROLLOUT && kube_is_observed(w))
        found = kube_revision_of_hash(w, kube_raw(w->object, "status/currentPodHash"));
    if (!found)
        found = find_by_template(w, kube_template(w));
    return found ? found : find_by_number(w);
}

int64_t kube_revision_number(const struct kube_workload *w)
{
    static const char *const keys[KUBE_KIND_COUNT] = {
        [KUBE_DEPLOYMENT] = "deployment.kubernetes.io/revision",
        [KUBE_ROLLOUT] = "rollout.argoproj.io/revision",
    };
    int64_t most = 0;

    if (keys[w->kind])
        return count_of(strtoll(kube_annotation(w->object, keys[w->kind]), NULL, 10));
    for (size_t i = 0; i < w->revision_count; i++) {
        int64_t number = kube_int(w->revisions[i], "revision", 0);
        if (kube_owns(w->object, w->revisions[i]) && number > most)
            most = number;
    }
    return count_of(most);
}

/* ---- counts ---- */

static bool has_ended(const json_t *pod)
{
    const char *phase = kube_raw(pod, "status/phase");

    return strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
}

static bool is_ready(const json_t *pod)
{
    return strcmp(kube_raw(kube_condition(pod, "Ready"), "status"), "True") == 0;
}

/* Is this pod one of the workload's, directly or by one of its ReplicaSets? */
static bool is_ours(const struct kube_workload *w, const json_t *pod)
{
    if (!kube_kinds[w->kind].by_replicaset)
        return kube_owns(w->object, pod);
    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->revisions[i], pod))
            return kube_owns(w->object, w->revisions[i]);
    return false;
}

static void count_pods(const struct kube_workload *w, const char *hash, bool same,
                       struct kube_count *count)
{
    for (size_t i = 0; i < w->pod_count; i++) {
        const json_t *pod = w->pods[i];
        bool match = strcmp(kube_label(pod, kube_kinds[w->kind].hash), hash) == 0;
        if (match != same || has_ended(pod) || !is_ours(w, pod))
            continue;
        if (kube_is_terminating(pod)) {
            count->terminating++;
        } else {
            count->present++;
            count->ready += is_ready(pod);
        }
    }
}

static void add_set(struct kube_count *count, const json_t *set, bool pods_known)
{
    uint32_t wanted = count_of(kube_int(set, "spec/replicas", 0));
    uint32_t present = count_of(kube_int(set, "status/replicas", 0));

    count->wanted += wanted;
    count->present += present;
    count->ready += count_of(kube_int(set, "status/readyReplicas", 0));
    count->available += count_of(kube_int(set, "status/availableReplicas", 0));
    if (!pods_known)
        count->terminating += count_of(kube_int(set, "status/terminatingReplicas", 0));
    count->sets += wanted > 0 || present > 0;
}

static struct kube_count count_sets(const struct kube_workload *w, const json_t *newest, bool same)
{
    struct kube_count count = {0}, pods = {0};

    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) && (w->revisions[i] == newest) == same)
            add_set(&count, w->revisions[i], w->pod_count > 0);
    if (newest || !same)
        count_pods(w, newest ? kube_revision_hash(w, newest) : "", same, &pods);
    count.terminating += pods.terminating;
    return count;
}

static uint32_t sets_of(const struct kube_workload *w, const json_t *newest)
{
    uint32_t sets = 0;

    for (size_t r = 0; r < w->revision_count; r++) {
        struct kube_count count = {0};
        if (w->revisions[r] == newest || !kube_owns(w->object, w->revisions[r]))
            continue;
        count_pods(w, kube_revision_hash(w, w->revisions[r]), true, &count);
        sets += count.present + count.terminating > 0;
    }
    return sets;
}

/* Without its pods, of StatefulSets and DaemonSets only their own status is left. */
static struct kube_count count_status(const struct kube_workload *w, bool same)
{
    bool nodes = w->kind == KUBE_DAEMONSET;
    int64_t all =
        kube_int(w->object, nodes ? "status/currentNumberScheduled" : "status/replicas", 0);
    int64_t updated =
        kube_int(w->object, nodes ? "status/updatedNumberScheduled" : "status/updatedReplicas", 0);
    struct kube_count count = {0};

    count.present = count.wanted = count_of(same ? updated : all - updated);
    count.ready = count.present;
    count.sets = count.present > 0;
    return count;
}

static struct kube_count count_side(const struct kube_workload *w, bool same)
{
    const json_t *newest = kube_new_revision(w);
    struct kube_count count = {0};

    if (kube_kinds[w->kind].by_replicaset)
        return count_sets(w, newest, same);
    if (w->pod_count == 0)
        return count_status(w, same);
    if (newest || !same)
        count_pods(w, newest ? kube_revision_hash(w, newest) : "", same, &count);
    count.wanted = count.available = count.present;
    count.sets = same ? count.present > 0 : sets_of(w, newest);
    return count;
}

struct kube_count kube_count_new(const struct kube_workload *w)
{
    return count_side(w, true);
}

struct kube_count kube_count_old(const struct kube_workload *w)
{
    return count_side(w, false);
}

/* ---- strategy ---- */

static int64_t number_of(const char *text, bool *percent)
{
    int64_t sum = 0;
    size_t i = 0;

    for (; text[i] >= '0' && text[i] <= '9' && i < 9; i++)
        sum = sum * 10 + (text[i] - '0');
    *percent = i > 0 && strcmp(text + i, "%") == 0;
    return sum;
}

uint32_t kube_portion(const json_t *value, uint32_t replicas, bool round_up, const char *fallback)
{
    bool percent = false;
    const char *text = json_raw(value);

    if (json_is_integer(value))
        return count_of((int64_t)json_integer_value(value));
    int64_t share = number_of(text ? text : fallback, &percent);
    if (!percent)
        return text ? 0 : count_of(share);
    return count_of((share * replicas + (round_up ? 99 : 0)) / 100);
}

bool kube_is_braked(const json_t *object)
{
    return kube_int(object, "spec/minReadySeconds", 0) >= KUBE_BRAKE_READY_S;
}

static bool is_true(const struct kube_workload *w, const char *path)
{
    return json_is_true(kube_at(w->object, path));
}

enum kube_hold kube_hold_of(const struct kube_workload *w)
{
    bool on_delete = strcmp(kube_raw(w->object, "spec/updateStrategy/type"), "OnDelete") == 0;

    switch (w->kind) {
    case KUBE_DEPLOYMENT:
        return is_true(w, "spec/paused")   ? KUBE_PAUSED
               : kube_is_braked(w->object) ? KUBE_BRAKED
                                           : KUBE_RUNS;
    case KUBE_STATEFULSET:
        if (on_delete)
            return KUBE_ON_DELETE;
        return kube_int(w->object, "spec/updateStrategy/rollingUpdate/partition", 0) > 0
                   ? KUBE_PARTED
                   : KUBE_RUNS;
    case KUBE_DAEMONSET:
        return on_delete ? KUBE_ON_DELETE : KUBE_RUNS;
    case KUBE_ROLLOUT:
        if (is_true(w, "spec/paused"))
            return KUBE_PAUSED;
        return json_array_size(kube_at(w->object, "status/pauseConditions")) ? KUBE_WAITS
                                                                             : KUBE_RUNS;
    case KUBE_KIND_COUNT:
        break;
    }
    return KUBE_RUNS;
}
