/* test_pty_replay.c: a recording in a real terminal: scrubbed to any moment, from mark to mark, at
 * any pace; what is seen then depends on the moment alone. */
#include "base/mem.h"
#include "dash.h"
#include "test.h"
#include "tui/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIGHT "\033[C"
#define LEFT  "\033[D"
#define HOME  "\033[H"
#define END   "\033[F"

enum { TURNS = 60, LONG_TURNS = 3000, QUIET_MS = 150, STEPS_MAX = 60 };

static char path[600]; /* of a recording of about a minute with two marks */
static int turns, length_s, mark_s;

static void mark(void *arg, struct play *play, int turn)
{
    (void)arg;
    if (turn == 0)
        engine_mark(play->app.engine, "it begins");
    else if (turn == turns / 2)
        engine_mark(play->app.engine, "half way");
}

/* "0:10 of 0:58"; static. */
static const char *at(int s)
{
    static char text[64];

    snprintf(text, sizeof text, "recording  %d:%02d of %d:%02d", s / 60, s % 60, length_s / 60,
             length_s % 60);
    return text;
}

static void record(int of_turns)
{
    struct err err = {0};

    turns = of_turns;
    snprintf(path, sizeof path, "%s/incident.jsonl", test_dir());
    play_record("knight", path, turns, mark, NULL);
    struct tape *tape = tape_load(path, &err);
    ck_assert_msg(tape != NULL, "%s", err.text);
    length_s = (int)((tape->end_ms - tape->start_ms) / 1000);
    mark_s = (int)((tape_mark(tape, tape->start_ms + 1, true)->at_ms - tape->start_ms) / 1000);
    tape_free(tape);
    ck_assert_int_gt(mark_s, 5);
    ck_assert_int_gt(length_s, mark_s + 5);
    ck_assert(turns != TURNS || length_s < STEPS_MAX * DECK_STEP_MS / 1000);
}

/* The recording on the screen, standing at its beginning. */
static void start_standing_of(int of_turns)
{
    const char *const args[] = {"replay", path, NULL};

    record(of_turns);
    dash_start(&(struct pty_options){.width = 100, .height = 30, .args = args});
    pty_send(pty, " ");
    pty_wait_text(pty, "stands: space goes on");
    pty_send(pty, HOME);
    pty_wait_text(pty, at(0));
}

static void start_standing(void)
{
    start_standing_of(TURNS);
}

/* The screen once nothing comes any more; yours. */
static char *picture(void)
{
    size_t before, after;

    do {
        pty_log(pty, &before);
        pty_read_for(pty, QUIET_MS);
        pty_log(pty, &after);
    } while (before != after);
    return xstrdup(pty_screen(pty));
}

static char *picture_at(const char *key, const char *caption)
{
    pty_send(pty, key);
    pty_wait_text(pty, caption);
    return picture();
}

START_TEST(a_moment_looks_the_same_from_both_sides)
{
    const int step = DECK_STEP_MS / 1000;
    char *seen[STEPS_MAX];

    start_standing();
    for (int i = 0; i <= length_s / step; i++) {
        seen[i] = i ? picture_at(RIGHT, at(i * step)) : picture();
        ck_assert(i == 0 || strcmp(seen[i], seen[i - 1]) != 0);
    }
    for (int i = length_s / step; i-- > 0;) {
        char *again = picture_at(LEFT, at(i * step));
        ck_assert_msg(strcmp(again, seen[i]) == 0, "forwards:\n%s\nbackwards:\n%s", seen[i], again);
        free(again);
    }
    char *end = picture_at(END, at(length_s)), *home = picture_at(HOME, at(0));
    ck_assert(strstr(end, DASH_FLEET) != NULL);
    ck_assert_str_eq(home, seen[0]);
    free(end);
    free(home);
    for (int i = 0; i <= length_s / step; i++)
        free(seen[i]);
    dash_quit();
}
END_TEST

