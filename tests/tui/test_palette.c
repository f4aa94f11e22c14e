/* test_palette.c: what the line behind `:` offers and means. */
#include "palette.h"
#include "tui/easel.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct palette_item items[PALETTE_ITEMS_MAX];

static size_t offered(const char *typed)
{
    return palette_items(typed, easel.frame, items);
}

static bool is_offered(const char *typed, const char *text)
{
    size_t count = offered(typed);

    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].text, text) == 0)
            return true;
    return false;
}

START_TEST(every_command_of_the_table_is_found_by_its_word)
{
    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        const char *word = command_info[c].word;
        ck_assert_msg(is_offered(word, word), "%s", word);
        ck_assert_msg(is_offered("", word), "%s", word);
        struct palette_line line = palette_read(word);
        ck_assert_msg((int)line.command == c, "%s", word);
        ck_assert_int_eq(line.word, PALETTE_NONE);
    }
}
END_TEST

START_TEST(words_that_begin_so_come_before_those_that_have_it_in_them)
{
    ck_assert_uint_gt(offered("no"), 1);
    ck_assert_str_eq(items[0].text, "nodes");
    ck_assert(is_offered("silent", "nodes")); /* by its help */
    ck_assert_uint_eq(offered("xyzzy"), 0);
}
END_TEST

