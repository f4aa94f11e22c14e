/* reason.c: why a pod does not serve, in the words that say most.
 *
 * A pod says several true things at once ("ContainersNotReady", "back-off", "crashed"): the one
 * that a person can act on wins. */
#include "drivers/kubernetes/decode.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

/* Words of state.waiting.reason. */
static const struct {
    const char *word;
    enum kube_rank rank;
    const char *text; /* what it means, before the message */
} waits[] = {
    {"ImagePullBackOff", KUBE_RANK_IMAGE, "image cannot be pulled"},
    {"ErrImagePull", KUBE_RANK_IMAGE, "image cannot be pulled"},
    {"ErrImageNeverPull", KUBE_RANK_IMAGE, "image is not on the node and may not be pulled"},
    {"InvalidImageName", KUBE_RANK_IMAGE, "image name is invalid"},
    {"ImageInspectError", KUBE_RANK_IMAGE, "image cannot be read"},
    {"RegistryUnavailable", KUBE_RANK_IMAGE, "registry is unavailable"},
    {"SignatureValidationFailed", KUBE_RANK_IMAGE, "image signature is not valid"},
    {"CreateContainerConfigError", KUBE_RANK_CONFIG, "container cannot be configured"},
    {"CreateContainerError", KUBE_RANK_CONFIG, "container cannot be created"},
    {"RunContainerError", KUBE_RANK_CONFIG, "container cannot be started"},
    {"PostStartHookError", KUBE_RANK_CONFIG, "post-start hook failed"},
    {"CrashLoopBackOff", KUBE_RANK_CRASH, "crash loop"},
};

struct worst {
    enum kube_rank rank;
    const char *text;
};

static void take(struct worst *worst, enum kube_rank rank, const char *text)
{
    if (rank > worst->rank)
        *worst = (struct worst){rank, text};
}

/* "exited with 137 (OOMKilled)" of a terminated state. */
static const char *exit_words(const json_t *ended, struct arena *arena)
{
    const char *reason = kube_clean(arena, kube_raw(ended, "reason"), 64);
    const char *message = kube_clean(arena, kube_raw(ended, "message"), 256);
    int64_t code = kube_int(ended, "exitCode", 0), signal = kube_int(ended, "signal", 0);
    bool plain = !reason[0] || strcmp(reason, "Error") == 0 || strcmp(reason, "Completed") == 0;
    const char *how = signal > 0 ? arena_printf(arena, "killed by signal %" PRId64, signal)
                                 : arena_printf(arena, "exited with %" PRId64, code);

    return arena_printf(arena, "%s%s%s%s%s%s", how, plain ? "" : " (", plain ? "" : reason,
                        plain ? "" : ")", message[0] ? ": " : "", message);
}

/* What was tried comes first, what the registry said last: "Back-off pulling image …: ErrImagePull:
 * rpc error: code = NotFound desc = failed to resolve reference …: name:tag: not found". */
static const char *pull_error(const char *message)
{
    static const char *const steps[] = {
        "ErrImagePull: ", " desc = ", "failed to resolve reference "};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        const char *found = strstr(message, steps[i]);
        if (found)
            message = found + strlen(steps[i]);
    }
    if (message[0] != '"')
        return message;
    const char *end = strstr(message, "\": "); /* the reference, which follows once more */
    return end && end[3] ? end + 3 : message;
}

static const char *waiting_message(const json_t *waiting, const json_t *container,
                                   struct arena *arena)
{
    const char *message = kube_clean(arena, kube_raw(waiting, "message"), TEXT_MESSAGE_MAX);

    if (message[0])
        return pull_error(message);
    return kube_clean(arena, kube_raw(container, "image"), TEXT_MESSAGE_MAX);
}

static void look_at_waiting(const json_t *container, struct arena *arena, struct worst *worst)
{
    const json_t *waiting = kube_at(container, "state/waiting");
    const json_t *last = kube_at(container, "lastState/terminated");
    const char *word = kube_raw(waiting, "reason");

    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        if (strcmp(waits[i].word, word) != 0)
            continue;
        if (waits[i].rank == KUBE_RANK_CRASH)
            take(worst, KUBE_RANK_CRASH,
                 arena_printf(arena, "crash loop%s%s", last ? ": " : "",
                              last ? exit_words(last, arena) : ""));
        else
            take(worst, waits[i].rank,
                 arena_printf(arena, "%s: %s", waits[i].text,
                              waiting_message(waiting, container, arena)));
        return;
    }
    /* A word of a newer engine that ends in Error is one. */
    size_t len = strlen(word);
    if (len > 5 && strcmp(word + len - 5, "Error") == 0)
        take(worst, KUBE_RANK_CONFIG,
             arena_printf(arena, "%s: %s", kube_clean(arena, word, 64),
                          waiting_message(waiting, container, arena)));
}

