/* test_replay.c: a recording shows what was seen, goes to any moment, and sends nothing. */
#include "base/json.h"
#include "base/mem.h"
#include "cast.h"
#include "deck.h"
#include "drivers/sim/sim.h"
#include "record/recorder.h"
#include "tui/moments.h"
#include "tui/play.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TURNS = 400, MOMENTS = 4, STORIES = 8 };

static char path[600]; /* of the recording of this test */

struct watching {
    struct moment *seen;
};

static void look(void *arg, struct play *play, int turn)
{
    const struct watching *watching = arg;

    if (turn == 0)
        engine_mark(play->app.engine, "it begins");
    if (turn == 0 || turn % (TURNS / MOMENTS) != 0)
        return;
    struct moment *one = &watching->seen[turn / (TURNS / MOMENTS) - 1];
    one->at_ms = clock_now_ms(play->clock);
    one->text = moment_draw(play->app.frame, one->at_ms, false);
}

static void record(const char *story, struct moment seen[MOMENTS])
{
    struct watching watching = {seen};

    snprintf(path, sizeof path, "%s/incident.jsonl", test_dir());
    play_record(story, path, TURNS, look, &watching);
}

static void free_seen(struct moment seen[MOMENTS])
{
    for (size_t i = 0; i < MOMENTS; i++)
        free(seen[i].text);
}

static void open_deck(struct deck *deck)
{
    struct err err = {0};

    ck_assert_msg(deck_open(deck, path, &err), "%s", err.text);
    ck_assert_uint_eq(deck->config.problem_count, 0);
}

/* On, and then back, which begins anew. */
START_TEST(a_recording_is_drawn_as_it_was_seen)
{
    struct moment seen[MOMENTS];
    struct deck deck;

    ck_assert(story_at(STORIES) == NULL);
    record(story_at((size_t)_i)->name, seen);
    open_deck(&deck);
    for (size_t n = 0; n < 2 * MOMENTS; n++) {
        const struct moment *one = &seen[n < MOMENTS ? n : 2 * MOMENTS - 1 - n];
        char *found = moment_again(&deck, one->at_ms, false);
        moment_same(story_at((size_t)_i)->name, one->at_ms, one->text, found);
        free(found);
    }
    deck_close(&deck);
    free_seen(seen);
}
END_TEST

/* Wherever it begins, it shows the same: in any order, from the nearest of many moments. */
START_TEST(a_recording_that_is_indexed_shows_the_same)
{
    struct moment seen[MOMENTS];
    struct deck deck;

    record(story_at((size_t)_i)->name, seen);
    open_deck(&deck);
    deck_index_now(&deck, 40);
    ck_assert(deck_keyframe(&deck, deck.tape->end_ms) != NULL);
    for (size_t n = 0; n < 4 * MOMENTS; n++) {
        const struct moment *one = &seen[n * 7 % MOMENTS];
        char *found = moment_again(&deck, one->at_ms, false);
        moment_same(story_at((size_t)_i)->name, one->at_ms, one->text, found);
        free(found);
        free(moment_again(&deck, deck.tape->start_ms + (int64_t)n * 999, false));
    }
    deck_close(&deck);
    free_seen(seen);
}
END_TEST

/* What no fact says by itself is kept as well: what somebody else changed, and what a version
 * declared that is not wanted any more. */
static void meddle(struct sim *sim, int what)
{
    struct err err = {0};
    bool done = what == 0 ? sim_inject(sim, SIM_RECONFIGURED, "web", &err)
                          : sim_push_foreign(sim, "billing", "23", 3, 0, &err);

    ck_assert_msg(done, "%s", err.text);
}

