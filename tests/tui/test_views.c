/* test_views.c: what the screens say, as text.
 *
 * Golden files: tests/tui/golden/<frame>-<view>-<width>x<height>[-ascii].txt. A mismatch prints
 * the lines that differ. When a change is meant, run the suite once with LOCKSTEP_GOLDEN=write,
 * which writes them anew, and read the difference before committing it. */
#include "tui/easel.h"
#include "tui/golden.h"

#include "base/mem.h"
#include "health/evidence.h"
#include "views/parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Golden files. */

static const struct question undo = {
    .verb = VERB_ROLLBACK,
    .kind = QUESTION_NAME,
    .title = "Undo payments-api in prod-eu?",
    .line = {"2.9.0 -> 2.8.1: 8 of 24 instances of deployment payments/payments-api",
             "Takes about 3 minutes; it can be released again afterwards.", "This is production."},
    .typed = "paym",
    .expected = "payments-api",
};

static const struct question menu = {
    .kind = QUESTION_MENU,
    .title = "More for payments-api in prod-eu",
    .choice = {"fence node gpu-7: silent 41m00s, last ran 2.7.9",
               "attest: v1 is gone from store sessions", "break the glass: S past R1, R3",
               "go on: U past R3, which only warns"},
    .choice_count = 4,
};

static const struct question glass = {
    .verb = VERB_STEP,
    .kind = QUESTION_REASON,
    .danger = true,
    .title = "Break the glass: S past R1, R3",
    .line = {"It is journaled with the rules that it breaks, voids certificates and alarms whoever "
             "watches.",
             "It stays red here until nothing that runs breaks a rule any more."},
    .typed = "the old readers were switched off at noon, Ana confirmed it by phone, ticket 4711 "
             "has the",
};

/* clang-format off */
#define GUARDED(of, columns, rows, only_ascii)                                                     \
    {.name = "guard-" #of, .frame = frames_guarded, .view = &view_##of, .width = columns,          \
     .height = rows, .ascii = only_ascii, .cluster = "prod-eu", .service = "payments-api"}
#define LOG(columns, rows, only_ascii)                                                             \
    {.name = "log", .frame = frames_log, .view = &view_log, .width = columns, .height = rows,      \
     .ascii = only_ascii, .cluster = "prod-eu", .service = "payments-api"}
#define BOARD(of, columns, rows, only_ascii)                                                       \
    {.name = "board-" #of, .view = &view_##of, .width = columns, .height = rows,                   \
     .ascii = only_ascii}
#define BOTH(of, columns, rows) GUARDED(of, columns, rows, false), GUARDED(of, columns, rows, true)
#define LOGS(columns, rows)     LOG(columns, rows, false), LOG(columns, rows, true)
#define BOARDS(of, columns, rows) BOARD(of, columns, rows, false), BOARD(of, columns, rows, true)
#define AT_ALL_SIZES(of)                                                                           \
    BOTH(of, 60, 12), BOTH(of, 80, 24), BOTH(of, 140, 45), BOTH(of, 200, 60)
#define BOARD_AT_ALL_SIZES(of)                                                                     \
    BOARDS(of, 60, 12), BOARDS(of, 80, 24), BOARDS(of, 140, 45), BOARDS(of, 200, 60)
#define LOG_AT_ALL_SIZES LOGS(60, 12), LOGS(80, 24), LOGS(140, 45), LOGS(200, 60)
/* clang-format on */

