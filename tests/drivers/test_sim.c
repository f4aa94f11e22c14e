/* test_sim.c: writes of the simulated cluster meet the faults they were promised. */
#include "drivers/sim_bench.h"

#include <stdio.h>
#include <string.h>

START_TEST(an_unknown_scenario_lists_all_there_are)
{
    struct clock *clock = clock_new_virtual(0);
    struct err err = {0};

    ck_assert_ptr_null(sim_new("nosuch", 1, clock, &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    for (size_t i = 0; sim_scenario_name(i); i++) {
        ck_assert_ptr_nonnull(strstr(err.text, sim_scenario_name(i)));
        ck_assert(sim_scenario_about(i)[0]);
    }
    clock_free(clock);
}
END_TEST

START_TEST(a_fault_without_its_target_is_not_found)
{
    static const struct {
        enum sim_fault fault;
        const char *target;
    } rows[] = {
        {SIM_NODE_SILENT, "w99"},     {SIM_CRASH, "nosuch"},      {SIM_IMAGE_MISSING, "web"},
        {SIM_IMAGE_FIXED, "other:5"}, {SIM_LOSE_REQUEST, "jump"},
    };
    struct bench bench;

    open_on(&bench, "eight");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        ck_assert(!sim_inject(sim_of(&bench), rows[i].fault, rows[i].target, &err));
        ck_assert_int_eq(err.code, ERR_NOT_FOUND);
    }
    bench_close(&bench);
}
END_TEST

/* Each fault of a write: what the driver is told, and how often it was applied in the end. */
static const struct {
    enum sim_fault fault;
    enum err_code told;
    unsigned applied_then, applied_later;
} write_rows[] = {
    {SIM_LOSE_REQUEST, ERR_NETWORK, 0, 0},   {SIM_LOSE_ANSWER, ERR_NETWORK, 1, 1},
    {SIM_DELAY_REQUEST, ERR_NETWORK, 0, 1},  {SIM_DELAY_ANSWER, ERR_NONE, 1, 1},
    {SIM_DUPLICATE_REQUEST, ERR_NONE, 1, 1}, {SIM_CONFLICT, ERR_CONFLICT, 0, 0},
};

START_TEST(a_write_meets_its_fault)
{
    struct bench bench;
    json_t *memo = NULL;
    char mark[64];

    open_on(&bench, "eight");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    snprintf(mark, sizeof mark, "%s.0", action.id);
    inject(&bench, write_rows[_i].fault, "start");
    struct answer answer = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(answer.err.code, write_rows[_i].told);
    ck_assert_uint_eq(sim_applied(sim_of(&bench), mark), write_rows[_i].applied_then);
    bench_pass(&bench, 20000);
    ck_assert_uint_eq(sim_applied(sim_of(&bench), mark), write_rows[_i].applied_later);
    bench_stands(&bench, write_rows[_i].applied_later);
    ck_assert_uint_eq(answer.calls, 1);
    answer_release(&answer);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_fence_keeps_a_late_request_out)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    inject(&bench, SIM_DELAY_REQUEST, "act");
    struct answer answer = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(answer.err.code, ERR_NETWORK);
    struct answer fence = bench_fence(&bench, action.revision);
    ck_assert_int_eq(fence.err.code, ERR_NONE);
    bench_stands(&bench, 0);
    ck_assert_uint_eq(sim_applied_total(sim_of(&bench)), 0);
    answer_release(&answer);
    answer_release(&fence);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(without_a_fence_a_late_request_arrives_within_the_stated_time)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight-no-fence");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    inject(&bench, SIM_DELAY_REQUEST, "act");
    struct answer answer = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(answer.err.code, ERR_NETWORK);
    const struct driver_caps *caps = bench.one.driver->ops->caps(bench.one.driver);
    ck_assert(!caps->fence);
    bench_pass(&bench, caps->settle_ms);
    ck_assert_uint_eq(sim_applied_total(sim_of(&bench)), 1);
    answer_release(&answer);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

static void count_act(void *arg, const char *revision, const struct err *err)
{
    (void)revision;
    (void)err;
    ++*(unsigned *)arg;
}

START_TEST(what_was_sent_arrives_when_the_sender_is_gone)
{
    struct bench bench;
    json_t *memo = NULL;
    unsigned calls = 0;

    open_on(&bench, "eight");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    bench_second(&bench);
    bench.two.driver->ops->act(bench.two.driver, &action, memo, count_act, &calls);
    bench.two.driver->ops->close(bench.two.driver);
    bench.two.driver = NULL;
    bench_settle(&bench, &action);
    bench_stands(&bench, 1);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_eq(sim_applied_total(sim_of(&bench)), 1);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(what_is_forbidden_is_named)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    const struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    inject(&bench, SIM_FORBIDDEN, "");
    struct answer act = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(act.err.code, ERR_AUTH);
    struct answer may = bench_permissions(&bench);
    ck_assert(may.permissions.may_view && !may.permissions.may_act);
    ck_assert(may.permissions.missing[0]);
    inject(&bench, SIM_PERMITTED, "");
    struct answer again = bench_permissions(&bench);
    ck_assert(again.permissions.may_act);
    bench_stands(&bench, 0);
    answer_release(&act);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_ledger_write_can_be_overtaken)
{
    struct bench bench;

    open_on(&bench, "eight");
    struct answer made = bench_put(&bench, &bench.one, "web", "one", "");
    inject(&bench, SIM_LEDGER_CONFLICT, "");
    struct answer lost = bench_put(&bench, &bench.one, "web", "two", made.revision);
    struct answer got = bench_get(&bench, &bench.one, "web");
    ck_assert_int_eq(lost.err.code, ERR_CONFLICT);
    ck_assert_str_eq(got.text, "one");
    ck_assert_str_ne(got.revision, made.revision);
    answer_release(&made);
    answer_release(&lost);
    answer_release(&got);
    bench_close(&bench);
}
END_TEST

START_TEST(hostile_words_of_an_operator_come_back_clean)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    struct action action = bench_plan(&bench, VERB_START, 1, &memo);
    snprintf(action.to, sizeof action.to, "5\x1b[2J");
    snprintf(action.artifact, sizeof action.artifact, "web:5\x1b]0;x\x07");
    snprintf(action.by, sizeof action.by, "eve\x1b[31m");
    struct answer answer = bench_act(&bench, &bench.one, &action, memo);
    ck_assert_int_eq(answer.err.code, ERR_NONE);
    bench_pass(&bench, 5000);
    const struct service *service = bench_read(&bench);
    ck_assert_ptr_null(strchr(service->wants, '\x1b'));
    ck_assert_ptr_null(strchr(service->artifact, '\x1b'));
    ck_assert_ptr_null(strchr(service->reason, '\x1b'));
    ck_assert_ptr_null(strchr(service->by, '\x1b'));
    service_unref(service);
    answer_release(&answer);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(the_last_thirty_two_marks_stay)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    bench_do(&bench, VERB_START, 1, &memo);
    for (int i = 0; i < 40; i++)
        bench_do(&bench, VERB_STEP, 1, &memo);
    const struct service *service = bench_read(&bench);
    ck_assert_uint_eq(service->mark_count, 32);
    service_unref(service);
    bench_stands(&bench, 1);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

START_TEST(a_step_takes_two_writes_where_the_scenario_says_so)
{
    static const struct {
        const char *scenario;
        uint32_t to;
        uint32_t writes;
    } rows[] = {{"eight", 8, 1}, {"eight-two-writes", 8, 2}, {"eight-two-writes", 2, 1}};
    struct bench bench;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_t *memo = NULL;
        open_on(&bench, rows[i].scenario);
        bench_do(&bench, VERB_START, 1, &memo);
        ck_assert_uint_eq(bench_plan(&bench, VERB_STEP, rows[i].to, &memo).writes, rows[i].writes);
        json_decref(memo);
        bench_close(&bench);
    }
}
END_TEST

