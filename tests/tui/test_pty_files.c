/* test_pty_files.c: what the dashboard reads and writes beside the screen. */
#include "base/mem.h"
#include "dash.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_script_presses_keys_until_somebody_does)
{
    char *path = xasprintf("%s/demo.keys", test_dir());
    FILE *f = fopen(path, "w");
    const char *const args[] = {"demo", "--script", path, NULL};

    ck_assert_ptr_nonnull(f);
    fputs("# help, and much later the end\n0.1 ?\n0.2 q\n0.3 ?\n3600 q\n", f);
    fclose(f);
    dash_start(&(struct pty_options){.args = args});
    pty_wait_text(pty, DASH_HELP);
    pty_wait_text(pty, DASH_FLEET);
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, DASH_FLEET);
    dash_quit();
    free(path);
}
END_TEST

START_TEST(a_story_plays_itself_to_its_end_within_a_minute)
{
    static const char *const args[] = {"demo", "knight", "--play", "--speed", "24", NULL};
    double begin = pty_now_ms();

    pty = pty_start(&(struct pty_options){.width = 100, .height = 30, .args = args});
    pty_wait_text(pty, "R3: 3 versions of router could run at once: 7, 8, 9");
    pty_wait_text(pty, "node s8  runs 7");
    pty_wait_text(pty, "q quits.");
    pty_wait_text(pty, "9 is stable");
    ck_assert(pty_now_ms() - begin < 60000);
    dash_quit();
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
    dash_start(&(struct pty_options){.args = args, .width = 100, .height = 40});
    pty_wait_text(pty, "F step");
    pty_wait_text(pty, "x quit");
    pty_send(pty, "q!");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "x");
    pty_wait_text(pty, DASH_FLEET);
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

    dash_start(&(struct pty_options){.width = 100, .height = 40});
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
    dash_quit();
    free(path);
}
END_TEST

SUITE(pty_files)
{
    Suite *suite = suite_create("pty-files");
    TCase *files = dash_case(suite, "files", 60);

    tcase_add_test(files, a_script_presses_keys_until_somebody_does);
    tcase_add_test(files, a_story_plays_itself_to_its_end_within_a_minute);
    tcase_add_test(files, keys_of_a_file_are_pressed_and_shown);
    tcase_add_test(files, a_screen_is_saved_as_a_picture);
    return suite;
}
