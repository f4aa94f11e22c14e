/* test_health.c: bakes that are decided by what is measured, on the simulated cluster. */
#include "config.h"
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "health/evidence.h"
#include "health/settings.h"
#include "release/release.h"
#include "test.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 600000 };

static const struct metrics_row rows[] = {{"", {"errors", "", "", "traffic"}}};
static const struct metrics_settings metrics = {.every_ms = 500, .rows = rows, .row_count = 1};
static const struct auto_row yes[] = {{"", 1}};
static const struct auto_settings goes_back = {.rollback = yes, .rollback_count = 1};
static const struct auto_row first_wave[] = {{"", 1}}, to_the_end[] = {{"", AUTO_STABLE}};
static const struct auto_settings until_wave_1 = {.steps = first_wave, .step_count = 1};
static const struct auto_settings until_stable = {.steps = to_the_end, .step_count = 1};

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct profile_row row;
    struct profile_policy policy;
    struct engine *engine;
    char journal[600];
};

static struct rig rig;

static struct drive open_engine(const struct metrics_settings *with,
                                const struct auto_settings *autos)
{
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = "eight", .shared = rig.sim};
    const struct engine_config config = {
        .clusters = &cluster,
        .cluster_count = 1,
        .journal_path = rig.journal,
        .plan = plan_default(),
        .profiles = &rig.policy,
        .metrics = with,
        .autos = autos,
        .automatic = autos != NULL,
        .clock = rig.clock,
    };

    rig.engine = engine_new(&config, &err);
    ck_assert_msg(rig.engine != NULL, "%s", err.text);
    struct drive drive = {rig.engine, "lab", "web", LONG_MS};
    drive_sync(&drive);
    return drive;
}

static void open_rig(void)
{
    struct err err = {0};

    rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig.row = (struct profile_row){"", profile_find("fast")};
    rig.policy = (struct profile_policy){.rows = &rig.row, .row_count = 1};
    snprintf(rig.journal, sizeof rig.journal, "%s/journal.jsonl", test_dir());
    rig.sim = sim_new("eight", 1, rig.clock, &err);
    ck_assert_msg(rig.sim != NULL, "%s", err.text);
}

static void close_rig(void)
{
    engine_free(rig.engine);
    sim_unref(rig.sim);
    clock_free(rig.clock);
}

static void inject(enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(rig.sim, fault, target, &err), "%s", err.text);
}

struct waiting {
    enum verb verb;
    bool allowed;
    const char *says;
    char seen[300];
};

static bool option_says(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;
    const struct row *row = frame_find_row(frame, "lab", "web");
    const struct option *option = &row->option[w->verb];

    snprintf(w->seen, sizeof w->seen, "%s: %s (%s)", stage_word[row->stages.stage],
             option->offered ? option->effect : "not offered", row->why);
    return option->offered && option->allowed == w->allowed && strstr(option->effect, w->says);
}

static bool says_within(const struct drive *op, int64_t ms, bool allowed, const char *says)
{
    struct waiting w = {.verb = VERB_STEP, .allowed = allowed, .says = says};

    return engine_run_until(op->engine, ms, option_says, &w);
}

static void says(const struct drive *op, bool allowed, const char *text)
{
    struct waiting w = {.verb = VERB_STEP, .allowed = allowed, .says = text};

    ck_assert_msg(engine_run_until(op->engine, LONG_MS, option_says, &w), "'%s' never, last: %s",
                  text, w.seen);
}

static void press(const struct drive *op, const char *text)
{
    says(op, true, text);
    drive_expect(op, VERB_STEP, "", END_APPLIED);
}

struct stage_wanted {
    enum stage stage;
    char seen[200];
};

static bool on_stage(void *arg, const struct frame *frame)
{
    struct stage_wanted *wanted = arg;
    const struct row *row = frame_find_row(frame, "lab", "web");
    enum stage stage = row->release ? row->release->stage : STAGE_NONE;

    snprintf(wanted->seen, sizeof wanted->seen, "%s: %s", stage_word[stage], row->why);
    return stage == wanted->stage;
}