START_TEST(the_digest_moves_with_each_step_and_with_nothing_else)
{
    struct bench bench;
    json_t *memo = NULL;

    open_on(&bench, "eight");
    bench_do(&bench, VERB_START, 1, &memo);
    const struct service *first = bench_read(&bench);
    inject(&bench, SIM_TOUCHED, "web");
    inject(&bench, SIM_CRASH, "web");
    bench_pass(&bench, 10000);
    const struct service *same = bench_read(&bench);
    bench_do(&bench, VERB_STEP, 2, &memo);
    const struct service *next = bench_read(&bench);
    ck_assert_str_eq(first->spec_digest, same->spec_digest);
    ck_assert_str_ne(first->spec_digest, next->spec_digest);
    service_unref(first);
    service_unref(same);
    service_unref(next);
    json_decref(memo);
    bench_close(&bench);
}
END_TEST

SUITE(sim)
{
    Suite *suite = suite_create("sim");
    TCase *names = test_case(suite, "names", 10);
    TCase *writes = test_case(suite, "writes", 10);

    tcase_add_test(names, an_unknown_scenario_lists_all_there_are);
    tcase_add_test(names, a_fault_without_its_target_is_not_found);
    tcase_add_test(names, hostile_words_of_an_operator_come_back_clean);
    tcase_add_loop_test(writes, a_write_meets_its_fault, 0, ARRAY_LEN(write_rows));
    tcase_add_test(writes, a_fence_keeps_a_late_request_out);
    tcase_add_test(writes, without_a_fence_a_late_request_arrives_within_the_stated_time);
    tcase_add_test(writes, what_was_sent_arrives_when_the_sender_is_gone);
    tcase_add_test(writes, what_is_forbidden_is_named);
    tcase_add_test(writes, a_ledger_write_can_be_overtaken);
    tcase_add_test(writes, a_step_takes_two_writes_where_the_scenario_says_so);
    tcase_add_test(writes, the_digest_moves_with_each_step_and_with_nothing_else);
    tcase_add_test(writes, the_last_thirty_two_marks_stay);
    return suite;
}
