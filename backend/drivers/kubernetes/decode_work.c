/* decode_work.c: Deployments, StatefulSets, DaemonSets and Rollouts. */
#include "drivers/kubernetes/decode.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SELECTOR_MAX = 2048 };

/* A label selector as the query parameter wants it. What is not understood selects nothing: an
 * empty selector would be everything in the namespace. */
struct selecting {
    char text[SELECTOR_MAX];
    size_t len;
    bool bad;
};

static void add_text(struct selecting *s, const char *text)
{
    size_t len = strlen(text);

    if (s->len + len >= sizeof s->text) {
        s->bad = true;
        return;
    }
    memcpy(s->text + s->len, text, len + 1);
    s->len += len;
}

static void add_expression(struct selecting *s, const json_t *expression)
{
    const char *key = kube_raw(expression, "key"), *op = kube_raw(expression, "operator");
    const json_t *values = json_object_get(expression, "values"), *value;
    bool in = strcmp(op, "In") == 0, not_in = strcmp(op, "NotIn") == 0;
    size_t i;

    add_text(s, s->len ? "," : "");
    if (strcmp(op, "DoesNotExist") == 0)
        add_text(s, "!");
    add_text(s, key);
    if (!in && !not_in) {
        s->bad |= strcmp(op, "Exists") != 0 && strcmp(op, "DoesNotExist") != 0;
        return;
    }
    add_text(s, in ? " in (" : " notin (");
    json_array_foreach(values, i, value)
    {
        add_text(s, i ? "," : "");
        add_text(s, json_raw(value) ? json_raw(value) : "");
    }
    add_text(s, ")");
}

static const char *decode_selector(const json_t *object, struct arena *arena)
{
    const json_t *labels = kube_at(object, "spec/selector/matchLabels"), *value;
    const json_t *expressions = kube_at(object, "spec/selector/matchExpressions"), *expression;
    struct selecting s = {.text = ""};
    const char *key;
    size_t i;

    json_object_foreach((json_t *)(uintptr_t)labels, key, value)
    {
        add_text(&s, s.len ? "," : "");
        add_text(&s, key);
        add_text(&s, "=");
        add_text(&s, json_raw(value) ? json_raw(value) : "");
    }
    json_array_foreach(expressions, i, expression)
    {
        add_expression(&s, expression);
    }
    if (!s.len && !s.bad)
        add_text(&s, kube_raw(object, "status/selector"));
    return s.bad ? "" : kube_clean(arena, s.text, SELECTOR_MAX);
}

/* The name that people know a field manager by. */
static const char *manager_name(const char *manager, struct arena *arena)
{
    static const struct {
        const char *begins, *name;
    } names[] = {
        {"kubectl", "kubectl"},           {"argocd", "argo-cd"}, {"helm-controller", "flux"},
        {"kustomize-controller", "flux"}, {"Helm", "helm"},
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strncmp(manager, names[i].begins, strlen(names[i].begins)) == 0)
            return names[i].name;
    return kube_clean(arena, manager, 48);
}

/* Whoever owns fields of the pod template wrote it; the last one counts. The change-cause belongs
 * to it when it was written with it or after it: an older one speaks of an older release. */
static void decode_by(const json_t *object, struct kube_work *out)
{
    const json_t *managers = kube_at(object, "metadata/managedFields"), *manager;
    const char *cause =
        kube_clean(out->meta.arena, kube_annotation(object, "kubernetes.io/change-cause"), 60);
    int64_t cause_ms = -1;
    size_t i;

    out->by = "";
    out->set_utc_ms = -1;
    json_array_foreach(managers, i, manager)
    {
        int64_t at = kube_time(manager, "time");
        if (json_object_get(kube_at(manager, "fieldsV1/f:metadata/f:annotations"),
                            "f:kubernetes.io/change-cause"))
            cause_ms = at;
        if (!kube_at(manager, "fieldsV1/f:spec/f:template") ||
            kube_raw(manager, "subresource")[0] || at < out->set_utc_ms)
            continue;
        out->by = manager_name(kube_raw(manager, "manager"), out->meta.arena);
        out->set_utc_ms = at;
    }
    if (out->by[0] && cause[0] && cause_ms >= 0 && cause_ms >= out->set_utc_ms)
        out->by = arena_printf(out->meta.arena, "%s (%s)", out->by, cause);
}

static void decode_owner(const json_t *object, struct kube_work *out)
{
    const json_t *owners = kube_at(object, "metadata/ownerReferences"), *owner;
    size_t i;

    out->owner = kube_owner(object);
    json_array_foreach(owners, i, owner) if (!out->owner[0] &&
                                             json_is_true(json_object_get(owner, "controller")))
        out->owner = kube_clean(out->meta.arena, kube_raw(owner, "kind"), 48);
    out->owner = kube_clean(out->meta.arena, out->owner, 48);
    const char *app = kube_label(object, "app.kubernetes.io/name");
    out->app = kube_clean(out->meta.arena, app[0] ? app : kube_label(object, "app"), 64);
}

static void decode_marks(const json_t *object, struct kube_work *out)
{
    const char **marks = arena_alloc(out->meta.arena, KUBE_MARKS_MAX, sizeof *marks);
    const char *text =
        kube_clean(out->meta.arena, kube_annotation(object, KUBE_MARKS), TEXT_MESSAGE_MAX);

    while (*text && out->mark_count < KUBE_MARKS_MAX) {
        size_t len = strcspn(text, " ");
        if (len > 0)
            marks[out->mark_count++] = arena_printf(out->meta.arena, "%.*s", (int)len, text);
        text += len + strspn(text + len, " ");
    }
    out->marks = marks;
}

