/* deployment_model.c: see deployment_model.h. Names follow those of the controller's source. */
#include "drivers/kubernetes/deployment_model.h"

#include "base/json.h"
#include "drivers/kubernetes/patch.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESIRED "deployment.kubernetes.io/desired-replicas"
#define MAX     "deployment.kubernetes.io/max-replicas"

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t get(const json_t *object, const char *path)
{
    return (int32_t)kube_int(object, path, 0);
}

static void put(json_t *object, const char *parent, const char *key, json_t *value)
{
    json_t *at = (json_t *)(uintptr_t)kube_at(object, parent);

    ck_assert_msg(at != NULL, "no %s", parent);
    json_object_set_new(at, key, value);
}

static void put_int(json_t *object, const char *parent, const char *key, int64_t value)
{
    put(object, parent, key, json_integer(value));
}

static void bump(struct model *model, json_t *object)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)++model->version);
    put(object, "metadata", "resourceVersion", json_string(text));
}

/* ---- sizes ---- */

static int32_t replicas_of(const json_t *d)
{
    return get(d, "spec/replicas");
}

static int32_t portion(const json_t *d, const char *key, bool up)
{
    const json_t *rolling = kube_at(d, "spec/strategy/rollingUpdate");

    return (int32_t)kube_portion(json_object_get(rolling, key), (uint32_t)replicas_of(d), up,
                                 "25%");
}

static int32_t max_surge(const json_t *d)
{
    return portion(d, "maxSurge", true);
}

static int32_t max_unavailable(const json_t *d)
{
    int32_t down = portion(d, "maxUnavailable", false);

    if (down == 0 && max_surge(d) == 0)
        down = 1; /* ResolveFenceposts */
    return least(down, replicas_of(d));
}

static int32_t size_of(const struct model_set *set)
{
    return get(set->object, "spec/replicas");
}

static int32_t available_of(const struct model_set *set)
{
    return get(set->object, "status/availableReplicas");
}

static int32_t total_of(const struct model *m)
{
    int32_t sum = 0;

    for (size_t i = 0; i < m->set_count; i++)
        sum += size_of(&m->sets[i]);
    return sum;
}

static bool is_active(const struct model_set *set)
{
    return size_of(set) > 0;
}

static int annotated(const struct model_set *set, const char *key)
{
    return (int)strtol(kube_annotation(set->object, key), NULL, 10);
}

static struct model_set *new_set(struct model *m)
{
    for (size_t i = 0; i < m->set_count; i++)
        if (kube_template_equal(kube_at(m->sets[i].object, "spec/template"),
                                kube_at(m->deployment, "spec/template")))
            return &m->sets[i];
    return NULL;
}

/* ---- writes of the controller ---- */

static void annotate(struct model *m, struct model_set *set)
{
    char text[16];

    snprintf(text, sizeof text, "%d", replicas_of(m->deployment));
    put(set->object, "metadata/annotations", DESIRED, json_string(text));
    snprintf(text, sizeof text, "%d", replicas_of(m->deployment) + max_surge(m->deployment));
    put(set->object, "metadata/annotations", MAX, json_string(text));
}

static bool scale_set(struct model *m, struct model_set *set, int32_t size)
{
    bool changes = size_of(set) != size || annotated(set, DESIRED) != replicas_of(m->deployment) ||
                   annotated(set, MAX) != replicas_of(m->deployment) + max_surge(m->deployment);

    if (!changes)
        return false;
    put_int(set->object, "metadata", "generation", get(set->object, "metadata/generation") + 1);
    put_int(set->object, "spec", "replicas", size);
    annotate(m, set);
    return true;
}

static struct model_set *make_set(struct model *m)
{
    struct model_set *set = &m->sets[m->set_count];
    char name[32], time[40];

