/* log_pod.c: see log_pod.h. */
#include "drivers/kubernetes/log_pod.h"

#include "base/text.h"
#include "drivers/kubernetes/decode.h"

#include <inttypes.h>
#include <string.h>

static const json_t *status_of(const json_t *pod, const char *list, const char *name)
{
    const json_t *statuses = kube_at(pod, list), *status;
    size_t i;

    json_array_foreach(statuses, i, status)
    {
        if (strcmp(kube_raw(status, "name"), name) == 0)
            return status;
    }
    return NULL;
}

/* An init container that was begun and has not succeeded holds everything behind it up. One that
 * keeps running beside the others (restartPolicy Always) does not. */
static const json_t *hindering_init(const json_t *pod)
{
    const json_t *list = kube_at(pod, "spec/initContainers"), *container;
    size_t i;

    json_array_foreach(list, i, container)
    {
        const json_t *status =
            status_of(pod, "status/initContainerStatuses", kube_raw(container, "name"));
        bool beside = strcmp(kube_raw(container, "restartPolicy"), "Always") == 0;
        bool begun = kube_at(status, "state/running") || kube_at(status, "state/terminated") ||
                     kube_at(status, "lastState/terminated");
        if (!beside && begun && kube_int(status, "state/terminated/exitCode", -1) != 0)
            return status;
    }
    return NULL;
}

static const char *exit_text(const json_t *ended, struct arena *arena)
{
    const char *reason = kube_clean(arena, kube_raw(ended, "reason"), 64);

    return arena_printf(arena, "exited with %" PRId64 "%s%s%s", kube_int(ended, "exitCode", 0),
                        reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
}

static void look_at_state(const json_t *status, struct arena *arena, struct kube_log_pod *out)
{
    const json_t *ended = kube_at(status, "state/terminated");
    const json_t *last = kube_at(status, "lastState/terminated");
    const json_t *waits = kube_at(status, "state/waiting");
    const char *word = kube_clean(arena, kube_raw(waits, "reason"), 64);
    const char *message = kube_clean(arena, kube_raw(waits, "message"), TEXT_MESSAGE_MAX);

    out->running = kube_at(status, "state/running") != NULL;
    out->restarted = last || kube_int(status, "restartCount", 0) > 0;
    out->restarts =
        out->running || ended || last ? kube_int(status, "restartCount", last ? 1 : 0) : -1;
    if (ended) {
        out->happened = exit_text(ended, arena);
        out->at_utc_ms = kube_time(ended, "finishedAt");
    } else if (word[0]) {
        out->happened =
            arena_printf(arena, "waits: %s%s%s%s%s", word, last ? ", " : "",
                         last ? exit_text(last, arena) : "", message[0] ? ": " : "", message);
    }
}

struct kube_log_pod kube_log_look(const json_t *pod, struct arena *arena)
{
    struct kube_log_pod out = {.container = "", .restarts = -1, .happened = "", .at_utc_ms = -1};
    const json_t *status = hindering_init(pod);
    const char *phase = kube_raw(pod, "status/phase");
    size_t index;

    if (!status) {
        const json_t *container = kube_template_container(pod, &index);
        out.container = kube_clean(arena, kube_raw(container, "name"), TEXT_NAME_MAX);
        status = status_of(pod, "status/containerStatuses", kube_raw(container, "name"));
    } else {
        out.container = kube_clean(arena, kube_raw(status, "name"), TEXT_NAME_MAX);
    }
    if (status)
        look_at_state(status, arena, &out);
    else if (!kube_raw(pod, "spec/nodeName")[0])
        out.happened = "waits: no node has taken it";
    out.over = strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0;
    return out;
}

const char *kube_event_text(const json_t *event, struct arena *arena, int64_t *at_utc_ms)
{
    static const char *const times[] = {"series/lastObservedTime", "lastTimestamp", "eventTime",
                                        "metadata/creationTimestamp"};
    const char *reason = kube_clean(arena, kube_raw(event, "reason"), 64);
    const char *message = kube_clean(arena, kube_raw(event, "message"), TEXT_MESSAGE_MAX);
    int64_t count = kube_int(event, "series/count", kube_int(event, "count", 1));

    *at_utc_ms = -1;
    for (size_t i = 0; i < ARRAY_LEN(times) && *at_utc_ms < 0; i++)
        *at_utc_ms = kube_time(event, times[i]);
    if (!reason[0] && !message[0])
        return "";
    const char *text =
        arena_printf(arena, "%s%s%s", reason, reason[0] && message[0] ? ": " : "", message);
    return count > 1 ? arena_printf(arena, "%s (%" PRId64 " times)", text, count) : text;
}