static const struct golden {
    const char *name;
    struct frame *(*frame)(void);
    const struct view *view;
    int width, height;
    bool ascii, quiet;
    const char *cluster, *service;
    const char *filter;
    const struct question *question;
} goldens[] = {
    BOARD_AT_ALL_SIZES(fleet),
    BOARD(fleet, 100, 30, false),
    {.name = "board-held",
     .view = &view_fleet,
     .width = 80,
     .height = 24,
     .cluster = "prod-eu",
     .service = "cart"},
    {.name = "board-action",
     .view = &view_fleet,
     .width = 80,
     .height = 24,
     .cluster = "sim",
     .service = "thumbnailer",
     .quiet = false},
    {.name = "board-filter",
     .view = &view_fleet,
     .width = 80,
     .height = 24,
     .filter = "prod !auth"},
    {.name = "board-question", .view = &view_fleet, .width = 80, .height = 24, .question = &undo},
    {.name = "board-question", .view = &view_fleet, .width = 60, .height = 12, .question = &undo},
    {.name = "board-menu", .view = &view_fleet, .width = 80, .height = 24, .question = &menu},
    {.name = "board-menu", .view = &view_fleet, .width = 60, .height = 12, .question = &menu},
    {.name = "board-glass", .view = &view_fleet, .width = 80, .height = 24, .question = &glass},
    {.name = "board-glass", .view = &view_fleet, .width = 60, .height = 12, .question = &glass},
    BOARD_AT_ALL_SIZES(rollout),
    BOARD_AT_ALL_SIZES(help),
    {.name = "quiet-fleet",
     .frame = frames_quiet,
     .view = &view_fleet,
     .width = 80,
     .height = 24,
     .cluster = "demo",
     .service = "billing"},
    {.name = "empty-fleet", .frame = frames_empty, .view = &view_fleet, .width = 80, .height = 24},
    {.name = "hostile-fleet",
     .frame = frames_hostile,
     .view = &view_fleet,
     .width = 80,
     .height = 24},
    {.name = "hostile-fleet",
     .frame = frames_hostile,
     .view = &view_fleet,
     .width = 80,
     .height = 24,
     .ascii = true},
    AT_ALL_SIZES(safety),
    AT_ALL_SIZES(nodes),
    AT_ALL_SIZES(timeline),
    AT_ALL_SIZES(couplings),
    AT_ALL_SIZES(data),
    AT_ALL_SIZES(diff),
    LOG_AT_ALL_SIZES,
    AT_ALL_SIZES(rollout),
    AT_ALL_SIZES(fleet),
    {.name = "quiet-safety",
     .frame = frames_quiet,
     .view = &view_safety,
     .width = 80,
     .height = 24,
     .cluster = "demo",
     .service = "billing"},
    {.name = "hostile-safety",
     .frame = frames_hostile,
     .view = &view_safety,
     .width = 80,
     .height = 24},
    {.name = "hostile-rollout",
     .frame = frames_hostile,
     .view = &view_rollout,
     .width = 80,
     .height = 24},
};

static void golden_path(const struct golden *golden, char *out, size_t size)
{
    snprintf(out, size, "tui/golden/%s-%dx%d%s.txt", golden->name, golden->width, golden->height,
             golden->ascii ? "-ascii" : "");
}

START_TEST(the_screen_is_as_in_the_golden_file)
{
    const struct golden *golden = &goldens[_i];
    char path[256];

    if (golden->frame)
        easel_use(golden->frame());
    else
        easel_select(golden->cluster ? golden->cluster : "prod-eu",
                     golden->service ? golden->service : "payments-api");
    if (golden->frame && golden->service)
        easel_select(golden->cluster, golden->service);
    if (!golden->service || strcmp(golden->service, "thumbnailer") != 0)
        easel.frame->action_count = 0;
    if (golden->filter) {
        snprintf(easel.screen.filter, sizeof easel.screen.filter, "%s", golden->filter);
        easel.screen.filtering = true;
    }
    if (golden->frame == frames_hostile) /* so that the rollout view has a subject */
        free(easel_draw(&view_fleet, 80, 24, false));
    easel.screen.question = golden->question;
    char *found = easel_draw(golden->view, golden->width, golden->height, golden->ascii);
    golden_path(golden, path, sizeof path);
    golden_check(path, found);
    free(found);
}
END_TEST

