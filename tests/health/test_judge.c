/* test_judge.c: the statistics against known values, and the judge against canaries whose truth is
 * known. */
#include "health/canaries.h"
#include "health/special.h"

#include "base/mem.h"
#include "test.h"

#include <math.h>
#include <string.h>

enum { CASES = 60, SAMPLES_MAX = 40 };

static void near_to(double is, double wanted, double within, const char *what)
{
    ck_assert_msg(fabs(is - wanted) <= within, "%s: %.12g, not %.12g", what, is, wanted);
}

START_TEST(the_distributions_have_their_known_values)
{
    for (double x = 0.01; x < 40; x *= 1.7) {
        near_to(gamma_below(0.5, x), erf(sqrt(x)), 1e-9, "gamma of one half");
        near_to(gamma_below(1, x), 1 - exp(-x), 1e-9, "gamma of one");
        near_to(gamma_below(3, x), 1 - exp(-x) * (1 + x + x * x / 2), 1e-9, "gamma of three");
        near_to(student_below(x, 1), 0.5 + atan(x) / 3.14159265358979, 1e-9, "t, 1 degree");
        near_to(student_below(-x, 2), 0.5 - x / (2 * sqrt(2 + x * x)), 1e-9, "t, 2 degrees");
    }
    near_to(gamma_below(100.5, 110), gamma_below(99.5, 108.953), 2e-4, "both sides of the change");
    near_to(gamma_below(7, 0), 0, 0, "nothing");
    for (double shape = 0.5; shape < 1e6; shape *= 9)
        for (double p = 0.01; p < 1; p += 0.07)
            near_to(gamma_below(shape, gamma_quantile(shape, p)), p, 2e-4, "quantile");
}
END_TEST

/* The example that goes round with implementations of the test (R, SciPy): statistic 3.1375,
 * two-sided 0.005786. */
START_TEST(brunner_and_munzels_own_example)
{
    static const double x[] = {1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1};
    static const double y[] = {3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4};
    struct judge_sample control[ARRAY_LEN(x)], canary[ARRAY_LEN(y)];
    struct judge_rule rule = judge_rule_level;
    struct judgement said;

    for (size_t i = 0; i < ARRAY_LEN(x); i++)
        control[i] = (struct judge_sample){x[i], 0};
    for (size_t i = 0; i < ARRAY_LEN(y); i++)
        canary[i] = (struct judge_sample){y[i], 0};
    rule.factor = 1;
    judge(&rule, &(struct judge_group){canary, ARRAY_LEN(y)},
          &(struct judge_group){control, ARRAY_LEN(x)}, &said);
    near_to(said.worse, 1 - 0.0057862086661515377 / 2, 1e-8, "one side of it");
    near_to(said.canary, 3, 0, "median of the canary");
    near_to(said.control, 1, 0, "median of the control");
    ck_assert_int_eq(said.answer, JUDGE_FAILS);
}
END_TEST

