/* test_board.c: what a key would do, and what a row says, for services in every state. */
#include "board/build.h"
#include "test.h"

#include <string.h>

struct world {
    struct service *service;
    struct release release;
    const struct snapshot *snapshot;
    struct plan plan;
    struct arena *arena;
};

static struct world world_of(struct service *service)
{
    struct world w = {.service = service, .plan = plan_default(), .arena = arena_new(1024)};

    service_seal(service);
    w.snapshot = build_snapshot(service);
    return w;
}

static void world_end(struct world *w)
{
    snapshot_unref(w->snapshot);
    service_unref(w->service);
    arena_free(w->arena);
}

static struct board_input input_of(struct world *w)
{
    return (struct board_input){
        .guard = {.snapshot = w->snapshot,
                  .service = w->service,
                  .release = w->release.to[0] ? &w->release : NULL},
        .plan = &w->plan,
        .live = true,
        .deny = "",
    };
}

static void release_of(struct world *w, const char *from, const char *to, enum stage stage,
                       uint32_t target)
{
    snprintf(w->release.from, sizeof w->release.from, "%s", from);
    snprintf(w->release.to, sizeof w->release.to, "%s", to);
    snprintf(w->release.by, sizeof w->release.by, "ana");
    w->release.stage = stage;
    w->release.target = target;
}

static struct world canary_of_one(void)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 7, "n1");
    build_instances(s, "5", INSTANCE_SERVING, 1, "n2");
    s->motion = MOTION_RESTING;
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_CANARY, 1);
    return w;
}

START_TEST(a_steady_service_offers_no_key)
{
    struct service *s = build_service("4");
    build_instances(s, "4", INSTANCE_SERVING, 8, "n1");
    struct world w = world_of(s);
    struct board_input in = input_of(&w);
    const struct row *row = board_row(&in);

    ck_assert_int_eq(row->state, BOARD_STEADY);
    ck_assert_str_eq(row->from, "4");
    ck_assert_str_eq(row->to, "");
    ck_assert_uint_eq(row->have, 8);
    for (int v = 0; v < VERB_COUNT; v++)
        ck_assert(!row->option[v].offered);
    row_unref(row);
    world_end(&w);
}
END_TEST

START_TEST(a_canary_at_rest_offers_the_next_wave_the_pause_and_the_way_back)
{
    struct world w = canary_of_one();
    struct board_input in = input_of(&w);
    const struct row *row = board_row(&in);

    ck_assert_int_eq(row->state, BOARD_HELD);
    ck_assert(row->option[VERB_STEP].allowed);
    ck_assert_uint_eq(row->option[VERB_STEP].to_count, 3);
    ck_assert_str_eq(row->option[VERB_STEP].effect, "3 of 8 on 5 (now 1, 2 more)");
    ck_assert(row->option[VERB_PAUSE].allowed);
    ck_assert(!row->option[VERB_RESUME].offered);
    ck_assert(row->option[VERB_ROLLBACK].allowed);
    ck_assert_str_eq(row->option[VERB_ROLLBACK].effect, "back to 4: 1 of 8");
    ck_assert_str_eq(row->by, "ana");
    row_unref(row);
    world_end(&w);
}
END_TEST

static struct world all_moved(enum motion motion, bool marked)
{
    static const char *const marks[] = {"0123.1"};
    struct service *s = build_service("5");
    build_instances(s, "5", INSTANCE_SERVING, 8, "n1");
    s->motion = motion;
    s->marks = marks;
    s->mark_count = marked;
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_STABLE, 8);
    return w;
}

static void expect_end_offered(struct world *w, bool restores, bool offered)
{
    struct board_input in = input_of(w);
    in.restores = restores;
    const struct row *row = board_row(&in);
    const struct option *step = &row->option[VERB_STEP];

    ck_assert_int_eq(step->offered, offered);
    if (offered) {
        ck_assert(step->allowed);
        ck_assert_uint_eq(step->to_count, 8);
        ck_assert_str_eq(step->effect, "ends it: all run 5, your own settings come back");
        struct proposal p = board_propose(&in, VERB_STEP, 8, NULL, w->arena);
        ck_assert_int_eq(p.deed, VERB_STEP);
        ck_assert_str_eq(p.to, "5");
    }
    row_unref(row);
}

