/* decode_rest.c: revisions, pods, nodes and CronJobs. */
#include "drivers/kubernetes/decode.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *failure_of(const json_t *object, struct arena *arena)
{
    const json_t *condition = kube_condition(object, "ReplicaFailure");

    if (strcmp(kube_raw(condition, "status"), "True") != 0)
        return "";
    return kube_clean(arena, kube_raw(condition, "message"), TEXT_MESSAGE_MAX);
}

static const char *hash_label(const json_t *object, struct arena *arena)
{
    for (unsigned kind = 0; kind < KUBE_KIND_COUNT; kind++) {
        const char *hash = kube_label(object, kube_kinds[kind].hash);
        if (hash[0])
            return kube_clean(arena, hash, 64);
    }
    return "";
}

struct kube_revision *kube_decode_revision(const json_t *object, struct err *err)
{
    struct kube_meta meta;

    if (!kube_decode_meta(object, &meta, err))
        return NULL;
    struct kube_revision *out = arena_alloc(meta.arena, 1, sizeof *out);
    const json_t *template = kube_at(object, "spec/template");
    out->meta = meta;
    out->counts = template != NULL;
    if (!template)
        template = kube_at(object, "data/spec/template");
    out->template = kube_decode_template(template, meta.arena);
    out->hash = hash_label(object, meta.arena);
    out->sequence = kube_sequence(object);
    out->failure = failure_of(object, meta.arena);
    out->reused = kube_annotation(object, "deployment.kubernetes.io/revision-history")[0] ||
                  kube_annotation(object, "rollout.argoproj.io/revision-history")[0];
    if (kube_get_count(object, "spec/replicas", meta.name, &out->wanted, err) &&
        kube_get_count(object, "status/replicas", meta.name, &out->present, err) &&
        kube_get_count(object, "status/readyReplicas", meta.name, &out->ready, err) &&
        kube_get_count(object, "status/terminatingReplicas", meta.name, &out->terminating, err))
        return out;
    arena_free(meta.arena);
    return NULL;
}

/* The digest behind "docker-pullable://name@sha256:…" of the container that counts. */
static const char *running_digest(const json_t *pod, struct arena *arena)
{
    size_t index = 0;
    const json_t *container = kube_template_container(pod, &index);
    const json_t *statuses = kube_at(pod, "status/containerStatuses"), *status;
    const char *name = kube_raw(container, "name");
    size_t i;

    json_array_foreach(statuses, i, status)
    {
        const char *at = strchr(kube_raw(status, "imageID"), '@');
        if (strcmp(kube_raw(status, "name"), name) == 0)
            return at ? kube_clean(arena, at + 1, 128) : "";
    }
    return "";
}

static void look_at_containers(const json_t *pod, struct kube_pod *out)
{
    const json_t *statuses = kube_at(pod, "status/containerStatuses"), *status;
    size_t i;

    json_array_foreach(statuses, i, status)
    {
        int64_t restarts = kube_int(status, "restartCount", 0);
        const char *text = kube_raw(status, "state/running/startedAt");
        int64_t at = text[0] ? kube_time(status, "state/running/startedAt") : -1;
        if (restarts > 0 && restarts < UINT32_MAX - out->restarts)
            out->restarts += (uint32_t)restarts;
        if (at > out->begun_utc_ms)
            out->begun_utc_ms = at;
    }
}

static enum kube_phase phase_of(const json_t *pod)
{
    const char *phase = kube_raw(pod, "status/phase");

    if (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
        return KUBE_ENDED;
    return strcmp(phase, "Pending") == 0 || !phase[0] ? KUBE_PENDING : KUBE_RUNNING;
}

struct kube_pod *kube_decode_pod(const json_t *object, struct err *err)
{
    struct kube_meta meta;
    const json_t *ready = kube_condition(object, "Ready");

    if (!kube_decode_meta(object, &meta, err))
        return NULL;
    struct kube_pod *out = arena_alloc(meta.arena, 1, sizeof *out);
    const char *digest = running_digest(object, meta.arena);
    out->meta = meta;
    out->template = kube_decode_template(object, meta.arena);
    if (digest[0])
        out->template.digest = digest;
    out->hash = hash_label(object, meta.arena);
    out->node = kube_clean(meta.arena, kube_raw(object, "spec/nodeName"), TEXT_NAME_MAX);
    out->phase = phase_of(object);
    out->ready = strcmp(kube_raw(ready, "status"), "True") == 0;
    out->ready_utc_ms = kube_time(ready, "lastTransitionTime");
    out->terminating = kube_is_terminating(object);
    out->delete_utc_ms = kube_time(object, "metadata/deletionTimestamp");
    out->begun_utc_ms = -1;
    look_at_containers(object, out);
    out->reason = kube_pod_reason(object, meta.arena, &out->rank);
    return out;
}

struct kube_node *kube_decode_node(const json_t *object, struct err *err)
{
    struct kube_meta meta;
    const json_t *ready = kube_condition(object, "Ready");
    const char *status = kube_raw(ready, "status");

    if (!kube_decode_meta(object, &meta, err))
        return NULL;
    struct kube_node *out = arena_alloc(meta.arena, 1, sizeof *out);
    out->meta = meta;
    out->draining = json_is_true(kube_at(object, "spec/unschedulable"));
    out->since_utc_ms = kube_time(ready, "lastTransitionTime");
    /* "False" comes from a kubelet that lives; only "Unknown" means that nobody hears of it. */
    out->ready = strcmp(status, "True") == 0    ? KUBE_NODE_READY
                 : strcmp(status, "False") == 0 ? KUBE_NODE_NOT_READY
                                                : KUBE_NODE_SILENT;
    out->note = out->ready == KUBE_NODE_READY
                    ? ""
                    : kube_clean(meta.arena, kube_raw(ready, "message"), TEXT_MESSAGE_MAX);
    if (out->ready != KUBE_NODE_READY && !out->note[0])
        out->note = ready ? "not ready" : "never reported";
    return out;
}

struct kube_cron *kube_decode_cron(const json_t *object, struct err *err)
{
    struct kube_meta meta;

    if (!kube_decode_meta(object, &meta, err))
        return NULL;
    struct kube_cron *out = arena_alloc(meta.arena, 1, sizeof *out);
    const char *app = kube_label(object, "app.kubernetes.io/name");
    out->meta = meta;
    out->template =
        kube_decode_template(kube_at(object, "spec/jobTemplate/spec/template"), meta.arena);
    out->app = kube_clean(meta.arena, app[0] ? app : kube_label(object, "app"), 64);
    out->suspended = json_is_true(kube_at(object, "spec/suspend"));
    return out;
}
