/* test_log_view.c: reading a log: it follows, it stands while one reads, it finds. */
#include "tui/easel.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_up(void)
{
    easel_set_up();
    easel_use(frames_log());
    easel_select("prod-eu", "payments-api");
    easel.frame->action_count = 0;
    ((struct log_view *)(uintptr_t)easel.frame->log)->happened_count = 0;
    frames_write(easel.frame, 100, 0);
    free(easel_draw(&view_log, 80, 24, false));
}

static void press(enum command command)
{
    easel_press(&view_log, command);
    free(easel_draw(&view_log, 80, 24, false));
}

/* The first and the last line that are to be seen. */
static void shows(const char *first, const char *last)
{
    char *dump = easel_draw(&view_log, 80, 24, false);
    char *begin = strstr(dump, "\nline "), *end = NULL;

    ck_assert_ptr_nonnull(begin);
    for (char *at = begin; at; at = strstr(at + 1, "\nline "))
        end = at;
    begin[1 + strcspn(begin + 1, "\n")] = '\0';
    ck_assert_str_eq(begin + 1, first);
    if (end > begin) {
        end[1 + strcspn(end + 1, "\n")] = '\0';
        ck_assert_str_eq(end + 1, last);
    }
    free(dump);
}

START_TEST(it_follows_what_is_written)
{
    shows("line 81", "line 99");
    easel_shows(&view_log, 80, 24, " follows ");
    easel_shows(&view_log, 80, 24, "100 of 100");
    frames_write(easel.frame, 105, 0);
    shows("line 86", "line 104");
}
END_TEST

START_TEST(it_stands_while_one_reads_and_goes_on_at_the_bottom)
{
    press(COMMAND_UP);
    shows("line 80", "line 98");
    easel_shows(&view_log, 80, 24, " stands, G follows ");
    frames_write(easel.frame, 200, 0);
    shows("line 80", "line 98");
    frames_write(easel.frame, 100, 50); /* older ones went, and what one reads is still there */
    shows("line 80", "line 96");
    press(COMMAND_DOWN);
    shows("line 81", "line 97");
    press(COMMAND_BOTTOM);
    shows("line 133", "line 149");
    press(COMMAND_TOP);
    shows("line 50", "line 66"); /* two lines say how many are not kept */
    press(COMMAND_PAGE_DOWN);
    shows("line 66", "line 82");
    for (int i = 0; i < 20; i++)
        press(COMMAND_PAGE_DOWN);
    shows("line 133", "line 149");
    easel_shows(&view_log, 80, 24, " follows ");
}
END_TEST

START_TEST(what_one_stood_on_may_be_gone)
{
    press(COMMAND_TOP);
    shows("line 0", "line 18");
    frames_write(easel.frame, 100, 300);
    shows("line 300", "line 316");
    easel_shows(&view_log, 80, 24, "300 older lines are not kept");
}
END_TEST

START_TEST(it_finds_older_and_newer_ones)
{
    snprintf(easel.screen.log.find, sizeof easel.screen.log.find, "line .?3$");
    press(COMMAND_PREV_MATCH);
    ck_assert_uint_eq(easel.screen.log.match, 94);
    press(COMMAND_PREV_MATCH);
    ck_assert_uint_eq(easel.screen.log.match, 84);
    press(COMMAND_NEXT_MATCH);
    ck_assert_uint_eq(easel.screen.log.match, 94);
    press(COMMAND_NEXT_MATCH);
    ck_assert_uint_eq(easel.screen.log.match, 94);
    ck_assert_ptr_nonnull(strstr(easel.screen.flash, "no newer line has it"));
    easel.screen.flash[0] = '\0';
    easel_shows(&view_log, 80, 24, "10 lines   N older, n newer");
    easel.screen.log.match = 0;
    press(COMMAND_NEXT_MATCH);
    ck_assert_uint_eq(easel.screen.log.match, 4);
    shows("line 0", "line 17");
    snprintf(easel.screen.log.find, sizeof easel.screen.log.find, "(");
    press(COMMAND_NEXT_MATCH);
    easel_shows(&view_log, 80, 24, "'(' is no regular expression");
}
END_TEST

/* The role of the cells where the text is; -1 when it is not on the screen. */
static int role_at(const char *text)
{
    char *dump = easel_draw(&view_log, 80, 24, false);
    const char *found = strstr(dump, text), *line = found;
    int y = 0;

    if (!found) {
        free(dump);
        return -1;
    }
    for (const char *at = dump; at < found; at++)
        y += *at == '\n';
    while (line > dump && line[-1] != '\n')
        line--;
    int role = easel.canvas.cells[y * 80 + (found - line)].role;
    free(dump);
    return role;
}

START_TEST(what_is_found_is_marked)
{
    ck_assert_int_eq(role_at("95"), ROLE_TEXT);
    snprintf(easel.screen.log.find, sizeof easel.screen.log.find, "95");
    ck_assert_int_eq(role_at("95"), ROLE_MATCH);
    ck_assert_int_eq(role_at("line 95"), ROLE_TEXT);
}
END_TEST

START_TEST(long_lines_are_wrapped_or_cut)
{
    char text[300];
    const char *lines[] = {text, "end"};
    struct log_view *log = (struct log_view *)(uintptr_t)easel.frame->log;

    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 5, "TAIL", 5);
    log->line = lines;
    log->line_count = 2;
    easel_shows(&view_log, 80, 24, "TAIL");
    press(COMMAND_ZOOM);
    easel_hides(&view_log, 80, 24, "TAIL");
    easel_shows(&view_log, 80, 24, "xxx\xe2\x80\xa6");
    press(COMMAND_ZOOM);
    /* Where only its end fits, the newest is what counts. */
    easel_shows(&view_log, 60, 12, "TAIL");
    easel_shows(&view_log, 60, 12, "\nend\n");
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    struct log_view *log = (struct log_view *)(uintptr_t)easel.frame->log;

    log->line_count = 0;
    easel_shows(&view_log, 80, 24, "it has written nothing yet");
    log->state = LOG_ENDED;
    easel_shows(&view_log, 80, 24, "it wrote nothing");
    log->state = LOG_FAILED;
    log->why = "reading the log of pod a/b: 403 Forbidden: cannot get pods/log";
    easel_shows(&view_log, 80, 24, "cannot get pods/log");
    easel_shows(&view_log, 80, 24, " cannot be read ");
    log->state = LOG_ASKED;
    log->instance = "";
    easel_shows(&view_log, 80, 24, "waiting for its instances to be known");
    easel.frame->log = NULL;
    easel_shows(&view_log, 80, 24, "waiting for its instances to be known");
}
END_TEST

SUITE(log_view)
{
    Suite *suite = suite_create("log_view");
    TCase *tcase = test_case(suite, "log", 10);

    tcase_add_checked_fixture(tcase, set_up, easel_tear_down);
    tcase_add_test(tcase, it_follows_what_is_written);
    tcase_add_test(tcase, it_stands_while_one_reads_and_goes_on_at_the_bottom);
    tcase_add_test(tcase, what_one_stood_on_may_be_gone);
    tcase_add_test(tcase, it_finds_older_and_newer_ones);
    tcase_add_test(tcase, what_is_found_is_marked);
    tcase_add_test(tcase, long_lines_are_wrapped_or_cut);
    tcase_add_test(tcase, what_cannot_be_read_says_why);
    return suite;
}
