/* observed_rest.c: since when a service is at rest, and whether a data step may build on that.
 *
 * A release that ended says when; where lockstep knows of none, its youngest instance does. */
#include "base/clock.h"
#include "guard/judge.h"
#include "guard/observed_rules.h"
#include "release/release.h"

#include <string.h>

static int64_t youngest(const struct service *service)
{
    int64_t young = 0;

    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, service->wants) == 0 &&
            service->versions[i].young_utc_ms > young)
            young = service->versions[i].young_utc_ms;
    return young > 0 ? young : -1;
}

int64_t guard_stable_since(const struct guard_input *in)
{
    const struct release *release = in->release;
    struct arena *arena = arena_new(256);
    struct live live = live_collect(in, arena);
    struct pair pair = pair_of(in, &live);
    bool rests = !pair.open && live.count == 1 && strcmp(live.versions[0], VERSION_UNKNOWN) != 0;

    arena_free(arena);
    if (!rests)
        return -1;
    if (release && release->stage_utc_ms > 0 &&
        ((release->stage == STAGE_STABLE && strcmp(release->to, in->service->wants) == 0) ||
         (release->stage == STAGE_ROLLED_BACK && strcmp(release->from, in->service->wants) == 0)))
        return release->stage_utc_ms;
    return youngest(in->service);
}

void observed_rest_judge(const struct guard_input *in, bool data, struct arena *arena,
                         struct finding *finding)
{
    const struct rehearsed *r = in->rehearsal;
    const struct service *service = in->service;
    char span[SPAN_TEXT], wait[SPAN_TEXT];

    if (!data || !r || r->stable_ms <= 0 || answer_is_broken(finding->answer))
        return;
    int64_t since = guard_stable_since(in), age = in->utc_ms - since;
    if (since >= 0 && age >= r->stable_ms)
        return;
    clock_format_span(r->stable_ms, wait);
    if (since < 0)
        finding_break(finding, ANSWER_UNKNOWN,
                      arena_printf(arena,
                                   "since when %s is at rest at %s is not known, and a data step "
                                   "builds on what has been stable for %s",
                                   service->name, service->wants, wait),
                      "bring it to rest at one version, and wait");
    else
        finding_break(
            finding, ANSWER_REFUSE,
            arena_printf(arena, "%s %s is stable only since %s; a data step builds on it after %s",
                         service->name, service->wants, clock_format_span(age, span), wait),
            arena_printf(arena, "wait %s", clock_format_span(r->stable_ms - age, span)));
    finding_witness(finding, arena,
                    arena_printf(arena, "version %s of %s", service->wants, service->name),
                    "stable, not for long enough", since < 0 ? -1 : age);
}