    ck_assert_uint_lt(m->set_count, MODEL_SETS);
    snprintf(name, sizeof name, "hash%zu", m->set_count);
    snprintf(time, sizeof time, "2026-11-22T13:38:%02zuZ", m->set_count);
    json_t *template = json_deep_copy(kube_at(m->deployment, "spec/template"));
    put(template, "metadata/labels", "pod-template-hash", json_string(name));
    set->object = json_pack(
        "{s:{s:s, s:i, s:s, s:{}, s:{s:s}, s:[{s:b, s:s, s:s}]}, s:{s:i, s:i, s:o}, s:{s:i}}",
        "metadata", "name", name, "generation", 1, "creationTimestamp", time, "annotations",
        "labels", "pod-template-hash", name, "ownerReferences", "controller", 1, "kind",
        "Deployment", "uid", kube_raw(m->deployment, "metadata/uid"), "spec", "replicas", 0,
        "minReadySeconds", get(m->deployment, "spec/minReadySeconds"), "template", template,
        "status", "replicas", 0);
    m->set_count++;
    annotate(m, set);
    return set;
}

/* ---- rolling.go ---- */

static int32_t new_rs_new_replicas(const struct model *m, int32_t size)
{
    int32_t n = replicas_of(m->deployment), most = n + max_surge(m->deployment);
    int32_t current = total_of(m);

    return current >= most ? size : size + least(most - current, n - size);
}

static int32_t cleanup_unhealthy(struct model *m, const struct model_set *newest, int32_t most)
{
    int32_t done = 0;

    for (size_t i = 0; i < m->set_count && done < most; i++) {
        struct model_set *set = &m->sets[i];
        if (set == newest || !is_active(set) || size_of(set) == available_of(set))
            continue;
        int32_t count = least(most - done, size_of(set) - available_of(set));
        if (count <= 0)
            continue;
        scale_set(m, set, size_of(set) - count);
        done += count;
    }
    return done;
}

static int32_t scale_down_old(struct model *m, const struct model_set *newest)
{
    int32_t available = 0, done = 0;

    for (size_t i = 0; i < m->set_count; i++)
        available += available_of(&m->sets[i]);
    int32_t most = available - (replicas_of(m->deployment) - max_unavailable(m->deployment));
    for (size_t i = 0; i < m->set_count && done < most; i++) {
        struct model_set *set = &m->sets[i];
        if (set == newest || !is_active(set))
            continue;
        int32_t count = least(size_of(set), most - done);
        scale_set(m, set, size_of(set) - count);
        done += count;
    }
    return done;
}

static bool rollout_rolling(struct model *m)
{
    json_t *d = m->deployment;
    struct model_set *newest = new_set(m);

    if (!newest) {
        newest = make_set(m);
        put_int(newest->object, "spec", "replicas", new_rs_new_replicas(m, 0));
        return true;
    }
    if (size_of(newest) > replicas_of(d))
        return scale_set(m, newest, replicas_of(d));
    if (size_of(newest) < replicas_of(d) &&
        scale_set(m, newest, new_rs_new_replicas(m, size_of(newest))))
        return true;
    int32_t old = total_of(m) - size_of(newest);
    int32_t most = total_of(m) - (replicas_of(d) - max_unavailable(d)) -
                   (size_of(newest) - available_of(newest));
    if (old == 0 || most <= 0)
        return false;
    bool cleaned = cleanup_unhealthy(m, newest, most) > 0;
    return scale_down_old(m, newest) > 0 || cleaned;
}

/* ---- sync.go ---- */

static struct model_set *only_active(struct model *m, struct model_set *newest)
{
    struct model_set *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < m->set_count; i++)
        if (is_active(&m->sets[i])) {
            found = &m->sets[i];
            count++;
        }
    if (count == 0)
        return newest ? newest : m->set_count ? &m->sets[m->set_count - 1] : NULL;
    return count == 1 ? found : NULL;
}

static int32_t fraction(const struct model *m, const struct model_set *set)
{
    const json_t *d = m->deployment;
    int32_t before = annotated(set, MAX);

    if (replicas_of(d) == 0)
        return -size_of(set);
    if (before == 0)
        before = get(d, "status/replicas");
    double size = (double)size_of(set) * (replicas_of(d) + max_surge(d)) / before;
    return (int32_t)(size + 0.5) - size_of(set);
}