START_TEST(what_died_before_its_last_writes_is_ended_by_s)
{
    struct world held = all_moved(MOTION_RESTING, true);
    expect_end_offered(&held, true, true);
    expect_end_offered(&held, false, false);
    world_end(&held);

    struct world done = all_moved(MOTION_NONE, false);
    expect_end_offered(&done, true, false);
    world_end(&done);

    struct world marked = all_moved(MOTION_NONE, true);
    expect_end_offered(&marked, true, true);
    expect_end_offered(&marked, false, false);
    world_end(&marked);
}
END_TEST

START_TEST(a_key_that_is_denied_says_what_is_missing_and_the_others_stay)
{
    struct world w = canary_of_one();
    struct board_input in = input_of(&w);
    in.denied[VERB_STEP] = "this identity may not: patch deployments.apps in shop";
    const struct row *row = board_row(&in);

    ck_assert(row->option[VERB_STEP].offered && !row->option[VERB_STEP].allowed);
    ck_assert_str_eq(row->option[VERB_STEP].effect,
                     "this identity may not: patch deployments.apps in shop");
    ck_assert(row->option[VERB_PAUSE].allowed);
    ck_assert(row->option[VERB_ROLLBACK].allowed);
    row_unref(row);
    world_end(&w);
}
END_TEST

START_TEST(a_pause_takes_the_step_away_and_offers_resume)
{
    struct world w = canary_of_one();
    w.release.paused = true;
    struct board_input in = input_of(&w);
    struct proposal step = board_propose(&in, VERB_STEP, 0, NULL, w.arena);
    struct proposal resume = board_propose(&in, VERB_RESUME, 0, NULL, w.arena);
    struct proposal pause = board_propose(&in, VERB_PAUSE, 0, NULL, w.arena);

    ck_assert_str_eq(step.hinder, "paused by ana: R goes on");
    ck_assert(resume.offered && !resume.hinder[0]);
    ck_assert(!pause.offered);
    world_end(&w);
}
END_TEST

START_TEST(resume_finishes_the_step_that_the_pause_cut_short)
{
    struct world w = canary_of_one();
    w.release.paused = true;
    w.release.target = 3;
    struct board_input in = input_of(&w);

    ck_assert_uint_eq(board_propose(&in, VERB_RESUME, 0, NULL, w.arena).to_count, 3);
    world_end(&w);
}
END_TEST

/* Why a step has to wait: one row per reason. */
static const struct {
    const char *claim;
    enum instance_state state;
    enum motion motion;
    const char *hinder;
} hinders[] = {
    {"starting", INSTANCE_STARTING, MOTION_MOVING,
     "wait: 1 instance is still starting or stopping"},
    {"failing", INSTANCE_FAILING, MOTION_RESTING, "1 on 5 failing: no such image; U goes back"},
    {"running away", INSTANCE_SERVING, MOTION_RUNNING,
     "it moves by itself: P makes it stand first"},
};

START_TEST(a_step_waits_for_what_is_not_settled)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 7, "n1");
    build_instances(s, "5", hinders[_i].state, 1, "n2");
    s->motion = hinders[_i].motion;
    if (hinders[_i].state == INSTANCE_FAILING)
        s->reason = "no such image";
    struct world w = world_of(s);
    struct board_input in = input_of(&w);
    struct proposal p = board_propose(&in, VERB_STEP, 0, NULL, w.arena);

    ck_assert(p.offered);
    ck_assert_msg(strcmp(p.hinder, hinders[_i].hinder) == 0, "%s: '%s'", hinders[_i].claim,
                  p.hinder);
    world_end(&w);
}
END_TEST

