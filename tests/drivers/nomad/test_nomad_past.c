/* test_nomad_past.c: which versions of a job were releases, and how they grew. */
#include "drivers/nomad/nomad_recorded.h"
#include "drivers/nomad/past.h"
#include "test.h"

#include <string.h>

START_TEST(a_release_is_where_the_version_of_the_group_changes)
{
    struct nomad_recorded r = nomad_recorded_look("canary");
    size_t count;
    r.sight.history = &r.history;
    const struct past *past = nomad_past_make("n", &r.sight, r.arena, &count);

    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(past->service_id, "default/web/web");
    ck_assert_str_eq(past->name, "web");
    ck_assert_uint_eq(past->replicas, 8);
    /* 4, to 5 in two registrations, back in two, and a canary of 5. */
    static const char *const versions[] = {"4", "5", "4", "5"};
    static const uint32_t grown[] = {0, 5, 8, 1}, running[] = {0, 0, 7, 1};
    ck_assert_uint_eq(r.history.count, 6);
    ck_assert_uint_eq(past->release_count, ARRAY_LEN(versions));
    ck_assert_uint_eq(past->missing, 0);
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        ck_assert_str_eq(past->release[i].version, versions[i]);
        ck_assert_uint_eq(past->release[i].growth_count, grown[i]);
        ck_assert_uint_eq(past->release[i].running, running[i]);
        ck_assert_int_eq(past->release[i].growth_is_whole, grown[i] == 8);
        ck_assert(i == 0 || past->release[i].at_utc_ms > past->release[i - 1].at_utc_ms);
    }
    nomad_recorded_free(&r);
}
END_TEST

START_TEST(steps_of_one_release_are_no_releases)
{
    static const char *const names[] = {"five", "big", "broken"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct nomad_recorded r = nomad_recorded_look(names[i]);
        size_t count;
        r.sight.history = &r.history;
        const struct past *past = nomad_past_make("n", &r.sight, r.arena, &count);
        ck_assert_uint_ge(count, 1);
        for (size_t k = 1; k < past->release_count; k++)
            ck_assert_str_ne(past->release[k].version, past->release[k - 1].version);
        ck_assert_uint_le(past->release_count, r.history.count);
        for (size_t k = 0; k < past->release_count; k++)
            for (size_t g = 1; g < past->release[k].growth_count; g++)
                ck_assert_int_ge(past->release[k].growth[g].at_utc_ms,
                                 past->release[k].growth[g - 1].at_utc_ms);
        nomad_recorded_free(&r);
    }
}
END_TEST

SUITE(nomad_past)
{
    Suite *suite = suite_create("nomad_past");
    TCase *tcase = test_case(suite, "past", 10);

    tcase_add_test(tcase, a_release_is_where_the_version_of_the_group_changes);
    tcase_add_test(tcase, steps_of_one_release_are_no_releases);
    return suite;
}
