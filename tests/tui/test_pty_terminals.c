/* test_pty_terminals.c: every terminal, locale and size has its picture. */
#include "base/mem.h"
#include "dash.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_terminal_is_drawn_and_restored)
{
    static const char *const terms[] = {
        "TERM=xterm-256color", "TERM=tmux-256color", "TERM=screen",       "TERM=xterm",
        "TERM=linux",          "TERM=vt100",         "TERM=no-such-term", "TERM",
        "TERM=xterm-kitty",
    };

    dash_start(&(struct pty_options){.env = {terms[_i]}});
    pty_send(pty, "\r");
    pty_wait_no_text(pty, DASH_FLEET);
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "qq");
    dash_quit();
}
END_TEST

START_TEST(a_terminal_without_a_cursor_is_refused_untouched)
{
    size_t len;

    pty = pty_start(&(struct pty_options){.env = {"TERM=dumb"}});
    ck_assert_int_eq(pty_wait_exit(pty), 2);
    const char *log = pty_log(pty, &len);
    pty_assert_restored(pty);
    ck_assert_ptr_null(memchr(log, 033, len));
    ck_assert(pty_has_text(pty, "TERM"));
}
END_TEST

START_TEST(a_plain_locale_gets_ascii_only)
{
    size_t len;

    dash_start(&(struct pty_options){.env = {"LC_ALL=C", "TERM=vt100"}});
    pty_send(pty, "\r");
    pty_wait_no_text(pty, DASH_FLEET);
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "qq");
    dash_quit();
    const char *log = pty_log(pty, &len);
    for (size_t i = 0; i < len; i++)
        ck_assert_msg((unsigned char)log[i] < 0x80, "byte %x at %zu", (unsigned char)log[i], i);
}
END_TEST

START_TEST(no_color_means_no_color)
{
    size_t len;

    dash_start(&(struct pty_options){.env = {"NO_COLOR=1"}});
    dash_quit();
    const char *log = pty_log(pty, &len);
    ck_assert(!pty_has_color(log, len));
    pty_free(pty);
    dash_start(&(struct pty_options){.env = {"NO_COLOR="}});
    dash_quit();
    log = pty_log(pty, &len);
    ck_assert(pty_has_color(log, len));
}
END_TEST

/* Waits until what the log says last of margins is this. */
static void wait_margins(const char *want)
{
    double end = pty_now_ms() + 15000;
    char last[32] = "";

    while (strcmp(last, want) != 0) {
        size_t len;
        ck_assert_msg(pty_now_ms() < end, "margins are '%s', not '%s'", last, want);
        pty_read_for(pty, 20);
        const char *log = pty_log(pty, &len);
        for (size_t i = 0; i + 2 < len; i++) {
            size_t n = log[i] == 033 && log[i + 1] == '[' ? strspn(log + i + 2, "0123456789;") : 0;
            if (n && i + 2 + n < len && log[i + 2 + n] == 'r')
                snprintf(last, sizeof last, "%.*s", (int)n, log + i + 2);
        }
    }
}

/* Else some terminals delete nothing in the lines below. */
START_TEST(margins_are_those_of_the_terminal)
{
    dash_start(&(struct pty_options){.width = 100, .height = 40});
    wait_margins("1;40");
    pty_resize(pty, 120, 50);
    wait_margins("1;50");
    pty_resize(pty, 80, 24);
    wait_margins("1;24");
    dash_quit();
}
END_TEST

START_TEST(nothing_is_sent_while_nothing_changes)
{
    size_t before, after;

    dash_start_plain();
    pty_read_for(pty, 500);
    pty_log(pty, &before);
    pty_read_for(pty, 2000);
    pty_log(pty, &after);
    /* The clock and a few ages, twice. */
    ck_assert_msg(after - before <= 2 * 600, "%zu bytes in two seconds", after - before);
    dash_quit();
}
END_TEST

START_TEST(a_storm_of_sizes_ends_in_the_right_picture)
{
    static const int sizes[][2] = {{1, 1},   {80, 24}, {2, 3},     {200, 60}, {60, 12},
                                   {59, 12}, {60, 1},  {500, 200}, {13, 40},  {140, 45}};

    dash_start_plain();
    for (int i = 0; i < 300; i++)
        pty_resize(pty, sizes[i % 10][0], sizes[i % 10][1]);
    for (int i = 0; i < 40; i++) {
        pty_resize(pty, sizes[i % 10][0], sizes[i % 10][1]);
        pty_read_for(pty, 5);
    }
    pty_resize(pty, 59, 12);
    pty_wait_text(pty, "needs 60x12, have 59x12");
    pty_resize(pty, 100, 30);
    pty_wait_text(pty, DASH_FLEET);
    pty_wait_text(pty, "q quit");
    dash_quit();
}
END_TEST

