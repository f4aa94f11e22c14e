/* big_fleet.c: see big_fleet.h. */
#include "guard/big_fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSIONS = 3 };
static const char *const versions[VERSIONS] = {"v1", "v2", "v3"};
static const char *const elements[] = {"Get/1", "List/1"};
static const char *const formats[] = {"json-1", "json-2"};

static const char *const *one_name(struct arena *arena, const char *name)
{
    const char **list = arena_alloc(arena, 1, sizeof *list);

    list[0] = name;
    return list;
}

static struct contract_uses one_use(struct arena *arena, const char *of, const char *const *names,
                                    size_t count)
{
    struct contract_uses uses = {arena_alloc(arena, 1, sizeof *uses.use), 1};

    uses.use[0] = (struct contract_use){of, names, count};
    return uses;
}

/* v2 changes code alone, v3 is the first that writes the newer format. */
static struct contract make_contract(struct arena *arena, size_t s, unsigned v)
{
    const char *store = arena_printf(arena, "db%zu", s / BIG_GROUP);
    struct contract contract = {
        .service = arena_printf(arena, "service%05zu", s),
        .version = versions[v],
        .digest = "",
        .follows = v ? one_name(arena, versions[v - 1]) : NULL,
        .follows_count = v > 0,
        .change = 1u << (v == 2 ? CHANGE_WRITE_ADD : CHANGE_CODE),
        .reads = one_use(arena, store, formats, 2),
        .writes = one_use(arena, store, formats, v == 2 ? 2 : 1),
        .provides = elements,
        .provides_count = 2,
        .artifact = true,
    };

    if (s % BIG_GROUP)
    contract.requires = one_use(arena, arena_printf(arena, "service%05zu", s - 1), elements, 1);
    return contract;
}

/* One store and one cohort of clients for each group. */
static void add_facts(struct facts *facts, struct arena *arena, size_t groups)
{
    facts->store_count = facts->client_count = groups;
    facts->stores = arena_alloc(arena, groups, sizeof *facts->stores);
    facts->clients = arena_alloc(arena, groups, sizeof *facts->clients);
    for (size_t g = 0; g < groups; g++) {
        facts->stores[g] =
            (struct store_fact){.name = arena_printf(arena, "db%zu", g),
                                .owner = arena_printf(arena, "service%05zu", g * BIG_GROUP),
                                .may = formats,
                                .may_count = 1};
        facts->clients[g].name = arena_printf(arena, "partners%zu", g);
        facts->clients[g].requires =
            one_use(arena, arena_printf(arena, "service%05zu", g * BIG_GROUP), elements, 1);
    }
}

/* Every tenth instance of a service in flight runs the next version. */
static void place(struct service *service, size_t s, size_t nodes, bool flight, unsigned build)
{
    service->placements = arena_alloc(service->arena, BIG_SPREAD, sizeof *service->placements);
    service->placement_count = BIG_SPREAD;
    for (size_t i = 0; i < BIG_SPREAD; i++) {
        struct placement *at = &service->placements[i];
        enum instance_state state =
            i == build % BIG_SPREAD && build ? INSTANCE_STARTING : INSTANCE_SERVING;

        at->node = arena_printf(service->arena, "node%06zu", (s * 37 + i * 101) % nodes);
        at->version = flight && i % 10 == 0;
        at->count[state] = 1;
        service->versions[at->version].count[state]++;
    }
}

static const struct service *make_service(size_t s, size_t nodes, bool flight, unsigned build)
{
    struct service *service = service_new();

    service->cluster = "c";
    service->id = arena_printf(service->arena, "id%05zu", s);
    service->name = arena_printf(service->arena, "service%05zu", s);
    service->spec_digest = "spec";
    service->replicas = BIG_SPREAD;
    service->wants = versions[flight];
    service->was = flight ? versions[0] : "";
    service->motion = flight ? MOTION_RESTING : MOTION_NONE;
    service->versions = arena_alloc(service->arena, 2, sizeof *service->versions);
    service->version_count = flight ? 2 : 1;
    for (size_t v = 0; v < service->version_count; v++) {
        service->versions[v].version = versions[v];
        service->versions[v].digest = "";
    }
    place(service, s, nodes, flight, build);
    service->launchers = arena_alloc(service->arena, 1, sizeof *service->launchers);
    service->launchers[0] = (struct launcher){"spec", versions[flight]};
    service->launcher_count = 1;
    return service_seal(service);
}