static const struct view *const all_views[] = {
    &view_fleet,     &view_rollout, &view_safety, &view_nodes, &view_timeline,
    &view_couplings, &view_data,    &view_diff,   &view_log,   &view_help};

START_TEST(every_view_has_a_golden_file_at_four_sizes_in_both_glyph_sets)
{
    static const int sizes[][2] = {{60, 12}, {80, 24}, {140, 45}, {200, 60}};
    const struct view *view = all_views[_i];

    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (int ascii = 0; ascii < 2; ascii++) {
            size_t at = 0;
            while (at < ARRAY_LEN(goldens) &&
                   !(goldens[at].view == view && goldens[at].width == sizes[s][0] &&
                     goldens[at].height == sizes[s][1] && goldens[at].ascii == ascii))
                at++;
            ck_assert_msg(at < ARRAY_LEN(goldens), "%s at %dx%d%s", view->name, sizes[s][0],
                          sizes[s][1], ascii ? " in ASCII" : "");
        }
}
END_TEST

/* What must hold whatever is drawn. */

START_TEST(nothing_leaves_its_cells_at_any_size)
{
    static const int sizes[][2] = {{1, 1},   {2, 40},   {59, 12}, {60, 11},  {60, 12},  {61, 13},
                                   {79, 23}, {119, 30}, {120, 9}, {120, 12}, {131, 31}, {500, 200}};

    easel_use(_i == 0   ? frames_hostile()
              : _i == 1 ? frames_large(20, 300)
              : _i == 2 ? frames_guarded()
              : _i == 4 ? frames_log()
                        : frames_board());
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t v = 0; v < ARRAY_LEN(all_views); v++)
            for (int ascii = 0; ascii < 2; ascii++) {
                char *dump = easel_draw(all_views[v], sizes[s][0], sizes[s][1], ascii);
                int lines = 0;
                for (const char *c = dump; *c; c++) {
                    lines += *c == '\n';
                    ck_assert(!ascii || (unsigned char)*c < 0x80);
                }
                ck_assert_int_eq(lines, sizes[s][1]);
                free(dump);
            }
}
END_TEST

START_TEST(a_screen_that_is_too_small_says_so)
{
    easel_shows(&view_fleet, 44, 10, "needs 60x12, have 44x10");
    easel_shows(&view_fleet, 44, 10, "q quits");
    easel_shows(&view_fleet, 80, 11, "needs 60x12");
    easel_hides(&view_fleet, 60, 12, "needs 60x12");
}
END_TEST

START_TEST(columns_go_in_one_order)
{
    static const char *const titles[] = {" BY", "STEP", "PROGRESS"};
    bool gone[3] = {false};

    for (int width = 119; width >= 60; width--) {
        char *dump = easel_draw(&view_fleet, width, 24, false);
        char *header = strchr(strchr(dump, '\n') + 1, '\n') + 1;
        *strchr(header, '\n') = '\0';
        for (int t = 0; t < 3; t++) {
            bool there = strstr(header, titles[t]) != NULL;
            ck_assert_msg(!(there && gone[t]), "%s is back at %d", titles[t], width);
            gone[t] = gone[t] || !there;
            ck_assert_msg(t == 0 || !gone[t] || gone[t - 1], "%s goes before %s at %d", titles[t],
                          titles[t - 1], width);
        }
        ck_assert_ptr_nonnull(strstr(header, "ROLLOUT"));
        ck_assert_ptr_nonnull(strstr(header, "LIVE"));
        free(dump);
    }
    ck_assert(gone[0] && gone[1]);
}
END_TEST