static void recorded(const struct drive *op, enum stage stage)
{
    struct stage_wanted wanted = {.stage = stage};

    ck_assert_msg(engine_run_until(op->engine, LONG_MS, on_stage, &wanted), "%s never, last: %s",
                  stage_word[stage], wanted.seen);
}

static bool journal_says(const char *text)
{
    char line[16384];
    bool found = false;
    FILE *file = fopen(rig.journal, "r");

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        found = found || strstr(line, text);
    fclose(file);
    return found;
}

START_TEST(a_good_version_reaches_stable_with_its_evidence_on_record)
{
    struct drive op = open_engine(&metrics, NULL);
    const struct frame *frame;

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "errors:");
    press(&op, "rehearse");
    press(&op, "wave: 4 of 8");
    frame = engine_frame(op.engine);
    const struct certificate *cert = &frame_find_row(frame, "lab", "web")->release->cert;
    ck_assert_msg(strncmp(cert->evidence, "errors: ", 8) == 0, "'%s'", cert->evidence);
    frame_unref(frame);
    press(&op, "wave: 8 of 8");
    says(&op, false, "errors:");
    frame = engine_frame(op.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert(row->stages.before_after); /* nothing of 4 runs any more: against what it was */
    frame_unref(frame);
    press(&op, "stable");
    recorded(&op, STAGE_STABLE);
    ck_assert(journal_says("\"evidence\":\"errors: "));
}
END_TEST

START_TEST(a_bake_shorter_than_its_samples_waits_for_them_and_passes)
{
    struct metrics_settings rare = metrics;

    rare.every_ms = 4000; /* a wave bakes for 5 s */
    struct drive op = open_engine(&rare, &until_stable);
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    recorded(&op, STAGE_STABLE);
}
END_TEST

START_TEST(a_version_that_errs_under_load_stops_at_the_canary)
{
    struct drive op = open_engine(&metrics, NULL);

    inject(SIM_IMAGE_ERRS, "web:5");
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "bake failed: 5 is worse than 4: errors:");
    const struct frame *frame = engine_frame(op.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_str_eq(board_word[row->state], "failed");
    ck_assert_ptr_nonnull(strstr(row->why, "U goes back"));
    ck_assert_uint_eq(row->have, 1);
    ck_assert(row->option[VERB_ROLLBACK].allowed);
    frame_unref(frame);
    ck_assert_ptr_nonnull(strstr(drive_alarm(&op, false), "worse than 4"));
    ck_assert(!says_within(&op, 60000, true, "")); /* it stays so, whatever the load does */
    drive_serving(&op, "5", 1);
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&op, "4", 8);
    drive_alarm(&op, true);
}
END_TEST

/* The way back is a change, too: what runs after it is measured against what ran before. */
START_TEST(an_old_version_that_is_worse_after_the_way_back_voids_the_rehearsal)
{
    struct drive op = open_engine(&metrics, NULL);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, true, "rehearse");
    inject(SIM_IMAGE_ERRS, "web:4");
    drive_expect(&op, VERB_STEP, "", END_APPLIED);
    says(&op, false, "after the way back 4 is worse than before 5: errors:");
    const struct frame *frame = engine_frame(op.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_str_eq(board_word[row->state], "failed");
    ck_assert_ptr_nonnull(strstr(row->why, "settle failed: 4 is worse"));
    ck_assert_int_eq(stage_proof(&row->stages), PROOF_NONE);
    ck_assert(row->stages.before_after);
    ck_assert(row->option[VERB_ROLLBACK].allowed);
    frame_unref(frame);
    ck_assert_ptr_nonnull(strstr(drive_alarm(&op, false), "4 is worse than before"));
    ck_assert(!says_within(&op, 60000, true, ""));
    struct action_status s = drive_press(&op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    drive_expect(&op, VERB_ROLLBACK, "", END_APPLIED);
    recorded(&op, STAGE_ROLLED_BACK);
    drive_alarm(&op, true);
}
END_TEST

START_TEST(settling_waits_for_data_of_the_old_version)
{
    struct drive op = open_engine(&metrics, NULL);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    press(&op, "rehearse");
    says(&op, false, "settle: ");
    inject(SIM_METRICS_AWAY, "");
    says(&op, false, "do not answer");
    ck_assert(!says_within(&op, 60000, true, ""));
    inject(SIM_METRICS_BACK, "");
    press(&op, "wave: 4 of 8");
    const struct frame *frame = engine_frame(op.engine);
    const struct certificate *cert = &frame_find_row(frame, "lab", "web")->release->cert;
    ck_assert_msg(strstr(cert->evidence, "; back: errors: ") != NULL, "'%s'", cert->evidence);
    frame_unref(frame);
}
END_TEST

START_TEST(no_data_is_never_a_pass)
{
    struct drive op = open_engine(&metrics, NULL);

    inject(SIM_IMAGE_MUTE, "web:5");
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "its time is over, it waits for data");
    ck_assert(!says_within(&op, 120000, true, ""));
    says(&op, false, "no requests on the new version: no data is never a pass");
}
END_TEST

