/* test_pty_edges.c: every size, every way out from whatever the terminal was set to, and what is
 * read and written beside the screen. */
#include "base/mem.h"
#include "pty.h"
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLEET "ROLLOUT" /* head of the first screen */
#define HELP  "Looking" /* first group of keys */

static struct pty *pty;

static void teardown(void)
{
    if (pty)
        pty_free(pty);
    pty = NULL;
}

static void start(const struct pty_options *options)
{
    pty = pty_start(options);
    pty_wait_text(pty, FLEET);
}

static void quit_restored(void)
{
    pty_send(pty, "q");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}

/* Whatever the terminal was set to: each way out gives exactly that back. */
START_TEST(odd_modes_come_back_on_each_way_out)
{
    static const int ways[] = {0, SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT};

    start(&(struct pty_options){.odd_modes = true});
    if (ways[_i])
        pty_signal(pty, ways[_i]);
    else
        pty_send(pty, "q");
    ck_assert(pty_wait_exit(pty) != 0 || !ways[_i]);
    pty_assert_restored(pty);
}
END_TEST

/* The n-th thing that stty said, yours to free; NULL: not yet. */
static char *stty_said(int n)
{
    size_t len;
    const char *log = pty_log(pty, &len), *end = log + len, *at = log, *stop;

    for (;; at = stop) {
        at = memmem(at, (size_t)(end - at), "STTY ", 5);
        stop = at ? memmem(at, (size_t)(end - at), " .", 2) : NULL;
        if (!stop)
            return NULL;
        if (n-- == 0)
            return xstrndup(at, (size_t)(stop - at));
    }
}

/* fg draws everything anew; what is typed before that is the shell's. */
static void wait_picture_after(const char *said)
{
    const char *log, *at;
    size_t len;

    do {
        pty_read_for(pty, 20);
        log = pty_log(pty, &len);
        for (at = log; memmem(at, len - (size_t)(at - log), said, strlen(said));)
            at = (const char *)memmem(at, len - (size_t)(at - log), said, strlen(said)) + 1;
    } while (!memmem(at, len - (size_t)(at - log), "quit", 4));
}

START_TEST(stty_says_the_same_before_while_stopped_and_after)
{
    pty = pty_start(&(struct pty_options){.kind = PTY_SHELL, .odd_modes = _i == 1});
    pty_wait_text(pty, FLEET);
    pty_send(pty, "\032");
    char *stopped;
    while (!(stopped = stty_said(1)))
        pty_read_for(pty, 20);
    wait_picture_after(stopped);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, FLEET);
    pty_send(pty, "q");
    pty_wait_text(pty, "JOB-DONE 0");
    pty_wait_exit(pty);
    char *before = stty_said(0), *after = stty_said(2);
    ck_assert_ptr_nonnull(strstr(before, "intr = "));
    ck_assert_str_eq(stopped, before);
    ck_assert_str_eq(after, before);
    pty_assert_restored(pty);
    free(before);
    free(stopped);
    free(after);
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

    start(&(struct pty_options){0});
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        int width = sizes[i][0], height = sizes[i][1];
        char small[80], seen[80];
        pty_resize(pty, width, height);
        snprintf(seen, sizeof seen, "lockstep needs 60x12, have %dx%d", width, height);
        snprintf(small, sizeof small, "%.*s", width, seen);
        if (width < 60 || height < 12)
            pty_wait_text(pty, small);
        else
            pty_wait_text(pty, FLEET);
        double end = pty_now_ms() + 15000;
        while (width >= 60 && height >= 12 && !bar_is_last() && pty_now_ms() < end)
            pty_read_for(pty, 10);
        ck_assert_msg(pty_now_ms() < end, "%dx%d:\n%s", width, height, pty_screen(pty));
    }
    quit_restored();
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

    start(&(struct pty_options){.args = args});
    begin = pty_now_ms();
    for (int i = 0; i < 5000; i++) {
        pty_resize(pty, 1 + i * 7 % 160, 1 + i * 5 % 50);
        double ahead = begin + i * 0.4 - pty_now_ms();
        if (ahead > 0)
            pty_read_for(pty, 1);
    }
    double took = pty_now_ms() - begin;
    pty_resize(pty, 100, 30);
    pty_wait_text(pty, FLEET);
    pty_wait_text(pty, "q quit");
    for (int i = 0; i < 20 && !same; i++) { /* an age may move between the two */
        pty_read_for(pty, 50);
        after = picture_below_title();
        pty_send(pty, "\014");
        pty_read_for(pty, 50);
        redrawn = picture_below_title();
        same = strcmp(after, redrawn) == 0 && pty_has_text(pty, FLEET);
        free(after);
        free(redrawn);
    }
    ck_assert_msg(same, "a redraw changes the picture:\n%s", pty_screen(pty));
    ck_assert_msg(took >= 1999 && took < 20000, "5,000 sizes took %.0f ms", took);
    quit_restored();
    ck_assert_int_lt(pty_cpu_ms(pty), 4000);
}
END_TEST

