/* test_stories.c: every story of the demo, played to its end on the real guard and simulator. */
#include "tui/golden.h"
#include "tui/play.h"

#include "base/hash.h"
#include "base/mem.h"
#include "release/release.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 3000, SETTLE_TURNS = 20 };

/* The mistake of each story, the rule that refuses it, and what it names; last what it ends in. */
static const struct lesson {
    const char *story;
    enum rule_id rule;
    const char *object,
        *fact; /* a witness, and how what it says begins; NULL: no mistake is made */
    const char *service, *version;
} lessons[] = {
    {"happy", RULE_R0, NULL, NULL, "web", "5"},
    {"bad-canary", RULE_R0, NULL, NULL, "web", "6"},
    {"knight", RULE_R3, "node s8", "runs 7", "router", "9"},
    {"skew", RULE_R3, "node n6", "silent for 2h10m, last ran 4", "app", "6"},
    {"data-and-code", RULE_R1, "version 22 of billing", "changes code, ddl+", "billing", "25"},
    {"two-services", RULE_R2, "service accounts", "moving to 4", "billing", "9"},
    {"old-client", RULE_RC, "clients phones-4.1", "1840 calls of Get/1", "orders", "14"},
    {"migration", RULE_R1, "store archive", "may hold json-1", "invoices", "8"},
};

static bool is_over(const struct play *play)
{
    return play->app.telling.beat + 1 == play->app.telling.story->count;
}

static void assert_stable(const struct play *play, const struct lesson *lesson)
{
    const struct row *row = frame_find_row(play->app.frame, NULL, lesson->service);

    ck_assert_msg(is_over(play), "stays at: %s", play_beat(play)->caption);
    ck_assert_str_eq(stage_word[row->release->stage], stage_word[STAGE_STABLE]);
    ck_assert_str_eq(row->release->to, lesson->version);
    ck_assert_uint_eq(service_count(row->service, lesson->version, STATES_SERVING),
                      row->service->replicas);
}

static bool names(const struct finding *finding, const char *object, const char *fact)
{
    for (size_t i = 0; i < finding->witness_count; i++)
        if (strcmp(finding->witnesses[i].object, object) == 0 &&
            strncmp(finding->witnesses[i].fact, fact, strlen(fact)) == 0)
            return true;
    return false;
}

static const struct option *step_of(const struct row *row)
{
    return &row->option[row->option[VERB_STEP].offered ? VERB_STEP : VERB_START];
}

static const struct action_status *find_action(const struct frame *frame, uint64_t ticket)
{
    for (size_t i = 0; i < frame->action_count; i++)
        if (frame->tickets[i] == ticket)
            return &frame->actions[i];
    return NULL;
}

/* The verdict on the screen, the words under it, and that the engine says the same to a key that
 * gets past the screen. */
static void assert_refused(struct play *play, const struct lesson *lesson)
{
    const struct row *row = play_row(play);
    const struct verdict *verdict = &step_of(row)->verdict;
    const struct finding *finding = &verdict->findings[lesson->rule];
    char head[16];

    ck_assert_str_eq(play_beat(play)->refused, rule_word[lesson->rule]);
    ck_assert(!step_of(row)->allowed);
    ck_assert_int_eq(verdict->level, LEVEL_ENFORCE);
    ck_assert_int_eq(verdict->first->rule, lesson->rule);
    ck_assert_msg(names(finding, lesson->object, lesson->fact), "%s: %zu witnesses, %s %s",
                  finding->sentence, finding->witness_count,
                  finding->witness_count ? finding->witnesses[0].object : "",
                  finding->witness_count ? finding->witnesses[0].fact : "");
    snprintf(head, sizeof head, ": %s: ", rule_word[lesson->rule]);
    ck_assert_msg(strstr(play->app.screen.flash, head) != NULL, "%s", play->app.screen.flash);
    struct intent intent = {.verb = VERB_STEP, .flags = INTENT_CONFIRMED, .basis = row->basis};
    snprintf(intent.cluster, sizeof intent.cluster, "%s", row->service->cluster);
    snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
    snprintf(intent.spec_digest, sizeof intent.spec_digest, "%s", row->service->spec_digest);
    uint64_t ticket = engine_submit(play->app.engine, &intent);
    const struct action_status *status = NULL;
    for (int i = 0; i < SETTLE_TURNS && !(status && status->phase == PHASE_DONE); i++) {
        play_turn(play);
        status = find_action(play->app.frame, ticket);
    }
    ck_assert(status != NULL);
    ck_assert_msg(status->end == END_REFUSED &&
                      strncmp(status->sentence, rule_word[lesson->rule], 2) == 0,
                  "%s: %s", action_end_word[status->end], status->sentence);
}

