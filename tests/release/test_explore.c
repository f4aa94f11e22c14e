/* test_explore.c: two operators, one action each, every reachable world. */
#include "test.h"

#include "release/explore.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SIZE_MAX_HERE CASE_SMALL
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIZE_MAX_HERE CASE_SMALL
#endif
#endif
#ifndef SIZE_MAX_HERE
#define SIZE_MAX_HERE CASE_MEDIUM
#endif

START_TEST(every_reachable_state_keeps_the_promises)
{
    const struct explore_case *c = &explore_cases[_i];

    if (c->missing || c->size > SIZE_MAX_HERE)
        return;
    ck_assert_msg(explore_run_case(c, false, stdout), "%s", c->name);
}
END_TEST

START_TEST(a_missing_protection_is_noticed)
{
    const struct explore_case *c = &explore_cases[_i];

    if (c->missing)
        ck_assert_msg(explore_run_case(c, false, stdout), "%s", c->name);
}
END_TEST

START_TEST(the_machine_has_no_padding_and_no_pointers)
{
    struct protocol p = protocol_new(CAP_ALL), q;

    ck_assert_uint_eq(sizeof p, 10);
    memset(&q, 0xff, sizeof q);
    q = protocol_new(CAP_ALL);
    ck_assert_int_eq(memcmp(&p, &q, sizeof p), 0);
}
END_TEST

SUITE(explore)
{
    Suite *suite = suite_create("explore");
    TCase *tcase = test_case(suite, "protocol", 120);

    tcase_add_loop_test(tcase, every_reachable_state_keeps_the_promises, 0,
                        (int)explore_case_count);
    tcase_add_loop_test(tcase, a_missing_protection_is_noticed, 0, (int)explore_case_count);
    tcase_add_test(tcase, the_machine_has_no_padding_and_no_pointers);
    return suite;
}
