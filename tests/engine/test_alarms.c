/* test_alarms.c: alarms over a simulated cluster: raised by what happens, with witness and way out,
 * and resolved when it is over. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 120000, DAY_MS = 24 * 3600 * 1000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine;
    struct drive op;
    struct profile_row row;
    struct profile_policy policy;
    char journal[600];
};

static void rig_open(struct rig *rig, const char *profile)
{
    struct err err = {0};
    const struct cluster_config cluster = {.name = "lab", .kind = "sim", .endpoint = "eight"};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig->row = (struct profile_row){"", profile_find(profile)};
    rig->policy = (struct profile_policy){.rows = &rig->row, .row_count = 1};
    rig->sim = sim_new("eight", 1, rig->clock, &err);
    snprintf(rig->journal, sizeof rig->journal, "%s/journal.jsonl", test_dir());
    struct cluster_config shared = cluster;
    shared.shared = rig->sim;
    const struct engine_config config = {.clusters = &shared,
                                         .cluster_count = 1,
                                         .journal_path = rig->journal,
                                         .plan = plan_default(),
                                         .profiles = &rig->policy,
                                         .clock = rig->clock};
    rig->engine = engine_new(&config, &err);
    ck_assert_msg(rig->engine != NULL, "%s", err.text);
    rig->op = (struct drive){rig->engine, "lab", "web", LONG_MS};
    drive_sync(&rig->op);
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

static void inject(struct rig *rig, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(rig->sim, fault, target, &err), "%s", err.text);
}

struct looking {
    enum alarm_kind kind;
    bool resolved;
    char object[200], fact[240], way_out[240];
    int64_t first, last;
};

static bool is_there(void *arg, const struct frame *frame)
{
    struct looking *l = arg;

    for (size_t i = 0; i < frame->alarm_count; i++) {
        const struct alarm *alarm = &frame->alarms[i];
        if (alarm->kind != l->kind || alarm->resolved != l->resolved)
            continue;
        snprintf(l->object, sizeof l->object, "%s", alarm->object);
        snprintf(l->fact, sizeof l->fact, "%s", alarm->fact);
        snprintf(l->way_out, sizeof l->way_out, "%s", alarm->way_out);
        l->first = alarm->first_utc_ms;
        l->last = alarm->last_utc_ms;
        return true;
    }
    return false;
}

static struct looking wait_for(struct rig *rig, enum alarm_kind kind, bool resolved, int64_t ms)
{
    struct looking l = {.kind = kind, .resolved = resolved};

    ck_assert_msg(engine_run_until(rig->engine, ms, is_there, &l), "no %s alarm of kind %s",
                  resolved ? "resolved" : "open", alarm_word[kind]);
    ck_assert(l.first > 0 && l.last >= l.first);
    ck_assert_msg(l.object[0] && l.fact[0] && l.way_out[0], "%s|%s|%s", l.object, l.fact,
                  l.way_out);
    return l;
}

static void expect_no(struct rig *rig, enum alarm_kind kind)
{
    struct looking l = {.kind = kind};
    const struct frame *frame = engine_frame(rig->engine);

    ck_assert_msg(!is_there(&l, frame), "an alarm of kind %s: %s", alarm_word[kind], l.fact);
    frame_unref(frame);
}

static const uint32_t waves[] = {1, 3, 8};

START_TEST(a_push_past_lockstep_is_drift_until_somebody_takes_it_in_hand)
{
    struct rig rig;
    struct err err = {0};

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 3);
    expect_no(&rig, ALARM_DRIFT);
    ck_assert_msg(sim_push_foreign(rig.sim, "web", "6", 2, 0, &err), "%s", err.text);
    struct looking l = wait_for(&rig, ALARM_DRIFT, false, LONG_MS);
    ck_assert_str_eq(l.object, "service web");
    ck_assert_msg(strstr(l.fact, "wants 6"), "%s", l.fact);
    const struct frame *frame = engine_frame(rig.engine);
    ck_assert_ptr_nonnull(strstr(frame_find_row(frame, "lab", "web")->drift, "wants 6"));
    frame_unref(frame);
    drive_serving(&rig.op, "6", 2);
    drive_expect(&rig.op, VERB_STEP, "", END_APPLIED);
    wait_for(&rig, ALARM_DRIFT, true, LONG_MS);
    rig_end(&rig);
}
END_TEST

START_TEST(a_changed_configuration_is_drift_and_the_operators_own_steps_are_not)
{
    struct rig rig;

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 2);
    expect_no(&rig, ALARM_DRIFT);
    inject(&rig, SIM_RECONFIGURED, "web");
    struct looking l = wait_for(&rig, ALARM_DRIFT, false, LONG_MS);
    ck_assert_msg(strstr(l.fact, "configuration"), "%s", l.fact);
    rig_end(&rig);
}
END_TEST

START_TEST(a_touch_that_moves_only_the_revision_is_no_drift)
{
    struct rig rig;

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 1);
    inject(&rig, SIM_TOUCHED, "web");
    drive_expect(&rig.op, VERB_STEP, "", END_APPLIED);
    drive_serving(&rig.op, "5", 3);
    expect_no(&rig, ALARM_DRIFT);
    rig_end(&rig);
}
END_TEST

START_TEST(a_silent_node_is_an_alarm_after_its_time_and_its_return_another)
{
    struct rig rig;

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 1);
    inject(&rig, SIM_NODE_SILENT, "w3");
    drive_node(&rig.op, "w3", NODE_SILENT);
    expect_no(&rig, ALARM_SILENT);
    struct looking l = wait_for(&rig, ALARM_SILENT, false, 2 * LONG_MS);
    ck_assert_str_eq(l.object, "node w3");
    ck_assert_msg(strstr(l.way_out, "fence w3"), "%s", l.way_out);
    drive_expect(&rig.op, VERB_STEP, "", END_APPLIED);
    drive_serving(&rig.op, "5", 3);
    drive_expect(&rig.op, VERB_STEP, "", END_APPLIED);
    drive_serving(&rig.op, "5", 8);
    wait_for(&rig, ALARM_SILENT, true, LONG_MS);
    inject(&rig, SIM_NODE_RETURNS, "w3");
    l = wait_for(&rig, ALARM_RETURNED, false, LONG_MS);
    ck_assert_str_eq(l.object, "node w3");
    wait_for(&rig, ALARM_RETURNED, true, 2 * LONG_MS);
    rig_end(&rig);
}
END_TEST

START_TEST(a_step_that_nobody_finishes_is_an_alarm_the_next_day_although_nothing_happens)
{
    struct rig rig;

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 1);
    struct looking l = wait_for(&rig, ALARM_OPEN, false, DAY_MS + LONG_MS);
    ck_assert_str_eq(l.object, "service web");
    const struct frame *frame = engine_frame(rig.engine);
    ck_assert_int_eq((int)frame_find_row(frame, "lab", "web")->state, (int)BOARD_HELD);
    frame_unref(frame);
    drive_expect(&rig.op, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&rig.op, "4", 8);
    wait_for(&rig, ALARM_OPEN, true, LONG_MS);
    rig_end(&rig);
}
END_TEST

static bool moves_by_itself(void *arg, const struct frame *frame)
{
    (void)arg;
    const struct row *row = frame_find_row(frame, "lab", "web");

    return row->moves_by_itself && row->have >= 2;
}

START_TEST(a_rollout_of_others_that_was_stopped_is_held_to_the_profile_that_it_skipped)
{
    struct rig rig;
    struct err err = {0};

    rig_open(&rig, "fast");
    ck_assert_msg(sim_push_foreign(rig.sim, "web", "5", 1, 3000, &err), "%s", err.text);
    ck_assert(engine_run_until(rig.engine, LONG_MS, moves_by_itself, NULL));
    drive_expect(&rig.op, VERB_PAUSE, "", END_APPLIED);
    const struct frame *frame = engine_frame(rig.engine);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_str_eq(row->release->profile, "fast");
    ck_assert_int_eq((int)row->release->stage, (int)STAGE_HELD);
    ck_assert(row->release->paused);
    frame_unref(frame);
    drive_expect(&rig.op, VERB_RESUME, "", END_APPLIED);
    struct action_status s = drive_press(&rig.op, VERB_STEP, "");
    drive_end_is(&s, END_REFUSED);
    drive_expect(&rig.op, VERB_ROLLBACK, "", END_APPLIED);
    drive_serving(&rig.op, "4", 8);
    rig_end(&rig);
}
END_TEST

static bool settles(void *arg, const struct frame *frame)
{
    (void)arg;
    const struct option *step = &frame_find_row(frame, "lab", "web")->option[VERB_STEP];

    return step->offered && strstr(step->effect, "settle") != NULL;
}

static bool may_rehearse(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame_find_row(frame, "lab", "web")->option[VERB_STEP].allowed;
}

START_TEST(a_certificate_that_is_void_half_way_is_an_alarm)
{
    struct rig rig;

    rig_open(&rig, "fast");
    drive_expect(&rig.op, VERB_START, "5", END_APPLIED);
    ck_assert(engine_run_until(rig.engine, LONG_MS, may_rehearse, NULL));
    drive_expect(&rig.op, VERB_STEP, "", END_APPLIED);
    ck_assert(engine_run_until(rig.engine, LONG_MS, settles, NULL));
    expect_no(&rig, ALARM_EXPIRED);
    inject(&rig, SIM_RECONFIGURED, "web");
    struct looking l = wait_for(&rig, ALARM_EXPIRED, false, LONG_MS);
    ck_assert_str_eq(l.object, "version 5 of web");
    rig_end(&rig);
}
END_TEST

START_TEST(a_service_that_is_gone_takes_its_alarms_with_it)
{
    struct rig rig;

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", waves, 1);
    inject(&rig, SIM_RECONFIGURED, "web");
    wait_for(&rig, ALARM_DRIFT, false, LONG_MS);
    inject(&rig, SIM_SERVICE_GONE, "web");
    wait_for(&rig, ALARM_DRIFT, true, LONG_MS);
    rig_end(&rig);
}
END_TEST

static bool is_broken(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame_find_row(frame, "lab", "web")->broken_count > 0;
}

static bool is_fine(void *arg, const struct frame *frame)
{
    return !is_broken(arg, frame);
}

/* An engine that goes back passes through pictures that are fine. */
START_TEST(what_comes_again_at_once_is_the_same_alarm)
{
    struct rig rig;
    struct err err = {0};

    rig_open(&rig, "plain");
    drive_release(&rig.op, "5", (const uint32_t[]){1, 3, 8}, 3);
    ck_assert_msg(sim_push_foreign(rig.sim, "web", "6", 3, 0, &err), "%s", err.text);
    drive_alarm(&rig.op, false);
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(sim_push_foreign(rig.sim, "web", "5", 8, 0, &err), "%s", err.text);
        ck_assert(engine_run_until(rig.engine, LONG_MS, is_fine, NULL));
        ck_assert_msg(sim_push_foreign(rig.sim, "web", "6", 3, 0, &err), "%s", err.text);
        ck_assert(engine_run_until(rig.engine, LONG_MS, is_broken, NULL));
    }
    const struct frame *frame = engine_frame(rig.engine);
    size_t drifts = 0;
    for (size_t i = 0; i < frame->alarm_count; i++)
        drifts += frame->alarms[i].kind == ALARM_DRIFT;
    ck_assert_uint_eq(drifts, 1);
    frame_unref(frame);
    ck_assert_msg(sim_push_foreign(rig.sim, "web", "5", 8, 0, &err), "%s", err.text);
    drive_alarm(&rig.op, true);
    rig_end(&rig);
}
END_TEST

SUITE(alarms)
{
    Suite *suite = suite_create("alarms");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, a_push_past_lockstep_is_drift_until_somebody_takes_it_in_hand);
    tcase_add_test(tc, a_changed_configuration_is_drift_and_the_operators_own_steps_are_not);
    tcase_add_test(tc, a_touch_that_moves_only_the_revision_is_no_drift);
    tcase_add_test(tc, a_silent_node_is_an_alarm_after_its_time_and_its_return_another);
    tcase_add_test(tc,
                   a_step_that_nobody_finishes_is_an_alarm_the_next_day_although_nothing_happens);
    tcase_add_test(tc, a_certificate_that_is_void_half_way_is_an_alarm);
    tcase_add_test(tc, a_rollout_of_others_that_was_stopped_is_held_to_the_profile_that_it_skipped);
    tcase_add_test(tc, a_service_that_is_gone_takes_its_alarms_with_it);
    tcase_add_test(tc, what_comes_again_at_once_is_the_same_alarm);
    return suite;
}