/* Largest first; of equal ones the newer first when there is something to add. */
static void sort_by_size(struct model *m, struct model_set **order, size_t *count, bool newer)
{
    *count = 0;
    for (size_t i = 0; i < m->set_count; i++)
        if (is_active(&m->sets[i]))
            order[(*count)++] = &m->sets[i];
    for (size_t i = 1; i < *count; i++)
        for (size_t k = i; k > 0; k--) {
            int32_t a = size_of(order[k - 1]), b = size_of(order[k]);
            if (a > b || (a == b && (order[k - 1] > order[k]) == newer))
                break;
            struct model_set *swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
}

static bool scale_in_proportion(struct model *m)
{
    int32_t n = replicas_of(m->deployment), added = 0, size[MODEL_SETS];
    int32_t add = (n > 0 ? n + max_surge(m->deployment) : 0) - total_of(m);
    struct model_set *order[MODEL_SETS];
    size_t count;
    bool changed = false;

    sort_by_size(m, order, &count, add > 0);
    for (size_t i = 0; i < count; i++) {
        int32_t part = add == 0 || add == added ? 0 : fraction(m, order[i]), left = add - added;
        if (add > 0)
            part = least(part, left);
        else if (add < 0 && part < left)
            part = left;
        size[i] = size_of(order[i]) + part;
        added += part;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 && add != 0)
            size[i] += add - added;
        changed |= scale_set(m, order[i], size[i] < 0 ? 0 : size[i]);
    }
    return changed;
}

static bool scale(struct model *m)
{
    struct model_set *newest = new_set(m), *only = only_active(m, newest);
    int32_t n = replicas_of(m->deployment);
    bool changed = false;

    if (only)
        return size_of(only) != n && scale_set(m, only, n);
    if (newest && annotated(newest, DESIRED) == n && size_of(newest) == n &&
        available_of(newest) == n) {
        for (size_t i = 0; i < m->set_count; i++)
            if (&m->sets[i] != newest && is_active(&m->sets[i]))
                changed |= scale_set(m, &m->sets[i], 0);
        return changed;
    }
    return scale_in_proportion(m);
}

static bool is_scaling_event(const struct model *m)
{
    for (size_t i = 0; i < m->set_count; i++)
        if (is_active(&m->sets[i]) && annotated(&m->sets[i], DESIRED) != replicas_of(m->deployment))
            return true;
    return false;
}

static bool sync_deployment(struct model *m)
{
    json_t *d = m->deployment;
    struct model_set *newest = new_set(m);
    bool changed = get(d, "status/observedGeneration") != get(d, "metadata/generation");

    put_int(d, "status", "observedGeneration", get(d, "metadata/generation"));
    if (newest && get(newest->object, "spec/minReadySeconds") != get(d, "spec/minReadySeconds")) {
        put_int(newest->object, "spec", "minReadySeconds", get(d, "spec/minReadySeconds"));
        put_int(newest->object, "metadata", "generation",
                get(newest->object, "metadata/generation") + 1);
        changed = true;
    }
    if (json_is_true(kube_at(d, "spec/paused")) || is_scaling_event(m))
        changed |= scale(m);
    else
        changed |= rollout_rolling(m);
    if (changed)
        bump(m, d);
    return changed;
}

/* ---- pods and their ReplicaSet's status ---- */

static bool sync_pods(struct model *m, struct model_set *set, bool status_only)
{
    bool broken = m->never_ready >= 0 && set == &m->sets[m->never_ready];
    int32_t ready = broken ? 0 : set->pods;
    bool brake = get(set->object, "spec/minReadySeconds") >= KUBE_BRAKE_READY_S;
    int32_t available = brake ? 0 : set->ready;

    if (!status_only && (set->pods != size_of(set) || set->ready != ready)) {
        set->pods = size_of(set);
        set->ready = broken ? 0 : set->pods;
        return true;
    }
    if (get(set->object, "status/replicas") == set->pods &&
        get(set->object, "status/readyReplicas") == set->ready &&
        get(set->object, "status/availableReplicas") == available &&
        get(set->object, "status/observedGeneration") == get(set->object, "metadata/generation"))
        return false;
    put_int(set->object, "status", "replicas", set->pods);
    put_int(set->object, "status", "readyReplicas", set->ready);
    put_int(set->object, "status", "availableReplicas", available);
    put_int(set->object, "status", "observedGeneration", get(set->object, "metadata/generation"));
    return true;
}