/* The safety view, which the story opens after its mistake. */
static void assert_on_screen(struct play *play, const struct lesson *lesson)
{
    char path[120];
    char *screen = play_screen(play);

    ck_assert_msg(strstr(screen, lesson->object) != NULL, "%s", screen);
    snprintf(path, sizeof path, "tui/golden/story-%s-80x24.txt", lesson->story);
    golden_check(path, screen);
    free(screen);
}

START_TEST(its_mistake_is_refused_by_its_rule_and_its_right_way_ends_in_stable)
{
    const struct lesson *lesson = &lessons[_i];
    struct play play;
    bool wrong = false, seen = false;

    play_begin(&play, lesson->story, true);
    for (int i = 0; i < TURNS_MAX && !is_over(&play); i++) {
        play_turn(&play);
        if (!wrong && play_beat(&play)->refused && play.app.telling.pressed) {
            unsigned sent = sim_applied_total(play.sim);
            assert_refused(&play, lesson);
            ck_assert_uint_eq(sim_applied_total(play.sim), sent);
            wrong = true;
        }
        if (wrong && !seen && app_view(&play.app) == &view_safety) {
            play_turn(&play);
            assert_on_screen(&play, lesson);
            seen = true;
        }
    }
    ck_assert(wrong == (lesson->object != NULL) && seen == wrong);
    assert_stable(&play, lesson);
    play_end(&play);
}
END_TEST

/* What the caption says to press, as its reader would; one key each time it is asked. */
static int obey(struct play *play, const char **rest)
{
    struct telling *telling = &play->app.telling;
    const char *hint = play->app.screen.caption_key;
    int key = KEYCODE_NONE;

    if (*rest && **rest) {
        key = **rest == '\r' ? KEYCODE_ENTER : **rest;
        ++*rest;
    } else if (strncmp(hint, "X 1 (why)", 9) == 0) {
        *rest = "1because I looked at it\r";
        key = 'X';
    } else if (strlen(hint) == 1 && !(telling->pressed && telling->story)) {
        key = hint[0];
    } else if (strcmp(hint, "S") == 0) {
        key = 'S';
    }
    return key;
}

START_TEST(whoever_presses_what_the_captions_say_gets_to_the_end)
{
    const struct lesson *lesson = &lessons[_i];
    struct play play;
    const char *rest = NULL;
    size_t beat = 0;

    play_begin(&play, lesson->story, false);
    for (int i = 0; i < TURNS_MAX && !is_over(&play); i++) {
        play_turn(&play);
        if (beat != play.app.telling.beat)
            rest = NULL;
        beat = play.app.telling.beat;
        int key = i % 8 == 7 ? obey(&play, &rest) : KEYCODE_NONE;
        if (key != KEYCODE_NONE)
            play_press(&play, key);
    }
    assert_stable(&play, lesson);
    play_end(&play);
}
END_TEST

START_TEST(keys_of_ones_own_tell_it_as_well)
{
    static const char text[] = "F = step\nS = none\nu = safety\ni = couplings\n";
    struct play play;
    struct err err = {0};
    bool asked = false;

    play_begin(&play, "knight", true);
    ck_assert_msg(keymap_parse(&play.app.keymap, text, sizeof text - 1, "keys.conf", &err), "%s",
                  err.text);
    for (int i = 0; i < TURNS_MAX && !is_over(&play); i++) {
        play_turn(&play);
        asked = asked || (strcmp(play.app.screen.caption_key, "F") == 0 &&
                          strstr(play.app.caption, "press F") != NULL);
        ck_assert_str_ne(play.app.screen.caption_key, "S");
    }
    ck_assert(asked);
    assert_stable(&play, &lessons[2]);
    play_end(&play);
}
END_TEST

START_TEST(the_same_seed_tells_the_same_pictures)
{
    uint64_t digest[2] = {HASH_SEED, HASH_SEED};

    for (int run = 0; run < 2; run++) {
        struct play play;
        play_begin(&play, lessons[_i].story, true);
        for (int i = 0; i < 150; i++) {
            play_turn(&play);
            char *screen = play_screen(&play);
            digest[run] = hash_mix(digest[run], screen, strlen(screen));
            free(screen);
        }
        play_end(&play);
    }
    ck_assert(digest[0] == digest[1]);
}
END_TEST

START_TEST(a_key_takes_over_and_the_captions_go_on)
{
    struct play play;

    play_begin(&play, "happy", true);
    for (int i = 0; i < TURNS_MAX && play_beat(&play)->when != STORY_READY; i++)
        play_turn(&play);
    telling_take_over(&play.app.telling);
    size_t beat = play.app.telling.beat;
    for (int i = 0; i < 200; i++)
        play_turn(&play);
    ck_assert_uint_eq(play.app.telling.beat, beat);
    ck_assert_str_eq(play.app.screen.caption_key, "S");
    play_press(&play, 'S');
    for (int i = 0; i < 5; i++)
        play_turn(&play);
    ck_assert_uint_eq(play.app.telling.beat, beat + 1);
    play_end(&play);
}
END_TEST

