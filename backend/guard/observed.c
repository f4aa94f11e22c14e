/* observed.c: see observed.h. */
#include "guard/observed.h"

#include "base/clock.h"
#include "guard/judge.h"
#include "release/release.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

enum node_state node_state_of(const struct guard_input *in, const struct placement *place,
                              const struct node **node)
{
    *node = NULL;
    if (in->snapshot && place->node[0] && snapshot_may_be_odd(in->snapshot, place))
        *node = snapshot_find_placed(in->snapshot, in->service, place);
    return *node ? (*node)->state : NODE_REPORTING;
}

const char *node_name_of(const struct guard_input *in, const struct placement *place)
{
    const struct node *node =
        in->snapshot ? snapshot_find_placed(in->snapshot, in->service, place) : NULL;

    return node && node->name[0] ? node->name : place->node;
}

static uint64_t sum_of(const uint32_t count[INSTANCE_STATE_COUNT])
{
    uint64_t sum = 0;

    for (unsigned s = 0; s < INSTANCE_STATE_COUNT; s++)
        sum += count[s];
    return sum;
}

static const char *version_text(const char *version)
{
    return version[0] ? version : VERSION_UNKNOWN;
}

static void live_add(struct live *live, const char *version)
{
    version = version_text(version);
    if (!live_has(live, version))
        live->versions[live->count++] = version;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct live live_collect(const struct guard_input *in, struct arena *arena)
{
    const struct service *service = in->service;
    size_t most = service->version_count + service->launcher_count;
    struct live live = {arena_alloc(arena, most + 1, sizeof *live.versions), 0};

    for (size_t i = 0; i < service->version_count; i++)
        if (snapshot_may_run(in->snapshot, service, i))
            live_add(&live, service->versions[i].version);
    for (size_t i = 0; i < service->launcher_count; i++)
        live_add(&live, service->launchers[i].version);
    qsort(live.versions, live.count, sizeof *live.versions, by_text);
    return live;
}

bool live_has(const struct live *live, const char *version)
{
    for (size_t i = 0; i < live->count; i++)
        if (same(live->versions[i], version))
            return true;
    return false;
}

struct pair pair_of(const struct guard_input *in, const struct live *live)
{
    const struct service *service = in->service;
    const struct release *release = in->release;
    struct pair pair = {service->was, service->wants, service->motion != MOTION_NONE};

    if (release && release->stage != STAGE_NONE && release->to[0]) {
        bool open = stage_moves(release->stage);
        /* A finished record says nothing about a rollout that somebody else began since. */
        if (open || !pair.open || same(service->wants, release->to))
            pair = (struct pair){release->from, release->to,
                                 open || (release->stage == STAGE_HELD && pair.open)};
    }
    if (!pair.to[0] && live->count == 1)
        pair.to = live->versions[0];
    if (!pair.from[0] && live->count <= 2 && live_has(live, pair.to)) {
        /* The engine does not remember where it came from: then it is the only other one. */
        for (size_t i = 0; i < live->count; i++)
            if (!same(live->versions[i], pair.to) && !same(live->versions[i], VERSION_UNKNOWN))
                pair.from = live->versions[i];
    }
    return pair;
}

bool pair_has(const struct pair *pair, const char *version)
{
    return !same(version, VERSION_UNKNOWN) &&
           (same(pair->from, version) || same(pair->to, version));
}

/* "silent for 4m, last ran 4": what is known about one node that carries the version. */
static const char *place_fact(enum node_state state, uint64_t instances, const char *version,
                              int64_t age_ms, struct arena *arena)
{
    char span[SPAN_TEXT];
    const char *since =
        age_ms < 0 ? "" : arena_printf(arena, " for %s", clock_format_span(age_ms, span));

    switch (state) {
    case NODE_SILENT:
        return arena_printf(arena, "silent%s, last ran %s", since, version);
    case NODE_RETIRED:
        return arena_printf(arena, "retired%s but not fenced, last ran %s", since, version);
    case NODE_UNSETTLED:
        return arena_printf(arena, "not settled%s, ran %s", since, version);
    case NODE_REPORTING:
    case NODE_FENCED:
    case NODE_STATE_COUNT:
        break;
    }
    return arena_printf(arena, "runs %s (%llu instance%s)", version, (unsigned long long)instances,
                        instances == 1 ? "" : "s");
}

static void place_witness(const struct guard_input *in, const struct placement *place,
                          const char *version, struct arena *arena, struct finding *finding,
                          const char **fence)
{
    const struct node *node;
    enum node_state state = node_state_of(in, place, &node);
    uint64_t sum = sum_of(place->count);

    if (sum == 0 || state == NODE_FENCED)
        return;
    if (state == NODE_REPORTING && sum == place->count[INSTANCE_GHOST])
        state = NODE_SILENT;
    const char *name = node_name_of(in, place);
    int64_t age_ms = -1;
    if (node && node->state_utc_ms >= 0 && in->utc_ms >= node->state_utc_ms)
        age_ms = in->utc_ms - node->state_utc_ms;
    const char *object =
        name[0] ? arena_printf(arena, "node %s", name)
                : arena_printf(arena, "instances of %s not placed yet", in->service->name);
    const char *fact = place_fact(state, sum, version, age_ms, arena);
    finding_witness(finding, arena, object, fact, age_ms);
    if (!*fence && name[0] && (state == NODE_SILENT || state == NODE_RETIRED))
        *fence = name;
}

static void count_witness(const struct service *service, size_t index, struct arena *arena,
                          struct finding *finding)
{
    uint64_t placed = 0, counted = sum_of(service->versions[index].count);

    for (size_t i = 0; i < service->placement_count; i++)
        if (service->placements[i].version == index)
            placed += sum_of(service->placements[i].count);
    if (counted > placed)
        finding_witness(finding, arena, arena_printf(arena, "service %s", service->name),
                        arena_printf(arena, "%llu of %s, on a node that is not known",
                                     (unsigned long long)(counted - placed),
                                     version_text(service->versions[index].version)),
                        -1);
}

void live_witness(const struct guard_input *in, const char *version, struct arena *arena,
                  struct finding *finding, const char **fence)
{
    const struct service *service = in->service;

    for (size_t v = 0; v < service->version_count; v++) {
        if (!same(version_text(service->versions[v].version), version))
            continue;
        for (size_t i = 0; i < service->placement_count; i++)
            if (service->placements[i].version == v)
                place_witness(in, &service->placements[i], version, arena, finding, fence);
        count_witness(service, v, arena, finding);
    }
    for (size_t i = 0; i < service->launcher_count; i++)
        if (same(version_text(service->launchers[i].version), version))
            finding_witness(finding, arena,
                            arena_printf(arena, "launcher %s", service->launchers[i].name),
                            arena_printf(arena, "would start %s", version), -1);
}
