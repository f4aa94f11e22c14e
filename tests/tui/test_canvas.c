/* test_canvas.c: drawing into cells, checked as text. */
#include "canvas.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct canvas canvas;

static void setup(void)
{
    canvas_init(&canvas, 10, 3, false);
}

static void teardown(void)
{
    canvas_release(&canvas);
}

static void expect(const char *want)
{
    char *got = canvas_dump(&canvas);

    ck_assert_str_eq(got, want);
    free(got);
}

START_TEST(text_clips_to_room_and_canvas)
{
    static const struct {
        int y, x, room;
        const char *text, *want;
        int used;
    } row[] = {
        {0, 0, 10, "abc", "abc\n\n\n", 3},
        {0, 0, 2, "abc", "ab\n\n\n", 2},
        {0, 8, 10, "abc", "        ab\n\n\n", 2},
        {0, -1, 10, "abc", "bc\n\n\n", 3},
        {1, 0, 10, "0123456789abc", "\n0123456789\n\n", 10},
        {0, 0, 0, "abc", "\n\n\n", 0},
        {0, 0, -3, "abc", "\n\n\n", 0},
        {0, 10, 5, "abc", "\n\n\n", 0},
        {3, 0, 5, "abc", "\n\n\n", 0},
        {-1, 0, 5, "abc", "\n\n\n", 0},
        {2, 2, 2147483647, "ab", "\n\n  ab\n", 2},
    };
    canvas_clear(&canvas);
    int used = canvas_text(&canvas, row[_i].y, row[_i].x, row[_i].room, ROLE_TEXT, row[_i].text);
    ck_assert_int_eq(used, row[_i].used);
    expect(row[_i].want);
}
END_TEST

START_TEST(what_is_not_printable_becomes_a_replacement)
{
    static const char *const hostile[] = {
        "\x1b",     "\x07",         "\n",           "\t",           "\r",
        "\x7f",     "\xc2\x9b",     "\xe2\x80\xae", "\xe2\x80\x8b", "\xf3\xa0\x81\x81",
        "\xff",     "\xc0\xaf",     "\xee\x80\x80", "\xef\xbb\xbf", "\xed\xa0\x80",
        "\xc2\xad", "\xe2\x80\xa8", "\xe2\x81\xa6",
    };
    char text[16], head[4] = "";

    snprintf(text, sizeof text, "a%sb", hostile[_i]);
    canvas_text(&canvas, 0, 0, 10, ROLE_TEXT, text);
    char *got = canvas_dump(&canvas);
    memcpy(head, got + 1, 3);
    ck_assert_msg(strcmp(head, "\xef\xbf\xbd") == 0, "row %d shows %s", _i, got);
    ck_assert_ptr_null(strstr(got, hostile[_i][0] == '\n' ? "a\n" : hostile[_i]));
    free(got);
}
END_TEST

START_TEST(wide_characters_take_two_cells_or_none)
{
    ck_assert_int_eq(canvas_text(&canvas, 0, 0, 10, ROLE_TEXT, "漢字x"), 5);
    ck_assert_str_eq(canvas.cells[0].bytes, "漢");
    ck_assert_str_eq(canvas.cells[1].bytes, "");
    ck_assert_int_eq(canvas_text(&canvas, 1, 0, 3, ROLE_TEXT, "漢字"), 2);
    ck_assert_int_eq(canvas_text(&canvas, 2, 9, 5, ROLE_TEXT, "漢"), 0);
    expect("漢字x\n漢\n\n");
}
END_TEST

START_TEST(half_a_wide_character_never_stays)
{
    canvas_text(&canvas, 0, 0, 10, ROLE_TEXT, "漢字");
    canvas_text(&canvas, 0, 1, 1, ROLE_TEXT, "x");
    expect(" x字\n\n\n");
    canvas_text(&canvas, 0, 2, 1, ROLE_TEXT, "y");
    expect(" xy\n\n\n");
    canvas_text(&canvas, 1, 0, 4, ROLE_TEXT, "漢字");
    canvas_text(&canvas, 1, 1, 2, ROLE_TEXT, "漢");
    expect(" xy\n 漢\n\n");
    canvas_text(&canvas, 2, -1, 4, ROLE_TEXT, "漢a");
    expect(" xy\n 漢\n a\n");
}
END_TEST