static bool in_flight(size_t s)
{
    return s % (2 * (size_t)BIG_GROUP) == 0;
}

static void make_nodes(struct big_fleet *big)
{
    for (size_t i = 0; i < big->node_count; i++) {
        char id[32], name[32];
        struct node node = {.cluster = "c", .id = id, .name = name, .note = ""};

        snprintf(id, sizeof id, "node%06zu", i);
        snprintf(name, sizeof name, "w%zu", i);
        node.state = i % 100 == 50 ? NODE_SILENT : NODE_REPORTING;
        node.state_utc_ms = -1;
        fleet_put_node(big->fleet, &node);
    }
}

void big_fleet_init(struct big_fleet *big, size_t services)
{
    *big = (struct big_fleet){.arena = arena_new(4096),
                              .fleet = fleet_new(),
                              .bind = bind_new(NULL),
                              .service_count = services,
                              .node_count = services * 10};
    make_nodes(big);
    big->releases = xcalloc(services, sizeof *big->releases);
    big->services = xcalloc(services, sizeof *big->services);
    add_facts(&big->facts, big->arena, services / BIG_GROUP);
    big->facts.contract_count = services * VERSIONS;
    big->facts.contracts =
        arena_alloc(big->arena, big->facts.contract_count, sizeof *big->facts.contracts);
    for (size_t s = 0; s < services; s++) {
        for (unsigned v = 0; v < VERSIONS; v++)
            big->facts.contracts[s * VERSIONS + v] = make_contract(big->arena, s, v);
        big->services[s] = make_service(s, big->node_count, in_flight(s), 0);
        bind_put_service(big->bind, big->services[s]);
        fleet_put_service(big->fleet, big->services[s]);
        if (!in_flight(s))
            continue;
        big->releases[s].stage = STAGE_WAVE;
        big->releases[s].target = BIG_SPREAD / 10;
        snprintf(big->releases[s].from, sizeof big->releases[s].from, "%s", versions[0]);
        snprintf(big->releases[s].to, sizeof big->releases[s].to, "%s", versions[1]);
    }
    bind_put_facts(big->bind, FACTS_SETTINGS, &big->facts);
    big->snapshot = fleet_snapshot(big->fleet);
}

void big_fleet_release(struct big_fleet *big)
{
    bind_free(big->bind);
    snapshot_unref(big->snapshot);
    fleet_free(big->fleet);
    free(big->services);
    free(big->releases);
    arena_free(big->arena);
}

struct guard_input big_fleet_input(const struct big_fleet *big, size_t service)
{
    const struct release *release = &big->releases[service];

    return (struct guard_input){.snapshot = big->snapshot,
                                .service = big->services[service],
                                .release = release->stage == STAGE_NONE ? NULL : release,
                                .utc_ms = 1000000,
                                .bind = big->bind};
}

static bool judge(const struct big_fleet *big, size_t s, struct arena *arena)
{
    struct guard_input in = big_fleet_input(big, s);
    bool flight = in_flight(s);
    const struct guard_ask ask = {.verb = flight ? VERB_STEP : VERB_START,
                                  .version = versions[1],
                                  .to_count = flight ? BIG_SPREAD / 3 : 1,
                                  .spec_digest = "spec"};
    struct verdict verdict;

    guard_judge(&in, &ask, arena, &verdict);
    return verdict.answer == ANSWER_ALLOW;
}

size_t big_fleet_judge_all(const struct big_fleet *big)
{
    size_t allowed = 0;

    for (size_t s = 0; s < big->service_count; s++) {
        struct arena *arena = arena_new(4096); /* as long as a row is shown */
        allowed += judge(big, s, arena);
        arena_free(arena);
    }
    return allowed;
}

void big_fleet_observe(struct big_fleet *big, size_t service)
{
    size_t first = service - service % BIG_GROUP;
    struct arena *arena = arena_new(4096);

    big->services[service] =
        make_service(service, big->node_count, in_flight(service), ++big->build);
    bind_put_service(big->bind, big->services[service]);
    fleet_put_service(big->fleet, big->services[service]);
    for (size_t s = first; s < first + BIG_GROUP; s++)
        judge(big, s, arena);
    arena_free(arena);
}