/* What a person would call a change of the target. The DaemonSet's size is the cluster's. */
static void hash_target(struct kube_work *out)
{
    char target[96];

    snprintf(target, sizeof target, "%s %u", out->template.hash,
             out->kind == KUBE_DAEMONSET ? 0 : out->replicas);
    json_t *text = json_string(target);
    kube_hash_json(text, out->target_hash);
    json_decref(text);
}

static void decode_strategy(const json_t *object, struct kube_work *out)
{
    bool sts = out->kind == KUBE_STATEFULSET, ds = out->kind == KUBE_DAEMONSET;
    const char *at = sts || ds ? "spec/updateStrategy" : "spec/strategy";
    const json_t *strategy = kube_at(object, at);
    const json_t *rolling = kube_at(strategy, "rollingUpdate");

    out->recreate = strcmp(kube_raw(strategy, "type"), "Recreate") == 0;
    out->surge = kube_portion(json_object_get(rolling, "maxSurge"), out->replicas, true,
                              sts || ds ? "0" : "25%");
    out->unavailable = kube_portion(json_object_get(rolling, "maxUnavailable"), out->replicas,
                                    false, sts || ds ? "1" : "25%");
    if (!out->surge && !out->unavailable)
        out->unavailable = 1;
    int64_t partition = kube_int(rolling, "partition", 0);
    out->partition = partition < 0                   ? 0
                     : partition > KUBE_REPLICAS_MAX ? KUBE_REPLICAS_MAX
                                                     : (uint32_t)partition;
}

static bool decode_counts(const json_t *object, struct kube_work *out, struct err *err)
{
    const char *name = out->meta.name;
    uint32_t ignored;

    if (out->kind == KUBE_DAEMONSET)
        return kube_get_count(object, "status/desiredNumberScheduled", name, &out->replicas, err) &&
               kube_get_count(object, "status/currentNumberScheduled", name, &out->present, err) &&
               kube_get_count(object, "status/updatedNumberScheduled", name, &out->updated, err) &&
               kube_get_count(object, "status/numberReady", name, &out->ready, err) &&
               kube_get_count(object, "status/numberAvailable", name, &out->available, err);
    if (!kube_get_count(object, "spec/replicas", name, &ignored, err))
        return false;
    out->replicas = kube_at(object, "spec/replicas") ? ignored : 1; /* the engine's default */
    return kube_get_count(object, "status/replicas", name, &out->present, err) &&
           kube_get_count(object, "status/updatedReplicas", name, &out->updated, err) &&
           kube_get_count(object, "status/readyReplicas", name, &out->ready, err) &&
           kube_get_count(object, "status/availableReplicas", name, &out->available, err) &&
           kube_get_count(object, "status/terminatingReplicas", name, &out->terminating, err);
}

static void decode_conditions(const json_t *object, struct kube_work *out)
{
    const json_t *progressing = kube_condition(object, "Progressing");
    const json_t *failure = kube_condition(object, "ReplicaFailure");
    struct arena *arena = out->meta.arena;
    const char *reason = kube_raw(progressing, "reason");

    out->failure = out->stalled = "";
    out->latched = strcmp(reason, "NewReplicaSetAvailable") == 0;
    if (strcmp(kube_raw(failure, "status"), "True") == 0)
        out->failure = kube_clean(arena, kube_raw(failure, "message"), TEXT_MESSAGE_MAX);
    if (strcmp(kube_raw(progressing, "status"), "False") == 0) {
        const char *words = kube_clean(arena, kube_raw(progressing, "message"), TEXT_MESSAGE_MAX);
        if (strcmp(reason, "ReplicaSetCreateError") == 0 && !out->failure[0])
            out->failure = words;
        else
            out->stalled = words;
    }
    if (out->kind != KUBE_ROLLOUT)
        return;
    out->gave_up = strcmp(kube_raw(object, "status/phase"), "Degraded") == 0;
    if (out->gave_up && !out->stalled[0])
        out->stalled = kube_clean(arena, kube_raw(object, "status/message"), TEXT_MESSAGE_MAX);
}

static void decode_revisions(const json_t *object, struct kube_work *out)
{
    struct arena *arena = out->meta.arena;
    bool rollout = out->kind == KUBE_ROLLOUT;

    out->sequence = kube_sequence(object);
    out->new_revision = kube_clean(
        arena, kube_raw(object, rollout ? "status/currentPodHash" : "status/updateRevision"), 253);
    out->old_revision = kube_clean(
        arena, kube_raw(object, rollout ? "status/stableRS" : "status/currentRevision"), 253);
}

struct kube_work *kube_decode_work(enum kube_kind kind, const json_t *object, struct err *err)
{
    const struct kube_workload w = {.kind = kind, .object = object};
    struct kube_meta meta;

    if (!kube_decode_meta(object, &meta, err))
        return NULL;
    struct kube_work *out = arena_alloc(meta.arena, 1, sizeof *out);
    out->meta = meta;
    out->kind = kind;
    out->unreadable = "";
    if (!decode_counts(object, out, err)) {
        arena_free(meta.arena);
        return NULL;
    }
    const json_t *template = kube_template(&w);
    out->template = kube_decode_template(template, meta.arena);
    const char *contract = kube_annotation(template, KUBE_CONTRACT);
    /* Its bytes: it is a document to be parsed, whose lines must stay lines. */
    out->contract =
        arena_strdup(meta.arena, contract[0] ? contract : kube_annotation(object, KUBE_CONTRACT));
    out->hold = kube_hold_of(&w);
    out->observed = kube_is_observed(&w);
    out->selector = decode_selector(object, meta.arena);
    decode_strategy(object, out);
    decode_by(object, out);
    decode_owner(object, out);
    decode_marks(object, out);
    decode_conditions(object, out);
    decode_revisions(object, out);
    hash_target(out);
    kube_revision(object, out->revision);
    return out;
}
