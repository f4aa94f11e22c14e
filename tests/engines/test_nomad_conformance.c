/* test_nomad_conformance.c: what every driver must do, on a real cluster of one server and three
 * clients. */
#include "engines/nomad_fixture.h"

#include <stdio.h>

static struct nomad_rig_job job;
static char missing[256];

static void setup(struct conformance_world *world)
{
    job = nomad_rig_create(8, NULL);
    world->clock = clock_new_real();
    world->service_name = job.name;
    world->config = nomad_rig_config();
}

static void teardown(struct conformance_world *world)
{
    nomad_rig_remove(&job);
    nomad_rig_forget_records();
    clock_free(world->clock);
}

static void silence(struct conformance_world *world, const char *node)
{
    (void)world;
    nomad_rig_do("cut", nomad_rig_node_name(node));
}

static void heal(struct conformance_world *world, const char *node)
{
    (void)world;
    nomad_rig_do("heal", nomad_rig_node_name(node));
}

static void touch(struct conformance_world *world, const char *service_id)
{
    (void)world;
    (void)service_id;
    nomad_rig_change(&job, "4",
                     "{\"MaxParallel\":3,\"HealthCheck\":\"task_states\",\"MinHealthyTime\":"
                     "200000000,\"HealthyDeadline\":60000000000,\"ProgressDeadline\":120000000000,"
                     "\"Stagger\":30000000000}");
}

const struct nomad_rig_job *nomad_fixture_job(void)
{
    return &job;
}

const struct conformance_fixture nomad_fixture = {
    .name = "nomad-conformance",
    .old_version = "4",
    .new_version = "5",
    .next_version = "6",
    .missing_version = "nosuch",
    .new_artifact = "",
    .next_artifact = "",
    .missing_artifact = missing,
    .patience_ms = 60000,
    .calm_ms = 2000,
    .timeout_s = 150,
    .talks = true,
    .setup = setup,
    .teardown = teardown,
    .silence_node = silence,
    .return_node = heal,
    .foreign_write = touch,
};

SUITE(nomad_conformance)
{
    nomad_rig_need();
    snprintf(missing, sizeof missing, "%s-nosuch", nomad_rig_apps());
    static struct conformance_fixture fixture;
    fixture = nomad_fixture;
    if (!nomad_rig_is_ours())
        fixture.silence_node = fixture.return_node = NULL;
    return conformance_suite(&fixture);
}
