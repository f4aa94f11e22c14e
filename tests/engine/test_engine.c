/* test_engine.c: from an intent to the simulated cluster and back, through everything
 * between: judgement, journal, ledger, driver, and the next frame. */
#include "drivers/sim/sim.h"
#include "engine.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 120000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine[2]; /* two operators on one cluster; the second may be NULL */
    char journal[2][600];
};

static struct engine *operator_new(struct rig *rig, int who, const char *dir, bool production)
{
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = "lab",
        .kind = "sim",
        .endpoint = "eight",
        .production = production,
        .shared = rig->sim,
    };

    snprintf(rig->journal[who], sizeof rig->journal[who], "%s/journal-%d.jsonl", dir, who);
    const struct engine_config config = {
        .clusters = &cluster,
        .cluster_count = 1,
        .journal_path = rig->journal[who],
        .plan = plan_default(),
        .clock = rig->clock,
    };
    struct engine *engine = engine_new(&config, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    return engine;
}

static struct rig rig_new(int operators, bool production)
{
    struct rig rig = {.clock = clock_new_virtual(1772442000000)};
    struct err err = {0};
    const char *dir = test_dir();

    rig.sim = sim_new("eight", 1, rig.clock, &err);
    ck_assert_msg(rig.sim != NULL, "%s", err.text);
    for (int i = 0; i < operators; i++)
        rig.engine[i] = operator_new(&rig, i, dir, production);
    return rig;
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine[0]);
    engine_free(rig->engine[1]);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

static bool is_synced(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->synced && frame->row_count > 0;
}

struct wanted {
    uint64_t ticket;
    struct action_status status; /* when it has ended */
};

static bool has_ended(void *arg, const struct frame *frame)
{
    struct wanted *wanted = arg;

    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->tickets[i] == wanted->ticket) {
            wanted->status = frame->actions[i];
            return wanted->status.phase == PHASE_DONE;
        }
    return false;
}

static struct intent intent_of(struct engine *engine, enum verb verb, const char *version)
{
    struct intent intent = {.verb = verb};
    const struct frame *frame = engine_frame(engine);
    const struct row *row = frame_find_row(frame, "lab", "web");

    ck_assert(row != NULL);
    snprintf(intent.cluster, sizeof intent.cluster, "lab");
    snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
    snprintf(intent.spec_digest, sizeof intent.spec_digest, "%s", row->service->spec_digest);
    snprintf(intent.version, sizeof intent.version, "%s", version);
    intent.basis = row->basis;
    frame_unref(frame);
    return intent;
}

static struct action_status finish(struct engine *engine, uint64_t ticket)
{
    struct wanted wanted = {.ticket = ticket};

    ck_assert_msg(engine_run_until(engine, LONG_MS, has_ended, &wanted), "it never ended");
    return wanted.status;
}

static struct action_status press(struct engine *engine, enum verb verb, const char *version)
{
    struct intent intent = intent_of(engine, verb, version);

    return finish(engine, engine_submit(engine, &intent));
}

struct counts {
    const char *version;
    uint32_t serving;
    bool at_rest;
};

/* The row shows so many serving instances of a version, and nothing moves. */
static bool shows(void *arg, const struct frame *frame)
{
    const struct counts *counts = arg;
    const struct row *row = frame_find_row(frame, "lab", "web");

    return row && service_count(row->service, counts->version, STATES_SERVING) == counts->serving &&
           service_count(row->service, counts->version, STATES_ALL) == counts->serving &&
           row->service->motion != MOTION_MOVING;
}

static void expect_serving(struct engine *engine, const char *version, uint32_t serving)
{
    struct counts counts = {version, serving, true};

    ck_assert_msg(engine_run_until(engine, LONG_MS, shows, &counts), "never %u on %s", serving,
                  version);
}

static void expect_end(const struct action_status *status, enum action_end end)
{
    ck_assert_msg(status->end == end, "%s: %s", action_end_word[status->end], status->sentence);
}

static void sync(struct rig *rig, int who)
{
    ck_assert(engine_run_until(rig->engine[who], LONG_MS, is_synced, NULL));
}

