/* test_mono.c: nothing is told by colour alone. A canvas as text has no colours: what is not in it
 * is seen by nobody who sees none. */
#include "tui/easel.h"

#include "base/mem.h"
#include "theme.h"
#include "views/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int sizes[][2] = {{60, 12}, {80, 24}, {140, 45}, {200, 60}};
static const struct view *const views[] = {&view_fleet, &view_rollout,  &view_safety,
                                           &view_nodes, &view_timeline, &view_couplings,
                                           &view_data,  &view_diff,     &view_log};

/* The head of the view, at 60x12 as well: the sign, then the word. */
START_TEST(every_view_tells_the_state_in_a_sign_and_a_word)
{
    const struct view *view = views[_i];
    struct row *row;

    if (view == &view_log)
        easel_use(frames_log());
    row = frames_row(easel.frame, "prod-eu", "payments-api");
    easel_select("prod-eu", "payments-api");
    for (int state = 0; state < BOARD_COUNT; state++)
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
            for (int ascii = 0; ascii < 2; ascii++) {
                char told[64];
                row->state = (enum board_state)state;
                char *dump = easel_draw(view, sizes[s][0], sizes[s][1], ascii);
                snprintf(told, sizeof told, "%s %s",
                         canvas_glyph_text(&easel.canvas, state_glyph(row->state)),
                         board_word[state]);
                bool found = strstr(dump, told) != NULL;
                if (!found)
                    fprintf(stderr, "%s", dump);
                ck_assert_msg(found, "%s at %dx%d: no %s", view->name, sizes[s][0], sizes[s][1],
                              told);
                free(dump);
            }
}
END_TEST

/* Two states may share a sign only if their words are told beside it wherever it stands. */
START_TEST(signs_of_states_differ_in_both_sets)
{
    struct canvas canvas;

    for (int ascii = 0; ascii < 2; ascii++) {
        canvas_init(&canvas, 10, 1, ascii);
        for (int a = 0; a < BOARD_COUNT; a++)
            for (int b = 0; b < a; b++) {
                bool kin = a == BOARD_VIOLATED && b == BOARD_GLASS; /* both: a rule is broken */
                bool same =
                    strcmp(canvas_glyph_text(&canvas, state_glyph((enum board_state)a)),
                           canvas_glyph_text(&canvas, state_glyph((enum board_state)b))) == 0;
                ck_assert_msg(same == kin, "%s and %s", board_word[a], board_word[b]);
                ck_assert_str_ne(board_word[a], board_word[b]);
            }
        canvas_release(&canvas);
    }
}
END_TEST

/* What an instance does, and what a rule answers, by its sign. */
START_TEST(signs_that_stand_alone_differ_in_both_sets)
{
    static const enum glyph dots[] = {GLYPH_DOT_OLD, GLYPH_DOT_NEW,   GLYPH_DOT_WAIT,
                                      GLYPH_DOT_BAD, GLYPH_DOT_GHOST, GLYPH_DOWN};
    static const enum glyph answers[] = {GLYPH_TICK, GLYPH_FAILED, GLYPH_STALE, GLYPH_DASH,
                                         GLYPH_MIDDOT};
    static const struct {
        const enum glyph *glyph;
        size_t count;
    } sets[] = {{dots, ARRAY_LEN(dots)}, {answers, ARRAY_LEN(answers)}};
    struct canvas canvas;

    for (int ascii = 0; ascii < 2; ascii++) {
        canvas_init(&canvas, 10, 1, ascii);
        for (size_t set = 0; set < ARRAY_LEN(sets); set++)
            for (size_t a = 0; a < sets[set].count; a++)
                for (size_t b = 0; b < a; b++)
                    ck_assert_str_ne(canvas_glyph_text(&canvas, sets[set].glyph[a]),
                                     canvas_glyph_text(&canvas, sets[set].glyph[b]));
        canvas_release(&canvas);
    }
}
END_TEST

START_TEST(the_selected_row_has_a_sign_of_its_own)
{
    easel_select("prod-eu", "cart");
    for (int ascii = 0; ascii < 2; ascii++) {
        char *dump = easel_draw(&view_fleet, 80, 24, ascii), line[64];
        snprintf(line, sizeof line, "\n%s%s cart", canvas_glyph_text(&easel.canvas, GLYPH_CURSOR),
                 canvas_glyph_text(&easel.canvas, GLYPH_HELD));
        ck_assert_msg(strstr(dump, line) != NULL, "%s", dump);
        free(dump);
    }
}
END_TEST

START_TEST(armed_and_lost_and_what_does_not_act_are_told_in_words)
{
    easel.frame->action_count = 0;
    easel_select("prod-us", "recsys");
    easel.screen.armed = true;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        easel_shows(&view_fleet, sizes[s][0], sizes[s][1], "ARMED");
        easel_shows(&view_fleet, sizes[s][0], sizes[s][1], "nomad-dc1 STALE 41s");
        easel_shows(&view_fleet, sizes[s][0], sizes[s][1], "(R resume)");
    }
}
END_TEST

/* Relative luminance and contrast as the Web Content Accessibility Guidelines 2.1 define them. */
static double luminance(uint32_t rgb)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;

    for (int i = 0; i < 3; i++) {
        double c = (double)((rgb >> (16 - 8 * i)) & 255) / 255;
        sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

    return x > y ? x / y : y / x;
}

static const struct theme_color *or_text(const struct theme_color *own,
                                         const struct theme_color *text)
{
    return own->is_default ? text : own;
}

START_TEST(text_of_every_shipped_theme_has_contrast)
{
    struct theme theme;
    struct err err = {0};
    size_t themes = 0;

    ck_assert(contrast(0x777777, 0xffffff) < 4.5 && contrast(0x767676, 0xffffff) > 4.5);
    for (size_t i = 0; i < theme_built_in_count; i++) {
        ck_assert_msg(theme_load(&theme, theme_built_in[i].name, &err), "%s", err.text);
        const struct theme_style *text = &theme.style[ROLE_TEXT];
        if (text->fg.is_default || text->bg.is_default)
            continue; /* the terminal's own colours */
        themes++;
        for (int r = 0; r < ROLE_COUNT; r++) {
            bool drawn = r == ROLE_BAR_NEW || r == ROLE_BAR_OLD || r == ROLE_BORDER ||
                         r == ROLE_BORDER_FOCUS; /* seen, not read */
            double ratio = contrast(or_text(&theme.style[r].fg, &text->fg)->rgb,
                                    or_text(&theme.style[r].bg, &text->bg)->rgb);
            ck_assert_msg(ratio >= (drawn ? 3 : 4.5), "%s, %s: %.2f", theme.name, role_word[r],
                          ratio);
        }
    }
    ck_assert_uint_ge(themes, 5);
}
END_TEST

SUITE(mono)
{
    Suite *suite = suite_create("mono");
    TCase *tcase = test_case(suite, "mono", 30);

    tcase_add_checked_fixture(tcase, easel_set_up, easel_tear_down);
    tcase_add_loop_test(tcase, every_view_tells_the_state_in_a_sign_and_a_word, 0,
                        (int)ARRAY_LEN(views));
    tcase_add_test(tcase, signs_of_states_differ_in_both_sets);
    tcase_add_test(tcase, signs_that_stand_alone_differ_in_both_sets);
    tcase_add_test(tcase, the_selected_row_has_a_sign_of_its_own);
    tcase_add_test(tcase, armed_and_lost_and_what_does_not_act_are_told_in_words);
    tcase_add_test(tcase, text_of_every_shipped_theme_has_contrast);
    return suite;
}