START_TEST(marks_join_the_cell_before)
{
    ck_assert_int_eq(canvas_text(&canvas, 0, 0, 10, ROLE_TEXT, "e\xcc\x81x"), 2);
    ck_assert_str_eq(canvas.cells[0].bytes, "e\xcc\x81");
    ck_assert_str_eq(canvas.cells[1].bytes, "x");
    /* A mark with nothing before it, and more marks than a cell can hold. */
    canvas_text(&canvas, 1, 0, 10, ROLE_TEXT, "\xcc\x81y");
    ck_assert_str_eq(canvas.cells[10].bytes, "y");
    canvas_text(&canvas, 2, 0, 10, ROLE_TEXT, "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
    ck_assert_uint_lt(strlen(canvas.cells[20].bytes), sizeof canvas.cells[20].bytes);
}
END_TEST

START_TEST(ascii_mode_keeps_every_column)
{
    struct canvas ascii;

    canvas_init(&ascii, 12, 2, true);
    canvas_text(&ascii, 0, 0, 12, ROLE_TEXT, "a→b…é漢e\xcc\x81\x1b");
    canvas_bar(&ascii, 1, 0, 4, 1, 2);
    canvas_glyph(&ascii, 1, 5, ROLE_FAILED, GLYPH_FAILED);
    char *got = canvas_dump(&ascii);
    ck_assert_str_eq(got, "a>b~??e?\n##-- x\n");
    free(got);
    canvas_release(&ascii);
}
END_TEST

START_TEST(every_glyph_is_one_cell_with_an_ascii_twin)
{
    struct canvas ascii = {.ascii = true}, utf8 = {.ascii = false};

    for (int g = 0; g < GLYPH_COUNT; g++) {
        const char *twin = canvas_glyph_text(&ascii, (enum glyph)g);
        ck_assert_uint_eq(strlen(twin), 1);
        ck_assert(twin[0] > 0x20 && twin[0] < 0x7f);
        canvas_clear(&canvas);
        ck_assert_int_eq(canvas_glyph(&canvas, 0, 0, ROLE_TEXT, (enum glyph)g), 1);
        ck_assert_str_eq(canvas.cells[0].bytes, canvas_glyph_text(&utf8, (enum glyph)g));
    }
}
END_TEST

START_TEST(fields_end_in_dots_or_align_right)
{
    static const struct {
        int room;
        bool right;
        const char *text, *want;
        int used;
    } row[] = {
        {5, false, "abc", "abc\n\n\n", 3},
        {5, true, "abc", "  abc\n\n\n", 3},
        {5, false, "abcdef", "abcd…\n\n\n", 5},
        {5, true, "abcdef", "abcd…\n\n\n", 5},
        {3, false, "漢字x", "漢…\n\n\n", 3},
        {4, false, "漢字x", "漢…\n\n\n", 3},
        {1, false, "abc", "…\n\n\n", 1},
        {0, false, "abc", "\n\n\n", 0},
        {5, false, "", "\n\n\n", 0},
    };
    canvas_clear(&canvas);
    ck_assert_int_eq(
        canvas_field(&canvas, 0, 0, row[_i].room, row[_i].right, ROLE_TEXT, row[_i].text),
        row[_i].used);
    expect(row[_i].want);
}
END_TEST

START_TEST(a_bar_is_full_only_when_all_is_done)
{
    static const struct {
        unsigned done, all;
        const char *want;
    } row[] = {
        {0, 4, "░░░░\n\n\n"}, {1, 4, "█░░░\n\n\n"},
        {4, 4, "████\n\n\n"}, {9, 4, "████\n\n\n"},
        {0, 0, "░░░░\n\n\n"}, {999, 1000, "███░\n\n\n"},
        {1, 9, "░░░░\n\n\n"}, {4294967295u, 4294967295u, "████\n\n\n"},
    };
    canvas_clear(&canvas);
    canvas_bar(&canvas, 0, 0, 4, row[_i].done, row[_i].all);
    expect(row[_i].want);
}
END_TEST

START_TEST(selection_and_roles_stay_inside)
{
    canvas_text(&canvas, 1, 0, 10, ROLE_FAILED, "abcdef");
    canvas_select(&canvas, 1, -5, 8);
    canvas_fill(&canvas, 1, 8, 99, ROLE_ALERT);
    canvas_select(&canvas, 7, 0, 10);
    canvas_fill(&canvas, -1, 0, 10, ROLE_ALERT);
    ck_assert_int_eq(canvas.cells[10].attrs, CELL_SELECTED);
    ck_assert_int_eq(canvas.cells[12].attrs, CELL_SELECTED);
    ck_assert_int_eq(canvas.cells[13].attrs, 0);
    ck_assert_int_eq(canvas.cells[10].role, ROLE_FAILED);
    ck_assert_int_eq(canvas.cells[18].role, ROLE_ALERT);
    ck_assert_int_eq(canvas.cells[17].role, ROLE_TEXT);
    canvas_text(&canvas, 1, 0, 1, ROLE_TEXT, "z");
    ck_assert_int_eq(canvas.cells[10].attrs, 0);
}
END_TEST

START_TEST(any_size_can_be_drawn_into)
{
    static const int sizes[][2] = {{0, 0}, {1, 1}, {0, 5}, {5, 0}, {-3, 7}, {500, 200}};

    canvas_resize(&canvas, sizes[_i][0], sizes[_i][1]);
    for (int y = -1; y <= canvas.height; y++) {
        canvas_print(&canvas, y, -2, 600, ROLE_TEXT, "%d 漢 %s", y, "e\xcc\x81");
        canvas_hline(&canvas, y, 3, 9, ROLE_BORDER);
        canvas_bar(&canvas, y, 3, 9, 1, 2);
        canvas_field(&canvas, y, 0, 4, true, ROLE_TEXT, "abcdefgh");
    }
    free(canvas_dump(&canvas));
}
END_TEST

START_TEST(long_prints_are_whole)
{
    canvas_resize(&canvas, 3000, 1);
    ck_assert_int_eq(canvas_print(&canvas, 0, 0, 3000, ROLE_TEXT, "%2500s", "x"), 2500);
    ck_assert_str_eq(canvas.cells[2499].bytes, "x");
}
END_TEST

START_TEST(every_role_has_a_word_of_its_own)
{
    for (int a = 0; a < ROLE_COUNT; a++) {
        ck_assert_ptr_nonnull(role_word[a]);
        for (int b = 0; b < a; b++)
            ck_assert_str_ne(role_word[a], role_word[b]);
    }
}
END_TEST

SUITE(canvas)
{
    Suite *suite = suite_create("canvas");
    TCase *tcase = test_case(suite, "cells", 5);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, text_clips_to_room_and_canvas, 0, 11);
    tcase_add_loop_test(tcase, what_is_not_printable_becomes_a_replacement, 0, 18);
    tcase_add_test(tcase, wide_characters_take_two_cells_or_none);
    tcase_add_test(tcase, half_a_wide_character_never_stays);
    tcase_add_test(tcase, marks_join_the_cell_before);
    tcase_add_test(tcase, ascii_mode_keeps_every_column);
    tcase_add_test(tcase, every_glyph_is_one_cell_with_an_ascii_twin);
    tcase_add_loop_test(tcase, fields_end_in_dots_or_align_right, 0, 9);
    tcase_add_loop_test(tcase, a_bar_is_full_only_when_all_is_done, 0, 8);
    tcase_add_test(tcase, selection_and_roles_stay_inside);
    tcase_add_loop_test(tcase, any_size_can_be_drawn_into, 0, 6);
    tcase_add_test(tcase, long_prints_are_whole);
    tcase_add_test(tcase, every_role_has_a_word_of_its_own);
    return suite;
}
