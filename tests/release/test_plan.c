/* test_plan.c: steps for every size that has surprised somebody. */
#include "test.h"

#include "release/plan.h"

#include "base/mem.h"

static const struct {
    const char *what;
    uint32_t replicas;
    struct plan plan; /* wave_count 0 and canary 0: the default */
    uint32_t steps[8];
} cases[] = {
    {"none", 0, {0}, {0}},
    {"one", 1, {0}, {1}},
    {"two", 2, {0}, {1, 2}},
    {"three", 3, {0}, {1, 3}},
    {"eight", 8, {0}, {1, 3, 8}},
    {"twelve", 12, {0}, {1, 2, 4, 12}},
    {"twenty", 20, {0}, {1, 2, 7, 20}},
    {"three hundred", 300, {0}, {15, 30, 99, 300}},
    {"largest", UINT32_MAX, {0}, {214748365, 429496730, 1417339208, UINT32_MAX}},
    {"canary given", 12, {.canary = 3, .waves = {50, 100}, .wave_count = 2}, {3, 6, 12}},
    {"canary larger than all", 4, {.canary = 9, .waves = {100}, .wave_count = 1}, {4}},
    {"no waves", 10, {.canary = 2}, {2, 10}},
    {"waves that end early", 10, {.canary = 1, .waves = {50}, .wave_count = 1}, {1, 5, 10}},
    {"waves over 100 %", 10, {.canary = 1, .waves = {50, 250}, .wave_count = 2}, {1, 5, 10}},
    {"wave below the canary", 10, {.canary = 4, .waves = {10, 100}, .wave_count = 2}, {4, 10}},
};

static struct plan plan_of(size_t i)
{
    return cases[i].plan.canary || cases[i].plan.wave_count ? cases[i].plan : plan_default();
}

START_TEST(steps_are_canary_then_waves)
{
    struct plan plan = plan_of((size_t)_i);
    uint32_t have = 0;

    for (size_t i = 0; i < ARRAY_LEN(cases[_i].steps) && cases[_i].steps[i]; i++) {
        have = plan_next(&plan, cases[_i].replicas, have);
        ck_assert_msg(have == cases[_i].steps[i], "%s, step %zu: %u instead of %u", cases[_i].what,
                      i, have, cases[_i].steps[i]);
    }
    ck_assert_uint_eq(have, cases[_i].replicas);
    ck_assert_uint_eq(plan_next(&plan, cases[_i].replicas, have), cases[_i].replicas);
}
END_TEST

START_TEST(the_step_number_counts_what_was_asked_for)
{
    struct plan plan = plan_of((size_t)_i);
    uint32_t count, expected = 0, last = 0;

    while (expected < ARRAY_LEN(cases[_i].steps) && cases[_i].steps[expected])
        expected++;
    ck_assert_uint_eq(plan_step_of(&plan, cases[_i].replicas, 0, &count), 0);
    ck_assert_uint_eq(count, expected);
    for (uint32_t i = 0; i < expected; i++) {
        uint32_t at = cases[_i].steps[i];
        ck_assert_uint_eq(plan_step_of(&plan, cases[_i].replicas, at, &count), i + 1);
        ck_assert_uint_eq(plan_step_of(&plan, cases[_i].replicas, last + 1, &count), i + 1);
        last = at;
    }
}
END_TEST

START_TEST(every_step_moves_at_least_one)
{
    struct plan plan = plan_default();

    for (uint32_t replicas = 1; replicas < 500; replicas++)
        for (uint32_t have = 0; have < replicas; have++) {
            uint32_t next = plan_next(&plan, replicas, have);
            ck_assert_msg(next > have && next <= replicas, "%u of %u gave %u", have, replicas,
                          next);
        }
}
END_TEST

SUITE(plan)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = test_case(suite, "plan", 10);

    tcase_add_loop_test(tcase, steps_are_canary_then_waves, 0, (int)ARRAY_LEN(cases));
    tcase_add_loop_test(tcase, the_step_number_counts_what_was_asked_for, 0, (int)ARRAY_LEN(cases));
    tcase_add_test(tcase, every_step_moves_at_least_one);
    return suite;
}
