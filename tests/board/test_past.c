/* test_past.c: what a cluster's history shows, and what it does not. */
#include "board/past.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define T0  INT64_C(1795000000000)
#define MIN INT64_C(60000)

static struct arena *arena;

static void set_up(void)
{
    arena = arena_new(4096);
}

static void tear_down(void)
{
    arena_free(arena);
}

static struct past service(const char *name, uint32_t replicas, const struct past_release *release,
                           size_t count)
{
    return (struct past){.cluster = "c",
                         .service_id = name,
                         .name = name,
                         .scope = "shop",
                         .kind = "deployment",
                         .replicas = replicas,
                         .release = release,
                         .release_count = count};
}

static struct past_release at(const char *version, int64_t minute)
{
    return (struct past_release){.version = version,
                                 .artifact = "",
                                 .at_utc_ms = minute < 0 ? -1 : T0 + minute * MIN,
                                 .done_utc_ms = -1,
                                 .by = "",
                                 .cause = ""};
}

/* ---- a step left out ---- */

static const struct {
    const char *from, *to, *words; /* NULL: nothing was left out */
} steps[] = {
    {"4", "5", NULL},
    {"4", "6", "4 to 6 leaves out 1 version"},
    {"v4", "v7", "v4 to v7 leaves out 2 versions"},
    {"2.8.1", "2.9.0", NULL},
    {"2.8.1", "3.0.0", NULL},
    {"2.8.1", "2.10.0", "2.8.1 to 2.10.0 leaves out 1 version"},
    {"1.4.9", "3.0.0", "1.4.9 to 3.0.0 leaves out 1 version"},
    {"6", "4", NULL},               /* back is no step */
    {"20240101", "20240305", NULL}, /* a date is no count */
    {"1.2", "1.2.3", NULL},
    {"4", "6-rc1", NULL},
    {"latest", "6", NULL},
    {"", "6", NULL},
    {"1.", "3.", NULL},
    {"1.2.3.4.5", "1.2.3.4.9", NULL},
};

START_TEST(a_version_that_was_left_out_is_named)
{
    const struct past_release releases[] = {at(steps[_i].from, 0), at(steps[_i].to, 100)};
    const struct past past = service("web", 4, releases, 2);
    struct past_report report = past_judge(&past, 1, T0, arena);

    ck_assert_uint_eq(report.row_count, 1);
    const struct past_row *row = &report.rows[0];
    if (steps[_i].words) {
        ck_assert_ptr_nonnull(row->words[PAST_SKIPPED]);
        ck_assert_str_eq(row->words[PAST_SKIPPED], steps[_i].words);
        ck_assert(row->assumed[PAST_SKIPPED]);
    } else {
        ck_assert_ptr_null(row->words[PAST_SKIPPED]);
    }
}
END_TEST

/* ---- canary and bake ---- */

static const struct {
    const char *what;
    uint32_t replicas;
    struct {
        int seconds;
        uint32_t count;
    } growth[6]; /* count 0 ends it */
    bool whole;
    const char *canary, *bake;
    bool unknown;
} grown[] = {
    {"all at once", 12, {{0, 12}}, true, "all 12 were begun within 0s", NULL, false},
    {"at the engine's own pace",
     9,
     {{0, 1}, {30, 2}, {55, 6}, {59, 9}},
     true,
     "all 9 were begun within 59s",
     NULL,
     false},
    {"one, and the rest after ten minutes", 12, {{0, 1}, {600, 12}}, true, NULL, NULL, false},
    {"a third, and the rest after ten minutes", 12, {{0, 4}, {600, 12}}, true, NULL, NULL, false},
    {"more than a third",
     12,
     {{0, 5}, {600, 12}},
     true,
     "all 12 were begun within 10m00s",
     NULL,
     false},
    {"a canary that did not bake",
     12,
     {{0, 1}, {80, 12}},
     true,
     NULL,
     "1 of 12 ran 1m20s before the rest followed",
     false},
    {"the longest pause counts", 12, {{0, 1}, {80, 2}, {500, 12}}, true, NULL, NULL, false},
    {"two of two", 2, {{0, 1}, {400, 2}}, true, NULL, NULL, false},
    {"some are missing", 12, {{0, 11}}, false, NULL, NULL, true},
    {"nothing is known", 12, {{0, 0}}, false, NULL, NULL, true},
    {"one instance has no canary", 1, {{0, 1}}, true, NULL, NULL, false},
};

