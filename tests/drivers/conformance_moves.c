/* conformance_moves.c: steps, pauses, rollbacks, and what keeps two hands apart. */
#include "drivers/conformance_bench.h"

#include <stdio.h>
#include <string.h>

CONFORM(a_canary_of_one_moves_exactly_one_and_stands)
{
    bench_do(bench, VERB_START, 1, memo);
    bench_stands(bench, 1);
    ck_assert_uint_eq(bench->one.most_new, 1);
}

CONFORM(steps_are_exact_at_every_moment)
{
    static const uint32_t counts[] = {3, 4, 8};

    bench_do(bench, VERB_START, 1, memo);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        bench_do(bench, VERB_STEP, counts[i], memo);
        bench_stands(bench, counts[i]);
        ck_assert_uint_eq(bench->one.most_new, counts[i]);
    }
}

CONFORM(a_started_canary_can_be_more_than_one)
{
    bench_do(bench, VERB_START, 3, memo);
    bench_stands(bench, 3);
    ck_assert_uint_eq(bench->one.most_new, 3);
}

static bool stream_shows_finish(struct bench *bench, void *arg)
{
    const struct service *service = bench->one.service;
    const struct conformance_fixture *fixture = bench->world.fixture;

    (void)arg;
    return service->motion == MOTION_NONE &&
           service_count(service, fixture->new_version, STATES_SERVING) == 8 &&
           service_count(service, fixture->old_version, STATES_ALL) == 0;
}

CONFORM(a_finished_release_leaves_nothing_in_flight)
{
    bench_do(bench, VERB_START, 8, memo);
    bench_stands(bench, 8);
    ck_assert(bench_until(bench, stream_shows_finish, NULL));
    ck_assert_str_eq(bench->one.service->wants, bench->world.fixture->new_version);
}

CONFORM(the_step_moves_the_spec_digest_and_rest_does_not)
{
    char before[96], started[96];
    const struct service *service = bench_read(bench);

    snprintf(before, sizeof before, "%s", service->spec_digest);
    service_unref(service);
    bench_do(bench, VERB_START, 1, memo);
    service = bench_read(bench);
    snprintf(started, sizeof started, "%s", service->spec_digest);
    ck_assert_str_ne(started, before);
    service_unref(service);
    bench_pass(bench, bench->world.fixture->calm_ms);
    service = bench_read(bench);
    ck_assert_str_eq(service->spec_digest, started);
    service_unref(service);
}

CONFORM(a_stale_revision_is_a_conflict_and_changes_nothing)
{
    bench_do(bench, VERB_START, 1, memo);
    struct action action = bench_plan(bench, VERB_STEP, 3, memo);
    struct action stale = action;
    bench_do(bench, VERB_STEP, 2, memo);
    struct answer answer = bench_act(bench, &bench->one, &stale, *memo);
    ck_assert_int_eq(answer.err.code, ERR_CONFLICT);
    answer_release(&answer);
    bench_stands(bench, 2);
    ck_assert_uint_eq(bench->one.most_new, 2);
}

static bool has_mark(const struct service *service, const struct action *action)
{
    char mark[64];

    snprintf(mark, sizeof mark, "%s.%u", action->id, action->write);
    for (size_t i = 0; i < service->mark_count; i++)
        if (strcmp(service->marks[i], mark) == 0)
            return true;
    return false;
}

CONFORM(a_write_leaves_its_mark)
{
    const struct action action = bench_begin(bench, VERB_START, 1, memo);
    const struct service *service = bench_read(bench);

    ck_assert(has_mark(service, &action));
    service_unref(service);
    bench_settle(bench, &action);
    service = bench_read(bench);
    ck_assert(has_mark(service, &action));
    service_unref(service);
}

CONFORM(the_same_write_again_is_a_conflict)
{
    const struct action action = bench_begin(bench, VERB_START, 1, memo);

    for (int again = 0; again < 2; again++) {
        struct answer answer = bench_act(bench, &bench->one, &action, *memo);
        ck_assert_int_eq(answer.err.code, ERR_CONFLICT);
        answer_release(&answer);
    }
    bench_finish(bench, action, *memo);
    bench_stands(bench, 1);
    ck_assert_uint_eq(bench->one.most_new, 1);
}