START_TEST(every_state_has_its_sign_and_its_word)
{
    easel_select("prod-eu", "payments-api");
    static const char *const words[] = {"1 failed", "2 stuck",  "1 rolling back", "3 moving",
                                        "1 held",   "7 steady", "3 stale"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        easel_shows(&view_fleet, 140, 45, words[i]);
    for (size_t i = 0; i < easel.frame->row_count; i++) {
        const struct row *row = easel.frame->rows[i];
        easel_select(row->service->cluster, row->service->name);
        char *dump = easel_draw(&view_fleet, 80, 24, true), word[64];
        snprintf(word, sizeof word, "-- %s %s",
                 canvas_glyph_text(&easel.canvas, state_glyph(row->state)), board_word[row->state]);
        ck_assert_msg(strstr(dump, word) != NULL, "%s: no %s", row->service->name, word);
        free(dump);
    }
}
END_TEST

/* What the operator must get. */

START_TEST(a_refusal_names_rule_witness_and_way_out)
{
    static const char *const parts[] = {"refused R3 one step: 2.7.9 may still run",
                                        "node gpu-7               silent, last ran 2.7.9  41m00s",
                                        "launcher cron/reconcile  would start 2.7.9",
                                        "way out: bring gpu-7 back, or fence it",
                                        "if you disconnect it stays here"};

    easel_select("prod-eu", "payments-api");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        easel_shows(&view_rollout, 140, 45, parts[i]);
    easel_shows(&view_fleet, 80, 24, parts[0]);
    easel_shows(&view_fleet, 80, 24, parts[3]);
    easel_shows(&view_fleet, 80, 24, parts[4]);
}
END_TEST

/* Who else writes to it, and whether it goes on without anybody, is on the first screen. */
START_TEST(owner_and_what_moves_by_itself_are_on_the_first_screen)
{
    easel_use(frames_guarded());
    easel_select("prod-eu", "payments-api");
    easel_shows(&view_fleet, 80, 24, "deployment of argo-cd");
    frames_row(easel.frame, "prod-eu", "payments-api")->moves_by_itself = true;
    easel_shows(&view_fleet, 80, 24, "if you disconnect it goes on by itself");
    easel_shows(&view_rollout, 80, 24, "if you disconnect it goes on by itself");
}
END_TEST

START_TEST(a_rollout_says_what_going_back_takes_and_what_the_whole_release_will)
{
    easel_use(frames_guarded());
    easel_select("prod-eu", "payments-api");
    easel_shows(&view_rollout, 80, 24, "15 warm on 2.8.1, 8 to replace, about 52s to 3m28s");
    easel_shows(&view_rollout, 140, 45, "in all, at least");
    frames_row(easel.frame, "prod-eu", "payments-api")->undo.least_ms = -1;
    easel_shows(&view_rollout, 140, 45, "8 to replace; not timed yet");
}
END_TEST

START_TEST(what_is_measured_over_an_open_way_is_marked)
{
    static const char mark[] = "asked over plain http at another host";
    static struct evidence evidence = {.version = "2.9.0", .control = "2.8.1", .step_ms = 30000};

    easel_use(frames_guarded());
    evidence_begin(&evidence);
    evidence.measure[MEASURE_LATENCY].asked = true;
    frames_row(easel.frame, "prod-eu", "payments-api")->evidence = &evidence;
    easel_select("prod-eu", "payments-api");
    easel_hides(&view_rollout, 140, 45, mark);
    evidence.exposed = true;
    easel_shows(&view_rollout, 140, 45, mark);
}
END_TEST

START_TEST(a_silent_node_is_told_with_its_age_and_last_version)
{
    easel_select("prod-eu", "payments-api");
    easel_shows(&view_rollout, 140, 45, "?gpu-7");
    easel_shows(&view_rollout, 140, 45, "silent 41m00s, last ran 2.8.1");
    easel_shows(&view_rollout, 140, 45, "nodes: 8, 1 not reporting");
}
END_TEST

START_TEST(a_key_in_brackets_does_not_act)
{
    easel_select("prod-us", "recsys");
    easel.screen.armed = true;
    easel_shows(&view_fleet, 80, 24, " S step  P pause (R resume) U undo ");
    easel.screen.armed = false;
    easel_shows(&view_fleet, 80, 24, "(S step) P pause (R resume) U undo ");
    easel_shows(&view_fleet, 80, 24, "(w arms first)");
    easel.frame->no_journal = true;
    easel.screen.armed = true;
    easel_shows(&view_fleet, 80, 24, "(S step) P pause (R resume) U undo ");
    easel_shows(&view_fleet, 80, 24, "(no journal)");
    easel_select("sim", "gateway");
    easel_shows(&view_fleet, 80, 24, "(S step)(P pause)(R resume)(U undo)");
}
END_TEST

START_TEST(s_starts_where_a_release_waits)
{
    struct row *row = frames_row(easel.frame, "sim", "gateway");

    row->option[VERB_START] = (struct option){
        .offered = true, .allowed = true, .effect = "canary: 1 of 9 on 13", .to_count = 1};
    easel_select("sim", "gateway");
    easel.frame->action_count = 0;
    easel_shows(&view_fleet, 80, 24, "S start  ✓ canary: 1 of 9 on 13");
    easel_shows(&view_fleet, 80, 24, " S start (P pause)");
}
END_TEST

START_TEST(the_badge_tells_whether_keys_do_harm)
{
    easel.frame->action_count = 0;
    easel_select("prod-eu", "cart");
    easel_shows(&view_fleet, 140, 45, "prod-eu RW unarmed");
    easel.screen.armed = true;
    easel_shows(&view_fleet, 140, 45, "prod-eu RW ARMED");
    ck_assert_int_eq(easel.canvas.cells[0].role, ROLE_TITLE_ARMED);
    easel_select("sim", "gateway");
    easel_shows(&view_fleet, 140, 45, "sim RW ");
    ck_assert_int_eq(easel.canvas.cells[0].role, ROLE_TITLE);
}
END_TEST

START_TEST(old_data_is_called_stale_with_its_age)
{
    easel_shows(&view_fleet, 80, 24, "nomad-dc1 STALE 41s");
    easel_shows(&view_fleet, 140, 45, "STALE 41s (connection refused by 10.0.3.7:4646");
}
END_TEST

START_TEST(a_quiet_fleet_has_no_alert_line)
{
    easel_use(frames_quiet());
    char *dump = easel_draw(&view_fleet, 80, 24, false);
    ck_assert_int_eq(strncmp(strchr(dump, '\n') + 1, "   ROLLOUT", 10), 0);
    free(dump);
}
END_TEST

START_TEST(without_urgent_rows_the_alert_is_an_alarm_then_a_lost_cluster)
{
    easel.frame->rows += 3;
    easel.frame->row_count -= 3;
    easel_shows(&view_fleet, 80, 24, "⚠ payments-api@prod-eu R3: three versions may run");
    easel.frame->alarm_count = 0;
    easel_shows(&view_fleet, 80, 24, "? nomad-dc1 is not heard of since 41s: connection refused");
    easel.frame->rows -= 3;
    easel.frame->row_count += 3;
}
END_TEST

START_TEST(an_action_is_followed_to_its_outcome)
{
    struct action_status *action = (struct action_status *)(uintptr_t)easel.frame->actions;

    easel_shows(&view_fleet, 80, 24, "step thumbnailer 4 → 10: sending… 0.4s");
    action->phase = PHASE_DONE;
    action->end = END_CONFLICT;
    snprintf(action->sentence, sizeof action->sentence, "oncall2 was first: look again");
    easel_shows(&view_fleet, 80, 24, "oncall2 was first: look again");
    easel.frame->now_ms += 60000;
    easel_hides(&view_fleet, 80, 24, "oncall2 was first");
    action->end = END_UNKNOWN;
    easel_shows(&view_fleet, 80, 24, "oncall2 was first");
}
END_TEST

START_TEST(a_flash_answers_and_goes)
{
    screen_flash(&easel.screen, easel.frame->now_ms, "press w to arm %s", "prod-eu");
    easel_shows(&view_fleet, 80, 24, "press w to arm prod-eu");
    easel.frame->now_ms += 10000;
    easel_hides(&view_fleet, 80, 24, "press w to arm");
}
END_TEST

START_TEST(help_names_every_command)
{
    char *dump = easel_draw(&view_help, 140, 60, false), help[KEYMAP_HELP];

    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        ck_assert_msg(strstr(dump, command_info[c].word) != NULL, "%s", command_info[c].word);
        ck_assert_msg(strstr(dump, command_info[c].key) != NULL, "%s", command_info[c].key);
        ck_assert_ptr_null(strchr(keymap_help(NULL, (enum command)c, help), '{'));
    }
    free(dump);
}
END_TEST