START_TEST(who_goes_ahead_of_the_captions_is_not_held_up)
{
    struct play play;

    play_begin(&play, "old-client", false);
    for (int i = 0; i < TURNS_MAX && play_beat(&play)->when != STORY_WAITS; i++)
        play_turn(&play);
    play_turn(&play);
    play_press(&play, 'U'); /* without the mistake */
    for (int i = 0; i < TURNS_MAX && play_beat(&play)->when != STORY_READY; i++)
        play_turn(&play);
    ck_assert_str_eq(play_beat(&play)->caption,
                     "14 adds Get/3 and keeps Get/1. S whenever it is ready.");
    play_end(&play);
}
END_TEST

/* U in the middle of a story that does not go back. */
START_TEST(who_goes_back_is_told_that_the_story_ends_there)
{
    struct play play;
    bool told = false;

    play_begin(&play, "happy", false);
    for (int i = 0; i < TURNS_MAX && play_beat(&play)->when != STORY_READY; i++)
        play_turn(&play);
    play_turn(&play);
    play_press(&play, 'S');
    for (int i = 0; i < 30; i++)
        play_turn(&play);
    play_press(&play, 'U');
    for (int i = 0; i < 300 && !told; i++) {
        play_turn(&play);
        told = strncmp(play.app.caption, "You went back", 13) == 0;
    }
    ck_assert_msg(told, "still: %s", play.app.caption);
    ck_assert_ptr_nonnull(strstr(play.app.caption, "q quits"));
    ck_assert_str_eq(play.app.screen.caption_key, "");
    play_end(&play);
}
END_TEST

/* `lockstep demo` and nothing more: a finished rollback is one key away, and the bar says which. */
START_TEST(first_steps_lead_to_a_rollback_and_to_all_keys)
{
    struct play play;
    const char *rest = NULL;
    int keys = 0;

    play_begin(&play, "", false);
    play_turn(&play);
    play_turn(&play);
    ck_assert_str_eq(play.app.screen.caption_key, "U");
    for (int i = 0; i < TURNS_MAX && !is_over(&play); i++) {
        play_turn(&play);
        const char *hint = play.app.screen.caption_key;
        int key = i % 8 != 7                   ? KEYCODE_NONE
                  : strcmp(hint, "enter") == 0 ? KEYCODE_ENTER
                                               : obey(&play, &rest);
        if (key == KEYCODE_NONE)
            continue;
        play_press(&play, key);
        keys++;
    }
    const struct row *row = frame_find_row(play.app.frame, NULL, "payments");
    ck_assert_int_eq(row->state, BOARD_STEADY);
    ck_assert_uint_eq(service_count(row->service, "2.8.4", STATES_SERVING), 10);
    row = frame_find_row(play.app.frame, NULL, "billing");
    ck_assert_uint_eq(service_count(row->service, "42", STATES_SERVING), 1);
    ck_assert_ptr_eq(app_view(&play.app), &view_help);
    ck_assert_str_eq(telling_caption(&play.app.telling), "");
    ck_assert_int_le(keys, 12);
    play_end(&play);
}
END_TEST

START_TEST(every_story_has_a_world_and_words_that_fit)
{
    size_t count = 0;

    for (; story_at(count); count++) {
        const struct story *story = story_at(count);
        ck_assert_str_ne(sim_scenario_settings(story->name), "");
        ck_assert_ptr_eq(story_find(story->name), story);
        ck_assert_str_eq(story->name, lessons[count].story);
        for (size_t i = 0; i < story->count; i++)
            ck_assert_msg(strlen(story->beats[i].caption) <= STORY_CAPTION_MAX, "%s",
                          story->beats[i].caption);
        ck_assert_int_eq(story->beats[0].when, STORY_BEGINS);
    }
    ck_assert_uint_eq(count, ARRAY_LEN(lessons));
    ck_assert_ptr_null(story_find("default"));
}
END_TEST

SUITE(stories)
{
    Suite *suite = suite_create("stories");
    TCase *tc = test_case(suite, "stories", 60);
    int count = (int)ARRAY_LEN(lessons);

    tcase_add_loop_test(tc, its_mistake_is_refused_by_its_rule_and_its_right_way_ends_in_stable, 0,
                        count);
    tcase_add_loop_test(tc, whoever_presses_what_the_captions_say_gets_to_the_end, 0, count);
    tcase_add_loop_test(tc, the_same_seed_tells_the_same_pictures, 0, count);
    tcase_add_test(tc, keys_of_ones_own_tell_it_as_well);
    tcase_add_test(tc, a_key_takes_over_and_the_captions_go_on);
    tcase_add_test(tc, who_goes_ahead_of_the_captions_is_not_held_up);
    tcase_add_test(tc, who_goes_back_is_told_that_the_story_ends_there);
    tcase_add_test(tc, first_steps_lead_to_a_rollback_and_to_all_keys);
    tcase_add_test(tc, every_story_has_a_world_and_words_that_fit);
    return suite;
}
