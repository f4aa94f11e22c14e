/* measured.c: see measured.h. */
#include "engines/measured.h"

#include "engines/prom_rig.h"
#include "engines/stages.h"
#include "health/settings.h"
#include "test.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    PATIENCE_MS = 180000,
    REPLICAS = 8,
    EVERY_MS = 4000,
    WORLDS_MAX = 4,
    /* Seconds of the old version: beside a canary it is measured as well; the last wave has nothing
     * but what was before. */
    BESIDE_SAMPLES = 8,
    BEFORE_SAMPLES = 30,
};

static const struct measured_world *worlds[WORLDS_MAX], *world; /* the one of this test */
static const char *web;
static struct clock *wall;
static struct prom_rig *prom;
static struct drive op;
static struct metrics_row row;
static struct metrics_settings metrics;

static unsigned running(void *arg, const char *version)
{
    (void)arg;
    return world->running(version);
}

static void open_engine(void)
{
    char journal[700];
    struct err err = {0};
    struct cluster_config cluster = world->cluster();

    cluster.settle_ms = 2000;
    wall = clock_new_real();
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    struct engine_config config = {.clusters = &cluster,
                                   .cluster_count = 1,
                                   .journal_path = journal,
                                   .plan = plan_default(),
                                   .metrics = &metrics,
                                   .clock = wall};
    stages_use_fast(&config);
    op = (struct drive){engine_new(&config, &err), cluster.name, web, PATIENCE_MS};
    ck_assert_msg(op.engine != NULL, "%s", err.text);
    drive_sync(&op);
    drive_serving(&op, world->from, REPLICAS);
}

static void open_world(int index, unsigned samples)
{
    static const char *versions[3];

    world = worlds[index];
    web = world->create();
    versions[0] = world->from;
    versions[1] = world->to;
    prom = prom_rig_open(web, versions, running, NULL);
    row = (struct metrics_row){
        .service = "",
        .query = {[MEASURE_ERRORS] = metrics_set_query("http_requests_total", MEASURE_ERRORS),
                  [MEASURE_TRAFFIC] = metrics_set_query("http_requests_total", MEASURE_TRAFFIC),
                  [MEASURE_LATENCY] = "",
                  [MEASURE_SATURATION] = ""}};
    metrics = (struct metrics_settings){
        .url = prom_rig_url(prom), .every_ms = EVERY_MS, .rows = &row, .row_count = 1};
    prom_rig_wait(prom, world->from, samples);
    open_engine();
}

static void teardown(void)
{
    engine_free(op.engine);
    clock_free(wall);
    prom_rig_close(prom);
    if (web)
        world->remove();
}

struct waiting {
    bool allowed;
    const char *says;
    char seen[500];
};

static bool step_says(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;
    const struct row *shown = frame_find_row(frame, op.context, op.service);
    const struct option *step = shown ? &shown->option[VERB_STEP] : NULL;

    if (!step)
        return false;
    snprintf(w->seen, sizeof w->seen, "%s: %s", stage_word[shown->stages.stage],
             step->offered ? step->effect : "not offered");
    return step->offered && step->allowed == w->allowed && strstr(step->effect, w->says);
}

static bool says_within(int64_t ms, bool allowed, const char *text, struct waiting *w)
{
    *w = (struct waiting){.allowed = allowed, .says = text};
    return engine_run_until(op.engine, ms, step_says, w);
}

static void says(bool allowed, const char *text)
{
    struct waiting w;

    ck_assert_msg(says_within(PATIENCE_MS, allowed, text, &w), "'%s' never; last: %s", text,
                  w.seen);
    printf("%s\n", w.seen);
}

static void press(const char *text)
{
    says(true, text);
    drive_works(&op, VERB_STEP, "");
}

static void expect_running(unsigned on_new)
{
    drive_serving(&op, world->to, on_new);
    drive_serving(&op, world->from, REPLICAS - on_new);
    ck_assert_uint_eq(world->running(world->to), on_new);
    ck_assert_uint_eq(world->running(world->from), REPLICAS - on_new);
}

START_TEST(a_good_version_reaches_stable_by_what_is_measured)
{
    open_world(_i, BEFORE_SAMPLES);
    drive_works(&op, VERB_START, world->to);
    says(false, "errors:");
    press("rehearse");
    press("wave: 4 of 8");
    press("wave: 8 of 8");
    press("stable");
    expect_running(8);
    const struct frame *frame = engine_frame(op.engine);
    const struct row *shown = frame_find_row(frame, op.context, op.service);
    ck_assert_int_eq(shown->release->stage, STAGE_STABLE);
    ck_assert_msg(strstr(shown->release->cert.evidence, "errors: ") != NULL, "'%s'",
                  shown->release->cert.evidence);
    printf("evidence: %s\n", shown->release->cert.evidence);
    frame_unref(frame);
}
END_TEST

START_TEST(a_version_that_errs_only_under_load_is_stopped_at_the_canary)
{
    char worse[100];

    open_world(_i, BESIDE_SAMPLES);
    prom_rig_errs(prom, world->to);
    drive_works(&op, VERB_START, world->to);
    snprintf(worse, sizeof worse, "bake failed: %s is worse than %s", world->to, world->from);
    says(false, worse);
    expect_running(1);
    struct action_status s = drive_press(&op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    drive_works(&op, VERB_ROLLBACK, "");
    expect_running(0);
}
END_TEST

START_TEST(a_version_whose_metrics_are_missing_is_not_passed)
{
    struct waiting w;

    open_world(_i, BESIDE_SAMPLES);
    prom_rig_mutes(prom, world->to);
    drive_works(&op, VERB_START, world->to);
    says(false, "its time is over, it waits for data");
    ck_assert_msg(!says_within(5 * EVERY_MS, true, "", &w), "passed: %s", w.seen);
    ck_assert_msg(strstr(w.seen, "no data is never a pass"), "%s", w.seen);
    expect_running(1);
}
END_TEST

START_TEST(while_prometheus_is_away_the_bake_waits_and_says_why)
{
    struct waiting w;

    open_world(_i, BESIDE_SAMPLES);
    drive_works(&op, VERB_START, world->to);
    says(false, "errors:");
    prom_rig_kill(prom);
    says(false, "no data, which is never a pass");
    ck_assert_msg(!says_within(30000, true, "", &w), "passed: %s", w.seen);
    prom_rig_start(prom);
    says(true, "rehearse");
    expect_running(1);
}
END_TEST

Suite *measured_suite(const struct measured_world *of)
{
    Suite *suite = suite_create(of->suite);
    TCase *good = test_case(suite, "good", 600), *tc = test_case(suite, "bad", 500);
    int at = 0;

    of->need();
    while (worlds[at])
        at++;
    assert(at < WORLDS_MAX);
    worlds[at] = of;
    tcase_add_checked_fixture(good, NULL, teardown);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(good, a_good_version_reaches_stable_by_what_is_measured, at, at + 1);
    tcase_add_loop_test(tc, a_version_that_errs_only_under_load_is_stopped_at_the_canary, at,
                        at + 1);
    tcase_add_loop_test(tc, a_version_whose_metrics_are_missing_is_not_passed, at, at + 1);
    tcase_add_loop_test(tc, while_prometheus_is_away_the_bake_waits_and_says_why, at, at + 1);
    return suite;
}
