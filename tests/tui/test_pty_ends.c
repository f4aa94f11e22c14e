/* test_pty_ends.c: every way out of the dashboard gives the terminal back as it was. */
#include "base/mem.h"
#include "dash.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

START_TEST(q_gives_the_terminal_back)
{
    dash_start_plain();
    dash_quit();
}
END_TEST

START_TEST(a_signal_ends_it_with_the_terminal_restored)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

    dash_start_plain();
    pty_signal(pty, numbers[_i]);
    ck_assert_int_eq(pty_wait_exit(pty), 128 + numbers[_i]);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(a_crash_gives_the_terminal_back)
{
    static const int numbers[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

    dash_start_plain();
    pty_signal(pty, numbers[_i]);
    ck_assert_int_ne(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

/* Whatever the terminal was set to: each way out gives exactly that back. */
START_TEST(odd_modes_come_back_on_each_way_out)
{
    static const int ways[] = {0, SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT};

    dash_start(&(struct pty_options){.odd_modes = true});
    if (ways[_i])
        pty_signal(pty, ways[_i]);
    else
        pty_send(pty, "q");
    ck_assert(pty_wait_exit(pty) != 0 || !ways[_i]);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(ctrl_c_twice_quits)
{
    dash_start_plain();
    pty_send(pty, "\003");
    pty_wait_text(pty, "ctrl-c once more quits");
    pty_send(pty, "\003");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(a_terminal_that_goes_away_ends_it_without_spinning)
{
    dash_start(&(struct pty_options){.kind = _i ? PTY_NO_CONTROL : PTY_PLAIN});
    pty_hang_up(pty);
    int status = pty_wait_exit(pty);
    ck_assert_msg(status == 128 + SIGHUP, "ended with %d", status);
    ck_assert_int_lt(pty_cpu_ms(pty), 3000);
}
END_TEST

START_TEST(without_a_terminal_on_stdin_it_says_so)
{
    size_t len;

    pty = pty_start(&(struct pty_options){.kind = PTY_NO_STDIN});
    ck_assert_int_eq(pty_wait_exit(pty), 2);
    const char *log = pty_log(pty, &len);
    ck_assert_ptr_null(memchr(log, 033, len));
    ck_assert(pty_has_text(pty, "needs a terminal"));
    pty_assert_restored(pty);
}
END_TEST

START_TEST(a_broken_theme_or_script_is_said_before_the_screen_is_touched)
{
    static const char *const args[][4] = {{"demo", "--theme", "no-such-theme", NULL},
                                          {"demo", "--script", "/nonexistent/x", NULL},
                                          {"demo", "--keys", "/nonexistent/k", NULL}};
    size_t len;

    pty = pty_start(&(struct pty_options){.args = args[_i]});
    ck_assert_int_eq(pty_wait_exit(pty), 2);
    const char *log = pty_log(pty, &len);
    ck_assert_ptr_null(memchr(log, 033, len));
    ck_assert(pty_has_text(pty, args[_i][2]));
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

START_TEST(ctrl_z_stops_and_fg_brings_the_picture_back)
{
    pty = pty_start(&(struct pty_options){.kind = PTY_SHELL});
    pty_wait_text(pty, DASH_FLEET);
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    pty_send(pty, "\032");
    dash_wait_written("JOB-STOPPED"); /* the shell says it on its own screen, before fg */
    wait_picture_after("JOB-STOPPED");
    pty_wait_text(pty, DASH_FLEET);
    dash_press_until("G", "─ 12/12");
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, DASH_FLEET);
    pty_send(pty, "q");
    pty_wait_text(pty, "JOB-DONE 0");
    pty_wait_exit(pty);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(stty_says_the_same_before_while_stopped_and_after)
{
    pty = pty_start(&(struct pty_options){.kind = PTY_SHELL, .odd_modes = _i == 1});
    pty_wait_text(pty, DASH_FLEET);
    pty_send(pty, "\032");
    char *stopped;
    while (!(stopped = stty_said(1)))
        pty_read_for(pty, 20);
    wait_picture_after(stopped);
    dash_press_until("G", "─ 12/12");
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, DASH_FLEET);
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

START_TEST(stop_and_continue_from_outside_repaints)
{
    size_t before, after;

    dash_start_plain();
    pty_log(pty, &before);
    pty_signal(pty, SIGSTOP);
    pty_signal(pty, SIGCONT);
    do /* everything, and what was typed before is dropped */
        pty_read_for(pty, 20);
    while (pty_log(pty, &after) && after < before + 1000);
    dash_press_until("G", "─ 12/12");
    pty_send(pty, "?");
    pty_wait_text(pty, DASH_HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, DASH_FLEET);
    dash_quit();
}
END_TEST

SUITE(pty)
{
    Suite *suite = suite_create("pty");
    TCase *ends = dash_case(suite, "ends", 40), *stops = dash_case(suite, "stops", 40);

    tcase_add_test(ends, q_gives_the_terminal_back);
    tcase_add_loop_test(ends, a_signal_ends_it_with_the_terminal_restored, 0, 4);
    tcase_add_loop_test(ends, a_crash_gives_the_terminal_back, 0, 5);
    tcase_add_loop_test(ends, odd_modes_come_back_on_each_way_out, 0, 6);
    tcase_add_test(ends, ctrl_c_twice_quits);
    tcase_add_loop_test(ends, a_terminal_that_goes_away_ends_it_without_spinning, 0, 2);
    tcase_add_test(ends, without_a_terminal_on_stdin_it_says_so);
    tcase_add_loop_test(ends, a_broken_theme_or_script_is_said_before_the_screen_is_touched, 0, 3);
    tcase_add_test(stops, ctrl_z_stops_and_fg_brings_the_picture_back);
    tcase_add_loop_test(stops, stty_says_the_same_before_while_stopped_and_after, 0, 2);
    tcase_add_test(stops, stop_and_continue_from_outside_repaints);
    return suite;
}
