/* test_swarm_stages.c: a rehearsed release on real daemons: by S alone, and never past a canary
 * that does not serve. Evidence is readiness and restarts only. */
#include "engines/rig.h"
#include "engines/stages.h"
#include "test.h"

#include <stdio.h>

static struct rig_service web;
static struct clock *wall;
static struct stages_case release;

static unsigned running(void *arg, const char *version)
{
    (void)arg;
    return rig_tasks(&web, version);
}

static void setup(void)
{
    static char journal[700];
    struct err err = {0};

    rig_forget_records();
    web = rig_create(8, NULL);
    wall = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct cluster_config cluster = {
        .name = "lab", .kind = "swarm", .endpoint = rig_endpoint("m1"), .settle_ms = 2000};
    struct engine_config config = {.clusters = &cluster,
                                   .cluster_count = 1,
                                   .journal_path = journal,
                                   .plan = plan_default(),
                                   .clock = wall};
    stages_use_fast(&config);
    release = (struct stages_case){.op = {engine_new(&config, &err), "lab", web.name, 120000},
                                   .from = "4",
                                   .running = running};
    ck_assert_msg(release.op.engine != NULL, "%s", err.text);
    drive_sync(&release.op);
    drive_serving(&release.op, "4", 8);
}

static void teardown(void)
{
    engine_free(release.op.engine);
    clock_free(wall);
    rig_remove(&web);
    rig_forget_records();
}

START_TEST(a_release_with_its_rehearsal_goes_to_stable_by_s_alone)
{
    release.to = "5";
    stages_release(&release);
}
END_TEST

START_TEST(a_canary_that_is_never_healthy_is_not_released)
{
    release.to = "sick";
    stages_refuse_sick(&release);
}
END_TEST

START_TEST(a_canary_that_ends_again_and_again_is_not_released)
{
    release.to = "bad";
    stages_refuse_sick(&release);
}
END_TEST

SUITE(swarm_stages)
{
    Suite *suite = suite_create("swarm-stages");
    TCase *tc = test_case(suite, "stages", 400);

    rig_need();
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_release_with_its_rehearsal_goes_to_stable_by_s_alone);
    tcase_add_test(tc, a_canary_that_is_never_healthy_is_not_released);
    tcase_add_test(tc, a_canary_that_ends_again_and_again_is_not_released);
    return suite;
}
