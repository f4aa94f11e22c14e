/* fleet_by_hand.c: see fleet_by_hand.h. */
#include "fleet_by_hand.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

void hand_init(struct hand *hand, const char *wants)
{
    *hand = (struct hand){.arena = arena_new(4096)};
    hand->service = (struct service){.cluster = "c",
                                     .id = "shop",
                                     .name = "shop",
                                     .scope = "",
                                     .kind = "service",
                                     .owner = "",
                                     .revision = "1",
                                     .spec_digest = "spec-1",
                                     .replicas = 8,
                                     .wants = wants,
                                     .was = "",
                                     .artifact = "",
                                     .contract = "",
                                     .versions = hand->versions,
                                     .placements = hand->placements,
                                     .launchers = hand->launchers,
                                     .reason = "",
                                     .by = "",
                                     .since_utc_ms = -1,
                                     .refs = 1};
    hand->snapshot.nodes = hand->nodes;
    hand->in = (struct guard_input){.snapshot = &hand->snapshot,
                                    .service = &hand->service,
                                    .now_ms = 1000000,
                                    .utc_ms = 1800000000000};
}

void hand_release(struct hand *hand)
{
    arena_free(hand->arena);
}

static uint32_t version_index(struct hand *hand, const char *version)
{
    struct service *service = &hand->service;

    for (size_t i = 0; i < service->version_count; i++)
        if (strcmp(service->versions[i].version, version) == 0)
            return (uint32_t)i;
    ck_assert_uint_lt(service->version_count, HAND_MAX);
    hand->versions[service->version_count] =
        (struct version_count){.version = version, .digest = ""};
    return (uint32_t)service->version_count++;
}

static struct node *find_node(struct hand *hand, const char *name)
{
    struct snapshot *snapshot = &hand->snapshot;

    for (size_t i = 0; i < snapshot->node_count; i++)
        if (strcmp(hand->nodes[i].id, name) == 0)
            return &hand->nodes[i];
    ck_assert_uint_lt(snapshot->node_count, HAND_MAX);
    hand->nodes[snapshot->node_count] = (struct node){.cluster = "c",
                                                      .id = name,
                                                      .name = name,
                                                      .state = NODE_REPORTING,
                                                      .state_utc_ms = -1,
                                                      .note = ""};
    return &hand->nodes[snapshot->node_count++];
}

void hand_place(struct hand *hand, const char *node, const char *version, uint32_t count,
                enum instance_state state)
{
    struct service *service = &hand->service;
    uint32_t index = version_index(hand, version);

    find_node(hand, node);
    ck_assert_uint_lt(service->placement_count, HAND_MAX);
    struct placement *place = &hand->placements[service->placement_count++];
    *place = (struct placement){.node = node, .version = index};
    place->count[state] = count;
    hand->versions[index].count[state] += count;
}

void hand_node(struct hand *hand, const char *node, enum node_state state, int64_t age_ms)
{
    struct node *found = find_node(hand, node);

    found->state = state;
    found->state_utc_ms = hand->in.utc_ms - age_ms;
}

void hand_launcher(struct hand *hand, const char *name, const char *version)
{
    ck_assert_uint_lt(hand->service.launcher_count, HAND_MAX);
    hand->launchers[hand->service.launcher_count++] = (struct launcher){name, version};
}

void hand_record(struct hand *hand, enum stage stage, const char *from, const char *to)
{
    hand->release.stage = stage;
    snprintf(hand->release.from, sizeof hand->release.from, "%s", from);
    snprintf(hand->release.to, sizeof hand->release.to, "%s", to);
    hand->in.release = &hand->release;
}

struct verdict *hand_judge(struct hand *hand, enum verb verb, const char *version)
{
    struct verdict *verdict = arena_alloc(hand->arena, 1, sizeof *verdict);
    struct guard_ask ask = {.verb = verb, .version = version, .to_count = 1, .spec_digest = ""};

    guard_judge(&hand->in, &ask, hand->arena, verdict);
    return verdict;
}

void hand_assert_witness(const struct finding *finding, const char *object, const char *fact)
{
    for (size_t i = 0; i < finding->witness_count; i++)
        if (strcmp(finding->witnesses[i].object, object) == 0 &&
            strstr(finding->witnesses[i].fact, fact))
            return;
    for (size_t i = 0; i < finding->witness_count; i++)
        fprintf(stderr, "witness: %s: %s\n", finding->witnesses[i].object,
                finding->witnesses[i].fact);
    ck_abort_msg("no witness '%s' with '%s' (%zu witnesses: %s)", object, fact,
                 finding->witness_count, finding->sentence);
}
