/* test_nomad_measured.c: measured bakes (measured.h) on a real Nomad cluster. */
#include "engines/measured.h"
#include "engines/nomad_rig.h"

static struct nomad_rig_job web;

static const char *create(void)
{
    nomad_rig_forget_records();
    web = nomad_rig_create(8, NULL);
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

SUITE(nomad_measured)
{
    static const struct measured_world world = {.suite = "nomad-measured",
                                                .from = "4",
                                                .to = "5",
                                                .need = nomad_rig_need,
                                                .create = create,
                                                .remove = remove_web,
                                                .cluster = nomad_rig_config,
                                                .running = running};

    return measured_suite(&world);
}