/* Who it is that has to be waited for, and what for. */
static const struct {
    const char *claim;
    enum stage stage;
    uint32_t target;
    int64_t stage_s; /* ago; the record's last action was ana's */
    const char *by;  /* of an open claim: a step to 8, 3 s ago; NULL: none is open */
    enum motion motion;
    enum verb asked;
    const char *hinder;
} whose[] = {
    {"a claim that is open", STAGE_WAVE, 5, 60, "bob", MOTION_MOVING, VERB_STEP,
     "wait: bob steps to 8 of 8 since 06:59:57, 1 is starting or stopping"},
    {"a claim that is open, of a move that needs no waves", STAGE_WAVE, 5, 60, "bob",
     MOTION_RUNNING, VERB_STEP,
     "wait: bob steps to 8 of 8 since 06:59:57, 1 is starting or stopping"},
    {"a claim of nobody known", STAGE_WAVE, 5, 60, "", MOTION_MOVING, VERB_STEP,
     "wait: somebody steps to 8 of 8 since 06:59:57, 1 is starting or stopping"},
    {"a claim that is closed", STAGE_WAVE, 5, 4, NULL, MOTION_MOVING, VERB_STEP,
     "wait: ana stepped to 5 of 8 at 06:59:56, 1 is starting or stopping"},
    {"a canary", STAGE_CANARY, 1, 4, NULL, MOTION_MOVING, VERB_STEP,
     "wait: ana began with 1 of 8 at 06:59:56, 1 is starting or stopping"},
    {"the last step", STAGE_STABLE, 8, 4, NULL, MOTION_MOVING, VERB_STEP,
     "wait: ana stepped to 8 of 8 at 06:59:56, 1 is starting or stopping"},
    {"what was done long ago moves nothing now", STAGE_WAVE, 5, 3601, NULL, MOTION_MOVING,
     VERB_STEP, "wait: 1 instance is still starting or stopping"},
    {"the way back", STAGE_ROLLING_BACK, 0, 4, NULL, MOTION_MOVING, VERB_STEP,
     "rolling back by ana; wait until it is done"},
    {"the way back, once more", STAGE_ROLLING_BACK, 0, 4, NULL, MOTION_MOVING, VERB_ROLLBACK,
     "it is rolling back already, by ana"},
    {"a start", STAGE_WAVE, 5, 4, NULL, MOTION_MOVING, VERB_START,
     "4 to 5 is in flight, last moved by ana: finish it or roll it back first"},
};

START_TEST(a_key_that_waits_says_who_moves_it_and_where_to)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 4, "n1");
    build_instances(s, "5", INSTANCE_SERVING, 3, "n2");
    build_instances(s, "5", INSTANCE_STARTING, 1, "n2");
    s->motion = whose[_i].motion;
    struct world w = world_of(s);
    release_of(&w, "4", "5", whose[_i].stage, whose[_i].target);
    struct board_input in = input_of(&w);
    in.guard.utc_ms = 1772434800000; /* 07:00:00 */
    w.release.replicas = 8;
    w.release.stage_utc_ms = in.guard.utc_ms - whose[_i].stage_s * 1000;
    if (whose[_i].by) {
        w.release.claim = (struct claim){.id = "a1",
                                         .verb = VERB_STEP,
                                         .from = "4",
                                         .to = "5",
                                         .to_count = 8,
                                         .replicas = 8,
                                         .at_utc_ms = in.guard.utc_ms - 3000};
        snprintf(w.release.claim.by, sizeof w.release.claim.by, "%s", whose[_i].by);
    }
    struct proposal p = board_propose(&in, whose[_i].asked, 0, "6", w.arena);

    ck_assert_msg(strcmp(p.hinder, whose[_i].hinder) == 0, "%s: '%s'", whose[_i].claim, p.hinder);
    world_end(&w);
}
END_TEST

START_TEST(no_key_acts_on_a_cluster_that_does_not_answer)
{
    struct world w = canary_of_one();
    struct board_input in = input_of(&w);
    in.live = false;
    const struct row *row = board_row(&in);

    ck_assert_int_eq(row->state, BOARD_STALE);
    for (int v = 0; v < VERB_COUNT; v++)
        ck_assert(!row->option[v].allowed);
    row_unref(row);
    world_end(&w);
}
END_TEST

START_TEST(a_start_is_refused_while_a_release_is_in_flight)
{
    struct world w = canary_of_one();
    struct board_input in = input_of(&w);
    struct proposal p = board_propose(&in, VERB_START, 0, "6", w.arena);

    ck_assert_str_eq(p.hinder,
                     "4 to 5 is in flight, last moved by ana: finish it or roll it back first");
    world_end(&w);
}
END_TEST

START_TEST(a_ghost_of_the_old_version_keeps_the_release_in_flight)
{
    struct service *s = build_service("5");
    build_instances(s, "5", INSTANCE_SERVING, 8, "n1");
    build_instances(s, "4", INSTANCE_GHOST, 2, "n3");
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_WAVE, 8);
    struct board_input in = input_of(&w);
    struct flight f = board_flight(&in.guard);

    ck_assert(f.active);
    ck_assert_uint_eq(f.ghosts, 2);
    world_end(&w);
}
END_TEST

