/* test_swarm_world.c: the suites of world.h on a real Swarm. */
#include "engines/rig.h"
#include "engines/world.h"

static struct rig_service web;

static struct cluster_config cluster(void)
{
    return (struct cluster_config){.name = "lab",
                                   .kind = "swarm",
                                   .endpoint = rig_endpoint("m1"),
                                   .ca_file = "",
                                   .cert_file = "",
                                   .key_file = ""};
}

static const char *create(void)
{
    rig_forget_records();
    web = rig_create(8, NULL);
    return web.name;
}

/* What is replaced takes its time to end. */
static const char *create_slow(void)
{
    rig_forget_records();
    web = rig_create_slow(8, 10);
    return web.name;
}

static void remove_web(void)
{
    rig_remove(&web);
    rig_forget_records();
}

static unsigned running(const char *version)
{
    return rig_tasks(&web, version);
}

static bool wait_for(const char *version, unsigned count)
{
    return rig_wait_tasks(&web, version, count);
}

static json_t *ids(const char *version)
{
    return rig_task_ids(&web, version);
}

static unsigned truth(const char *version)
{
    return rig_truth(&web, version, "w3");
}

static void cut(void)
{
    rig_do("cut", "w3");
}

static void heal(void)
{
    rig_do("heal", "w3");
    ck_assert(rig_wait_node("w3", "ready"));
}

static const struct real_world world = {
    .program = "swarm-program",
    .lost = "swarm-lost",
    .need = rig_need,
    .cluster = cluster,
    .create = create,
    .create_slow = create_slow,
    .remove = remove_web,
    .running = running,
    .wait = wait_for,
    .ids = ids,
    .truth = truth,
    .away = "w3",
    .cut = cut,
    .heal = heal,
};

SUITE(swarm_program)
{
    return program_suite(&world);
}

SUITE(swarm_lost)
{
    return lost_suite(&world);
}
