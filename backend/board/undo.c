/* undo.c: what going back means in instances and in time; see undo.h.
 *
 * No engine promises how fast it goes, and none is asked: the measure is how long the instances
 * took that came last, from the key to serving. Who came much later than the others was replaced
 * since, and is no measure of a step. */
#include "board/undo.h"

#include "release/release.h"

#include <string.h>

enum { CLOCK_MS = 1000, APART_MS = 60000, APART_TIMES = 3, ROUNDS = 16 };

struct timed {
    uint32_t count;
    int64_t first_ms, last_ms; /* after `begun`; of those that came in one go */
};

static bool counts(const struct service *service, const struct instance *instance,
                   const char *version, int64_t begun_utc_ms)
{
    return instance->state == INSTANCE_SERVING && instance->since_utc_ms >= begun_utc_ms &&
           strcmp(service->versions[instance->version].version, version) == 0;
}

static uint32_t within(const struct service *service, const char *version, int64_t begun_utc_ms,
                       int64_t limit_ms, int64_t *last_ms)
{
    uint32_t count = 0;

    for (size_t i = 0; i < service->instance_count; i++) {
        const struct instance *instance = &service->instances[i];
        int64_t took = instance->since_utc_ms - begun_utc_ms;
        if (!counts(service, instance, version, begun_utc_ms) || took > limit_ms)
            continue;
        *last_ms = took > *last_ms ? took : *last_ms;
        count++;
    }
    return count;
}

static struct timed time_from(const struct service *service, const char *version,
                              int64_t begun_utc_ms)
{
    struct timed timed = {.first_ms = -1};

    for (size_t i = 0; i < service->instance_count; i++) {
        int64_t took = service->instances[i].since_utc_ms - begun_utc_ms;
        if (counts(service, &service->instances[i], version, begun_utc_ms) &&
            (timed.first_ms < 0 || took < timed.first_ms))
            timed.first_ms = took;
    }
    if (timed.first_ms < 0)
        return timed;
    timed.last_ms = timed.first_ms;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t before = timed.last_ms, limit = APART_TIMES * before + APART_MS;
        timed.count = within(service, version, begun_utc_ms, limit, &timed.last_ms);
        if (timed.last_ms == before)
            break;
    }
    return timed;
}

/* The last step; else the canary, unless it has been back since. */
static struct timed time_last(const struct service *service, const struct release *release,
                              const char *version)
{
    struct timed timed = {.first_ms = -1};

    if (release->stage_utc_ms > 0)
        timed = time_from(service, version, release->stage_utc_ms);
    if (timed.count || release->since_utc_ms <= 0 || release->cert.state >= PROOF_ROLLED)
        return timed;
    timed = time_from(service, version, release->since_utc_ms);
    timed.last_ms = timed.first_ms;
    timed.count = timed.count > 0;
    return timed;
}

struct undo_view board_undo(const struct service *service, const struct release *release,
                            const char *from, const char *back)
{
    struct undo_view view = {.offered = true, .least_ms = -1, .most_ms = -1};

    view.moves = service_count(service, from, STATES_ALL & ~(1u << INSTANCE_GHOST));
    view.warm = service_count(service, back, STATES_SERVING);
    if (!release || strcmp(release->to, from) != 0 || view.moves == 0)
        return view;
    struct timed timed = time_last(service, release, from);
    if (timed.count == 0 || timed.last_ms < CLOCK_MS) /* engines count in seconds: no measure */
        return view;
    view.timed = timed.count;
    view.took_ms = view.least_ms = timed.last_ms;
    view.most_ms = timed.last_ms * ((view.moves + timed.count - 1) / timed.count);
    return view;
}
