/* test_pty.c: the dashboard on the simulator in a real pseudo-terminal: it gives the terminal
 * back, whatever happens, and its keys do what they say. */
#include "base/mem.h"
#include "pty.h"
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

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

static void start_plain(void)
{
    start(&(struct pty_options){0});
}

static void quit_restored(void)
{
    pty_send(pty, "q");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}

START_TEST(q_gives_the_terminal_back)
{
    start_plain();
    quit_restored();
}
END_TEST

START_TEST(a_signal_ends_it_with_the_terminal_restored)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

    start_plain();
    pty_signal(pty, numbers[_i]);
    ck_assert_int_eq(pty_wait_exit(pty), 128 + numbers[_i]);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(a_crash_gives_the_terminal_back)
{
    static const int numbers[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

    start_plain();
    pty_signal(pty, numbers[_i]);
    ck_assert_int_ne(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(every_terminal_is_drawn_and_restored)
{
    static const char *const terms[] = {
        "TERM=xterm-256color", "TERM=tmux-256color", "TERM=screen",       "TERM=xterm",
        "TERM=linux",          "TERM=vt100",         "TERM=no-such-term", "TERM",
        "TERM=xterm-kitty",
    };

    start(&(struct pty_options){.env = {terms[_i]}});
    pty_send(pty, "\r");
    pty_wait_no_text(pty, FLEET);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "qq");
    quit_restored();
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

START_TEST(a_plain_locale_gets_ascii_only)
{
    size_t len;

    start(&(struct pty_options){.env = {"LC_ALL=C", "TERM=vt100"}});
    pty_send(pty, "\r");
    pty_wait_no_text(pty, FLEET);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "qq");
    quit_restored();
    const char *log = pty_log(pty, &len);
    for (size_t i = 0; i < len; i++)
        ck_assert_msg((unsigned char)log[i] < 0x80, "byte %x at %zu", (unsigned char)log[i], i);
}
END_TEST

START_TEST(no_color_means_no_color)
{
    size_t len;

    start(&(struct pty_options){.env = {"NO_COLOR=1"}});
    quit_restored();
    const char *log = pty_log(pty, &len);
    ck_assert(!pty_has_color(log, len));
    pty_free(pty);
    start(&(struct pty_options){.env = {"NO_COLOR="}});
    quit_restored();
    log = pty_log(pty, &len);
    ck_assert(pty_has_color(log, len));
}
END_TEST

START_TEST(esc_is_answered_within_100_ms)
{
    double best = 1e9;

    start_plain();
    for (int i = 0; i < 5 && best >= 100; i++) {
        pty_send(pty, "?");
        pty_wait_text(pty, HELP);
        double begin = pty_now_ms();
        pty_send(pty, "\033");
        pty_wait_text(pty, FLEET);
        double took = pty_now_ms() - begin;
        best = took < best ? took : best;
    }
    ck_assert_msg(best < 100, "esc took %.0f ms", best);
    quit_restored();
}
END_TEST

START_TEST(ctrl_s_does_not_freeze_the_screen)
{
    start_plain();
    pty_send(pty, "\023");
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "\021q");
    pty_wait_text(pty, FLEET);
    quit_restored();
}
END_TEST

START_TEST(on_the_simulator_a_key_acts_at_once)
{
    start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "billing");
    pty_send(pty, "/billing");
    pty_wait_text(pty, "1 of 12 ");
    pty_send(pty, "\r");
    pty_wait_text(pty, "esc shows all");
    pty_read_for(pty, 40);
    pty_send(pty, "S");
    pty_wait_text(pty, "done: 1 of 12 on 42");
    pty_wait_text(pty, "1/4");
    pty_send(pty, "P");
    pty_wait_text(pty, "R resume");
    pty_wait_text(pty, "pause: done");
    quit_restored();
}
END_TEST

START_TEST(pasted_text_is_no_keys)
{
    start_plain();
    pty_send(pty, "\033[200~SPRUq\033[201~");
    pty_wait_text(pty, "pasted text is not keys");
    ck_assert(pty_has_text(pty, FLEET));
    quit_restored();
}
END_TEST

START_TEST(keys_in_one_piece_do_not_act)
{
    start_plain();
    pty_send(pty, "PROD-U");
    pty_wait_text(pty, "came together with other keys");
    quit_restored();
}
END_TEST

