/* How far back a service can still go, per store, and what the next key would make of that. */
#include "guard/bound_by_hand.h"
#include "guard/floor.h"

static struct floor_view floor_of(const char *id, const char *next)
{
    const struct snapshot *snapshot = fleet_snapshot(fleet);
    const struct guard_input in = {.snapshot = snapshot,
                                   .service = snapshot_find_service(snapshot, "c", id),
                                   .utc_ms = 1800000000000,
                                   .bind = bind};
    struct floor_view view;

    memset(&view, '#', sizeof view);
    guard_floor(&in, next, arena, &view);
    snapshot_unref(snapshot);
    return view;
}

/* 1 reads f of both stores; 2 reads f and g of d and writes g to it once it is next. */
#define ONE "{service: web, version: '1', reads: {d: [f], e: [f]}, writes: {d: [f], e: [f]}}"
#define TWO                                                                                        \
    "{service: web, version: '2', follows: ['1'], reads: {d: [f, g], e: [f]}, writes: {d: [g]}}"
#define THREE "{service: web, version: '3', follows: ['2'], reads: {d: [f, g], e: [f]}}"
#define ASIDE "{service: web, version: '9', reads: {d: [f]}}"

START_TEST(the_floor_is_what_reads_all_that_may_be_at_rest)
{
    static const struct {
        const char *contracts, *places, *next;
        const char *now, *after, *shown_next;
        const char *stores[2][3]; /* store, now, after */
    } rows[] = {
        {ONE ", " TWO, "n1:1", "", "1", "?", "2", {{"d", "1", "?"}, {"e", "1", "1"}}},
        {ONE ", " TWO, "n1:1", "2", "1", "?", "2", {{"d", "1", "?"}, {"e", "1", "1"}}},
        {ONE ", " TWO, "n1:2", "", "2", "2", "", {{"d", "2", "2"}, {"e", "1", "1"}}},
        {ONE ", " TWO ", " THREE, "n1:2", "", "2", "2", "3", {{"d", "2", "2"}, {"e", "1", "1"}}},
        /* what came long before */
        {ONE ", " TWO ", " THREE, "n1:3", "", "2", "2", "", {{"d", "2", "2"}, {"e", "1", "1"}}},
        /* two may be next, and one that follows nothing is no successor */
        {ONE ", " TWO ", {service: web, version: '2b', follows: ['1'], reads: {d: [f], e: [f]}}",
         "n1:1",
         "",
         "1",
         "1",
         "",
         {{"d", "1", "1"}, {"e", "1", "1"}}},
        {ONE ", " TWO ", " ASIDE, "n1:1", "", "1", "?", "2", {{"d", "1", "?"}, {"e", "1", "1"}}},
        /* what came before what runs is not next, although it is declared to go both ways */
        {"{service: web, version: '1', follows: ['2'], reads: {d: [f], e: [f]}}, "
         "{service: web, version: '2', reads: {d: [f], e: [f]}}",
         "n1:1",
         "",
         "2",
         "2",
         "",
         {{"d", "2", "2"}, {"e", "2", "2"}}},
        /* nobody reads what is there */
        {"{service: web, version: '1', reads: {d: [f], e: [f]}, writes: {d: [z]}}",
         "n1:1",
         "7",
         "?",
         "?",
         "7",
         {{"d", "?", "?"}, {"e", "1", "1"}}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[800];

        setup();
        snprintf(text, sizeof text, "{contracts: [%s]}", rows[i].contracts);
        declare(FACTS_SETTINGS, text);
        service("web", "", rows[i].places);
        struct floor_view view = floor_of("web", rows[i].next);
        ck_assert_msg(strcmp(view.now, rows[i].now) == 0, "row %zu: now %s", i, view.now);
        ck_assert_msg(strcmp(view.after, rows[i].after) == 0, "row %zu: after %s", i, view.after);
        ck_assert_msg(strcmp(view.next, rows[i].shown_next) == 0, "row %zu: next %s", i, view.next);
        ck_assert_uint_eq(view.store_count, 2);
        for (size_t s = 0; s < 2; s++) {
            ck_assert_str_eq(view.stores[s].store, rows[i].stores[s][0]);
            ck_assert_msg(strcmp(view.stores[s].now, rows[i].stores[s][1]) == 0,
                          "row %zu: %s now %s", i, view.stores[s].store, view.stores[s].now);
            ck_assert_msg(strcmp(view.stores[s].after, rows[i].stores[s][2]) == 0,
                          "row %zu: %s after %s", i, view.stores[s].store, view.stores[s].after);
        }
        teardown();
    }
}
END_TEST

START_TEST(what_nobody_declared_has_no_floor)
{
    static const char *const contracts[] = {
        "",                                               /* no contract at all */
        "{service: web",                                  /* one that cannot be read */
        "{service: web, version: '1', writes: {d: [f]}}", /* it never says what it reads */
        "{service: web, version: '1', needs: {d: [c]}}",
    };

    setup();
    service("web", contracts[_i], "n1:1");
    service("lib", "{service: lib, version: '1', reads: {d: [f]}}", "n1:1");
    struct floor_view view = floor_of("web", "2");
    ck_assert_str_eq(view.now, "");
    ck_assert_str_eq(view.after, "");
    ck_assert_str_eq(view.next, "");
    ck_assert_uint_eq(view.store_count, 0);
    teardown();
}
END_TEST

START_TEST(without_a_binding_there_is_no_floor)
{
    const struct guard_input in = {.bind = NULL};
    struct floor_view view;

    memset(&view, '#', sizeof view);
    guard_floor(&in, "2", NULL, &view);
    ck_assert_str_eq(view.now, "");
    ck_assert_str_eq(view.next, "");
    ck_assert_uint_eq(view.store_count, 0);
}
END_TEST

SUITE(guard_floor)
{
    Suite *suite = suite_create("guard_floor");
    TCase *tc = test_case(suite, "floor", 10);

    tcase_add_test(tc, the_floor_is_what_reads_all_that_may_be_at_rest);
    tcase_add_loop_test(tc, what_nobody_declared_has_no_floor, 0, 4);
    tcase_add_test(tc, without_a_binding_there_is_no_floor);
    return suite;
}