static void look_at_container(const json_t *container, bool init, struct arena *arena,
                              struct worst *worst)
{
    const json_t *ended = kube_at(container, "state/terminated");
    int64_t restarts = kube_int(container, "restartCount", 0);

    look_at_waiting(container, arena, worst);
    if (ended && (!init || kube_int(ended, "exitCode", 0) != 0))
        take(worst, KUBE_RANK_CRASH, exit_words(ended, arena));
    /* Started again just now, and not ready: it is in the loop, between two crashes. */
    const json_t *last = kube_at(container, "lastState/terminated");
    if (!init && restarts > 0 && last && kube_at(container, "state/running") &&
        json_is_false(json_object_get(container, "ready")))
        take(worst, KUBE_RANK_CRASH,
             arena_printf(arena, "%s, restarted %" PRId64 " time%s", exit_words(last, arena),
                          restarts, restarts == 1 ? "" : "s"));
}

static void look_at_list(const json_t *pod, const char *path, bool init, struct arena *arena,
                         struct worst *worst)
{
    const json_t *list = kube_at(pod, path), *container;
    size_t i;

    json_array_foreach(list, i, container)
    {
        look_at_container(container, init, arena, worst);
    }
}

static void look_at_schedule(const json_t *pod, struct arena *arena, struct worst *worst)
{
    const json_t *scheduled = kube_condition(pod, "PodScheduled");
    const char *message = kube_clean(arena, kube_raw(scheduled, "message"), TEXT_MESSAGE_MAX);

    if (strcmp(kube_raw(scheduled, "status"), "False") != 0)
        return;
    if (strcmp(kube_raw(scheduled, "reason"), "SchedulingGated") == 0)
        take(worst, KUBE_RANK_GATE, "held by a scheduling gate");
    else
        take(worst, KUBE_RANK_SCHEDULE,
             arena_printf(arena, "no node takes it: %s", message[0] ? message : "unschedulable"));
}

static void look_at_gates(const json_t *pod, struct arena *arena, struct worst *worst)
{
    const json_t *gates = kube_at(pod, "spec/readinessGates"), *gate;
    size_t i;

    if (strcmp(kube_raw(kube_condition(pod, "ContainersReady"), "status"), "True") != 0)
        return;
    json_array_foreach(gates, i, gate)
    {
        const char *type = kube_raw(gate, "conditionType");
        const json_t *condition = kube_condition(pod, type);
        const char *said = kube_clean(arena, kube_raw(condition, "message"), 256);
        if (strcmp(kube_raw(condition, "status"), "True") != 0)
            take(worst, KUBE_RANK_GATE,
                 arena_printf(arena, "waits for the readiness gate %s%s%s",
                              kube_clean(arena, type, 128), said[0] ? ": " : "", said));
    }
}

/* Runs, and its own probe says that it does not work. */
static void look_at_probe(const json_t *pod, struct arena *arena, struct worst *worst)
{
    const json_t *list = kube_at(pod, "status/containerStatuses"), *container;
    size_t i;

    json_array_foreach(list, i, container) if (kube_at(container, "state/running") &&
                                               json_is_false(json_object_get(container, "ready")))
    {
        bool started = !json_is_false(json_object_get(container, "started"));
        take(worst, KUBE_RANK_PROBE,
             arena_printf(arena, "container %s runs and is not %s",
                          kube_clean(arena, kube_raw(container, "name"), 63),
                          started ? "ready: its readiness probe fails"
                                  : "started: its startup probe fails"));
    }
}

const char *kube_pod_reason(const json_t *pod, struct arena *arena, unsigned *rank)
{
    struct worst worst = {KUBE_RANK_NONE, ""};
    bool ready = strcmp(kube_raw(kube_condition(pod, "Ready"), "status"), "True") == 0;

    *rank = KUBE_RANK_NONE;
    if (ready)
        return "";
    look_at_list(pod, "status/initContainerStatuses", true, arena, &worst);
    look_at_list(pod, "status/containerStatuses", false, arena, &worst);
    look_at_schedule(pod, arena, &worst);
    look_at_gates(pod, arena, &worst);
    look_at_probe(pod, arena, &worst);
    if (worst.rank == KUBE_RANK_NONE && kube_raw(pod, "spec/nodeName")[0])
        take(&worst, KUBE_RANK_WAIT, "its containers do not start");
    *rank = worst.rank;
    return worst.text;
}