/* The keys are on the last line, and nowhere else. */
static bool bar_is_last(void)
{
    const char *screen = pty_screen(pty), *bar = strstr(screen, "q quit");
    const char *end = bar ? strchr(bar, '\n') : NULL;

    return end && end[1] == '\0';
}

START_TEST(every_size_has_its_picture)
{
    static const int sizes[][2] = {{1, 1},    {2, 1},    {1, 2},    {10, 3},  {59, 200},
                                   {500, 11}, {60, 12},  {61, 13},  {80, 24}, {140, 45},
                                   {500, 12}, {60, 200}, {500, 200}};

    dash_start(&(struct pty_options){0});
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1];
        char small[80], seen[80];
        pty_resize(pty, width, height);
        snprintf(seen, sizeof seen, "lockstep needs 60x12, have %dx%d", width, height);
        snprintf(small, sizeof small, "%.*s", width, seen);
        if (width < 60 || height < 12)
            pty_wait_text(pty, small);
        else
            pty_wait_text(pty, DASH_FLEET);
        double end = pty_now_ms() + 15000;
        while (width >= 60 && height >= 12 && !bar_is_last() && pty_now_ms() < end)
            pty_read_for(pty, 10);
        ck_assert_msg(pty_now_ms() < end, "%dx%d:\n%s", width, height, pty_screen(pty));
    }
    dash_quit();
}
END_TEST

/* Below the title with its clock. */
static char *picture_below_title(void)
{
    const char *screen = pty_screen(pty), *rest = strchr(screen, '\n');

    return xstrdup(rest ? rest : screen);
}

/* Thousands of sizes, as a mouse that drags a corner makes them; what is there at the end is what a
 * redraw from nothing gives. */
START_TEST(a_storm_of_five_thousand_sizes_in_two_seconds)
{
    static const char *const args[] = {"demo", "eight", NULL};
    double begin;
    char *after, *redrawn;
    bool same = false;

    dash_start(&(struct pty_options){.args = args});
    begin = pty_now_ms();
    for (int i = 0; i < 5000; i++) {
        pty_resize(pty, 1 + i * 7 % 160, 1 + i * 5 % 50);
        double ahead = begin + i * 0.4 - pty_now_ms();
        if (ahead > 0)
            pty_read_for(pty, 1);
    }
    double took = pty_now_ms() - begin;
    pty_resize(pty, 100, 30);
    pty_wait_text(pty, DASH_FLEET);
    pty_wait_text(pty, "q quit");
    for (int i = 0; i < 20 && !same; i++) { /* an age may move between the two */
        pty_read_for(pty, 50);
        after = picture_below_title();
        pty_send(pty, "\014");
        pty_read_for(pty, 50);
        redrawn = picture_below_title();
        same = strcmp(after, redrawn) == 0 && pty_has_text(pty, DASH_FLEET);
        free(after);
        free(redrawn);
    }
    ck_assert_msg(same, "a redraw changes the picture:\n%s", pty_screen(pty));
    ck_assert_msg(took >= 1999 && took < 20000, "5,000 sizes took %.0f ms", took);
    dash_quit();
    ck_assert_int_lt(pty_cpu_ms(pty), 4000);
}
END_TEST

SUITE(pty_terminals)
{
    Suite *suite = suite_create("pty-terminals");
    TCase *terms = dash_case(suite, "terminals", 40), *sizes = dash_case(suite, "sizes", 60);

    tcase_add_loop_test(terms, every_terminal_is_drawn_and_restored, 0, 9);
    tcase_add_test(terms, a_terminal_without_a_cursor_is_refused_untouched);
    tcase_add_test(terms, a_plain_locale_gets_ascii_only);
    tcase_add_test(terms, no_color_means_no_color);
    tcase_add_test(terms, margins_are_those_of_the_terminal);
    tcase_add_test(terms, nothing_is_sent_while_nothing_changes);
    tcase_add_test(sizes, a_storm_of_sizes_ends_in_the_right_picture);
    tcase_add_test(sizes, every_size_has_its_picture);
    tcase_add_test(sizes, a_storm_of_five_thousand_sizes_in_two_seconds);
    return suite;
}
