/* facts.c: what a driver says about the simulated cluster, in the words of the model. */
#include "drivers/sim/rollout.h"
#include "drivers/sim/wire.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

/* Index of the version in the facts, added when it is new there. */
static uint32_t version_index(struct service *facts, const struct sim_version *version)
{
    for (size_t i = 0; i < facts->version_count; i++)
        if (facts->versions[i].digest == version->digest &&
            facts->versions[i].version == version->name)
            return (uint32_t)i;
    struct version_count *row = &facts->versions[facts->version_count];
    row->version = version->name;
    row->digest = version->digest;
    return (uint32_t)facts->version_count++;
}

static void count(struct service *facts, const struct sim *sim, const struct sim_instance *it)
{
    const uint32_t version = version_index(facts, it->version);
    const char *node = sim->nodes[it->node].id;
    size_t i = 0;

    facts->versions[version].count[it->state]++;
    if (it->since_utc_ms > facts->versions[version].young_utc_ms)
        facts->versions[version].young_utc_ms = it->since_utc_ms;
    while (i < facts->placement_count &&
           (facts->placements[i].node != node || facts->placements[i].version != version))
        i++;
    struct placement *placement = &facts->placements[i];
    if (i == facts->placement_count) {
        facts->placement_count++;
        placement->node = node;
        placement->version = version;
    }
    placement->count[it->state]++;
}

static void list_instances(struct service *facts, const struct sim *sim,
                           const struct sim_service *service, size_t total)
{
    facts->instances = arena_alloc(facts->arena, total, sizeof *facts->instances);
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        facts->instances[facts->instance_count++] = (struct instance){
            .name = it->name,
            .node = sim->nodes[it->node].id,
            .version = version_index(facts, it->version),
            .state = it->state,
            .reason = it->reason,
            .since_utc_ms = it->since_utc_ms,
        };
}

/* Names of versions, nodes and instances live as long as the cluster, which may end before the
 * facts do: nothing is borrowed from it. */
static void own_texts(struct service *facts)
{
    struct arena *arena = facts->arena;

    for (size_t i = 0; i < facts->version_count; i++) {
        facts->versions[i].version = arena_strdup(arena, facts->versions[i].version);
        facts->versions[i].digest = arena_strdup(arena, facts->versions[i].digest);
    }
    for (size_t i = 0; i < facts->placement_count; i++)
        facts->placements[i].node = arena_strdup(arena, facts->placements[i].node);
    for (size_t i = 0; i < facts->instance_count; i++) {
        facts->instances[i].name = arena_strdup(arena, facts->instances[i].name);
        facts->instances[i].node = arena_strdup(arena, facts->instances[i].node);
        facts->instances[i].reason = arena_strdup(arena, facts->instances[i].reason);
    }
}

static void add_launchers(struct service *facts, const struct sim_service *service)
{
    const char *const *extra = service->scenario->launcher;
    const bool held = service->rollout && service->target == 0 && service->was;

    facts->launchers = arena_alloc(facts->arena, 2, sizeof *facts->launchers);
    facts->launchers[facts->launcher_count++] =
        (struct launcher){LAUNCHER_SPEC, arena_strdup(facts->arena, held ? service->was->name
                                                                         : service->wants->name)};
    if (extra[0])
        facts->launchers[facts->launcher_count++] = (struct launcher){extra[0], extra[1]};
}

static void fill_spec(struct service *facts, const struct sim_service *service)
{
    struct arena *arena = facts->arena;
    uint64_t digest = HASH_SEED;
    const char **marks = arena_alloc(arena, service->mark_count + 1, sizeof *marks);

    facts->id = arena_strdup(arena, service->id);
    facts->name = arena_strdup(arena, service->name);
    facts->kind = service->scenario->per_node ? "global service" : "service";
    facts->owner = service->scenario->owner ? service->scenario->owner : "";
    facts->revision = arena_printf(arena, "%llu", (unsigned long long)service->revision);
    facts->replicas = service->replicas;
    facts->per_node = service->scenario->per_node;
    facts->wants = arena_strdup(arena, service->wants->name);
    facts->was = service->was ? arena_strdup(arena, service->was->name) : "";
    facts->artifact = arena_strdup(arena, service->wants->artifact);
    facts->contract = arena_strdup(arena, service->wants->contract);
    facts->by = arena_strdup(arena, service->by);
    digest = hash_mix(digest, facts->artifact, strlen(facts->artifact) + 1);
    digest = hash_mix(digest, facts->wants, strlen(facts->wants) + 1);
    digest = hash_mix(digest, &service->target, sizeof service->target);
    digest = hash_mix(digest, &service->replicas, sizeof service->replicas);
    digest = hash_mix(digest, &service->configured, sizeof service->configured);
    digest = hash_mix(digest, &service->every_ms, sizeof service->every_ms);
    facts->spec_digest = arena_printf(arena, "%016llx", (unsigned long long)digest);
    facts->config_digest = arena_printf(arena, "c%llu", (unsigned long long)service->configured);
    for (size_t i = 0; i < service->mark_count; i++)
        marks[i] = arena_strdup(arena, service->marks[i]);
    facts->marks = marks;
    facts->mark_count = service->mark_count;
}

const struct service *sim_facts(struct sim *sim, const struct sim_service *service,
                                const char *cluster, bool focus)
{
    struct service *facts = service_new();
    const char *reason = "";
    size_t total = 0;
    bool ghosts = false;

    for (const struct sim_instance *it = service->instances; it; it = it->next) {
        total++;
        ghosts |= it->state == INSTANCE_GHOST;
    }
    facts->cluster = arena_strdup(facts->arena, cluster);
    fill_spec(facts, service);
    facts->versions = arena_alloc(facts->arena, total + 1, sizeof *facts->versions);
    facts->placements = arena_alloc(facts->arena, total + 1, sizeof *facts->placements);
    version_index(facts, service->wants);
    for (const struct sim_instance *it = service->instances; it; it = it->next)
        count(facts, sim, it);
    facts->trouble = sim_trouble(service, &reason);
    facts->reason = arena_strdup(facts->arena, reason);
    if (focus || ghosts || service->rollout || facts->trouble != TROUBLE_NONE)
        list_instances(facts, sim, service, total + 1);
    own_texts(facts);
    add_launchers(facts, service);
    if (service->rollout && service->every_ms && service->target < service->replicas)
        facts->motion = MOTION_RUNNING;
    else if (service->rollout)
        facts->motion = sim_moving(sim, service) ? MOTION_MOVING : MOTION_RESTING;
    facts->since_utc_ms = service->since_utc_ms;
    facts->observed_ms = sim->now_ms;
    return service_seal(facts);
}

struct node sim_node_facts(const struct sim_node *node, const char *cluster)
{
    return (struct node){
        .cluster = cluster,
        .id = node->id,
        .name = node->name,
        .state = node->silent ? NODE_SILENT : NODE_REPORTING,
        .draining = node->draining,
        .state_utc_ms = node->state_utc_ms,
        .note = node->note,
    };
}