bool model_turn(struct model *m)
{
    size_t actors = m->set_count + 1;

    m->seed = m->seed * 1664525u + 1013904223u;
    for (size_t i = 0; i < actors; i++) {
        size_t at = (m->seed >> 16) % actors;
        at = (at + i) % actors;
        if (at == 0 ? sync_deployment(m) : sync_pods(m, &m->sets[at - 1], false))
            return true;
    }
    return false;
}

/* ---- the API server ---- */

long model_send(struct model *m, const struct kube_request *request)
{
    json_t *before = m->deployment, *after;
    long status = patch_apply(before, request->body, &after);

    if (status != 200)
        return status;
    bool moved = !json_equal(json_object_get(before, "spec"), json_object_get(after, "spec")) ||
                 !json_equal(kube_at(before, "metadata/annotations"),
                             kube_at(after, "metadata/annotations"));
    m->deployment = after;
    if (moved)
        put_int(after, "metadata", "generation", get(after, "metadata/generation") + 1);
    bump(m, after);
    json_decref(before);
    return 200;
}

void model_set_text(struct model *m, const char *path, const char *value)
{
    struct err err = {0};
    json_t *parsed = json_loads(value, JSON_DECODE_ANY, NULL);
    struct kube_request request = {
        .method = "PATCH",
        .body = json_pack("[{s:s, s:s, s:o}]", "op", "add", "path", path, "value", parsed)};

    (void)err;
    ck_assert_int_eq(model_send(m, &request), 200);
    json_decref(request.body);
}

/* ---- life ---- */

void model_open(struct model *m, uint32_t replicas, const char *surge, const char *unavailable)
{
    char *text = NULL;

    *m = (struct model){.never_ready = -1, .seed = 7};
    text = xasprintf(
        "{\"metadata\":{\"name\":\"billing\",\"namespace\":\"shop\",\"uid\":\"u-1\","
        "\"generation\":1,\"resourceVersion\":\"1\",\"annotations\":{}},\"spec\":{\"replicas\":%u,"
        "\"selector\":{\"matchLabels\":{\"app\":\"billing\"}},\"template\":{\"metadata\":{"
        "\"labels\":{\"app\":\"billing\"}},\"spec\":{\"containers\":[{\"name\":\"app\","
        "\"image\":\"app:4\"}]}},\"strategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{"
        "\"maxUnavailable\":%s,\"maxSurge\":%s}},\"revisionHistoryLimit\":10,"
        "\"progressDeadlineSeconds\":600},\"status\":{}}",
        replicas, unavailable, surge);
    m->deployment = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(m->deployment);
    free(text);
    while (model_turn(m))
        ;
}

void model_close(struct model *m)
{
    json_decref(m->deployment);
    for (size_t i = 0; i < m->set_count; i++)
        json_decref(m->sets[i].object);
}

const struct kube_workload *model_look(struct model *m)
{
    for (size_t i = 0; i < m->set_count; i++)
        m->objects[i] = m->sets[i].object;
    m->workload = (struct kube_workload){.kind = KUBE_DEPLOYMENT,
                                         .object = m->deployment,
                                         .revisions = m->objects,
                                         .revision_count = m->set_count};
    return &m->workload;
}

static bool is_image(const struct model_set *set, const char *image)
{
    return !image || strcmp(kube_template_image(kube_at(set->object, "spec/template")), image) == 0;
}

int32_t model_wanted(const struct model *m, const char *image)
{
    int32_t sum = 0;

    for (size_t i = 0; i < m->set_count; i++)
        if (is_image(&m->sets[i], image))
            sum += size_of(&m->sets[i]);
    return sum;
}

int32_t model_ready(const struct model *m, const char *image)
{
    int32_t sum = 0;

    for (size_t i = 0; i < m->set_count; i++)
        if (is_image(&m->sets[i], image))
            sum += least(m->sets[i].ready, m->sets[i].pods);
    return sum;
}
