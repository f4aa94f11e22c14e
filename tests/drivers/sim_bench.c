/* sim_bench.c: see sim_bench.h. */
#include "drivers/sim_bench.h"

static const char *scenario_of_test = "eight";

static void setup(struct conformance_world *world)
{
    struct err err = {0};

    world->clock = clock_new_virtual(1790000000000);
    struct sim *sim = sim_new(scenario_of_test, 11, world->clock, &err);
    ck_assert_msg(sim != NULL, "%s", err.text);
    world->own = sim;
    world->service_name = "web";
    world->config = (struct cluster_config){.name = "lab", .kind = "sim", .shared = sim};
}

static void teardown(struct conformance_world *world)
{
    sim_unref(world->own);
    clock_free(world->clock);
}

static const struct conformance_fixture eight = {
    .name = "sim",
    .old_version = "4",
    .new_version = "5",
    .next_version = "6",
    .missing_version = "missing",
    .new_artifact = "",
    .next_artifact = "",
    .missing_artifact = "web:missing",
    .patience_ms = 120000,
    .calm_ms = 20000,
    .timeout_s = 10,
    .setup = setup,
    .teardown = teardown,
};

struct sim *sim_of(struct bench *bench)
{
    return bench->world.own;
}

void inject(struct bench *bench, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(sim_of(bench), fault, target, &err), "%s", err.text);
}

void open_on(struct bench *bench, const char *scenario)
{
    scenario_of_test = scenario;
    bench_open(bench, &eight);
}
