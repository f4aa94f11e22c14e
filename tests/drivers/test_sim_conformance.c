/* test_sim_conformance.c: the simulator does what every driver must do, in each of its ways. */
#include "drivers/conformance.h"
#include "drivers/sim/sim.h"

static void setup(struct conformance_world *world, const char *scenario)
{
    struct err err = {0};

    world->clock = clock_new_virtual(1790000000000);
    struct sim *sim = sim_new(scenario, 7, world->clock, &err);
    ck_assert_msg(sim != NULL, "%s", err.text);
    world->own = sim;
    world->service_name = "web";
    world->config = (struct cluster_config){
        .name = "demo", .kind = "sim", .endpoint = scenario, .seed = 7, .shared = sim};
}

static void setup_eight(struct conformance_world *world)
{
    setup(world, "eight");
}

static void setup_two_writes(struct conformance_world *world)
{
    setup(world, "eight-two-writes");
}

static void setup_no_fence(struct conformance_world *world)
{
    setup(world, "eight-no-fence");
}

static void teardown(struct conformance_world *world)
{
    sim_unref(world->own);
    clock_free(world->clock);
}

static void silence(struct conformance_world *world, const char *node)
{
    ck_assert(sim_inject(world->own, SIM_NODE_SILENT, node, NULL));
}

static void heal(struct conformance_world *world, const char *node)
{
    ck_assert(sim_inject(world->own, SIM_NODE_RETURNS, node, NULL));
}

static void touch(struct conformance_world *world, const char *service_id)
{
    ck_assert(sim_inject(world->own, SIM_TOUCHED, service_id, NULL));
}

#define SIM_FIXTURE(suite, how)                                                                    \
    {                                                                                              \
        .name = suite, .old_version = "4", .new_version = "5", .next_version = "6",                \
        .missing_version = "missing", .new_artifact = "", .next_artifact = "",                     \
        .missing_artifact = "web:missing", .patience_ms = 120000, .calm_ms = 20000,                \
        .timeout_s = 10, .setup = how, .teardown = teardown, .silence_node = silence,              \
        .return_node = heal, .foreign_write = touch, .talks = true,                                \
    }

static const struct conformance_fixture eight = SIM_FIXTURE("sim-conformance", setup_eight);
static const struct conformance_fixture two_writes =
    SIM_FIXTURE("sim-conformance-two-writes", setup_two_writes);
static const struct conformance_fixture no_fence =
    SIM_FIXTURE("sim-conformance-no-fence", setup_no_fence);

SUITE(sim_conformance)
{
    return conformance_suite(&eight);
}

SUITE(sim_conformance_two_writes)
{
    return conformance_suite(&two_writes);
}

SUITE(sim_conformance_no_fence)
{
    return conformance_suite(&no_fence);
}
