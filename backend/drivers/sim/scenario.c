/* scenario.c: the table of worlds. See scenario.h. */
#include "drivers/sim/scenario.h"

#include "base/mem.h"

#include <string.h>

/* A shop on a Tuesday afternoon: somebody is always in the middle of something. */
static const struct scenario_service shop[] = {
    {.name = "auth",
     .replicas = 12,
     .runs = "3.4.1",
     .images = "3.4.0 3.4.1 3.5.0",
     .minutes_ago = 4100},
    {.name = "billing",
     .replicas = 12,
     .runs = "41",
     .images = "40 41 42 43 44!",
     .to = "42",
     .by = "ci",
     .minutes_ago = 3},
    {.name = "cart",
     .replicas = 8,
     .runs = "8.2.0",
     .images = "8.1.3 8.2.0 8.3.0",
     .to = "8.3.0",
     .have = 1,
     .target = 1,
     .by = "noa",
     .minutes_ago = 6,
     .profile = "code"},
    {.name = "catalog",
     .replicas = 9,
     .runs = "118",
     .images = "117 118 119",
     .to = "119",
     .have = 1,
     .target = 1,
     .by = "lea",
     .minutes_ago = 1,
     .profile = "code"},
    {.name = "checkout",
     .replicas = 12,
     .runs = "12",
     .images = "11 12 13 14",
     .to = "13",
     .have = 1,
     .target = 5,
     .start_ms = {2500, 4500},
     .parallel = 1,
     .by = "mona",
     .minutes_ago = 9},
    {.name = "edge-proxy",
     .per_node = true,
     .runs = "1.27.2",
     .images = "1.27.1 1.27.2 1.27.3",
     .owner = "helm",
     .minutes_ago = 9000},
    {.name = "inventory",
     .replicas = 8,
     .runs = "30",
     .images = "29 30 31",
     .to = "31",
     .have = 1,
     .target = 1,
     .by = "jo",
     .minutes_ago = 12},
    {.name = "ledger",
     .replicas = 6,
     .runs = "7.0.3",
     .images = "7.0.2 7.0.3 7.1.0",
     .minutes_ago = 20000},
    {.name = "mailer",
     .replicas = 10,
     .runs = "5.2.0",
     .images = "5.1.4 5.2.0!",
     .to = "5.1.4",
     .have = 3,
     .target = 10,
     .back = true,
     .start_ms = {3000, 6000},
     .parallel = 1,
     .by = "kai",
     .minutes_ago = 2},
    {.name = "payments",
     .replicas = 10,
     .runs = "2.8.4",
     .images = "2.8.3 2.8.4 2.9.1",
     .to = "2.9.0",
     .have = 0,
     .target = 1,
     .by = "ci",
     .minutes_ago = 21},
    {.name = "search",
     .replicas = 16,
     .runs = "71",
     .images = "70 71 72",
     .minutes_ago = 610,
     .launcher = {"autoscaler", "71"}},
    {.name = "thumbnailer",
     .replicas = 6,
     .runs = "0.9.7",
     .images = "0.9.6 0.9.7 0.9.8",
     .minutes_ago = 7000},
    {0},
};

static const struct scenario_event shop_events[] = {
    {8000, SIM_NODE_SILENT, "w7", NULL, NULL},
    {12000, SIM_IMAGE_ERRS, "catalog:119", NULL, NULL},
    {38000, SIM_NODE_RETURNS, "w7", NULL, NULL},
    {0},
};

/* Bakes are measured; the canary that fails requests from some moment on goes back by itself. */
#define SHOP_SETTINGS                                                                              \
    "metrics: {every: 5s, services: {default: {set: simulated}}}\nrollback: {catalog: auto}\n"

static const struct scenario_service web[] = {
    {.name = "web", .replicas = 8, .runs = "4", .images = "3 4 5 6 bad!", .minutes_ago = 60},
    {0},
};

static const struct scenario_service pair[] = {
    {.name = "web", .replicas = 8, .runs = "4", .images = "4 5 6 bad!", .minutes_ago = 60},
    {.name = "agent", .per_node = true, .runs = "1", .images = "1 2 3", .minutes_ago = 60},
    {0},
};

static const struct scenario_service many[] = {
    {.name = "svc",
     .replicas = 10,
     .runs = "1",
     .images = "1 2 3",
     .to = "2",
     .have = 2,
     .target = 2,
     .by = "ci",
     .minutes_ago = 5},
    {0},
};

static const struct scenario scenarios[] = {
    {.name = "default",
     .about = "a shop of twelve services on fourteen nodes",
     .nodes = "w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14",
     .services = shop,
     .events = shop_events,
     .settings = SHOP_SETTINGS,
     .returned_ms = 3000},
    {.name = "eight",
     .about = "one service of eight instances on four nodes",
     .nodes = "w1 w2 w3 w4",
     .services = web},
    {.name = "eight-two-writes",
     .about = "the same; a step takes two writes",
     .nodes = "w1 w2 w3 w4",
     .services = web,
     .two_writes = true},
    {.name = "eight-no-fence",
     .about = "the same, without a neutral write",
     .nodes = "w1 w2 w3 w4",
     .services = web,
     .two_writes = true,
     .no_fence = true},
    {.name = "eight-no-ledger",
     .about = "the same, without a shared store",
     .nodes = "w1 w2 w3 w4",
     .services = web,
     .no_ledger = true},
    {.name = "pair",
     .about = "one service of eight, and one instance of another on each node",
     .nodes = "w1 w2 w3 w4",
     .services = pair},
    {.name = "large-10",
     .about = "one rollout of ten instances on two nodes",
     .nodes = "n*2",
     .services = many},
    {.name = "large-1000",
     .about = "a hundred rollouts of ten instances on twenty nodes",
     .nodes = "n*20",
     .services = many,
     .copies = 100},
    {.name = "large",
     .about = "a thousand rollouts of ten instances on two hundred nodes",
     .nodes = "n*200",
     .services = many,
     .copies = 1000},
};

const struct scenario *scenario_at(size_t index)
{
    const size_t plain = ARRAY_LEN(scenarios);

    if (index < plain)
        return &scenarios[index];
    return index - plain < story_world_count ? &story_worlds[index - plain] : NULL;
}

const struct scenario *scenario_find(const char *name)
{
    if (!name || !name[0])
        return &scenarios[0];
    for (size_t i = 0; scenario_at(i); i++)
        if (strcmp(scenario_at(i)->name, name) == 0)
            return scenario_at(i);
    return NULL;
}

const char *sim_scenario_name(size_t index)
{
    const struct scenario *scenario = scenario_at(index);

    return scenario ? scenario->name : NULL;
}

const char *sim_scenario_about(size_t index)
{
    const struct scenario *scenario = scenario_at(index);

    return scenario ? scenario->about : NULL;
}

const char *sim_scenario_settings(const char *name)
{
    const struct scenario *scenario = scenario_find(name);

    return scenario && scenario->settings ? scenario->settings : "";
}