START_TEST(escape_sequences_nobody_knows_are_no_keys)
{
    static const char *const sequences[] = {"\033[1;5P", "\033[57399u", "\033[I",    "\033[1;2S",
                                            "\033OR",    "\033S",       "\033[?62;c"};

    start_plain();
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
        pty_send(pty, sequences[i]);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, FLEET);
    quit_restored();
}
END_TEST

START_TEST(bytes_above_ascii_are_not_taken_for_other_keys)
{
    start_plain();
    /* Without its eighth bit: ctrl-c, q, ctrl-z, S. */
    pty_send(pty, "\x83\x83");
    pty_send(pty, "\xf1");
    pty_send(pty, "\x9a");
    pty_send(pty, "\xd3");
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "q/");
    pty_wait_text(pty, "enter keeps it");
    pty_send(pty, "\xc3\xa9t\xc3\xa9");
    pty_wait_text(pty, "/\xc3\xa9t\xc3\xa9_");
    pty_send(pty, "\033");
    pty_wait_no_text(pty, "enter keeps it");
    quit_restored();
}
END_TEST

START_TEST(arrows_and_function_keys_arrive)
{
    start_plain();
    pty_send(pty, "\033OP");
    pty_wait_text(pty, HELP);
    pty_send(pty, "\033[21~");
    pty_wait_text(pty, FLEET);
    pty_wait_text(pty, "─ 1/");
    pty_send(pty, "\033[B");
    pty_wait_text(pty, "─ 2/");
    pty_send(pty, "\033OB");
    pty_wait_text(pty, "─ 3/");
    pty_send(pty, "\033[A");
    pty_wait_text(pty, "─ 2/");
    pty_send(pty, "k");
    pty_wait_text(pty, "─ 1/");
    quit_restored();
}
END_TEST

START_TEST(the_mouse_selects_and_scrolls_once_it_is_on)
{
    start_plain();
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    pty_send(pty, "\033[<0;10;6M\033[<0;10;6m");
    pty_wait_no_text(pty, "─ 1/");
    pty_send(pty, "\033[<64;10;6M");
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse off");
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    quit_restored(); /* also with the mouse on */
}
END_TEST