START_TEST(a_source_that_goes_away_makes_the_bake_wait_and_says_why)
{
    struct drive op = open_engine(&metrics, NULL);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "5s left; errors:");
    inject(SIM_METRICS_AWAY, "");
    says(&op, false, "do not answer");
    ck_assert(!says_within(&op, 60000, true, ""));
    inject(SIM_METRICS_BACK, "");
    press(&op, "rehearse");
}
END_TEST

/* The mark is of the way to a server; what measures itself has none. */
START_TEST(what_measures_itself_is_not_marked_as_asked_in_the_open)
{
    struct metrics_settings far = metrics;

    far.url = "http://0.0.0.0:1";
    struct drive op = open_engine(&far, NULL);
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "errors:");
    const struct frame *frame = engine_frame(op.engine);
    const struct evidence *evidence = frame_find_row(frame, "lab", "web")->evidence;
    ck_assert_ptr_nonnull(evidence);
    ck_assert(!evidence->exposed);
    frame_unref(frame);
}
END_TEST

START_TEST(without_a_source_nothing_passes)
{
    struct metrics_settings none = metrics;
    struct drive op = open_engine(&none, NULL);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    inject(SIM_METRICS_AWAY, "");
    ck_assert(!says_within(&op, 60000, true, ""));
}
END_TEST

START_TEST(where_it_is_set_lockstep_goes_back_by_itself_and_journals_the_evidence)
{
    struct drive op = open_engine(&metrics, &goes_back);

    inject(SIM_IMAGE_ERRS, "web:5");
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    recorded(&op, STAGE_ROLLED_BACK);
    drive_serving(&op, "4", 8);
    ck_assert(journal_says("\"automatic\":\"bake failed: 5 is worse than 4"));
}
END_TEST

START_TEST(a_process_that_only_looks_does_nothing_by_itself)
{
    struct drive op = open_engine(&metrics, NULL);

    inject(SIM_IMAGE_ERRS, "web:5");
    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "bake failed");
    ck_assert(!says_within(&op, 60000, true, ""));
    drive_serving(&op, "5", 1);
}
END_TEST

START_TEST(it_steps_by_itself_up_to_the_wave_that_is_set_and_no_further)
{
    struct drive op = open_engine(&metrics, &until_wave_1);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, true, "wave: 8 of 8");
    drive_serving(&op, "5", 4);
    ck_assert(!says_within(&op, 120000, true, "stable"));
    drive_serving(&op, "5", 4);
}
END_TEST

START_TEST(it_goes_on_to_stable_where_that_is_set)
{
    struct drive op = open_engine(&metrics, &until_stable);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    recorded(&op, STAGE_STABLE);
    drive_serving(&op, "5", 8);
}
END_TEST

START_TEST(pause_stops_what_happens_by_itself)
{
    struct drive op = open_engine(&metrics, &until_stable);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    drive_expect(&op, VERB_PAUSE, "", END_APPLIED);
    ck_assert(!says_within(&op, 60000, true, "stable"));
    drive_serving(&op, "5", 1);
}
END_TEST

START_TEST(a_process_that_dies_leaves_everything_parked)
{
    struct drive op = open_engine(&metrics, &until_stable);

    drive_expect(&op, VERB_START, "5", END_APPLIED);
    says(&op, false, "5s left");
    engine_free(rig.engine);
    op = open_engine(&metrics, NULL); /* another, that does nothing by itself */
    says(&op, true, "rehearse");      /* sees the same bake, measured from its beginning */
    ck_assert(!says_within(&op, 60000, false, ""));
    drive_serving(&op, "5", 1);
}
END_TEST

