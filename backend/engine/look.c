/* look.c: what changed from one picture of a service to the next.
 *
 * Every write of lockstep's, of any operator, leaves its mark on the object in the same write: what
 * looks different under the same marks was changed by somebody else. */
#include "engine/internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash, text, strlen(text) + 1);
}

/* What a person would call a change of it. How many instances there are is left out: that is what
 * autoscalers are for. */
static uint64_t shape_of(const struct service *service)
{
    return mix_text(mix_text(mix_text(HASH_SEED, service->wants), service->artifact),
                    service->config_digest);
}

static bool same_marks(const struct service *a, const struct service *b)
{
    if (a->mark_count != b->mark_count)
        return false;
    for (size_t i = 0; i < a->mark_count; i++)
        if (strcmp(a->marks[i], b->marks[i]) != 0)
            return false;
    return true;
}

static void say_drift(struct entry *entry, const struct service *before, const struct service *now)
{
    char *out = entry->drift;

    if (strcmp(before->wants, now->wants) != 0)
        snprintf(out, sizeof entry->drift, "it wants %.80s, and wanted %.80s", now->wants,
                 before->wants);
    else if (strcmp(before->artifact, now->artifact) != 0)
        snprintf(out, sizeof entry->drift, "its image is another one: %.120s", now->artifact);
    else
        snprintf(out, sizeof entry->drift, "its configuration is another one");
}

static void look_for_drift(struct entry *entry, const struct service *before,
                           const struct service *now)
{
    uint64_t shape = shape_of(now), shape_before = shape_of(before);

    if (!same_marks(before, now) || (entry->drift[0] && shape == entry->shape)) {
        entry->drift[0] = '\0'; /* somebody of lockstep took it in hand, or it is as it was */
    } else if (shape != shape_before) {
        if (!entry->drift[0])
            entry->shape = shape_before;
        say_drift(entry, before, now);
    }
}

/* Somebody else than lockstep changed what is asked for. An engine that says who began the rollout
 * says it of a new version; nobody says it of a scale. */
static void tell_changes(struct engine *engine, const struct entry *entry,
                         const struct service *before, const struct service *now)
{
    const bool foreign = same_marks(before, now);
    const char *by = strcmp(now->wants, before->wants) != 0 ? now->by : "";
    char text[300];

    text[0] = '\0';
    if (foreign && strcmp(before->wants, now->wants) != 0)
        snprintf(text, sizeof text, "version %.80s -> %.80s", before->wants, now->wants);
    else if (foreign && strcmp(before->artifact, now->artifact) != 0)
        snprintf(text, sizeof text, "image %.200s", now->artifact);
    else if (foreign && strcmp(before->config_digest, now->config_digest) != 0)
        snprintf(text, sizeof text, "its configuration");
    if (text[0])
        engine_tell(engine, EVENT_CHANGE, entry->cluster, now->name, by, text);
    if (before->replicas != now->replicas && !now->per_node) {
        snprintf(text, sizeof text, "scaled %u -> %u", before->replicas, now->replicas);
        engine_tell(engine, EVENT_CHANGE, entry->cluster, now->name, "", text);
    }
}

static bool has_unknown(const struct service *service)
{
    for (size_t i = 0; i < service->version_count; i++) {
        const char *version = service->versions[i].version;
        if ((!version[0] || strcmp(version, "?") == 0) &&
            service_count(service, version, STATES_ALL))
            return true;
    }
    for (size_t i = 0; i < service->launcher_count; i++)
        if (!service->launchers[i].version[0] || strcmp(service->launchers[i].version, "?") == 0)
            return true;
    return false;
}

static void keep_since(int64_t *since, bool is_so, int64_t utc_ms)
{
    *since = !is_so ? 0 : *since ? *since : utc_ms;
}

void entry_look(struct engine *engine, struct entry *entry, const struct service *now)
{
    const struct service *before = fleet_find_service(engine->fleet, entry->cluster, entry->id);
    const int64_t utc_ms = clock_utc_ms(engine->clock);

    keep_since(&entry->seen.unknown_since_utc_ms, has_unknown(now), utc_ms);
    keep_since(&entry->seen.moving_since_utc_ms, now->motion != MOTION_NONE, utc_ms);
    if (!before)
        return;
    look_for_drift(entry, before, now);
    tell_changes(engine, entry, before, now);
}
