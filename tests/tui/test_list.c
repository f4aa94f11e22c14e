/* test_list.c: what is selected, in which order rows stand, and which ones a filter shows. */
#include "tui/easel.h"

#include "base/mem.h"
#include "views/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(selection_sticks_to_the_object)
{
    free(easel_draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(easel_selected(), "ledger-writer");
    easel_press(&view_fleet, COMMAND_DOWN);
    ck_assert_str_eq(easel_selected(), "payments-api");
    const struct row **rows = (const struct row **)(uintptr_t)easel.frame->rows;
    const struct row *first = rows[0];
    memmove(rows, rows + 1, 8 * sizeof *rows);
    rows[8] = first;
    easel.frame->now_ms += 5000;
    free(easel_draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(easel_selected(), "payments-api");
    ck_assert_str_eq(easel.screen.cluster, "prod-eu");
}
END_TEST

START_TEST(rows_keep_their_places_for_two_seconds_after_a_key)
{
    free(easel_draw(&view_fleet, 80, 24, false));
    easel_press(&view_fleet, COMMAND_DOWN);
    const struct row **rows = (const struct row **)(uintptr_t)easel.frame->rows;
    const struct row *first = rows[0];
    rows[0] = rows[4];
    rows[4] = first;
    struct list list;
    easel.frame->now_ms += 1900;
    list_make(&list, &easel.screen, easel.frame);
    ck_assert_str_eq(list.rows[0]->service->name, "ledger-writer");
    list_release(&list);
    easel.frame->now_ms += 200;
    list_make(&list, &easel.screen, easel.frame);
    ck_assert_str_eq(list.rows[4]->service->name, "ledger-writer");
    list_release(&list);
}
END_TEST

START_TEST(a_new_row_comes_last_while_the_order_is_held)
{
    easel.frame->row_count--;
    free(easel_draw(&view_fleet, 80, 24, false));
    easel_press(&view_fleet, COMMAND_DOWN);
    const struct row **rows = (const struct row **)(uintptr_t)easel.frame->rows;
    const struct row *fresh = rows[easel.frame->row_count];
    memmove(rows + 1, rows, easel.frame->row_count * sizeof *rows);
    rows[0] = fresh;
    easel.frame->row_count++;
    struct list list;
    list_make(&list, &easel.screen, easel.frame);
    ck_assert_ptr_eq(list.rows[easel.frame->row_count - 1], fresh);
    list_release(&list);
}
END_TEST

START_TEST(the_place_of_a_vanished_row_is_taken_by_the_next)
{
    free(easel_draw(&view_fleet, 80, 24, false));
    easel_press(&view_fleet, COMMAND_DOWN);
    easel_press(&view_fleet, COMMAND_DOWN);
    ck_assert_str_eq(easel_selected(), "edge-proxy");
    const struct row **rows = (const struct row **)(uintptr_t)easel.frame->rows;
    const struct row *gone = rows[2];
    memmove(rows + 2, rows + 3, (easel.frame->row_count - 3) * sizeof *rows);
    easel.frame->row_count--;
    ck_assert_ptr_null(
        screen_selected(&easel.screen, easel.frame)); /* until it is drawn, no key has a target */
    free(easel_draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(easel_selected(), "mailer");
    rows[easel.frame->row_count++] = gone;
}
END_TEST

START_TEST(the_selected_row_is_always_in_sight)
{
    for (size_t i = 0; i < 40; i++) {
        easel_press(&view_fleet, i % 7 == 6 ? COMMAND_PAGE_UP : COMMAND_DOWN);
        free(easel_draw(&view_fleet, 80, 24, false));
        ck_assert_int_ge(easel.canvas.cursor_y, 3);
        ck_assert_int_lt(easel.canvas.cursor_y, 3 + easel.screen.page);
        ck_assert_int_eq(easel.canvas.cells[easel.canvas.cursor_y * 80].attrs & CELL_SELECTED,
                         CELL_SELECTED);
    }
    easel_press(&view_fleet, COMMAND_BOTTOM);
    ck_assert_str_eq(easel_selected(), "search-index");
    easel_press(&view_fleet, COMMAND_TOP);
    ck_assert_str_eq(easel_selected(), "ledger-writer");
}
END_TEST

START_TEST(a_goes_round_what_needs_you)
{
    static const char *const order[] = {"payments-api", "edge-proxy", "ledger-writer",
                                        "payments-api"};

    free(easel_draw(&view_fleet, 80, 24, false));
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        easel_press(&view_fleet, COMMAND_NEXT_ALERT);
        ck_assert_str_eq(easel_selected(), order[i]);
    }
    snprintf(easel.screen.filter, sizeof easel.screen.filter, "state=moving");
    easel_press(&view_fleet, COMMAND_NEXT_ALERT);
    ck_assert_ptr_nonnull(strstr(easel.screen.flash, "3 need you, hidden by the filter"));
}
END_TEST

START_TEST(a_click_selects_the_row_under_it)
{
    easel.frame->action_count = 0;
    free(easel_draw(&view_fleet, 80, 24, false));
    ck_assert(view_fleet.click(&easel.screen, easel.frame, 80, 24, 5, 20));
    ck_assert_str_eq(easel_selected(), "edge-proxy");
    ck_assert(!view_fleet.click(&easel.screen, easel.frame, 80, 24, 0, 20));
    ck_assert(!view_fleet.click(&easel.screen, easel.frame, 80, 24, 2, 20));
    ck_assert(!view_fleet.click(&easel.screen, easel.frame, 80, 24, 20, 20));
    free(easel_draw(&view_fleet, 140, 45, false));
    ck_assert(!view_fleet.click(&easel.screen, easel.frame, 140, 45, 5, 100));
}
END_TEST

START_TEST(a_page_of_text_scrolls_to_its_end_and_no_further)
{
    easel_select("prod-eu", "payments-api");
    easel_hides(&view_rollout, 80, 24, "── events");
    easel_press(&view_rollout, COMMAND_BOTTOM);
    easel_shows(&view_rollout, 80, 24, "step 3 → 8 of 24 applied");
    int bottom = easel.screen.scroll;
    easel_press(&view_rollout, COMMAND_DOWN);
    free(easel_draw(&view_rollout, 80, 24, false));
    ck_assert_int_eq(easel.screen.scroll, bottom);
    easel_press(&view_rollout, COMMAND_TOP);
    ck_assert_int_eq(easel.screen.scroll, 0);
}
END_TEST

/* Filter. */

static const struct {
    const char *filter;
    size_t shown;
} filters[] = {
    {"", 18},           {"payments", 2},          {"PAYMENTS", 2},
    {"!payments", 16},  {"cluster=prod", 10},     {"cluster=prod !state=steady", 5},
    {"state=stuck", 2}, {"service=^auth$", 2},    {"version=2.9.0", 2},
    {"version=^5", 3},  {"by=oncall1", 2},        {"node=gpu-7", 1},
    {"ImagePull", 1},   {"auth|cart", 3},         {"  cart   prod-eu ", 1},
    {"cluster=", 18},   {"nothing-like-this", 0}, {"kind=statefulset", 1},
    {"marked=yes", 0},  {"marked=no", 18},
};

START_TEST(a_filter_shows_what_matches)
{
    struct list list;

    snprintf(easel.screen.filter, sizeof easel.screen.filter, "%s", filters[_i].filter);
    list_make(&list, &easel.screen, easel.frame);
    ck_assert_msg(list.count == filters[_i].shown, "%s: %zu rows, expected %zu", filters[_i].filter,
                  list.count, filters[_i].shown);
    list_release(&list);
}
END_TEST

static const char *const bad_filters[] = {
    "[", "(", "a{1,30000}", "(a)\\1", "a++++++++++++++++++++++++", "*", "a b c d e f g h i"};

START_TEST(a_filter_that_is_no_pattern_hides_nothing_and_says_why)
{
    struct list list;

    snprintf(easel.screen.filter, sizeof easel.screen.filter, "%s", bad_filters[_i]);
    list_make(&list, &easel.screen, easel.frame);
    if (strcmp(bad_filters[_i], "*") != 0) { /* some C libraries take a lone star literally */
        ck_assert_uint_eq(list.count, list.all);
        ck_assert_str_ne(list.complaint, "");
    }
    list_release(&list);
}
END_TEST

START_TEST(n_goes_from_match_to_match)
{
    easel_press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_ptr_nonnull(strstr(easel.screen.flash, "press /"));
    snprintf(easel.screen.filter, sizeof easel.screen.filter, "auth");
    free(easel_draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(easel.screen.cluster, "prod-eu");
    easel_press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_str_eq(easel.screen.cluster, "prod-us");
    easel_press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_str_eq(easel.screen.cluster, "prod-eu");
    easel_press(&view_fleet, COMMAND_PREV_MATCH);
    ck_assert_str_eq(easel.screen.cluster, "prod-us");
}
END_TEST

SUITE(list)
{
    Suite *suite = suite_create("list");
    TCase *list = test_case(suite, "list", 10);

    tcase_add_checked_fixture(list, easel_set_up, easel_tear_down);
    tcase_add_test(list, selection_sticks_to_the_object);
    tcase_add_test(list, rows_keep_their_places_for_two_seconds_after_a_key);
    tcase_add_test(list, a_new_row_comes_last_while_the_order_is_held);
    tcase_add_test(list, the_place_of_a_vanished_row_is_taken_by_the_next);
    tcase_add_test(list, the_selected_row_is_always_in_sight);
    tcase_add_test(list, a_goes_round_what_needs_you);
    tcase_add_test(list, a_click_selects_the_row_under_it);
    tcase_add_test(list, a_page_of_text_scrolls_to_its_end_and_no_further);
    tcase_add_loop_test(list, a_filter_shows_what_matches, 0, (int)ARRAY_LEN(filters));
    tcase_add_loop_test(list, a_filter_that_is_no_pattern_hides_nothing_and_says_why, 0,
                        (int)ARRAY_LEN(bad_filters));
    tcase_add_test(list, n_goes_from_match_to_match);
    return suite;
}