START_TEST(a_recording_that_is_indexed_remembers_what_was_seen_in_passing)
{
    static const char *const worlds[] = {"eight", "data-and-code"};
    const char *world = worlds[_i];
    struct err err = {0};
    struct clock *clock = clock_new_virtual(clock_parse_utc("2026-03-02T09:00:00Z"));
    struct sim *sim = sim_new(world, 1, clock, &err);
    struct recorder *recorder;
    struct deck deck;

    snprintf(path, sizeof path, "%s/incident.jsonl", test_dir());
    recorder = recorder_open(path, NULL, &err);
    const struct cluster_config cluster = {
        .name = "demo", .kind = "sim", .endpoint = world, .seed = 1, .shared = sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .plan = plan_default(),
                                         .recorder = recorder,
                                         .clock = clock};
    struct engine *engine = engine_new(&config, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    engine_run_until(engine, 10000, NULL, NULL);
    meddle(sim, _i);
    engine_run_until(engine, 60000, NULL, NULL);
    struct moment late = moment_take(engine, world);
    engine_free(engine);
    recorder_close(recorder);
    sim_unref(sim);
    clock_free(clock);
    open_deck(&deck);
    deck_index_now(&deck, 30);
    const struct keyframe *from = deck_keyframe(&deck, late.at_ms);
    ck_assert_int_gt(keyframe_at_ms(from), deck.tape->start_ms + 30000);
    char *found = moment_again(&deck, late.at_ms, true);
    moment_same(world, late.at_ms, late.text, found);
    free(found);
    free(late.text);
    deck_close(&deck);
}
END_TEST

START_TEST(a_recording_belongs_to_its_user_and_is_not_written_over)
{
    struct moment seen[MOMENTS];
    struct stat st;
    struct err err = {0};

    record("happy", seen);
    free_seen(seen);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert(recorder_open(path, NULL, &err) == NULL);
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "is there already") != NULL, "%s", err.text);
}
END_TEST

static bool has_ended(void *arg, const struct frame *frame)
{
    (void)arg;
    return frame->action_count > 0 && frame->actions[0].end == END_REFUSED;
}

START_TEST(nothing_is_sent_from_a_recording)
{
    struct moment seen[MOMENTS];
    struct deck deck;

    record("knight", seen);
    open_deck(&deck);
    free(moment_again(&deck, seen[0].at_ms, false));
    for (int verb = VERB_START; verb < VERB_COUNT; verb++) {
        struct intent intent = {.verb = (enum verb)verb, .flags = INTENT_CONFIRMED};
        snprintf(intent.cluster, sizeof intent.cluster, "%s", deck.clusters[0].name);
        snprintf(intent.service, sizeof intent.service, "router");
        engine_submit(deck.engine, &intent);
        clock_tape_seek(deck.clock, clock_now_ms(deck.clock) + 1000);
        ck_assert(engine_run_until(deck.engine, 1000, has_ended, NULL));
        const struct frame *frame = engine_frame(deck.engine);
        ck_assert_str_eq(frame->actions[0].sentence, "a recording: nothing is sent");
        frame_unref(frame);
    }
    deck_close(&deck);
    free_seen(seen);
}
END_TEST

/* A dashboard on the deck, without a terminal. */
static void press(struct app *app, int key)
{
    const struct term_key one = {.key = key};

    app_key(app, &one, true);
}

START_TEST(keys_steer_a_recording)
{
    struct moment seen[MOMENTS];
    struct deck deck;
    struct app *app = xcalloc(1, sizeof *app);

    record("knight", seen);
    open_deck(&deck);
    keymap_init(&app->keymap);
    app->deck = &deck;
    app->engine = deck.engine;
    app->clock = clock_new_virtual(0);
    app->views[0] = &view_fleet;
    app->view_count = 1;
    app->frame = engine_frame(app->engine);
    canvas_init(&app->canvas, 80, 24, false);
    press(app, ' ');
    ck_assert(!deck.stands);
    press(app, '+');
    press(app, '+');
    ck_assert_double_eq(deck_pace(&deck), 4);
    press(app, '-');
    ck_assert_double_eq(deck_pace(&deck), 2);
    press(app, ' ');
    ck_assert(deck.stands);
    for (const char *key = "SPRUXw"; *key; key++) {
        press(app, *key);
        ck_assert_str_eq(app->screen.flash, "a recording: nothing is sent");
        ck_assert(!app->acting.asking);
    }
    press(app, KEYCODE_RIGHT);
    while (deck_now_ms(&deck) < DECK_STEP_MS)
        engine_run_until(deck.engine, DECK_STEP_MS, NULL, NULL);
    ck_assert_int_ge(deck_now_ms(&deck), DECK_STEP_MS);
    ck_assert_int_lt(deck_now_ms(&deck), DECK_STEP_MS + 1000); /* it goes on meanwhile */
    const struct tape_fact *mark = tape_mark(deck.tape, deck.tape->start_ms - 1, true);
    ck_assert(mark != NULL);
    ck_assert_str_eq(mark->text, "it begins");
    press(app, 'n');
    ck_assert_str_eq(app->screen.flash, "no mark comes after this");
    frame_unref(app->frame);
    acting_release(&app->acting);
    canvas_release(&app->canvas);
    free(app->screen.order);
    clock_free(app->clock);
    free(app);
    deck_close(&deck);
    free_seen(seen);
}
END_TEST