START_TEST(more_than_was_asked_for_is_drift)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 6, "n1");
    build_instances(s, "5", INSTANCE_SERVING, 2, "n2");
    s->motion = MOTION_RESTING;
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_CANARY, 1);
    struct board_input in = input_of(&w);
    const struct row *row = board_row(&in);

    ck_assert_str_eq(row->drift, "1 more on 5 than the 1 asked for");
    row_unref(row);
    world_end(&w);
}
END_TEST

START_TEST(what_an_open_claim_is_about_to_bring_is_no_drift)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 2, "n1");
    build_instances(s, "5", INSTANCE_SERVING, 6, "n2");
    s->motion = MOTION_RESTING;
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_WAVE, 3);
    w.release.claim = (struct claim){
        .id = "a1", .verb = VERB_STEP, .from = "4", .to = "5", .have_count = 3, .to_count = 8};
    struct board_input in = input_of(&w);
    const struct row *row = board_row(&in);

    ck_assert_str_eq(row->drift, "");
    row_unref(row);
    w.release.claim.to_count = 5;
    row = board_row(&in);
    ck_assert_str_eq(row->drift, "1 more on 5 than the 5 asked for");
    row_unref(row);
    world_end(&w);
}
END_TEST

START_TEST(what_starts_other_jobs_is_not_told_to_be_scaled_up)
{
    static const char *const names[] = {"periodic", LAUNCHER_SPEC};
    static const char *const said[] = {"it starts other jobs and can only be looked at",
                                       "it has no instances: scale it up first"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct service *s = build_service("5");
        struct launcher *launcher = arena_alloc(s->arena, 1, sizeof *launcher);
        *launcher = (struct launcher){names[i], "5"};
        s->launchers = launcher;
        s->launcher_count = 1;
        s->replicas = 0;
        struct world w = world_of(s);
        struct board_input in = input_of(&w);
        struct proposal p = board_propose(&in, VERB_START, 0, "6", w.arena);
        ck_assert_str_eq(p.hinder, said[i]);
        world_end(&w);
    }
}
END_TEST

/* `count` of `version` that came to serve at these times. */
static void listed(struct service *s, const char *version, const int64_t *since, size_t count)
{
    uint32_t index = strcmp(s->versions[0].version, version) == 0 ? 0 : 1;

    if (!s->instances)
        s->instances = arena_alloc(s->arena, 16, sizeof *s->instances);
    for (size_t i = 0; i < count; i++)
        s->instances[s->instance_count++] = (struct instance){.name = "web",
                                                              .node = "n2",
                                                              .version = index,
                                                              .state = INSTANCE_SERVING,
                                                              .reason = "",
                                                              .since_utc_ms = since[i]};
}

enum { BEGAN = 1000000, STEPPED = 2000000 };

static struct world wave_of_four(const int64_t *since, size_t count)
{
    struct service *s = build_service("5");
    build_instances(s, "4", INSTANCE_SERVING, 4, "n1");
    build_instances(s, "5", INSTANCE_SERVING, 4, "n2");
    listed(s, "5", since, count);
    s->motion = MOTION_RESTING;
    struct world w = world_of(s);
    release_of(&w, "4", "5", STAGE_WAVE, 4);
    w.release.since_utc_ms = BEGAN;
    w.release.stage_utc_ms = STEPPED;
    return w;
}

static struct undo_view undo_of(struct world *w)
{
    struct board_input in = input_of(w);
    const struct row *row = board_row(&in);
    struct undo_view undo = row->undo;

    row_unref(row);
    world_end(w);
    return undo;
}

START_TEST(going_back_takes_as_long_as_the_last_step_at_least)
{
    static const int64_t since[] = {BEGAN + 9000, STEPPED + 8000, STEPPED + 10000, STEPPED + 9000};
    struct world w = wave_of_four(since, 4);
    struct undo_view undo = undo_of(&w);

    ck_assert(undo.offered);
    ck_assert_uint_eq(undo.warm, 4);
    ck_assert_uint_eq(undo.moves, 4);
    ck_assert_uint_eq(undo.timed, 3);
    ck_assert_int_eq(undo.least_ms, 10000);
    ck_assert_int_eq(undo.most_ms, 20000); /* three at once, then the fourth */
}
END_TEST

START_TEST(an_instance_that_was_replaced_since_is_no_measure_of_a_step)
{
    static const int64_t since[] = {STEPPED + 8000, STEPPED + 10000, STEPPED + 3600000};
    struct world w = wave_of_four(since, 3);
    struct undo_view undo = undo_of(&w);

    ck_assert_uint_eq(undo.timed, 2);
    ck_assert_int_eq(undo.least_ms, 10000);
    ck_assert_int_eq(undo.most_ms, 20000);
}
END_TEST

