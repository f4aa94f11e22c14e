/* recipe_memo.c: see recipe_memo.h. What is in it is raw: it is only ever sent back. */
#include "drivers/kubernetes/recipe_memo.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 4 };

/* Members of spec that lockstep changes in flight, by kind. */
static const char *const keys[KUBE_KIND_COUNT][KEYS_MAX] = {
    [KUBE_DEPLOYMENT] = {"strategy", "minReadySeconds", "progressDeadlineSeconds",
                         "revisionHistoryLimit"},
    [KUBE_STATEFULSET] = {"updateStrategy"},
    [KUBE_DAEMONSET] = {"updateStrategy"},
};

static json_t *settings_of(const struct kube_workload *w, const json_t *spec)
{
    json_t *kept = json_object();

    for (size_t i = 0; i < KEYS_MAX && keys[w->kind][i]; i++) {
        json_t *value = json_object_get(spec, keys[w->kind][i]);
        if (value)
            json_object_set_new(kept, keys[w->kind][i], json_deep_copy(value));
    }
    return kept;
}

/* revision: that of the template, where there is one. */
static json_t *make(const struct kube_workload *w, const json_t *template, const json_t *revision,
                    const char *to, json_t *spec, bool paused)
{
    /* Until the engine has seen it, the new template has no number. */
    int64_t number = kube_revision_number(w),
            next = template == kube_template(w) || !kube_new_revision(w);

    json_t *copy = json_deep_copy(template);
    json_t *memo = json_object();

    json_object_del(json_object_get(json_object_get(copy, "metadata"), "labels"),
                    kube_kinds[w->kind].hash);
    json_object_del(copy, "$patch");
    json_object_set_new(memo, "v", json_integer(1));
    json_object_set_new(memo, "kind", json_string(kube_kinds[w->kind].word));
    json_object_set_new(memo, MEMO_TO, json_string(to));
    json_object_set_new(memo, MEMO_TEMPLATE, copy);
    if (kube_revision_hash(w, revision)[0])
        json_object_set_new(memo, MEMO_HASH, json_string(kube_revision_hash(w, revision)));
    json_object_set_new(memo, MEMO_SPEC, spec);
    json_object_set_new(memo, MEMO_REVISION, json_integer(number ? number + next : 0));
    json_object_set_new(memo, MEMO_PAUSED, json_boolean(paused));
    return memo;
}

static bool rests_paused(const struct kube_workload *w, bool in_flight)
{
    if (strcmp(kube_annotation(w->object, KUBE_REST), "paused") == 0)
        return true;
    return !in_flight && json_is_true(kube_at(w->object, "spec/paused"));
}

json_t *kube_memo_from_current(const struct kube_workload *w, const char *to)
{
    return make(w, kube_template(w), kube_new_revision(w), to,
                settings_of(w, kube_at(w->object, "spec")), rests_paused(w, false));
}

/* ---- a rollout of somebody else's ---- */

/* Held by lockstep, without its record: what the user had is gone, but for what was applied. */
static bool is_held_by_us(const struct kube_workload *w)
{
    if (w->kind == KUBE_DEPLOYMENT)
        return kube_is_braked(w->object);
    return kube_annotation(w->object, KUBE_MARKS)[0] != '\0';
}

static json_t *settings_before(const struct kube_workload *w)
{
    const char *text =
        kube_annotation(w->object, "kubectl.kubernetes.io/last-applied-configuration");
    struct err ignored = {0};

    if (!is_held_by_us(w))
        return settings_of(w, kube_at(w->object, "spec"));
    json_t *applied = text[0] ? json_parse(text, strlen(text), "last applied", &ignored) : NULL;
    json_t *kept = settings_of(w, kube_at(applied, "spec"));
    json_decref(applied);
    return kept;
}

static bool runs(const struct kube_workload *w, const json_t *revision)
{
    const char *hash = kube_revision_hash(w, revision);

    if (kube_kinds[w->kind].by_replicaset && (kube_int(revision, "spec/replicas", 0) > 0 ||
                                              kube_int(revision, "status/replicas", 0) > 0))
        return true;
    for (size_t i = 0; hash[0] && i < w->pod_count; i++)
        if (strcmp(kube_label(w->pods[i], kube_kinds[w->kind].hash), hash) == 0)
            return true;
    return w->kind == KUBE_STATEFULSET && w->pod_count == 0 &&
           strcmp(kube_raw(w->object, "status/currentRevision"), hash) == 0;
}

static bool is_version(const struct kube_workload *w, const json_t *revision, const char *version)
{
    struct arena *arena = arena_new(256);
    bool same =
        strcmp(kube_template_version(kube_revision_template(w, revision), arena), version) == 0;

    arena_free(arena);
    return same;
}

static const json_t *newest_of(const json_t *a, const json_t *b)
{
    return a && strcmp(kube_raw(a, "metadata/creationTimestamp"),
                       kube_raw(b, "metadata/creationTimestamp")) > 0
               ? a
               : b;
}

