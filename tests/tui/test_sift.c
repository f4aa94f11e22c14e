/* test_sift.c: the filter of the nodes and of the timeline. */
#include "tui/easel.h"
#include "tui/play.h"

#include "views/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void sift(const char *filter)
{
    snprintf(easel.screen.sift.filter, sizeof easel.screen.sift.filter, "%s", filter);
}

static size_t shown(const struct view *view)
{
    free(easel_draw(view, 80, 24, false));
    return easel.screen.sift.shown;
}

/* The selected service is payments-api at prod-eu: 8 nodes, of which gpu-7 is silent. */
static const struct {
    const char *filter;
    size_t nodes;
} nodes[] = {
    {"", 8},
    {"gpu-7", 1},
    {"silent", 1},
    {"!silent", 7},
    {"state=silent", 1},
    {"state=failing", 3},
    {"version=2.9.0", 7},
    {"version=2.9.0 !state=failing", 4},
    {"node=gpu-[123]", 3},
    {"kubelet", 1},
    {"by=oncall1", 0},
    {"nothing-like-this", 0},
};

START_TEST(a_filter_shows_the_nodes_that_match)
{
    easel_select("prod-eu", "payments-api");
    sift(nodes[_i].filter);
    ck_assert_msg(shown(&view_nodes) == nodes[_i].nodes, "%s: %zu", nodes[_i].filter,
                  easel.screen.sift.shown);
    ck_assert_uint_eq(easel.screen.sift.all, 8);
    easel_shows(&view_nodes, 80, 24, "8 nodes, payments-api on 8, 1 not reporting");
}
END_TEST

static const struct {
    const char *filter, *there, *away;
} events[] = {
    {"kind=node", "node is silent", "step 3"},
    {"gpu-7", "node is silent", "step 3"},
    {"node=gpu-7", "node is silent", "step 3"},
    {"cart", "paused at 7", "step 3"},
    {"by=oncall1", "step 3", "paused at 7"},
    {"service=payments kind=action", "step 3", "9b1c"},
    {"cluster=nomad", "9b1c", "step 3"},
    {"!cluster=nomad !oncall", "canary 3.4", "9b1c"},
    {"version=3.4", "canary 3.4", "step 3"},
    {"MANIFEST", "manifest unknown", "step 3"},
    {"kind=note manifest", "manifest unknown", "node is silent"},
};

START_TEST(a_filter_shows_what_happened_and_matches)
{
    char reply[128];

    easel_select("prod-eu", "payments-api");
    sift(events[_i].filter);
    easel_shows(&view_timeline, 140, 45, events[_i].there);
    easel_hides(&view_timeline, 140, 45, events[_i].away);
    ck_assert_uint_lt(easel.screen.sift.shown, easel.screen.sift.all);
    easel.frame->action_count = 0; /* what is on its way is told first */
    snprintf(reply, sizeof reply, "/%s  %zu of %zu   esc shows all", events[_i].filter,
             easel.screen.sift.shown, easel.screen.sift.all);
    easel_shows(&view_timeline, 140, 45, reply);
}
END_TEST

START_TEST(a_list_without_a_match_says_so)
{
    easel_select("prod-eu", "payments-api");
    sift("nothing-like-this");
    easel_shows(&view_nodes, 80, 24, "no node matches the filter");
    easel_shows(&view_nodes, 80, 24, "nodes 0/0");
    easel_shows(&view_timeline, 80, 24, "nothing that happened matches the filter");
    sift("[");
    ck_assert_uint_eq(shown(&view_nodes), 8);
    easel.frame->action_count = 0;
    easel_shows(&view_nodes, 80, 24, "/[  ");
    easel_hides(&view_nodes, 80, 24, "shows all");
}
END_TEST

START_TEST(next_and_previous_go_through_the_nodes_that_match)
{
    easel_select("prod-eu", "payments-api");
    sift("state=failing");
    free(easel_draw(&view_nodes, 80, 24, false));
    ck_assert_str_eq(easel.screen.node, "gpu-id-1");
    easel_press(&view_nodes, COMMAND_NEXT_MATCH);
    ck_assert_str_eq(easel.screen.node, "gpu-id-2");
    easel_press(&view_nodes, COMMAND_PREV_MATCH);
    ck_assert_str_eq(easel.screen.node, "gpu-id-1");
}
END_TEST

/* The keys, in the dashboard itself. */

static struct play play;

static void press(const char *keys)
{
    for (; *keys; keys++)
        play_press(&play, (unsigned char)*keys);
}

static void expect(const char *text, bool there)
{
    char *screen = play_screen(&play);
    bool found = strstr(screen, text) != NULL;

    if (found != there)
        fprintf(stderr, "%s", screen);
    ck_assert_msg(found == there, "%s the screen: %s", there ? "not on" : "on", text);
    free(screen);
}

START_TEST(slash_filters_the_view_one_looks_at_and_esc_shows_all_again)
{
    play_begin(&play, "skew", false);
    play_turn(&play);
    press("h/silent");
    play_turn(&play);
    expect("/silent_  1 of 6   enter keeps it, esc drops it", true);
    expect(" n3 ", false);
    play_press(&play, KEYCODE_ENTER);
    play_turn(&play);
    expect("/silent  1 of 6   esc shows all", true);
    press("?");
    play_press(&play, KEYCODE_ESC);
    play_press(&play, KEYCODE_ESC);
    play_turn(&play);
    expect("nodes 1/6", true);
    press("/S"); /* letters are letters while one types */
    play_turn(&play);
    expect("/S_", true);
    play_press(&play, KEYCODE_ESC);
    press("e");
    play_turn(&play);
    expect("timeline", true);
    press("/");
    play_press(&play, KEYCODE_ENTER);
    play_turn(&play);
    expect("shows all", false);
    press("u/");
    play_turn(&play);
    expect("this is no list", true);
    play_end(&play);
}
END_TEST

SUITE(sift)
{
    Suite *suite = suite_create("sift");
    TCase *tcase = test_case(suite, "lists", 30), *keys = test_case(suite, "keys", 30);

    tcase_add_checked_fixture(tcase, easel_set_up, easel_tear_down);
    tcase_add_loop_test(tcase, a_filter_shows_the_nodes_that_match, 0, (int)ARRAY_LEN(nodes));
    tcase_add_loop_test(tcase, a_filter_shows_what_happened_and_matches, 0, (int)ARRAY_LEN(events));
    tcase_add_test(tcase, a_list_without_a_match_says_so);
    tcase_add_test(tcase, next_and_previous_go_through_the_nodes_that_match);
    tcase_add_test(keys, slash_filters_the_view_one_looks_at_and_esc_shows_all_again);
    return suite;
}
