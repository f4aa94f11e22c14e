/* test_pictures.c: the pictures of the README, made by the program from its own stories and
 * compared with those that are kept; and what a picture is made of. */
#include "base/mem.h"
#include "picture.h"
#include "tui/golden.h"
#include "tui/play.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static const struct shot {
    const char *file, *story, *theme;
    const struct view *view; /* the first time it shows what was refused */
    int width, height;
} shots[] = {
    {"../.github/refused.svg", "knight", "dusk", &view_fleet, 96, 26},
    {"../.github/safety.svg", "skew", "dusk", &view_safety, 120, 34},
    {"../.github/paper.svg", "two-services", "paper", &view_fleet, 96, 26},
};

/* Its mistake was refused, and the view shows it. */
static bool is_there(const struct play *play, const struct shot *shot, bool *refused)
{
    *refused = *refused || (play_beat(play)->refused && play->app.telling.pressed);
    return *refused && app_view(&play->app) == shot->view;
}

START_TEST(the_readmes_pictures_are_what_the_program_draws)
{
    const struct shot *shot = &shots[_i];
    struct play play;
    struct theme theme;
    struct err err = {0};
    bool there = false, refused = false;

    ck_assert_msg(theme_load(&theme, shot->theme, &err), "%s", err.text);
    play_begin(&play, shot->story, true);
    canvas_resize(&play.app.canvas, shot->width, shot->height);
    for (int i = 0; i < 3000 && !there; i++) {
        play_turn(&play);
        there = is_there(&play, shot, &refused);
    }
    ck_assert(there);
    free(play_screen(&play));
    char *svg = picture_svg(&play.app.canvas, &theme, NULL);
    golden_check(shot->file, svg);
    free(svg);
    play_end(&play);
}
END_TEST

START_TEST(a_run_of_one_look_is_one_text_and_markup_is_escaped)
{
    static const char *const has[] = {
        ">a&lt;b&amp;c</text>", "fill=\"#cd0000\" font-weight=\"bold\">!!</text>",
        "textLength=\"24\"",                                                      /* three cells */
        "<rect x=\"10\" y=\"27\" width=\"160\" height=\"17\" fill=\"#d7dae0\"/>", /* reversed */
    };
    struct canvas canvas;
    struct theme theme;

    theme_init_default(&theme);
    canvas_init(&canvas, 20, 2, false);
    canvas_text(&canvas, 0, 0, 20, ROLE_TEXT, "a<b&c");
    canvas_text(&canvas, 0, 5, 20, ROLE_ALERT, "!!");
    canvas_text(&canvas, 0, 10, 20, ROLE_OK, "yes");
    canvas_fill(&canvas, 1, 0, 20, ROLE_TITLE);
    char *svg = picture_svg(&canvas, &theme, NULL);
    for (size_t i = 0; i < ARRAY_LEN(has); i++)
        ck_assert_msg(strstr(svg, has[i]) != NULL, "%s not in:\n%s", has[i], svg);
    free(svg);
    canvas_release(&canvas);
}
END_TEST

SUITE(pictures)
{
    Suite *suite = suite_create("pictures");
    TCase *tcase = test_case(suite, "pictures", 60);

    tcase_add_loop_test(tcase, the_readmes_pictures_are_what_the_program_draws, 0,
                        (int)ARRAY_LEN(shots));
    tcase_add_test(tcase, a_run_of_one_look_is_one_text_and_markup_is_escaped);
    return suite;
}
