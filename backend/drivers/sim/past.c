/* past.c: what an earlier lockstep left in the ledger of a scenario: the release that is on
 * its way when the story begins, as that lockstep would have written it. */
#include "drivers/sim/wire.h"

#include "release/release.h"

#include <stdio.h>

static enum stage stage_of(const struct scenario_service *row)
{
    if (row->back)
        return STAGE_ROLLING_BACK;
    return row->target <= 1 ? STAGE_CANARY : STAGE_WAVE;
}

void sim_build_record(struct sim *sim, const struct sim_service *service)
{
    const struct scenario_service *row = service->scenario;
    const struct sim_version *old = row->back ? service->wants : service->was;
    const struct sim_version *fresh = row->back ? service->was : service->wants;
    struct err err = {0};
    char key[256];

    if (!row->to || !row->target || sim->scenario->copies)
        return;
    struct release *release = release_new();
    const struct service *facts = sim_facts(sim, service, "sim", false);
    release->stage = stage_of(row);
    snprintf(release->service_id, sizeof release->service_id, "%s", service->id);
    snprintf(release->from, sizeof release->from, "%s", old->name);
    snprintf(release->to, sizeof release->to, "%s", fresh->name);
    snprintf(release->artifact, sizeof release->artifact, "%s", fresh->artifact);
    snprintf(release->by, sizeof release->by, "%s", service->by);
    release->target = row->back ? row->replicas - row->have : row->target;
    release->replicas = row->replicas;
    release->since_utc_ms = release->stage_utc_ms = service->since_utc_ms;
    release->memo = json_pack("{s:s, s:s}", "version", old->name, "artifact", old->artifact);
    char *text = release_write(release, &err);
    if (!text)
        fatal("a scenario's release cannot be written: %s", err.text);
    sim_store_put(sim, release_key(facts, key, sizeof key), text);
    service_unref(facts);
    release_free(release);
}