static void save_as(const char *path)
{
    pty_send(pty, "s");
    pty_wait_text(pty, ":save _");
    pty_send(pty, path);
    pty_wait_text(pty, strrchr(path, '.'));
    pty_send(pty, "\r");
}

START_TEST(a_screen_is_saved_as_a_picture)
{
    char *path = xasprintf("%s/screen.svg", test_dir()), text[4096] = "";

    start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "billing");
    save_as(path);
    pty_wait_text(pty, "saved ");
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 1000);
    fclose(file);
    ck_assert_msg(strncmp(text, "<svg ", 5) == 0, "%.60s", text);
    ck_assert_ptr_nonnull(strstr(text, "</text>"));
    save_as("screen.png");
    pty_wait_text(pty, "called something.txt or .svg");
    quit_restored();
    free(path);
}
END_TEST

START_TEST(keys_of_a_file_are_pressed_and_shown)
{
    char *path = xasprintf("%s/keys.conf", test_dir());
    FILE *f = fopen(path, "w");
    const char *const args[] = {"demo", "--keys", path, NULL};

    ck_assert_ptr_nonnull(f);
    fputs("x = quit\nq = none\nf10 = none\n! = help\nF = step\nS = none\n", f);
    fclose(f);
    start(&(struct pty_options){.args = args, .width = 100, .height = 40});
    pty_wait_text(pty, "F step");
    pty_wait_text(pty, "x quit");
    pty_send(pty, "q!");
    pty_wait_text(pty, HELP);
    pty_send(pty, "x");
    pty_wait_text(pty, FLEET);
    pty_send(pty, "/billing");
    pty_wait_text(pty, "1 of 12 ");
    pty_send(pty, "\r");
    pty_wait_text(pty, "esc shows all");
    pty_read_for(pty, 40);
    pty_send(pty, "S");
    pty_read_for(pty, 40);
    pty_send(pty, "F");
    pty_wait_text(pty, "done: 1 of 12 on 42");
    pty_send(pty, "x");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
    free(path);
}
END_TEST

SUITE(pty_edges)
{
    Suite *suite = suite_create("pty-edges");
    TCase *ends = test_case(suite, "ends", 40), *sizes = test_case(suite, "sizes", 60);
    TCase *files = test_case(suite, "files", 40);

    tcase_add_checked_fixture(ends, NULL, teardown);
    tcase_add_loop_test(ends, odd_modes_come_back_on_each_way_out, 0, 6);
    tcase_add_loop_test(ends, stty_says_the_same_before_while_stopped_and_after, 0, 2);
    tcase_add_checked_fixture(sizes, NULL, teardown);
    tcase_add_test(sizes, every_size_has_its_picture);
    tcase_add_test(sizes, a_storm_of_five_thousand_sizes_in_two_seconds);
    tcase_add_checked_fixture(files, NULL, teardown);
    tcase_add_test(files, keys_of_a_file_are_pressed_and_shown);
    tcase_add_test(files, a_screen_is_saved_as_a_picture);
    return suite;
}
