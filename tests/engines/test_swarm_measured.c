/* test_swarm_measured.c: measured bakes (measured.h) on real daemons. */
#include "engines/measured.h"
#include "engines/rig.h"

static struct rig_service web;

static const char *create(void)
{
    rig_forget_records();
    web = rig_create(8, NULL);
    return web.name;
}

static void remove_web(void)
{
    rig_remove(&web);
    rig_forget_records();
}

static struct cluster_config cluster(void)
{
    return (struct cluster_config){.name = "lab", .kind = "swarm", .endpoint = rig_endpoint("m1")};
}

static unsigned running(const char *version)
{
    return rig_tasks(&web, version);
}

SUITE(swarm_measured)
{
    static const struct measured_world world = {.suite = "swarm-measured",
                                                .from = "4",
                                                .to = "5",
                                                .need = rig_need,
                                                .create = create,
                                                .remove = remove_web,
                                                .cluster = cluster,
                                                .running = running};

    return measured_suite(&world);
}