CONFORM(of_two_operators_one_wins)
{
    struct action mine = bench_plan(bench, VERB_START, 1, memo);
    struct action theirs = mine;

    bench_second(bench);
    id_random(theirs.id);
    struct answer first = bench_act(bench, &bench->two, &theirs, *memo);
    struct answer second = bench_act(bench, &bench->one, &mine, *memo);
    ck_assert_int_eq(first.err.code, ERR_NONE);
    ck_assert_int_eq(second.err.code, ERR_CONFLICT);
    answer_release(&first);
    answer_release(&second);
    bench_finish(bench, theirs, *memo);
    bench_stands(bench, 1);
}

CONFORM(a_foreign_write_makes_the_revision_stale)
{
    const struct action action = bench_plan(bench, VERB_START, 1, memo);

    bench->world.fixture->foreign_write(&bench->world, bench->service_id);
    struct answer answer = bench_act(bench, &bench->one, &action, *memo);
    ck_assert_int_eq(answer.err.code, ERR_CONFLICT);
    answer_release(&answer);
    bench_stands(bench, 0);
}

static void roll_back(struct bench *bench, json_t **memo, uint32_t fresh)
{
    const struct conformance_fixture *fixture = bench->world.fixture;
    const struct names untouched = bench_names(bench, fixture->old_version);

    ck_assert_uint_eq(untouched.count, 8 - fresh);
    bench_do(bench, VERB_ROLLBACK, 8, memo);
    bench_stands(bench, 0);
    const struct names after = bench_names(bench, fixture->old_version);
    ck_assert_uint_eq(after.count, 8);
    ck_assert_msg(names_hold(&after, &untouched), "an untouched instance was replaced");
}

CONFORM(a_rollback_from_the_canary_keeps_what_was_not_touched)
{
    bench_do(bench, VERB_START, 1, memo);
    roll_back(bench, memo, 1);
}

CONFORM(a_rollback_from_three_keeps_what_was_not_touched)
{
    bench_do(bench, VERB_START, 1, memo);
    bench_do(bench, VERB_STEP, 3, memo);
    roll_back(bench, memo, 3);
}

CONFORM(a_finished_release_can_be_rolled_back)
{
    bench_do(bench, VERB_START, 8, memo);
    roll_back(bench, memo, 8);
}

CONFORM(after_a_rollback_it_can_be_released_again)
{
    bench_do(bench, VERB_START, 2, memo);
    bench_do(bench, VERB_ROLLBACK, 8, memo);
    bench->one.most_new = 0;
    bench_do(bench, VERB_START, 1, memo);
    bench_stands(bench, 1);
    ck_assert_uint_eq(bench->one.most_new, 1);
}

CONFORM(a_pause_in_a_step_stands_and_a_resume_goes_on)
{
    const struct conformance_fixture *fixture = bench->world.fixture;

    bench_do(bench, VERB_START, 1, memo);
    bench_begin(bench, VERB_STEP, 7, memo);
    struct action pause = bench_plan(bench, VERB_PAUSE, 7, memo);
    if (pause.writes) {
        struct answer answer = bench_act(bench, &bench->one, &pause, *memo);
        ck_assert_msg(answer.err.code == ERR_NONE, "pause: %s", answer.err.text);
        answer_release(&answer);
    }
    bench_settle(bench, &pause);
    const struct service *service = bench_read(bench);
    const uint32_t rested = bench_count(service, fixture->new_version);
    ck_assert_int_eq(service->motion, MOTION_RESTING);
    service_unref(service);
    ck_assert_uint_le(rested, 7);
    bench_stands(bench, rested);
    const struct action resume = bench_plan(bench, VERB_RESUME, 7, memo);
    if (resume.writes)
        bench_do(bench, VERB_RESUME, 7, memo);
    bench_stands(bench, 7);
    ck_assert_uint_le(bench->one.most_new, 7);
}