START_TEST(canary_and_bake_are_read_from_when_instances_began)
{
    struct past_growth growth[6];
    struct past_release releases[] = {at("4", 0), at("5", 100)};
    size_t count = 0;

    for (; count < 6 && grown[_i].growth[count].count; count++)
        growth[count] =
            (struct past_growth){releases[1].at_utc_ms + grown[_i].growth[count].seconds * 1000,
                                 grown[_i].growth[count].count};
    releases[1].growth = growth;
    releases[1].growth_count = count;
    releases[1].growth_is_whole = grown[_i].whole;
    const struct past past = service("web", grown[_i].replicas, releases, 2);
    struct past_report report = past_judge(&past, 1, T0 + MIN, arena);
    const struct past_row *row = &report.rows[0];
    const char *found[] = {row->words[PAST_NO_CANARY], row->words[PAST_NO_BAKE]};
    const char *wanted[] = {grown[_i].canary, grown[_i].bake};
    for (int i = 0; i < 2; i++)
        ck_assert_msg((!found[i] && !wanted[i]) ||
                          (found[i] && wanted[i] && strcmp(found[i], wanted[i]) == 0),
                      "%s: %s", grown[_i].what, found[i] ? found[i] : "nothing");
    ck_assert_int_eq(row->unknown, grown[_i].unknown);
    ck_assert_int_eq(row->alone, grown[_i].replicas == 1);
    ck_assert_uint_eq(report.unknown, grown[_i].unknown);
}
END_TEST

/* ---- three versions ---- */

START_TEST(three_versions_that_run_are_known)
{
    struct past_release releases[] = {at("4", 0), at("5", 100), at("6", 200), at("5", -1)};

    for (int i = 0; i < 3; i++)
        releases[i].running = 2;
    struct past past = service("web", 6, releases, 3);
    struct past_report report = past_judge(&past, 1, T0, arena);
    ck_assert_str_eq(report.rows[0].words[PAST_THIRD], "3 versions run now: 4, 5, 6");
    ck_assert(!report.rows[0].assumed[PAST_THIRD]);
    ck_assert_ptr_null(report.rows[1].words[PAST_THIRD]);
    releases[3].running = 2; /* the same version once more is not another one */
    releases[0].running = 0;
    past.release_count = 4;
    report = past_judge(&past, 1, T0, arena);
    ck_assert_uint_eq(report.found[PAST_THIRD], 0);
}
END_TEST

START_TEST(one_after_the_other_within_a_minute_may_have_been_three)
{
    struct past_release releases[] = {at("4", 0), at("5", 100), at("6", 100)};

    releases[2].at_utc_ms += 40000;
    const struct past past = service("web", 6, releases, 3);
    struct past_report report = past_judge(&past, 1, T0, arena);
    ck_assert_str_eq(report.rows[0].words[PAST_THIRD], "6 was asked for 40s after 5");
    ck_assert(report.rows[0].assumed[PAST_THIRD]);
    ck_assert_ptr_null(report.rows[1].words[PAST_THIRD]); /* only two there were then */
}
END_TEST

/* ---- two at a time ---- */