START_TEST(the_palette_leads_everywhere_and_never_acts)
{
    char path[600];

    start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "billing");
    pty_send(pty, ":");
    pty_wait_text(pty, "tab completes");
    pty_send(pty, "nod\t");
    pty_wait_text(pty, ":nodes_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "nodes 1/");
    pty_send(pty, "e");
    pty_wait_text(pty, "timeline");
    pty_send(pty, "\t");
    pty_wait_no_text(pty, "timeline");
    pty_send(pty, "\033");
    pty_wait_text(pty, FLEET);
    pty_send(pty, ":undo");
    pty_wait_text(pty, ":undo_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "enter never acts");
    pty_send(pty, "s");
    pty_wait_text(pty, ":save _");
    snprintf(path, sizeof path, "%s/screen.txt", test_dir());
    pty_send(pty, path);
    pty_wait_text(pty, "screen.txt_");
    pty_send(pty, "\r");
    pty_wait_text(pty, "saved ");
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    quit_restored();
}
END_TEST

START_TEST(a_copy_goes_to_the_terminals_clipboard)
{
    start_plain();
    pty_send(pty, "c");
    pty_wait_text(pty, "copied to the terminal's clipboard");
    quit_restored();
}
END_TEST

START_TEST(a_filter_is_typed_and_dropped)
{
    start(&(struct pty_options){.width = 100, .height = 40});
    pty_wait_text(pty, "ledger");
    pty_send(pty, "/");
    pty_wait_text(pty, "enter keeps it");
    pty_send(pty, "SPRUqxyz");
    pty_wait_no_text(pty, "ledger");
    pty_send(pty, "\033");
    pty_wait_text(pty, "ledger");
    quit_restored();
}
END_TEST

START_TEST(ctrl_c_twice_quits)
{
    start_plain();
    pty_send(pty, "\003");
    pty_wait_text(pty, "ctrl-c once more quits");
    pty_send(pty, "\003");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(a_storm_of_sizes_ends_in_the_right_picture)
{
    static const int sizes[][2] = {{1, 1},   {80, 24}, {2, 3},     {200, 60}, {60, 12},
                                   {59, 12}, {60, 1},  {500, 200}, {13, 40},  {140, 45}};

    start_plain();
    for (int i = 0; i < 300; i++)
        pty_resize(pty, sizes[i % 10][0], sizes[i % 10][1]);
    for (int i = 0; i < 40; i++) {
        pty_resize(pty, sizes[i % 10][0], sizes[i % 10][1]);
        pty_read_for(pty, 5);
    }
    pty_resize(pty, 59, 12);
    pty_wait_text(pty, "needs 60x12, have 59x12");
    pty_resize(pty, 100, 30);
    pty_wait_text(pty, FLEET);
    pty_wait_text(pty, "q quit");
    quit_restored();
}
END_TEST

START_TEST(a_terminal_that_goes_away_ends_it_without_spinning)
{
    start(&(struct pty_options){.kind = _i ? PTY_NO_CONTROL : PTY_PLAIN});
    pty_hang_up(pty);
    int status = pty_wait_exit(pty);
    ck_assert_msg(status == 128 + SIGHUP, "ended with %d", status);
    ck_assert_int_lt(pty_cpu_ms(pty), 3000);
}
END_TEST

START_TEST(ctrl_z_stops_and_fg_brings_the_picture_back)
{
    size_t before, after;

    pty = pty_start(&(struct pty_options){.kind = PTY_SHELL});
    pty_wait_text(pty, FLEET);
    pty_send(pty, "m");
    pty_wait_text(pty, "mouse on");
    pty_log(pty, &before);
    pty_send(pty, "\032");
    pty_wait_text(pty, FLEET);
    pty_wait_text(pty, "q quit");
    do /* the shell says it on its own screen, before fg */
        pty_read_for(pty, 20);
    while (!memmem(pty_log(pty, &after), after, "JOB-STOPPED", 11));
    ck_assert_uint_gt(after, before);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, FLEET);
    pty_send(pty, "q");
    pty_wait_text(pty, "JOB-DONE 0");
    pty_wait_exit(pty);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(stop_and_continue_from_outside_repaints)
{
    size_t before, after;

    start_plain();
    pty_log(pty, &before);
    pty_signal(pty, SIGSTOP);
    pty_signal(pty, SIGCONT);
    do /* everything, and what was typed before is dropped */
        pty_read_for(pty, 20);
    while (pty_log(pty, &after) && after < before + 1000);
    pty_send(pty, "?");
    pty_wait_text(pty, HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, FLEET);
    quit_restored();
}
END_TEST

START_TEST(nothing_is_sent_while_nothing_changes)
{
    size_t before, after;

    start_plain();
    pty_read_for(pty, 500);
    pty_log(pty, &before);
    pty_read_for(pty, 2000);
    pty_log(pty, &after);
    /* The clock and a few ages, twice. */
    ck_assert_msg(after - before <= 2 * 600, "%zu bytes in two seconds", after - before);
    quit_restored();
}
END_TEST

START_TEST(a_script_presses_keys_until_somebody_does)
{
    char *path = xasprintf("%s/demo.keys", test_dir());
    FILE *f = fopen(path, "w");
    const char *const args[] = {"demo", "--script", path, NULL};

    ck_assert_ptr_nonnull(f);
    fputs("# help, and much later the end\n0.1 ?\n0.2 q\n0.3 ?\n3600 q\n", f);
    fclose(f);
    start(&(struct pty_options){.args = args});
    pty_wait_text(pty, HELP);
    pty_wait_text(pty, FLEET);
    pty_wait_text(pty, HELP);
    pty_send(pty, "q");
    pty_wait_text(pty, FLEET);
    quit_restored();
    free(path);
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

/* Any bytes: it may do what it likes, but ends with q and gives the terminal back. */
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
    quit_restored();
}
END_TEST

START_TEST(mashing_keys_does_no_harm)
{
    uint64_t state = 0x9e3779b97f4a7c15u + (uint64_t)_i;
    char bytes[12];

    start(&(struct pty_options){.width = 100, .height = 30});
    for (int i = 0; i < 150; i++) {
        size_t n = 0;
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (size_t want = 1 + (state >> 61); n < want; n++) {
            unsigned char byte = (unsigned char)(state >> (8 * n));
            /* Neither quits nor suspends. */
            bytes[n] = byte == 'q' || byte == 3 || byte == 26 ? 'j' : (char)byte;
        }
        pty_send_bytes(pty, bytes, n);
        pty_read_for(pty, 2);
    }
    pty_send(pty, "\033[201~");
    pty_read_for(pty, 60);
    pty_send(pty, "\003");
    pty_read_for(pty, 60);
    pty_send(pty, "\003");
    ck_assert_int_eq(pty_wait_exit(pty), 0);
    pty_assert_restored(pty);
}
END_TEST

START_TEST(keys_and_frames_at_the_same_time_do_not_race)
{
    static const char *const args[] = {"demo", "--speed", "20", NULL};

    start(&(struct pty_options){.args = args, .width = 120, .height = 40});
    for (int i = 0; i < 30; i++) {
        pty_send(pty, i % 5 == 4 ? "S" : i % 7 == 6 ? "P" : "j");
        pty_read_for(pty, 30);
        if (i % 10 == 9) {
            pty_send(pty, "\r");
            pty_read_for(pty, 30);
            pty_resize(pty, 100 + i, 30);
            pty_send(pty, "q");
            pty_wait_text(pty, FLEET);
        }
    }
    quit_restored();
}
END_TEST

static void add_keys(Suite *suite)
{
    TCase *tcase = test_case(suite, "keys", 40);

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, esc_is_answered_within_100_ms);
    tcase_add_test(tcase, ctrl_s_does_not_freeze_the_screen);
    tcase_add_test(tcase, on_the_simulator_a_key_acts_at_once);
    tcase_add_test(tcase, pasted_text_is_no_keys);
    tcase_add_test(tcase, keys_in_one_piece_do_not_act);
    tcase_add_test(tcase, escape_sequences_nobody_knows_are_no_keys);
    tcase_add_test(tcase, bytes_above_ascii_are_not_taken_for_other_keys);
    tcase_add_test(tcase, arrows_and_function_keys_arrive);
    tcase_add_test(tcase, the_mouse_selects_and_scrolls_once_it_is_on);
    tcase_add_test(tcase, the_palette_leads_everywhere_and_never_acts);
    tcase_add_test(tcase, a_copy_goes_to_the_terminals_clipboard);
    tcase_add_test(tcase, a_filter_is_typed_and_dropped);
    tcase_add_test(tcase, a_script_presses_keys_until_somebody_does);
    tcase_add_test(tcase, a_story_plays_itself_to_its_end_within_a_minute);
    tcase_add_loop_test(tcase, mashing_keys_does_no_harm, 0, 4);
}

SUITE(pty)
{
    Suite *suite = suite_create("pty");
    TCase *ends = test_case(suite, "ends", 40), *terms = test_case(suite, "terminals", 40);
    TCase *threads = test_case(suite, "threads", 120);

    tcase_add_checked_fixture(ends, NULL, teardown);
    tcase_add_test(ends, q_gives_the_terminal_back);
    tcase_add_loop_test(ends, a_signal_ends_it_with_the_terminal_restored, 0, 4);
    tcase_add_loop_test(ends, a_crash_gives_the_terminal_back, 0, 5);
    tcase_add_loop_test(ends, a_terminal_that_goes_away_ends_it_without_spinning, 0, 2);
    tcase_add_test(ends, ctrl_c_twice_quits);
    tcase_add_test(ends, ctrl_z_stops_and_fg_brings_the_picture_back);
    tcase_add_test(ends, stop_and_continue_from_outside_repaints);
    tcase_add_loop_test(ends, a_broken_theme_or_script_is_said_before_the_screen_is_touched, 0, 3);
    tcase_add_test(ends, without_a_terminal_on_stdin_it_says_so);
    tcase_add_checked_fixture(terms, NULL, teardown);
    tcase_add_loop_test(terms, every_terminal_is_drawn_and_restored, 0, 9);
    tcase_add_test(terms, a_terminal_without_a_cursor_is_refused_untouched);
    tcase_add_test(terms, a_plain_locale_gets_ascii_only);
    tcase_add_test(terms, no_color_means_no_color);
    tcase_add_test(terms, a_storm_of_sizes_ends_in_the_right_picture);
    tcase_add_test(terms, nothing_is_sent_while_nothing_changes);
    add_keys(suite);
    tcase_add_checked_fixture(threads, NULL, teardown);
    tcase_add_test(threads, keys_and_frames_at_the_same_time_do_not_race);
    return suite;
}
