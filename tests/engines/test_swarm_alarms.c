/* test_swarm_alarms.c: alarms (alarms.h) of a real Swarm. The updates stop after one task; which
 * one an update takes first is the engine's matter. */
#include "engines/alarms.h"
#include "engines/rig.h"

#include <stdio.h>

enum { TRY_MS = 200 };

static struct rig_service web;

static const char *create(void)
{
    rig_forget_records();
    web = rig_create(6, "{\"Parallelism\":1,\"Delay\":3600000000000,\"Monitor\":500000000,"
                        "\"Order\":\"stop-first\"}");
    return web.name;
}

static void remove_web(void)
{
    rig_remove(&web);
    rig_forget_records();
}

static const char *context(void)
{
    static char text[600];

    snprintf(text, sizeof text, "{name: lab, kind: swarm, endpoint: '%s', production: false}",
             rig_endpoint("m1"));
    return text;
}

static void image(const char *name)
{
    rig_change(&web, "TaskTemplate/ContainerSpec/Image", json_string(name));
}

static bool three_live(void)
{
    return rig_tasks(&web, "4") && rig_tasks(&web, "5") && rig_tasks(&web, "6");
}

static bool one_of_5(void)
{
    return rig_tasks(&web, "5") > 0;
}

static unsigned sixes;

static bool another_of_6(void)
{
    return rig_tasks(&web, "6") > sixes;
}

static bool settles(bool (*is_so)(void), int tries)
{
    for (int i = 0; i < tries; i++, rig_pause_ms(TRY_MS))
        if (is_so())
            return true;
    return is_so();
}

static void undo(void)
{
    image("app:4");
    rig_change(&web, "UpdateConfig/Parallelism", json_integer(0));
    ck_assert(rig_wait_tasks(&web, "4", web.replicas));
    rig_change(&web, "UpdateConfig/Parallelism", json_integer(1));
}

static void steps(void)
{
    for (int tries = 0; tries < 6 && !three_live(); tries++) {
        if (!rig_tasks(&web, "4"))
            undo();
        image("app:5");
        ck_assert_msg(settles(one_of_5, 150), "no task of 5");
        sixes = rig_tasks(&web, "6");
        if (three_live())
            return;
        image("app:6"); /* which may take the one task of 5 */
        settles(another_of_6, 100);
    }
    ck_assert_msg(three_live(), "4, 5 and 6 never lived together");
}

SUITE(swarm_alarms)
{
    static const struct alarms_world world = {.suite = "swarm-alarms",
                                              .need = rig_need,
                                              .create = create,
                                              .remove = remove_web,
                                              .context = context,
                                              .steps = steps,
                                              .undo = undo,
                                              .every = true};

    return alarms_suite(&world);
}