START_TEST(n_goes_from_mark_to_mark)
{
    start_standing();
    pty_wait_text(pty, "mark: it begins");
    pty_send(pty, "n");
    pty_wait_text(pty, at(mark_s));
    pty_wait_text(pty, "mark: half way");
    pty_send(pty, "n");
    pty_wait_text(pty, "no mark comes after this");
    pty_send(pty, "N");
    pty_wait_text(pty, at(0));
    pty_wait_text(pty, "mark: it begins");
    pty_send(pty, "N");
    pty_wait_text(pty, "no mark comes before this");
    dash_quit();
}
END_TEST

START_TEST(it_plays_at_any_pace_and_stands_at_its_end)
{
    start_standing();
    for (int i = 0; i < 6; i++)
        pty_send(pty, "+");
    pty_send(pty, " ");
    pty_wait_text(pty, at(length_s));
    pty_wait_text(pty, "stands: space goes on");
    pty_send(pty, LEFT);
    pty_wait_text(pty, at(length_s - DECK_STEP_MS / 1000));
    for (int i = 0; i < 5; i++)
        pty_send(pty, "-");
    pty_send(pty, " ");
    pty_wait_text(pty, "  2x");
    pty_wait_text(pty, at(length_s - 6));
    dash_quit();
}
END_TEST

START_TEST(acting_keys_say_that_it_is_a_recording)
{
    static const char *const views[] = {"\r", "i", "h", "d", "e"};

    start_standing();
    for (size_t v = 0; v < ARRAY_LEN(views); v++) {
        const char key[] = {"SPRUX"[v], '\0'};
        pty_send(pty, END);
        pty_wait_text(pty, at(length_s));
        pty_wait_text(pty, DASH_FLEET);
        pty_send(pty, views[v]);
        pty_wait_no_text(pty, DASH_FLEET);
        free(picture());
        pty_send(pty, key);
        pty_wait_text(pty, "a recording: nothing is sent");
        pty_send(pty, "\033");
        pty_wait_text(pty, DASH_FLEET);
    }
    dash_quit();
}
END_TEST

/* Keys held down: more seeks than pictures, on and back, while it plays and while it stands; in a
 * long one while it is indexed. */
START_TEST(a_storm_of_seeks_ends_where_the_last_one_goes)
{
    static const char *const keys[] = {RIGHT, LEFT, HOME, END, "n", "N", " ", "+", "-"};
    uint64_t state = 7;

    start_standing_of(_i ? LONG_TURNS : TURNS);
    char *first = picture();
    for (int i = 0; i < 300; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        pty_send(pty, keys[(state >> 33) % ARRAY_LEN(keys)]);
        if (i % 16 == 0)
            pty_read_for(pty, 3);
    }
    pty_send(pty, END); /* it stands there, whatever it did */
    pty_wait_text(pty, at(length_s));
    pty_wait_text(pty, "stands: space goes on");
    char *end = picture();
    char *last = picture_at(HOME, at(0)), *again = picture_at(END, at(length_s));
    ck_assert_msg(strcmp(first, last) == 0, "before:\n%s\nafter:\n%s", first, last);
    ck_assert_msg(strcmp(end, again) == 0, "before:\n%s\nafter:\n%s", end, again);
    free(first);
    free(last);
    free(end);
    free(again);
    dash_quit();
}
END_TEST

SUITE(pty_replay)
{
    Suite *suite = suite_create("pty-replay");
    TCase *tcase = dash_case(suite, "replay", 60);

    tcase_add_test(tcase, a_moment_looks_the_same_from_both_sides);
    tcase_add_test(tcase, n_goes_from_mark_to_mark);
    tcase_add_test(tcase, it_plays_at_any_pace_and_stands_at_its_end);
    tcase_add_test(tcase, acting_keys_say_that_it_is_a_recording);
    tcase_add_loop_test(tcase, a_storm_of_seeks_ends_where_the_last_one_goes, 0, 2);
    return suite;
}
