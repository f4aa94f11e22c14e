/* test_nomad_alarms.c: alarms (alarms.h) of a real Nomad cluster. An update of another's replaces
 * the lowest names first, and stands as nobody calls them healthy. */
#include "engines/alarms.h"
#include "engines/nomad_rig.h"

#include <stdio.h>

static struct nomad_rig_job web;

static const char *create(void)
{
    nomad_rig_forget_records();
    web = nomad_rig_create(6, NULL);
    return web.name;
}

static void remove_web(void)
{
    nomad_rig_remove(&web);
    nomad_rig_forget_records();
}

static const char *context(void)
{
    static char text[600];
    const struct cluster_config at = nomad_rig_config();

    snprintf(text, sizeof text, "{name: lab, kind: nomad, endpoint: '%s'%s%s, production: false}",
             at.endpoint, at.namespaces && at.namespaces[0] ? ", namespaces: " : "",
             at.namespaces ? at.namespaces : "");
    return text;
}

static void push(const char *version, unsigned most)
{
    char update[300];

    snprintf(update, sizeof update,
             "{\"MaxParallel\":%u,\"HealthCheck\":\"manual\",\"MinHealthyTime\":200000000,"
             "\"HealthyDeadline\":60000000000,\"ProgressDeadline\":0,\"Stagger\":30000000000}",
             most);
    nomad_rig_change(&web, version, update);
}

static void steps(void)
{
    push("5", 2);
    ck_assert(nomad_rig_wait(&web, "5", 2));
    push("6", 1);
    ck_assert(nomad_rig_wait(&web, "6", 1));
    ck_assert_msg(nomad_rig_allocs(&web, "4") && nomad_rig_allocs(&web, "5"),
                  "4, 5 and 6 never lived together");
}

static void undo(void)
{
    push("4", web.count);
    ck_assert(nomad_rig_wait(&web, "4", web.count));
    ck_assert(nomad_rig_wait(&web, "", web.count));
}

SUITE(nomad_alarms)
{
    static const struct alarms_world world = {.suite = "nomad-alarms",
                                              .need = nomad_rig_need,
                                              .create = create,
                                              .remove = remove_web,
                                              .context = context,
                                              .steps = steps,
                                              .undo = undo};

    return alarms_suite(&world);
}