/* So many samples, all alike, of both groups. */
static const struct {
    const char *what;
    enum judge_kind kind;
    double canary, canary_total, control, control_total;
    size_t canary_count, control_count;
    enum judge_answer answer;
    const char *reason;
} rows[] = {
    {"nothing at all", JUDGE_EVENTS, 0, 0, 0, 0, 0, 0, JUDGE_WAITS, "no data is never a pass"},
    {"no requests on the canary", JUDGE_EVENTS, 0, 0, 1, 500, 40, 40, JUDGE_WAITS,
     "no requests on the new version"},
    {"no control group", JUDGE_EVENTS, 0, 100, 0, 0, 40, 0, JUDGE_WAITS,
     "no requests on the old version"},
    {"no error in many requests", JUDGE_EVENTS, 0, 400, 0, 4000, 40, 40, JUDGE_PASSES,
     "(0 of 16000, 0 of 160000)"},
    {"no error in few requests", JUDGE_EVENTS, 0, 1, 0, 4000, 40, 40, JUDGE_WAITS, "too few"},
    {"as many errors", JUDGE_EVENTS, 20, 1000, 200, 10000, 40, 40, JUDGE_PASSES, ""},
    {"more errors", JUDGE_EVENTS, 60, 1000, 200, 10000, 40, 40, JUDGE_FAILS, ""},
    {"two errors of three are no proof", JUDGE_EVENTS, 2, 3, 0, 4000, 1, 40, JUDGE_WAITS, ""},
    {"not a number", JUDGE_EVENTS, NAN, 100, 0, 100, 40, 40, JUDGE_WAITS, "no requests"},
    {"endless", JUDGE_EVENTS, 1, INFINITY, 0, 100, 40, 40, JUDGE_WAITS, "no requests"},
    {"less than nothing", JUDGE_EVENTS, -1, 100, 0, 100, 40, 40, JUDGE_WAITS, "no requests"},
    {"as fast", JUDGE_LEVEL, 100, 0, 100, 0, 40, 40, JUDGE_PASSES, "median 100 against 100"},
    {"slower within what is tolerated", JUDGE_LEVEL, 120, 0, 100, 0, 40, 40, JUDGE_PASSES, ""},
    {"slower", JUDGE_LEVEL, 130, 0, 100, 0, 40, 40, JUDGE_FAILS, "median 130 against 100"},
    {"slower, seldom seen", JUDGE_LEVEL, 130, 0, 100, 0, 7, 40, JUDGE_WAITS, "too few"},
    {"no latency", JUDGE_LEVEL, NAN, 0, 100, 0, 40, 40, JUDGE_WAITS, "no values of the new"},
    {"no latency of the old", JUDGE_LEVEL, 1, 0, INFINITY, 0, 40, 40, JUDGE_WAITS,
     "no values of the old"},
    {"exactly at the limit", JUDGE_LEVEL, 125, 0, 100, 0, 40, 40, JUDGE_WAITS, "neither"},
};

START_TEST(what_is_known_decides_and_what_is_not_waits)
{
    struct judge_sample canary[SAMPLES_MAX], control[SAMPLES_MAX];
    struct judgement said;

    for (size_t i = 0; i < SAMPLES_MAX; i++) {
        canary[i] = (struct judge_sample){rows[_i].canary, rows[_i].canary_total};
        control[i] = (struct judge_sample){rows[_i].control, rows[_i].control_total};
    }
    judge(rows[_i].kind == JUDGE_EVENTS ? &judge_rule_events : &judge_rule_level,
          &(struct judge_group){canary, rows[_i].canary_count},
          &(struct judge_group){control, rows[_i].control_count}, &said);
    ck_assert_msg(said.answer == rows[_i].answer, "%s: %s, %s (%g)", rows[_i].what,
                  judge_answer_word[said.answer], said.reason, said.worse);
    ck_assert_msg(strstr(said.reason, rows[_i].reason), "%s: %s", rows[_i].what, said.reason);
}
END_TEST

START_TEST(bad_canaries_are_stopped_and_good_ones_are_not)
{
    unsigned stopped_bad = 0, passed_bad = 0, bad = 0, stopped_good = 0, samples;

    for (unsigned fault = 0; fault < FAULT_COUNT; fault++)
        for (unsigned seed = 0; seed < CASES; seed++) {
            struct canary_case c;
            canary_make(seed, (enum canary_fault)fault, &c);
            enum canary_call call = canary_call(&c, &samples);
            bad += fault != FAULT_NONE;
            stopped_good += fault == FAULT_NONE && call == CALL_BAD;
            stopped_bad += fault != FAULT_NONE && call == CALL_BAD;
            passed_bad += fault != FAULT_NONE && call == CALL_GOOD;
        }
    double precision = (double)stopped_bad / (stopped_bad + stopped_good);
    double recall = 1 - (double)passed_bad / bad;
    ck_assert_msg(precision >= 0.92, "precision %.3f", precision);
    ck_assert_msg(recall >= 0.99, "recall %.3f", recall);
}
END_TEST

SUITE(judge)
{
    Suite *suite = suite_create("judge");
    TCase *tc = test_case(suite, "numbers", 30);

    tcase_add_test(tc, the_distributions_have_their_known_values);
    tcase_add_test(tc, brunner_and_munzels_own_example);
    tcase_add_loop_test(tc, what_is_known_decides_and_what_is_not_waits, 0, ARRAY_LEN(rows));
    tcase_add_test(tc, bad_canaries_are_stopped_and_good_ones_are_not);
    return suite;
}