START_TEST(two_services_of_a_namespace_that_move_together_are_told)
{
    struct past_release web[] = {at("4", 0), at("5", 100)}, cart[] = {at("1", 0), at("2", 103)};
    struct past pasts[] = {service("web", 4, web, 2), service("cart", 4, cart, 2)};
    struct past_report report = past_judge(pasts, 2, T0 + MIN, arena);

    ck_assert_uint_eq(report.found[PAST_OVERLAPPED], 1);
    ck_assert_str_eq(report.rows[0].of->name, "cart"); /* newest first; the later one is told */
    ck_assert_str_eq(report.rows[0].words[PAST_OVERLAPPED], "web (3m00s before) was moving");
    ck_assert(report.rows[0].assumed[PAST_OVERLAPPED]); /* how long web took is not known */
    web[1].done_utc_ms = web[1].at_utc_ms + 4 * MIN;
    report = past_judge(pasts, 2, T0 + MIN, arena);
    ck_assert(!report.rows[0].assumed[PAST_OVERLAPPED]);
    web[1].done_utc_ms = web[1].at_utc_ms + 3 * MIN;
    report = past_judge(pasts, 2, T0 + MIN, arena);
    ck_assert_uint_eq(report.found[PAST_OVERLAPPED], 0);
    web[1].done_utc_ms = -1;
    pasts[0].scope = "other";
    report = past_judge(pasts, 2, T0 + MIN, arena);
    ck_assert_uint_eq(report.found[PAST_OVERLAPPED], 0);
    pasts[0].scope = "shop";
    cart[1].at_utc_ms = web[1].at_utc_ms + 10 * MIN;
    report = past_judge(pasts, 2, T0 + MIN, arena);
    ck_assert_uint_eq(report.found[PAST_OVERLAPPED], 0);
}
END_TEST

START_TEST(many_at_a_time_are_counted)
{
    struct past_release releases[6][2];
    struct past pasts[6];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};

    for (int i = 0; i < 6; i++) {
        releases[i][0] = at("1", 0);
        releases[i][1] = at("2", 100);
        pasts[i] = service(names[i], 4, releases[i], 2);
    }
    struct past_report report = past_judge(pasts, 6, T0 + MIN, arena);
    ck_assert_uint_eq(report.found[PAST_OVERLAPPED], 5);
    for (size_t i = 0; i < report.row_count; i++)
        if (strcmp(report.rows[i].of->name, "f") == 0)
            ck_assert_str_eq(report.rows[i].words[PAST_OVERLAPPED],
                             "e (0s before), d (0s before), c (0s before) and 2 more were moving");
}
END_TEST

/* ---- what is told at all ---- */

START_TEST(only_what_is_young_enough_and_what_is_a_release_is_told)
{
    const struct past_release releases[] = {at("4", 0), at("5", 100), at("4", -1), at("6", 300)};
    struct past past = service("web", 4, releases, 4);

    struct past_report report = past_judge(&past, 1, T0, arena);
    ck_assert_uint_eq(report.row_count, 3); /* the first was made with the service */
    ck_assert_str_eq(report.rows[0].release->version, "6");
    ck_assert_str_eq(report.rows[0].before->version, "4");
    ck_assert_int_eq(report.rows[2].release->at_utc_ms, -1);
    ck_assert_uint_eq(report.untimed, 1);
    report = past_judge(&past, 1, T0 + 200 * MIN, arena);
    ck_assert_uint_eq(report.row_count, 1); /* the way back came before it: it may be older */
    past.missing = 7;
    report = past_judge(&past, 1, T0, arena);
    ck_assert_uint_eq(report.row_count, 4); /* now it is a release: of what, is not known */
    ck_assert_uint_eq(report.cut, 1);
    past_count(&report, 1);
    ck_assert_uint_eq(report.untimed, 0);
    report = past_judge(NULL, 0, T0, arena);
    ck_assert_uint_eq(report.row_count, 0);
}
END_TEST

SUITE(past)
{
    Suite *suite = suite_create("past");
    TCase *tcase = test_case(suite, "past", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_version_that_was_left_out_is_named, 0, (int)ARRAY_LEN(steps));
    tcase_add_loop_test(tcase, canary_and_bake_are_read_from_when_instances_began, 0,
                        (int)ARRAY_LEN(grown));
    tcase_add_test(tcase, three_versions_that_run_are_known);
    tcase_add_test(tcase, one_after_the_other_within_a_minute_may_have_been_three);
    tcase_add_test(tcase, two_services_of_a_namespace_that_move_together_are_told);
    tcase_add_test(tcase, many_at_a_time_are_counted);
    tcase_add_test(tcase, only_what_is_young_enough_and_what_is_a_release_is_told);
    return suite;
}