START_TEST(a_release_goes_from_canary_to_all_by_steps)
{
    struct rig rig = rig_new(1, false);
    sync(&rig, 0);
    struct action_status s = press(rig.engine[0], VERB_START, "5");
    expect_end(&s, END_APPLIED);
    expect_serving(rig.engine[0], "5", 1);
    s = press(rig.engine[0], VERB_STEP, "");
    expect_end(&s, END_APPLIED);
    expect_serving(rig.engine[0], "5", 3);
    s = press(rig.engine[0], VERB_STEP, "");
    expect_end(&s, END_APPLIED);
    expect_serving(rig.engine[0], "5", 8);
    const struct frame *frame = engine_frame(rig.engine[0]);
    const struct row *row = frame_find_row(frame, "lab", "web");
    ck_assert_int_eq(row->state, BOARD_STEADY);
    ck_assert_str_eq(row->from, "5");
    ck_assert_uint_eq(sim_applied_total(rig.sim), 3);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

START_TEST(a_rollback_from_three_brings_back_the_old_version)
{
    struct rig rig = rig_new(1, false);
    sync(&rig, 0);
    press(rig.engine[0], VERB_START, "5");
    expect_serving(rig.engine[0], "5", 1);
    press(rig.engine[0], VERB_STEP, "");
    expect_serving(rig.engine[0], "5", 3);
    struct action_status s = press(rig.engine[0], VERB_ROLLBACK, "");
    expect_end(&s, END_APPLIED);
    expect_serving(rig.engine[0], "4", 8);
    expect_serving(rig.engine[0], "5", 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_paused_release_refuses_the_step_until_it_is_resumed)
{
    struct rig rig = rig_new(1, false);
    sync(&rig, 0);
    press(rig.engine[0], VERB_START, "5");
    expect_serving(rig.engine[0], "5", 1);
    struct action_status s = press(rig.engine[0], VERB_PAUSE, "");
    expect_end(&s, END_APPLIED);
    s = press(rig.engine[0], VERB_STEP, "");
    expect_end(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "paused by") != NULL, "%s", s.sentence);
    s = press(rig.engine[0], VERB_RESUME, "");
    expect_end(&s, END_APPLIED);
    s = press(rig.engine[0], VERB_STEP, "");
    expect_end(&s, END_APPLIED);
    expect_serving(rig.engine[0], "5", 3);
    rig_end(&rig);
}
END_TEST

START_TEST(of_two_operators_who_press_at_once_one_wins_and_the_other_is_told)
{
    struct rig rig = rig_new(2, false);
    sync(&rig, 0);
    sync(&rig, 1);
    press(rig.engine[0], VERB_START, "5");
    expect_serving(rig.engine[0], "5", 1);
    expect_serving(rig.engine[1], "5", 1);
    /* Both decide on the same picture; their loops then turn by turns. */
    struct intent a = intent_of(rig.engine[0], VERB_STEP, ""),
                  b = intent_of(rig.engine[1], VERB_STEP, "");
    struct wanted first = {.ticket = engine_submit(rig.engine[0], &a)};
    struct wanted second = {.ticket = engine_submit(rig.engine[1], &b)};
    bool ended[2] = {false, false};
    for (int turn = 0; turn < 20000 && !(ended[0] && ended[1]); turn++) {
        ended[0] = ended[0] || engine_run_until(rig.engine[0], 1, has_ended, &first);
        ended[1] = ended[1] || engine_run_until(rig.engine[1], 1, has_ended, &second);
    }
    ck_assert(ended[0] && ended[1]);
    bool first_won = first.status.end == END_APPLIED, second_won = second.status.end == END_APPLIED;
    ck_assert_msg(first_won != second_won, "%s | %s", first.status.sentence,
                  second.status.sentence);
    expect_serving(rig.engine[0], "5", 3);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 2);
    rig_end(&rig);
}
END_TEST

START_TEST(a_key_on_an_older_picture_is_refused_with_what_changed)
{
    struct rig rig = rig_new(2, false);
    sync(&rig, 0);
    sync(&rig, 1);
    press(rig.engine[0], VERB_START, "5");
    expect_serving(rig.engine[0], "5", 1);
    expect_serving(rig.engine[1], "5", 1);
    struct intent stale = intent_of(rig.engine[1], VERB_STEP, "");
    press(rig.engine[0], VERB_STEP, "");
    expect_serving(rig.engine[0], "5", 3);
    struct action_status s = finish(rig.engine[1], engine_submit(rig.engine[1], &stale));
    expect_end(&s, END_REFUSED);
    ck_assert_msg(strncmp(s.sentence, "RL", 2) == 0, "%s", s.sentence);
    rig_end(&rig);
}
END_TEST

