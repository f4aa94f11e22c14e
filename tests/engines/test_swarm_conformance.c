/* test_swarm_conformance.c: what every driver must do, on a real swarm of four nodes. */
#include "engines/swarm_fixture.h"

#include <stdio.h>

static struct rig_service service;

static void setup(struct conformance_world *world)
{
    static char endpoint[128];

    service = rig_create(8, NULL);
    snprintf(endpoint, sizeof endpoint, "%s", rig_endpoint("m1"));
    world->clock = clock_new_real();
    world->service_name = service.name;
    world->config = (struct cluster_config){
        .name = "swarm",
        .kind = "swarm",
        .endpoint = endpoint,
        .ca_file = "",
        .cert_file = "",
        .key_file = "",
    };
}

static void teardown(struct conformance_world *world)
{
    rig_remove(&service);
    rig_forget_records();
    clock_free(world->clock);
}

static void silence(struct conformance_world *world, const char *node)
{
    (void)world;
    rig_do("cut", rig_node_name(node));
}

static void heal(struct conformance_world *world, const char *node)
{
    (void)world;
    rig_do("heal", rig_node_name(node));
}

static void touch(struct conformance_world *world, const char *service_id)
{
    (void)world;
    (void)service_id;
    rig_change(&service, "Labels/touched", json_string("yes"));
}

const struct rig_service *swarm_fixture_service(void)
{
    return &service;
}

const struct conformance_fixture swarm_fixture = {
    .name = "swarm-conformance",
    .old_version = "4",
    .new_version = "5",
    .next_version = "6",
    .missing_version = "nosuch",
    .new_artifact = "",
    .next_artifact = "",
    .missing_artifact = "app:nosuch",
    .patience_ms = 60000,
    .calm_ms = 2500,
    .timeout_s = 120,
    .talks = true,
    .setup = setup,
    .teardown = teardown,
    .silence_node = silence,
    .return_node = heal,
    .foreign_write = touch,
};

SUITE(swarm_conformance)
{
    rig_need();
    return conformance_suite(&swarm_fixture);
}
