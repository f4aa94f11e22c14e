/* test_recorded.c: what changed, by whom, and what was done before this program began. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

enum { LONG_MS = 120000 };

struct rig {
    struct clock *clock;
    struct sim *sim;
    struct engine *engine;
    struct drive op;
    char journal[600];
};

static void open_engine(struct rig *rig, const char *name)
{
    struct err err = {0};
    const struct cluster_config cluster = {
        .name = name, .kind = "sim", .endpoint = "eight", .shared = rig->sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = rig->journal,
                                         .plan = plan_default(),
                                         .clock = rig->clock};

    rig->engine = engine_new(&config, &err);
    ck_assert_msg(rig->engine != NULL, "%s", err.text);
    rig->op = (struct drive){rig->engine, name, "web", LONG_MS};
    drive_sync(&rig->op);
}

static void rig_open(struct rig *rig)
{
    struct err err = {0};

    *rig = (struct rig){.clock = clock_new_virtual(1772442000000)};
    rig->sim = sim_new("eight", 1, rig->clock, &err);
    snprintf(rig->journal, sizeof rig->journal, "%s/journal.jsonl", test_dir());
    open_engine(rig, "lab");
}

static void rig_end(struct rig *rig)
{
    engine_free(rig->engine);
    sim_unref(rig->sim);
    clock_free(rig->clock);
}

struct wanted {
    enum event_kind kind;
    const char *text;
};

static bool is_told(void *arg, const struct frame *frame)
{
    const struct wanted *wanted = arg;

    for (size_t i = 0; i < frame->event_count; i++)
        if (frame->events[i].kind == wanted->kind &&
            strstr(frame->events[i].text, wanted->text) != NULL)
            return true;
    return false;
}

START_TEST(what_somebody_else_changes_is_an_event)
{
    static const struct wanted row[] = {
        {EVENT_CHANGE, "its configuration"},
        {EVENT_CHANGE, "version "},
        {EVENT_NODE, "node is silent"},
    };
    struct wanted wanted = row[_i];
    struct err err = {0};
    struct rig rig;

    rig_open(&rig);
    if (_i == 1)
        ck_assert(sim_push_foreign(rig.sim, "web", "13", 2, 0, &err));
    else
        ck_assert(sim_inject(rig.sim, _i == 0 ? SIM_RECONFIGURED : SIM_NODE_SILENT,
                             _i == 0 ? "web" : "w3", &err));
    ck_assert_msg(engine_run_until(rig.engine, LONG_MS, is_told, &wanted), "%s", wanted.text);
    rig_end(&rig);
}
END_TEST

START_TEST(actions_of_lockstep_are_no_foreign_change)
{
    struct wanted change = {EVENT_CHANGE, "version "}, action = {EVENT_ACTION, "start"};
    struct rig rig;

    rig_open(&rig);
    drive_expect(&rig.op, VERB_START, "12", END_APPLIED);
    ck_assert(engine_run_until(rig.engine, LONG_MS, is_told, &action));
    const struct frame *frame = engine_frame(rig.engine);
    ck_assert(!is_told(&change, frame));
    ck_assert_ptr_nonnull(frame->past);
    ck_assert_uint_eq(frame->past->count, 0);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

START_TEST(the_next_program_knows_what_was_done_before_it_began)
{
    struct rig rig;

    rig_open(&rig);
    drive_expect(&rig.op, VERB_START, "12", END_APPLIED);
    engine_free(rig.engine);
    open_engine(&rig, "lab");
    const struct frame *frame = engine_frame(rig.engine);
    ck_assert_uint_eq(frame->past->count, 1);
    const struct board_event *event = &frame->past->events[0];
    ck_assert_int_eq(event->kind, EVENT_ACTION);
    ck_assert_str_eq(event->cluster, "lab");
    ck_assert_str_eq(event->name, "web");
    ck_assert_ptr_nonnull(strstr(event->text, "start to 1 of 8 on 12: applied"));
    ck_assert(event->by[0]);
    ck_assert_int_ge(event->at_utc_ms, 1772442000000);
    ck_assert_int_le(event->at_utc_ms, frame->opened_utc_ms);
    engine_free(rig.engine); /* what a frame refers to outlives the engine */
    ck_assert_str_eq(event->name, "web");
    frame_unref(frame);
    open_engine(&rig, "other"); /* what was done elsewhere is not told here */
    frame = engine_frame(rig.engine);
    ck_assert_uint_eq(frame->past->count, 0);
    frame_unref(frame);
    rig_end(&rig);
}
END_TEST

SUITE(recorded)
{
    Suite *suite = suite_create("recorded");
    TCase *tcase = test_case(suite, "recorded", 60);

    tcase_add_loop_test(tcase, what_somebody_else_changes_is_an_event, 0, 3);
    tcase_add_test(tcase, actions_of_lockstep_are_no_foreign_change);
    tcase_add_test(tcase, the_next_program_knows_what_was_done_before_it_began);
    return suite;
}