json_t *kube_memo_from_flight(const struct kube_workload *w, const char *back, struct err *err)
{
    const json_t *asked = kube_new_revision(w), *found = NULL;
    struct arena *arena = arena_new(512);
    const char *to = kube_template_version(kube_template(w), arena);
    size_t running = 0;

    for (size_t i = 0; i < w->revision_count; i++) {
        const json_t *revision = w->revisions[i];
        if (revision == asked || !kube_owns(w->object, revision) ||
            !kube_revision_template(w, revision))
            continue;
        bool named = back[0] && is_version(w, revision, back);
        running += runs(w, revision);
        if (named || (!back[0] && runs(w, revision)))
            found = newest_of(found, revision);
    }
    json_t *memo = NULL;
    if (found && (back[0] || running == 1))
        memo = make(w, kube_revision_template(w, found), found, to, settings_before(w),
                    rests_paused(w, asked != NULL));
    else if (running > 1)
        err_set(err, ERR_REJECTED,
                "%zu older pod templates run beside %s: which one to go back to is not known",
                running, to);
    else
        err_set(err, ERR_REJECTED,
                "the pod template that ran before %s is not known; start that version instead", to);
    arena_free(arena);
    return memo;
}

json_t *kube_memo_from_rest(const struct kube_workload *w)
{
    struct arena *arena = arena_new(256);
    json_t *memo = make(w, kube_template(w), kube_new_revision(w),
                        kube_template_version(kube_template(w), arena), settings_before(w),
                        rests_paused(w, true));

    arena_free(arena);
    return memo;
}

/* ---- use ---- */

const char *kube_memo_back(const json_t *memo, struct arena *arena)
{
    return kube_template_version(json_object_get(memo, MEMO_TEMPLATE), arena);
}

bool kube_memo_fits(const json_t *memo, const struct kube_workload *w)
{
    const json_t *template = json_object_get(memo, MEMO_TEMPLATE);

    if (!json_is_object(template) || strcmp(kube_raw(memo, "kind"), kube_kinds[w->kind].word) != 0)
        return false;
    if (kube_template_equal(template, kube_template(w)))
        return true;
    struct arena *arena = arena_new(256);
    bool same =
        strcmp(kube_raw(memo, MEMO_TO), kube_template_version(kube_template(w), arena)) == 0;
    arena_free(arena);
    return same;
}

bool kube_memo_rests_paused(const json_t *memo)
{
    return json_is_true(json_object_get(memo, MEMO_PAUSED));
}

static const json_t *rolling_of(const json_t *memo, const char *key)
{
    return json_object_get(kube_at(memo, "spec/strategy/rollingUpdate"), key);
}

uint32_t kube_memo_surge(const json_t *memo, uint32_t replicas)
{
    return kube_portion(rolling_of(memo, "maxSurge"), replicas, true, "25%");
}

uint32_t kube_memo_unavailable(const json_t *memo, uint32_t replicas)
{
    return kube_portion(rolling_of(memo, "maxUnavailable"), replicas, false, "25%");
}

void kube_memo_restore(struct kube_patch *patch, const json_t *memo)
{
    const struct kube_workload *w = patch->w;
    const json_t *spec = kube_at(w->object, "spec"), *kept = json_object_get(memo, MEMO_SPEC);

    for (size_t i = 0; i < KEYS_MAX && keys[w->kind][i]; i++) {
        const char *key = keys[w->kind][i];
        json_t *value = json_object_get(kept, key);
        char path[64];
        snprintf(path, sizeof path, "/spec/%s", key);
        if (value)
            kube_patch_set(patch, path, json_deep_copy(value));
        else if (json_object_get(spec, key)) /* the server's default again */
            kube_patch_remove(patch, path);
    }
}

/* Of the template before? The revision may say more than the template: a Rollout's has none of the
 * defaults that its ReplicaSet has. */
static bool is_before(const json_t *memo, const struct kube_workload *w, const json_t *revision)
{
    const char *hash = kube_raw(memo, MEMO_HASH);

    return kube_template_equal(kube_revision_template(w, revision),
                               json_object_get(memo, MEMO_TEMPLATE)) ||
           (hash[0] && strcmp(hash, kube_revision_hash(w, revision)) == 0);
}

const json_t *kube_memo_third(const json_t *memo, const struct kube_workload *w)
{
    const json_t *asked = kube_new_revision(w);

    for (size_t i = 0; i < w->revision_count; i++)
        if (w->revisions[i] != asked && kube_owns(w->object, w->revisions[i]) &&
            runs(w, w->revisions[i]) && !is_before(memo, w, w->revisions[i]))
            return w->revisions[i];
    return NULL;
}

bool kube_memo_runs(const json_t *memo, const struct kube_workload *w)
{
    for (size_t i = 0; i < w->revision_count; i++)
        if (kube_owns(w->object, w->revisions[i]) && runs(w, w->revisions[i]) &&
            is_before(memo, w, w->revisions[i]))
            return true;
    return false;
}

bool kube_memo_is_outdated(const json_t *memo, const struct kube_workload *w)
{
    int64_t number = kube_int(memo, MEMO_REVISION, 0);

    return number > 0 && kube_revision_number(w) > number &&
           !kube_template_equal(json_object_get(memo, MEMO_TEMPLATE), kube_template(w));
}