struct shown {
    const char *service;
    enum stage stage; /* of its record; STAGE_BAKE: it is measured */
    char seen[300];
};

static bool is_shown(void *arg, const struct frame *frame)
{
    struct shown *shown = arg;
    const struct row *row = frame_find_row(frame, "demo", shown->service);

    if (!row || !row->release)
        return false;
    snprintf(shown->seen, sizeof shown->seen, "%s: %s", stage_word[row->release->stage], row->why);
    return shown->stage == STAGE_BAKE ? row->evidence && row->evidence->samples >= 12
                                      : row->release->stage == shown->stage;
}

static void expect_shown(struct engine *engine, const char *service, enum stage stage, int64_t ms)
{
    struct shown shown = {.service = service, .stage = stage};

    ck_assert_msg(engine_run_until(engine, ms, is_shown, &shown), "%s: %s never: %s", service,
                  stage_word[stage], shown.seen);
}

/* What `lockstep demo` is, nobody at the keys, no server anywhere. */
START_TEST(the_demo_shows_a_bake_a_canary_that_fails_and_the_way_back)
{
    struct config config;
    struct err err = {0};
    const char *text = sim_scenario_settings("");
    const struct cluster_config cluster = {
        .name = "demo", .kind = "sim", .endpoint = "", .seed = 1};

    ck_assert(config_parse(text, strlen(text), "demo", &config));
    const struct engine_config engine = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = rig.journal,
                                         .plan = config.plan,
                                         .policy = &config.policy,
                                         .facts = &config.facts,
                                         .profiles = &config.profiles,
                                         .metrics = &config.metrics,
                                         .autos = &config.autos,
                                         .automatic = true,
                                         .clock = rig.clock};
    rig.engine = engine_new(&engine, &err);
    ck_assert_msg(rig.engine != NULL, "%s", err.text);
    expect_shown(rig.engine, "cart", STAGE_BAKE, 5000);
    expect_shown(rig.engine, "catalog", STAGE_BAKE, 5000);
    expect_shown(rig.engine, "catalog", STAGE_ROLLED_BACK, 60000);
    ck_assert(journal_says("\"automatic\":\"bake failed: 119 is worse than 118: errors: "));
    config_release(&config);
}
END_TEST

SUITE(health)
{
    Suite *suite = suite_create("health-bake");
    TCase *c = test_case(suite, "bake", 60);

    tcase_add_checked_fixture(c, open_rig, close_rig);
    tcase_add_test(c, a_good_version_reaches_stable_with_its_evidence_on_record);
    tcase_add_test(c, a_bake_shorter_than_its_samples_waits_for_them_and_passes);
    tcase_add_test(c, a_version_that_errs_under_load_stops_at_the_canary);
    tcase_add_test(c, an_old_version_that_is_worse_after_the_way_back_voids_the_rehearsal);
    tcase_add_test(c, settling_waits_for_data_of_the_old_version);
    tcase_add_test(c, no_data_is_never_a_pass);
    tcase_add_test(c, a_source_that_goes_away_makes_the_bake_wait_and_says_why);
    tcase_add_test(c, what_measures_itself_is_not_marked_as_asked_in_the_open);
    tcase_add_test(c, without_a_source_nothing_passes);
    tcase_add_test(c, where_it_is_set_lockstep_goes_back_by_itself_and_journals_the_evidence);
    tcase_add_test(c, a_process_that_only_looks_does_nothing_by_itself);
    tcase_add_test(c, it_steps_by_itself_up_to_the_wave_that_is_set_and_no_further);
    tcase_add_test(c, it_goes_on_to_stable_where_that_is_set);
    tcase_add_test(c, pause_stops_what_happens_by_itself);
    tcase_add_test(c, a_process_that_dies_leaves_everything_parked);
    tcase_add_test(c, the_demo_shows_a_bake_a_canary_that_fails_and_the_way_back);
    return suite;
}
