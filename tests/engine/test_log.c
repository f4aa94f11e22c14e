/* test_log.c: the log of one instance, from the simulated cluster into frames. */
#include "drivers/sim/sim.h"
#include "engine/drive.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 120000 };

static struct clock *sim_clock;
static struct sim *sim;
static struct engine *engine;

static void set_up(void)
{
    struct err err = {0};

    sim_clock = clock_new_virtual(1772442000000);
    sim = sim_new("eight", 1, sim_clock, &err);
    ck_assert_msg(sim != NULL, "%s", err.text);
    const struct cluster_config cluster = {.name = "lab", .kind = "sim", .shared = sim};
    const struct engine_config config = {
        .clusters = &cluster, .cluster_count = 1, .plan = plan_default(), .clock = sim_clock};
    engine = engine_new(&config, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    const struct drive drive = {engine, "lab", "web", LONG_MS};
    drive_sync(&drive);
}

static void tear_down(void)
{
    engine_free(engine);
    sim_unref(sim);
    clock_free(sim_clock);
}

struct wait {
    size_t lines;
    enum log_state state;
    const char *line; /* "": any */
};

static bool is_there(void *arg, const struct frame *frame)
{
    const struct wait *wait = arg;
    const struct log_view *log = frame->log;
    bool found = !wait->line[0];

    if (!log || log->state != wait->state || log->line_count < wait->lines)
        return false;
    for (size_t i = 0; i < log->line_count && !found; i++)
        found = strstr(log->line[i], wait->line) != NULL;
    return found;
}

static bool is_none(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->log == NULL;
}

static void await(size_t lines, enum log_state state, const char *line)
{
    struct wait wait = {lines, state, line};

    ck_assert_msg(engine_run_until(engine, LONG_MS, is_there, &wait), "no log with '%s'", line);
}

static const char *service_id(void)
{
    static char id[160];
    const struct frame *frame = engine_frame(engine);

    snprintf(id, sizeof id, "%s", frame_find_row(frame, "lab", "web")->service->id);
    frame_unref(frame);
    return id;
}

START_TEST(the_log_of_a_steady_service_is_that_of_some_instance)
{
    engine_focus(engine, "lab", service_id());
    engine_log(engine, "lab", service_id(), "", false);
    await(3, LOG_FOLLOWS, "GET /");
    const struct frame *frame = engine_frame(engine);
    ck_assert_str_eq(frame->log->cluster, "lab");
    ck_assert_str_eq(frame->log->service_id, service_id());
    ck_assert_int_eq(strncmp(frame->log->instance, "web-", 4), 0);
    ck_assert_uint_ge(frame->log->happened_count, 1);
    const size_t before = frame->log->line_count;
    frame_unref(frame);
    await(before + 5, LOG_FOLLOWS, "");
    engine_log(engine, "", "", "", false);
    ck_assert(engine_run_until(engine, LONG_MS, is_none, NULL));
}
END_TEST

/* It never ran, so it wrote nothing; what happened to it says all there is. */
static bool tells_the_reason(void *arg, const struct frame *frame)
{
    const struct log_view *log = frame->log;
    bool found = false;

    (void)arg;
    for (size_t i = 0; log && i < log->happened_count; i++)
        found |= strncmp(log->happened[i].text, "failing: image cannot be pulled", 31) == 0;
    return found && log->line_count == 0;
}

START_TEST(what_fails_is_read_first)
{
    struct err err = {0};

    ck_assert(sim_inject(sim, SIM_IMAGE_MISSING, "web:5", &err));
    ck_assert(sim_push_foreign(sim, "web", "5", 1, 0, &err));
    engine_focus(engine, "lab", service_id());
    for (int i = 0; i < 3; i++) { /* until it has failed, which takes its time */
        engine_log(engine, "lab", service_id(), "", false);
        if (engine_run_until(engine, 20000, tells_the_reason, NULL))
            return;
    }
    ck_abort_msg("the failing instance was never read");
}
END_TEST

static bool names_nowhere(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->log && frame->log->state == LOG_FAILED && strstr(frame->log->why, "nowhere");
}

START_TEST(an_instance_that_is_not_there_is_said_so)
{
    engine_log(engine, "lab", service_id(), "web-9-nosuch", false);
    await(0, LOG_FAILED, "");
    const struct frame *frame = engine_frame(engine);
    ck_assert_str_eq(frame->log->why, "no instance is called 'web-9-nosuch'");
    frame_unref(frame);
    engine_log(engine, "nowhere", "x", "y", false);
    ck_assert(engine_run_until(engine, LONG_MS, names_nowhere, NULL));
}
END_TEST

static bool has_dropped(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->log && frame->log->dropped > 100;
}

START_TEST(a_long_log_is_bounded_and_says_what_it_lost)
{
    engine_focus(engine, "lab", service_id());
    engine_log(engine, "lab", service_id(), "", false);
    ck_assert(engine_run_until(engine, INT64_C(3600000), has_dropped, NULL));
    const struct frame *frame = engine_frame(engine);
    ck_assert_uint_eq(frame->log->line_count, 2000);
    frame_unref(frame);
}
END_TEST

static bool lines_grow(void *arg, const struct frame *frame)
{
    return frame->log && frame->log->line_count > *(size_t *)arg;
}

/* Frames share the picture of the log until it changes. */
START_TEST(a_picture_is_never_changed)
{
    engine_focus(engine, "lab", service_id());
    engine_log(engine, "lab", service_id(), "", false);
    await(2, LOG_FOLLOWS, "");
    const struct frame *frame = engine_frame(engine);
    size_t lines = frame->log->line_count;
    char *last = strdup(frame->log->line[lines - 1]);
    ck_assert(engine_run_until(engine, LONG_MS, lines_grow, &lines));
    ck_assert_uint_eq(frame->log->line_count, lines);
    ck_assert_str_eq(frame->log->line[lines - 1], last);
    free(last);
    frame_unref(frame);
}
END_TEST

SUITE(engine_log)
{
    Suite *suite = suite_create("engine_log");
    TCase *tcase = test_case(suite, "log", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_log_of_a_steady_service_is_that_of_some_instance);
    tcase_add_test(tcase, what_fails_is_read_first);
    tcase_add_test(tcase, an_instance_that_is_not_there_is_said_so);
    tcase_add_test(tcase, a_long_log_is_bounded_and_says_what_it_lost);
    tcase_add_test(tcase, a_picture_is_never_changed);
    return suite;
}
