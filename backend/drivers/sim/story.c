/* story.c: what a scenario does by itself.
 *
 * A pipeline delivers the next version when the one before is stable, not when some time is over:
 * such events wait for what the ledger says of a release, so that a story goes at the pace of
 * whoever plays it. */
#include "drivers/sim/queue.h"
#include "drivers/sim/wire.h"

#include "release/release.h"

#include <stdio.h>
#include <string.h>

static void on_event(struct sim *sim, void *object, uint64_t serial)
{
    const struct scenario_event *event = &sim->scenario->events[serial];

    (void)object;
    if (event->say)
        sim_say(sim, sim_find_service(sim, event->target), "%s", event->say);
    else
        sim_apply_fault(sim, event->fault, event->target);
}

void sim_story_begin(struct sim *sim)
{
    const struct scenario_event *events = sim->scenario->events;

    for (size_t i = 0; events && events[i].target; i++)
        if (!events[i].after)
            sim_at(sim, events[i].at_ms, on_event, NULL, i);
}

/* "billing stable 22". */
static bool describe(struct sim *sim, const char *record, char *out, size_t size)
{
    struct err err = {0};
    struct release *release = release_parse(record, strlen(record), &err);
    const struct sim_service *service = release ? sim_find_service(sim, release->service_id) : NULL;

    if (service)
        snprintf(out, size, "%s %s %s", service->name, stage_word[release->stage], release->to);
    release_free(release);
    return service != NULL;
}

static void set_off(struct sim *sim, const char *said)
{
    const struct scenario_event *events = sim->scenario->events;

    for (size_t i = 0; events && events[i].target && i < SCENARIO_EVENTS_MAX; i++) {
        if (!events[i].after || sim->told & UINT32_C(1) << i || strcmp(events[i].after, said) != 0)
            continue;
        sim->told |= UINT32_C(1) << i;
        sim_at(sim, events[i].at_ms, on_event, NULL, i);
    }
}

void sim_story_heard(struct sim *sim, const char *record)
{
    char said[400];

    if (sim->scenario->events && describe(sim, record, said, sizeof said))
        set_off(sim, said);
}

void sim_cue(struct sim *sim, const char *word)
{
    char said[80];

    snprintf(said, sizeof said, "cue %s", word);
    sim_lock(sim);
    set_off(sim, said);
    sim_unlock(sim);
}