START_TEST(bar_and_help_show_the_keys_of_the_operator)
{
    static const char text[] = "F = step\nS = none\ny = safety\nctrl-x = help\n! = quit\nU = none";
    struct keymap keymap;
    struct err err = {0};

    keymap_init(&keymap);
    ck_assert(keymap_parse(&keymap, text, sizeof text - 1, "keys.conf", &err));
    easel.screen.keymap = &keymap;
    easel_shows(&view_fleet, 140, 45, "F step");
    easel_shows(&view_fleet, 140, 45, "y safety");
    easel_shows(&view_fleet, 140, 45, "ctrl-x help");
    easel_shows(&view_fleet, 59, 12, "! quits");
    easel_hides(&view_fleet, 140, 45, "U undo");
    easel_shows(&view_rollout, 140, 45, "F step");
    easel_shows(&view_help, 140, 60, "F        step");
    easel_shows(&view_help, 140, 60, "none     undo");
}
END_TEST

SUITE(views)
{
    Suite *suite = suite_create("views");
    TCase *golden = test_case(suite, "golden", 10), *says = test_case(suite, "says", 30);

    tcase_add_checked_fixture(golden, easel_set_up, easel_tear_down);
    tcase_add_loop_test(golden, the_screen_is_as_in_the_golden_file, 0, (int)ARRAY_LEN(goldens));
    tcase_add_loop_test(golden, every_view_has_a_golden_file_at_four_sizes_in_both_glyph_sets, 0,
                        (int)ARRAY_LEN(all_views));
    tcase_add_checked_fixture(says, easel_set_up, easel_tear_down);
    tcase_add_loop_test(says, nothing_leaves_its_cells_at_any_size, 0, 5);
    tcase_add_test(says, a_screen_that_is_too_small_says_so);
    tcase_add_test(says, columns_go_in_one_order);
    tcase_add_test(says, every_state_has_its_sign_and_its_word);
    tcase_add_test(says, a_refusal_names_rule_witness_and_way_out);
    tcase_add_test(says, owner_and_what_moves_by_itself_are_on_the_first_screen);
    tcase_add_test(says, a_rollout_says_what_going_back_takes_and_what_the_whole_release_will);
    tcase_add_test(says, what_is_measured_over_an_open_way_is_marked);
    tcase_add_test(says, a_silent_node_is_told_with_its_age_and_last_version);
    tcase_add_test(says, a_key_in_brackets_does_not_act);
    tcase_add_test(says, s_starts_where_a_release_waits);
    tcase_add_test(says, the_badge_tells_whether_keys_do_harm);
    tcase_add_test(says, old_data_is_called_stale_with_its_age);
    tcase_add_test(says, a_quiet_fleet_has_no_alert_line);
    tcase_add_test(says, without_urgent_rows_the_alert_is_an_alarm_then_a_lost_cluster);
    tcase_add_test(says, an_action_is_followed_to_its_outcome);
    tcase_add_test(says, a_flash_answers_and_goes);
    tcase_add_test(says, help_names_every_command);
    tcase_add_test(says, bar_and_help_show_the_keys_of_the_operator);
    return suite;
}
