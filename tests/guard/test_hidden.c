/* test_hidden.c: random fleets whose versions clash in ways that no contract tells, released by the
 * real rules and stages: what goes wrong stays with a canary, and everything comes to rest. */
#include "test.h"

#include "guard/hidden_many.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WORLDS 1000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WORLDS 1000
#endif
#endif
#ifndef WORLDS
#define WORLDS 10000
#endif
enum { BATCHES = 10, WITHOUT_A_RULE = WORLDS / 4 };

/* Tells the world that went wrong. */
static void tell(const struct hidden_setting *setting, uint64_t seed)
{
    struct hidden_setting told = *setting;
    struct hidden_result result;

    told.trace = stderr;
    hidden_run(seed, &told, &result);
}

START_TEST(nothing_goes_wrong_fleet_wide_and_everything_comes_to_rest)
{
    const struct hidden_setting *setting = &hidden_cases[0].setting;
    struct hidden_tally tally;

    hidden_many((uint64_t)_i * (WORLDS / BATCHES), WORLDS / BATCHES, setting, &tally);
    if (tally.fleet_wide || tally.stuck)
        tell(setting, tally.worst);
    ck_assert_uint_eq(tally.fleet_wide, 0);
    ck_assert_uint_eq(tally.stuck, 0);
    ck_assert_uint_eq(tally.stale, 0);
    /* and it is not because nothing happens */
    ck_assert_uint_gt(tally.released, tally.worlds / 2);
    ck_assert_uint_gt(tally.contained, tally.worlds / 10);
    /* A batch made small for sanitizers need not meet the rarest rule. */
    for (unsigned r = 0; WORLDS == 10000 && r < RULE_COUNT; r++)
        ck_assert_msg(tally.by_rule[r] > 0, "nothing is refused by %s", rule_word[r]);
}
END_TEST

START_TEST(a_canary_finds_what_no_contract_tells)
{
    static const unsigned found[] = {HIDDEN_ROT, HIDDEN_NEAR, HIDDEN_PEER, HIDDEN_WAY_BACK};
    static const unsigned never[] = {HIDDEN_FAR, HIDDEN_IMAGE, HIDDEN_PULL};
    struct hidden_tally tally;

    hidden_many(0, WITHOUT_A_RULE, &hidden_cases[0].setting, &tally);
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        ck_assert_msg(tally.seen[found[i]] > 0, "%s: never met", hidden_word[found[i]]);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(!tally.seen[never[i]], "%s: %u worlds", hidden_word[never[i]],
                      tally.seen[never[i]]);
}
END_TEST

START_TEST(a_missing_rule_shows)
{
    const struct hidden_case *c = &hidden_cases[_i];
    struct hidden_tally tally;

    hidden_many(0, WITHOUT_A_RULE, &c->setting, &tally);
    ck_assert_msg(!(c->harm & HARM_FLEET_WIDE) || tally.fleet_wide, "%s: no harm", c->name);
    ck_assert_msg(!(c->harm & HARM_STALE) || tally.stale, "%s: no harm", c->name);
    for (unsigned k = 0; k < HIDDEN_COUNT; k++)
        ck_assert_msg(!(c->kinds >> k & 1) || tally.seen[k], "%s: %s: never met", c->name,
                      hidden_word[k]);
}
END_TEST

START_TEST(a_world_is_the_same_every_time)
{
    struct hidden_result first, again;

    for (uint64_t seed = 0; seed < 20; seed++) {
        hidden_run(seed, &hidden_cases[0].setting, &first);
        hidden_run(seed, &hidden_cases[0].setting, &again);
        ck_assert_mem_eq(&first, &again, sizeof first);
    }
}
END_TEST

SUITE(guard_hidden)
{
    Suite *suite = suite_create("guard_hidden");
    TCase *tcase = test_case(suite, "hidden", 60);

    tcase_add_loop_test(tcase, nothing_goes_wrong_fleet_wide_and_everything_comes_to_rest, 0,
                        BATCHES);
    tcase_add_test(tcase, a_canary_finds_what_no_contract_tells);
    tcase_add_loop_test(tcase, a_missing_rule_shows, 1, (int)hidden_case_count);
    tcase_add_test(tcase, a_world_is_the_same_every_time);
    return suite;
}
