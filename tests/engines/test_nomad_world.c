/* test_nomad_world.c: the suites of world.h on a real Nomad cluster. */
#include "engines/nomad_rig.h"
#include "engines/world.h"

static struct nomad_rig_job web;

static const char *create(void)
{
    nomad_rig_forget_records();
    web = nomad_rig_create(8, NULL);
    return web.name;
}

/* What is replaced takes its time to end. */
static const char *create_slow(void)
{
    nomad_rig_forget_records();
    web = nomad_rig_create_slow(8, 10);
    return web.name;
}

static void remove_web(void)
{
    nomad_rig_remove(&web);
    nomad_rig_forget_records();
}

static unsigned running(const char *version)
{
    return nomad_rig_allocs(&web, version);
}

static bool wait_for(const char *version, unsigned count)
{
    return nomad_rig_wait(&web, version, count);
}

static json_t *ids(const char *version)
{
    return nomad_rig_alloc_ids(&web, version);
}

static unsigned truth(const char *version)
{
    return nomad_rig_truth(&web, version);
}

static void cut(void)
{
    nomad_rig_do("cut", "c3");
}

static void heal(void)
{
    nomad_rig_do("heal", "c3");
    ck_assert(nomad_rig_wait_node("c3", "ready"));
}

static const struct real_world world = {
    .program = "nomad-program",
    .lost = "nomad-lost",
    .need = nomad_rig_need,
    .cluster = nomad_rig_config,
    .create = create,
    .create_slow = create_slow,
    .remove = remove_web,
    .running = running,
    .wait = wait_for,
    .ids = ids,
    .truth = truth,
    .away = "c3",
    .cut = cut,
    .heal = heal,
};

SUITE(nomad_program)
{
    return program_suite(&world);
}

SUITE(nomad_lost)
{
    return nomad_rig_is_ours() ? lost_suite(&world) : suite_create(world.lost);
}