/* A clock that runs quickly is behind the end before anybody looks; keys go back from the end. */
START_TEST(nothing_is_shown_that_is_later_than_the_end)
{
    struct moment seen[MOMENTS];
    struct deck deck;
    char text[200];

    record("knight", seen);
    open_deck(&deck);
    clock_tape_seek(deck.clock, deck.tape->end_ms + 2500);
    while (deck_now_ms(&deck) < deck_length_ms(&deck) + 2500)
        engine_run_until(deck.engine, 2500, NULL, NULL);
    ck_assert_int_eq(deck_shown_ms(&deck), deck_length_ms(&deck));
    deck_describe(&deck, text, sizeof text);
    ck_assert_msg(strstr(text, "stands") != NULL, "%s", text);
    deck_close(&deck);
    free_seen(seen);
}
END_TEST

START_TEST(without_a_recording_its_keys_only_say_so)
{
    struct play play;

    play_begin(&play, "knight", false);
    play_press(&play, KEYCODE_LEFT);
    ck_assert_str_eq(play.app.screen.flash, "that key steers a recording: lockstep replay FILE");
    play_end(&play);
}
END_TEST

static void on_picture(void *arg, int64_t at_ms, const struct canvas *canvas,
                       const struct theme *theme)
{
    cast_picture(arg, at_ms, canvas, theme);
}

static char *film(bool v3)
{
    struct deck deck;
    struct app_options options = {.deck = &deck, .speed = 1};
    struct err err = {0};
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    open_deck(&deck);
    struct cast *cast = cast_new(out, v3, 80, 24, deck.tape->start_utc_ms, "lockstep");
    ck_assert_msg(app_film(&options, 80, 24, on_picture, cast, &err), "%s", err.text);
    cast_free(cast, deck_length_ms(&deck));
    fclose(out);
    deck_close(&deck);
    return text;
}

/* Every line is JSON; times never go back; all of it is the same the next time. */
START_TEST(a_film_is_the_same_each_time)
{
    struct moment seen[MOMENTS];
    bool v3 = _i == 1;
    double before = 0;
    size_t lines = 0;

    record("knight", seen);
    free_seen(seen);
    char *one = film(v3), *other = film(v3);
    ck_assert(strcmp(one, other) == 0);
    ck_assert(strncmp(one, v3 ? "{\"version\": 3" : "{\"version\": 2", 13) == 0);
    for (char *at = other, *end; *at; at = end + 1, lines++) {
        struct err err = {0};
        end = strchr(at, '\n');
        json_t *line = json_parse(at, (size_t)(end - at), "film", &err);
        ck_assert_msg(line != NULL, "%s", err.text);
        if (lines) {
            double now = json_number_value(json_array_get(line, 0));
            ck_assert(now >= (v3 ? 0 : before));
            before = now;
        }
        json_decref(line);
    }
    ck_assert_uint_gt(lines, 20);
    free(one);
    free(other);
}
END_TEST

SUITE(replay)
{
    Suite *suite = suite_create("replay");
    TCase *tcase = test_case(suite, "replay", 60);

    tcase_add_loop_test(tcase, a_recording_is_drawn_as_it_was_seen, 0, STORIES);
    tcase_add_loop_test(tcase, a_recording_that_is_indexed_shows_the_same, 0, STORIES);
    tcase_add_loop_test(tcase, a_recording_that_is_indexed_remembers_what_was_seen_in_passing, 0,
                        2);
    tcase_add_test(tcase, a_recording_belongs_to_its_user_and_is_not_written_over);
    tcase_add_test(tcase, nothing_is_sent_from_a_recording);
    tcase_add_test(tcase, nothing_is_shown_that_is_later_than_the_end);
    tcase_add_test(tcase, keys_steer_a_recording);
    tcase_add_test(tcase, without_a_recording_its_keys_only_say_so);
    tcase_add_loop_test(tcase, a_film_is_the_same_each_time, 0, 2);
    return suite;
}
