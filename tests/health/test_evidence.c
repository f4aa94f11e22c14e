/* test_evidence.c: what a bake rests on. */
#include "health/evidence.h"

#include "base/mem.h"
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct evidence *evidence;

static void begin(void)
{
    evidence = xcalloc(1, sizeof *evidence);
    *evidence =
        (struct evidence){.version = "5", .control = "4", .began_utc_ms = 1000000, .step_ms = 1000};
    evidence_begin(evidence);
    evidence->measure[MEASURE_ERRORS].asked = evidence->measure[MEASURE_TRAFFIC].asked = true;
}

static void end(void)
{
    free(evidence);
}

static void put(double canary, double control, double traffic)
{
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        size_t i = evidence->count[g]++;
        evidence->measure[MEASURE_ERRORS].value[g][i] = g == GROUP_CANARY ? canary : control;
        evidence->measure[MEASURE_TRAFFIC].value[g][i] = traffic;
    }
}

static void add_many(size_t count, double canary, double control, double traffic)
{
    while (count--)
        put(canary, control, traffic);
    evidence_judge(evidence);
}

static void says(enum judge_answer answer, const char *reason)
{
    ck_assert_msg(evidence->answer == answer && strstr(evidence->reason, reason), "%s: %s",
                  judge_answer_word[evidence->answer], evidence->reason);
}

START_TEST(nothing_measured_waits)
{
    evidence_judge(evidence);
    says(JUDGE_WAITS, "no data is never a pass");
    add_many(10, NAN, NAN, NAN);
    says(JUDGE_WAITS, "no data is never a pass");
}
END_TEST

START_TEST(as_good_as_the_old_one_passes)
{
    add_many(12, 0.002, 0.002, 1000);
    says(JUDGE_PASSES, "errors: 0.2 % against 0.2 %");
    ck_assert_uint_eq(evidence->samples, 12);
}
END_TEST

START_TEST(what_failed_under_load_has_failed)
{
    add_many(3, 0.002, 0.002, 1000);
    add_many(12, 0.08, 0.002, 1000);
    says(JUDGE_FAILS, "errors:");
    add_many(40, 0, 0.002, 1000); /* the load is gone, and on the whole it looks well */
    says(JUDGE_FAILS, "errors:");
}
END_TEST

START_TEST(one_measure_that_fails_is_enough_and_one_that_waits_holds)
{
    struct evidence_measure *latency = &evidence->measure[MEASURE_LATENCY];

    latency->asked = true;
    add_many(20, 0.002, 0.002, 1000);
    says(JUDGE_WAITS, "latency: no values of the new version");
    for (size_t i = 0; i < 20; i++) {
        latency->value[GROUP_CANARY][i] = 2 + 0.01 * (double)i;
        latency->value[GROUP_CONTROL][i] = 1 + 0.01 * (double)i;
    }
    evidence_judge(evidence);
    says(JUDGE_FAILS, "latency: median 2");
}
END_TEST

START_TEST(a_series_that_broke_off_does_not_pass)
{
    add_many(20, 0.002, 0.002, 1000);
    add_many(EVIDENCE_GAP, NAN, 0.002, 1000);
    evidence->measure[MEASURE_TRAFFIC].value[GROUP_CANARY][22] = NAN;
    evidence_judge(evidence);
    says(JUDGE_PASSES, ""); /* a scrape may be missed */
    for (size_t i = 20; i < 23; i++)
        evidence->measure[MEASURE_TRAFFIC].value[GROUP_CANARY][i] = NAN;
    put(NAN, 0.002, 1000);
    evidence->measure[MEASURE_TRAFFIC].value[GROUP_CANARY][23] = NAN;
    evidence_judge(evidence);
    says(JUDGE_WAITS, "the last 4 samples of 5 are missing");
    ck_assert_int_eq(evidence_newest_utc_ms(evidence), 1000000 + 20 * 1000);
}
END_TEST

START_TEST(before_and_after_uses_all_of_before)
{
    evidence->before_after = true;
    add_many(10, 0.002, 0.002, 1000);
    evidence->count[GROUP_CANARY] = 6;
    evidence_judge(evidence);
    says(JUDGE_PASSES, "(12 of 6000, 20 of 10000)");
}
END_TEST

START_TEST(a_long_bake_has_longer_steps)
{
    ck_assert_int_eq(evidence_step_ms(0, 600000), METRICS_EVERY_MS);
    ck_assert_int_eq(evidence_step_ms(1000, 10000), 1000);
    ck_assert(3600000 / evidence_step_ms(1000, 3600000) <= EVIDENCE_SAMPLES_MAX);
}
END_TEST

START_TEST(a_full_store_is_judged_as_well)
{
    add_many(EVIDENCE_SAMPLES_MAX, 0.002, 0.002, 1000);
    says(JUDGE_PASSES, "errors");
}
END_TEST

SUITE(evidence)
{
    Suite *suite = suite_create("evidence");
    TCase *c = test_case(suite, "evidence", 10);

    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, nothing_measured_waits);
    tcase_add_test(c, as_good_as_the_old_one_passes);
    tcase_add_test(c, what_failed_under_load_has_failed);
    tcase_add_test(c, one_measure_that_fails_is_enough_and_one_that_waits_holds);
    tcase_add_test(c, a_series_that_broke_off_does_not_pass);
    tcase_add_test(c, before_and_after_uses_all_of_before);
    tcase_add_test(c, a_long_bake_has_longer_steps);
    tcase_add_test(c, a_full_store_is_judged_as_well);
    return suite;
}