START_TEST(production_asks_first)
{
    struct rig rig = rig_new(1, true);
    sync(&rig, 0);
    struct action_status s = press(rig.engine[0], VERB_START, "5");
    expect_end(&s, END_REFUSED);
    ck_assert_uint_eq(sim_applied_total(rig.sim), 0);
    rig_end(&rig);
}
END_TEST

static bool node_is_silent(void *arg, const struct frame *frame)
{
    const char *name = arg;

    for (size_t i = 0; i < frame->snapshot->node_count; i++)
        if (strcmp(frame->snapshot->nodes[i].name, name) == 0)
            return frame->snapshot->nodes[i].state == NODE_SILENT;
    return false;
}

static bool has_alarm(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->alarm_count > 0 && !frame->alarms[0].resolved;
}

static void release_all(struct engine *engine, const char *version)
{
    struct action_status s = press(engine, VERB_START, version);
    expect_end(&s, END_APPLIED);
    expect_serving(engine, version, 1);
    s = press(engine, VERB_STEP, "");
    expect_end(&s, END_APPLIED);
    expect_serving(engine, version, 3);
    s = press(engine, VERB_STEP, "");
    expect_end(&s, END_APPLIED);
}

START_TEST(a_second_release_is_refused_while_a_silent_node_may_run_the_first_version)
{
    struct rig rig = rig_new(1, false);
    struct err err = {0};
    char node[] = "w3";
    sync(&rig, 0);
    ck_assert_msg(sim_inject(rig.sim, SIM_NODE_SILENT, node, &err), "%s", err.text);
    ck_assert(engine_run_until(rig.engine[0], LONG_MS, node_is_silent, node));
    release_all(rig.engine[0], "5");
    expect_serving(rig.engine[0], "5", 8);
    struct action_status s = press(rig.engine[0], VERB_START, "6");
    expect_end(&s, END_REFUSED);
    ck_assert_msg(strstr(s.sentence, "w3") || strstr(s.sentence, "4"), "%s", s.sentence);
    ck_assert_msg(sim_inject(rig.sim, SIM_NODE_RETURNS, node, &err), "%s", err.text);
    ck_assert_msg(engine_run_until(rig.engine[0], LONG_MS, has_alarm, NULL), "no alarm");
    rig_end(&rig);
}
END_TEST

START_TEST(a_fenced_node_leaves_the_count)
{
    struct rig rig = rig_new(1, false);
    struct err err = {0};
    char node[] = "w3";
    sync(&rig, 0);
    sim_inject(rig.sim, SIM_NODE_SILENT, node, &err);
    ck_assert(engine_run_until(rig.engine[0], LONG_MS, node_is_silent, node));
    release_all(rig.engine[0], "5");
    expect_serving(rig.engine[0], "5", 8);
    struct intent fence = {.verb = VERB_FENCE, .cluster = "lab", .reason = "disk wiped"};
    const struct frame *frame = engine_frame(rig.engine[0]);
    for (size_t i = 0; i < frame->snapshot->node_count; i++)
        if (strcmp(frame->snapshot->nodes[i].name, node) == 0)
            snprintf(fence.service, sizeof fence.service, "%s", frame->snapshot->nodes[i].id);
    frame_unref(frame);
    struct action_status s = finish(rig.engine[0], engine_submit(rig.engine[0], &fence));
    expect_end(&s, END_APPLIED);
    s = press(rig.engine[0], VERB_START, "6");
    expect_end(&s, END_APPLIED);
    rig_end(&rig);
}
END_TEST

SUITE(engine)
{
    Suite *suite = suite_create("engine");
    TCase *tc = test_case(suite, "engine", 60);

    tcase_add_test(tc, a_release_goes_from_canary_to_all_by_steps);
    tcase_add_test(tc, a_rollback_from_three_brings_back_the_old_version);
    tcase_add_test(tc, a_paused_release_refuses_the_step_until_it_is_resumed);
    tcase_add_test(tc, of_two_operators_who_press_at_once_one_wins_and_the_other_is_told);
    tcase_add_test(tc, a_key_on_an_older_picture_is_refused_with_what_changed);
    tcase_add_test(tc, production_asks_first);
    tcase_add_test(tc, a_second_release_is_refused_while_a_silent_node_may_run_the_first_version);
    tcase_add_test(tc, a_fenced_node_leaves_the_count);
    return suite;
}