START_TEST(where_the_last_step_was_not_seen_the_canary_tells_unless_it_has_been_back)
{
    static const int64_t since[] = {BEGAN + 9000, BEGAN + 400000};
    struct world w = wave_of_four(since, 2);
    struct undo_view undo = undo_of(&w);

    ck_assert_uint_eq(undo.timed, 1);
    ck_assert_int_eq(undo.least_ms, 9000);
    ck_assert_int_eq(undo.most_ms, 36000);
    w = wave_of_four(since, 2);
    w.release.cert.state = PROOF_CERTIFIED;
    undo = undo_of(&w);
    ck_assert_uint_eq(undo.warm, 4);
    ck_assert_int_eq(undo.least_ms, -1);
}
END_TEST

START_TEST(of_a_rollout_that_nobody_recorded_no_time_is_known)
{
    static const int64_t since[] = {STEPPED + 8000};
    struct world w = wave_of_four(since, 1);

    w.release.to[0] = '\0';
    struct undo_view undo = undo_of(&w);
    ck_assert(undo.offered);
    ck_assert_uint_eq(undo.moves, 4);
    ck_assert_int_eq(undo.least_ms, -1);
    ck_assert_uint_eq(undo.timed, 0);
}
END_TEST

START_TEST(less_than_a_second_is_below_what_engines_can_tell)
{
    static const int64_t since[] = {STEPPED + 400, STEPPED + 600};
    struct world w = wave_of_four(since, 2);
    struct undo_view undo = undo_of(&w);

    ck_assert_int_eq(undo.least_ms, -1);
    ck_assert_uint_eq(undo.timed, 0);
}
END_TEST

START_TEST(a_record_of_a_newer_lockstep_is_looked_at_and_not_touched)
{
    struct world w = canary_of_one();
    w.release.newer = true;
    struct board_input in = input_of(&w);
    struct proposal p = board_propose(&in, VERB_STEP, 0, NULL, w.arena);

    ck_assert_str_eq(p.hinder, "its record was written by a newer lockstep: look, do not touch");
    world_end(&w);
}
END_TEST

SUITE(board)
{
    Suite *suite = suite_create("board");
    TCase *tc = test_case(suite, "board", 10);

    tcase_add_test(tc, a_steady_service_offers_no_key);
    tcase_add_test(tc, a_canary_at_rest_offers_the_next_wave_the_pause_and_the_way_back);
    tcase_add_test(tc, what_died_before_its_last_writes_is_ended_by_s);
    tcase_add_test(tc, a_key_that_is_denied_says_what_is_missing_and_the_others_stay);
    tcase_add_test(tc, a_pause_takes_the_step_away_and_offers_resume);
    tcase_add_test(tc, resume_finishes_the_step_that_the_pause_cut_short);
    tcase_add_loop_test(tc, a_step_waits_for_what_is_not_settled, 0, (int)ARRAY_LEN(hinders));
    tcase_add_loop_test(tc, a_key_that_waits_says_who_moves_it_and_where_to, 0,
                        (int)ARRAY_LEN(whose));
    tcase_add_test(tc, no_key_acts_on_a_cluster_that_does_not_answer);
    tcase_add_test(tc, a_start_is_refused_while_a_release_is_in_flight);
    tcase_add_test(tc, a_ghost_of_the_old_version_keeps_the_release_in_flight);
    tcase_add_test(tc, more_than_was_asked_for_is_drift);
    tcase_add_test(tc, what_an_open_claim_is_about_to_bring_is_no_drift);
    tcase_add_test(tc, what_starts_other_jobs_is_not_told_to_be_scaled_up);
    tcase_add_test(tc, a_record_of_a_newer_lockstep_is_looked_at_and_not_touched);
    tcase_add_test(tc, going_back_takes_as_long_as_the_last_step_at_least);
    tcase_add_test(tc, an_instance_that_was_replaced_since_is_no_measure_of_a_step);
    tcase_add_test(tc, where_the_last_step_was_not_seen_the_canary_tells_unless_it_has_been_back);
    tcase_add_test(tc, of_a_rollout_that_nobody_recorded_no_time_is_known);
    tcase_add_test(tc, less_than_a_second_is_below_what_engines_can_tell);
    return suite;
}
