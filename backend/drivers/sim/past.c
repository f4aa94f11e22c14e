/* past.c: what was before. What an earlier lockstep left in the ledger of a scenario: the release
 * that is on its way when the story begins, as that lockstep would have written it; and what the
 * cluster itself still knows of releases. */
#include "drivers/sim/wire.h"

#include "release/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    if (row->profile) {
        snprintf(release->profile, sizeof release->profile, "%s", row->profile);
        release->cert.state = PROOF_CANARIED;
        snprintf(release->cert.version, sizeof release->cert.version, "%s", fresh->name);
        snprintf(release->cert.from, sizeof release->cert.from, "%s", old->name);
    }
    release->memo = json_pack("{s:s, s:s}", "version", old->name, "artifact", old->artifact);
    char *text = release_write(release, &err);
    if (!text)
        fatal("a scenario's release cannot be written: %s", err.text);
    sim_store_put(sim, release_key(facts, key, sizeof key), text);
    service_unref(facts);
    release_free(release);
}

static int compare_growth(const void *left, const void *right)
{
    const struct past_growth *a = left, *b = right;

    return a->at_utc_ms < b->at_utc_ms ? -1 : a->at_utc_ms > b->at_utc_ms;
}

static void grow(const struct sim_service *service, const struct sim_version *version,
                 struct arena *arena, struct past_release *out)
{
    struct past_growth *growth;
    size_t count = 0;

    for (const struct sim_instance *it = service->instances; it; it = it->next)
        count += it->version == version;
    growth = arena_alloc(arena, count + 1, sizeof *growth);
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        if (it->version == version)
            growth[out->growth_count++].at_utc_ms = it->since_utc_ms;
    if (count > 1)
        qsort(growth, count, sizeof *growth, compare_growth);
    for (size_t i = 0; i < count; i++)
        growth[i].count = (uint32_t)i + 1;
    out->growth = growth;
    out->running = (uint32_t)count;
    out->growth_is_whole = !service->rollout && count >= service->replicas;
}

const struct past *sim_pasts(struct sim *sim, const char *cluster, struct arena *arena,
                             size_t *count)
{
    struct past *out = arena_alloc(arena, sim->service_count + 1, sizeof *out);

    *count = 0;
    for (size_t i = 0; i < sim->service_count; i++) {
        const struct sim_service *service = &sim->services[i];
        const struct sim_version *two[] = {service->was, service->wants};
        struct past_release *release = arena_alloc(arena, ARRAY_LEN(two), sizeof *release);
        struct past *past = &out[*count];
        if (service->gone)
            continue;
        *past = (struct past){
            .cluster = arena_strdup(arena, cluster),
            .service_id = arena_strdup(arena, service->id),
            .name = arena_strdup(arena, service->name),
            .scope = "",
            .kind = "service",
            .replicas = service->replicas,
            .release = release,
        };
        for (size_t v = 0; v < ARRAY_LEN(two); v++) {
            if (!two[v])
                continue;
            struct past_release *one = &release[past->release_count++];
            *one = (struct past_release){
                .version = arena_strdup(arena, two[v]->name),
                .artifact = arena_strdup(arena, two[v]->artifact),
                .at_utc_ms = v == 1 ? service->since_utc_ms : -1,
                .done_utc_ms = -1,
                .by = v == 1 ? arena_strdup(arena, service->by) : "",
                .cause = "",
            };
            grow(service, two[v], arena, one);
        }
        ++*count;
    }
    return out;
}