CONFORM(a_resting_release_is_paused_without_a_write)
{
    bench_do(bench, VERB_START, 1, memo);
    ck_assert_uint_eq(bench_plan(bench, VERB_PAUSE, 1, memo).writes, 0);
}

CONFORM(a_second_start_in_flight_is_refused)
{
    const struct conformance_fixture *fixture = bench->world.fixture;

    bench_do(bench, VERB_START, 1, memo);
    const struct err err = bench_refused(bench, VERB_START, 1, fixture->next_version, *memo);
    ck_assert_int_eq(err.code, ERR_REJECTED);
    ck_assert_ptr_nonnull(strstr(err.text, bench->world.service_name));
}

CONFORM(more_instances_than_there_are_is_refused)
{
    const struct err err =
        bench_refused(bench, VERB_START, 9, bench->world.fixture->new_version, *memo);
    ck_assert_int_eq(err.code, ERR_REJECTED);
}

CONFORM(a_fence_moves_the_revision_and_nothing_else)
{
    struct driver *driver = bench->one.driver;

    bench_do(bench, VERB_START, 1, memo);
    const struct action late = bench_plan(bench, VERB_STEP, 3, memo);
    const struct service *before = bench_read(bench);
    struct answer answer = bench_fence(bench, before->revision);
    if (!driver->ops->caps(driver)->fence) {
        ck_assert_int_eq(answer.err.code, ERR_UNSUPPORTED);
    } else {
        ck_assert_msg(answer.err.code == ERR_NONE, "fence: %s", answer.err.text);
        const struct service *after = bench_read(bench);
        ck_assert_str_ne(after->revision, before->revision);
        ck_assert_str_eq(after->spec_digest, before->spec_digest);
        service_unref(after);
        struct answer act = bench_act(bench, &bench->one, &late, *memo);
        ck_assert_int_eq(act.err.code, ERR_CONFLICT);
        answer_release(&act);
        struct answer again = bench_fence(bench, before->revision);
        ck_assert_int_eq(again.err.code, ERR_CONFLICT);
        answer_release(&again);
    }
    answer_release(&answer);
    service_unref(before);
    bench_stands(bench, 1);
    ck_assert_uint_eq(bench->one.most_new, 1);
}

const struct conformance_row conformance_moves[] = {
    {"steps", &a_canary_of_one_moves_exactly_one_and_stands, NEED_NONE},
    {"steps", &a_started_canary_can_be_more_than_one, NEED_NONE},
    {"steps", &steps_are_exact_at_every_moment, NEED_NONE},
    {"steps", &a_finished_release_leaves_nothing_in_flight, NEED_NONE},
    {"steps", &the_step_moves_the_spec_digest_and_rest_does_not, NEED_NONE},
    {"steps", &a_pause_in_a_step_stands_and_a_resume_goes_on, NEED_NONE},
    {"steps", &a_resting_release_is_paused_without_a_write, NEED_NONE},
    {"steps", &a_second_start_in_flight_is_refused, NEED_NONE},
    {"steps", &more_instances_than_there_are_is_refused, NEED_NONE},
    {"rollback", &a_rollback_from_the_canary_keeps_what_was_not_touched, NEED_NONE},
    {"rollback", &a_rollback_from_three_keeps_what_was_not_touched, NEED_NONE},
    {"rollback", &a_finished_release_can_be_rolled_back, NEED_NONE},
    {"rollback", &after_a_rollback_it_can_be_released_again, NEED_NONE},
    {"preconditions", &a_stale_revision_is_a_conflict_and_changes_nothing, NEED_NONE},
    {"preconditions", &a_write_leaves_its_mark, NEED_NONE},
    {"preconditions", &the_same_write_again_is_a_conflict, NEED_NONE},
    {"preconditions", &of_two_operators_one_wins, NEED_NONE},
    {"preconditions", &a_foreign_write_makes_the_revision_stale, NEED_FOREIGN},
    {"preconditions", &a_fence_moves_the_revision_and_nothing_else, NEED_NONE},
    {0},
};