START_TEST(what_follows_a_word_is_completed_from_the_frame)
{
    static const char *const row[][2] = {
        {"cluster ", "cluster prod-eu"}, {"cluster us", "cluster prod-us"},
        {"cluster", "cluster "},         {"service pay", "service payments-api"},
        {"sort s", "sort since"},        {"theme ", "theme mono"},
        {"filter st", "filter state="},  {"cluster a", "cluster all"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        ck_assert_msg(is_offered(row[i][0], row[i][1]), "%s: no %s", row[i][0], row[i][1]);
    struct palette_line line = palette_read("save  a b.txt");
    ck_assert_int_eq(line.word, PALETTE_SAVE);
    ck_assert_str_eq(line.argument, "a b.txt");
    ck_assert_int_eq(palette_read("nothing").command, COMMAND_NONE);
    ck_assert_int_eq(palette_read("nothing here").word, PALETTE_NONE);
}
END_TEST

START_TEST(the_palette_says_what_acts_by_its_key)
{
    easel.screen.palette.open = true;
    snprintf(easel.screen.palette.text, sizeof easel.screen.palette.text, "und");
    easel_shows(&view_fleet, 80, 24, "key U");
    easel_shows(&view_fleet, 80, 24, ":und_");
    easel_shows(&view_fleet, 60, 12, "key U");
}
END_TEST

START_TEST(rows_are_sorted_by_what_was_asked_for)
{
    easel_press(&view_fleet, COMMAND_TOP);
    ck_assert_str_eq(easel_selected(), "ledger-writer");
    easel_press(&view_fleet, COMMAND_SORT_NEXT); /* name */
    ck_assert_int_eq(easel.screen.sort, SORT_NAME);
    ck_assert_str_eq(easel_selected(), "ledger-writer"); /* it sticks to the object */
    easel_press(&view_fleet, COMMAND_TOP);
    ck_assert_str_eq(easel_selected(), "auth");
    easel_shows(&view_fleet, 80, 24, "▌· auth");
    char *dump = easel_draw(&view_fleet, 140, 45, false);
    ck_assert_ptr_nonnull(strstr(dump, "↓"));
    free(dump);
    easel_press(&view_fleet, COMMAND_SORT_TURN);
    easel_press(&view_fleet, COMMAND_TOP);
    ck_assert_str_eq(easel_selected(), "thumbnailer");
    for (int i = 0; i < SORT_COUNT; i++) {
        easel_press(&view_fleet, COMMAND_SORT_NEXT);
        free(easel_draw(&view_fleet, 80, 24, false));
    }
    ck_assert_int_eq(easel.screen.sort, SORT_NAME);
}
END_TEST

START_TEST(one_cluster_alone_can_be_shown)
{
    snprintf(easel.screen.only_cluster, sizeof easel.screen.only_cluster, "swarm-1");
    easel_shows(&view_fleet, 80, 24, "mailer");
    easel_hides(&view_fleet, 80, 24, "recsys");
    easel_shows(&view_fleet, 80, 24, "1 prod-eu 0.4s"); /* digits choose */
}
END_TEST

START_TEST(marks_stay_with_their_rows)
{
    easel_press(&view_fleet, COMMAND_TOP);
    easel_press(&view_fleet, COMMAND_MARK); /* and goes on */
    easel_press(&view_fleet, COMMAND_MARK);
    ck_assert_uint_eq(easel.screen.mark_count, 2);
    easel_shows(&view_fleet, 80, 24, " ✗*ledger-writer");
    easel_press(&view_fleet, COMMAND_TOP);
    easel_press(&view_fleet, COMMAND_MARK);
    ck_assert_uint_eq(easel.screen.mark_count, 1);
    easel_hides(&view_fleet, 80, 24, "*ledger-writer");
}
END_TEST

START_TEST(zoomed_the_list_has_the_whole_screen)
{
    easel_select("prod-eu", "payments-api");
    easel_press(&view_fleet, COMMAND_ZOOM);
    easel_hides(&view_fleet, 80, 24, "── events");
    easel_hides(&view_fleet, 140, 45, "what can I do");
    easel_shows(&view_fleet, 80, 24, "cdn-purge");
}
END_TEST

START_TEST(a_key_of_the_bar_is_where_it_is_drawn)
{
    static const struct {
        const struct view *view;
        int width;
    } row[] = {{&view_fleet, 80}, {&view_rollout, 60}, {&view_nodes, 140}, {&view_help, 80}};

    easel_select("prod-eu", "payments-api");
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *dump = easel_draw(row[i].view, row[i].width, 24, true), *bar = dump;
        for (int y = 0; y < 23; y++)
            bar = strchr(bar, '\n') + 1;
        char *quit = strstr(bar, "q quit");
        ck_assert_ptr_nonnull(quit);
        for (int x = (int)(quit - bar); x < (int)(quit - bar) + 6; x++)
            ck_assert_int_eq(
                chrome_click(row[i].view, &easel.screen, easel.frame, &easel.canvas, 23, x),
                COMMAND_QUIT);
        ck_assert_int_eq(
            chrome_click(row[i].view, &easel.screen, easel.frame, &easel.canvas, 22, 2),
            COMMAND_NONE);
        if (row[i].view != &view_help)
            ck_assert_int_eq(
                chrome_click(row[i].view, &easel.screen, easel.frame, &easel.canvas, 23, 2),
                COMMAND_STEP);
        free(dump);
    }
}
END_TEST

SUITE(palette)
{
    Suite *suite = suite_create("palette");
    TCase *tcase = test_case(suite, "palette", 30);

    tcase_add_checked_fixture(tcase, easel_set_up, easel_tear_down);
    tcase_add_test(tcase, every_command_of_the_table_is_found_by_its_word);
    tcase_add_test(tcase, words_that_begin_so_come_before_those_that_have_it_in_them);
    tcase_add_test(tcase, what_follows_a_word_is_completed_from_the_frame);
    tcase_add_test(tcase, the_palette_says_what_acts_by_its_key);
    tcase_add_test(tcase, rows_are_sorted_by_what_was_asked_for);
    tcase_add_test(tcase, one_cluster_alone_can_be_shown);
    tcase_add_test(tcase, marks_stay_with_their_rows);
    tcase_add_test(tcase, zoomed_the_list_has_the_whole_screen);
    tcase_add_test(tcase, a_key_of_the_bar_is_where_it_is_drawn);
    return suite;
}
