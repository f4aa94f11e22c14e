/* test_views.c: what the screens say, as text.
 *
 * Golden files: tests/tui/golden/<frame>-<view>-<width>x<height>[-ascii].txt. A mismatch prints
 * the lines that differ. When a change is meant, run the suite once with LOCKSTEP_GOLDEN=write,
 * which writes them anew, and read the difference before committing it. */
#include "test.h"
#include "tui/frames.h"

#include "base/mem.h"
#include "view.h"
#include "views/filter.h"
#include "views/list.h"
#include "views/parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct frame *frame;
static struct screen screen;
static struct canvas canvas;

static void set_up(void)
{
    memset(&screen, 0, sizeof screen);
    memset(&canvas, 0, sizeof canvas);
    frame = frames_board();
}

static void tear_down(void)
{
    free(screen.order);
    canvas_release(&canvas);
    frames_free(frame);
}

static void use_frame(struct frame *other)
{
    frames_free(frame);
    frame = other;
}

static void select_row(const char *cluster, const char *name)
{
    snprintf(screen.cluster, sizeof screen.cluster, "%s", cluster);
    snprintf(screen.service, sizeof screen.service, "%s.id", name);
}

/* The screen as text; freed by the caller. */
static char *draw(const struct view *view, int width, int height, bool ascii)
{
    canvas_release(&canvas);
    canvas_init(&canvas, width, height, ascii);
    screen_draw(view, &screen, frame, &canvas);
    return canvas_dump(&canvas);
}

/* Check cannot carry a whole screen in its message: that goes to stderr. */
static void assert_screen(const struct view *view, int width, int height, const char *text,
                          bool there)
{
    char *dump = draw(view, width, height, false);
    bool found = strstr(dump, text) != NULL;

    if (found != there)
        fprintf(stderr, "%s", dump);
    ck_assert_msg(found == there, "%s the screen: %s", there ? "not on" : "on", text);
    free(dump);
}

static void assert_shows(const struct view *view, int width, int height, const char *text)
{
    assert_screen(view, width, height, text, true);
}

static void assert_hides(const struct view *view, int width, int height, const char *text)
{
    assert_screen(view, width, height, text, false);
}

static void press(const struct view *view, enum command command)
{
    ck_assert(view->command(&screen, frame, command, 24));
}

static const char *selected_name(void)
{
    const struct row *row = screen_selected(&screen, frame);

    return row ? row->service->name : "(none)";
}

/* Golden files. */

static const struct question undo = {
    .verb = VERB_ROLLBACK,
    .title = "Undo payments-api in prod-eu?",
    .line = {"2.9.0 -> 2.8.1: 8 of 25 instances of deployment payments/payments-api",
             "Takes about 3 minutes; it can be released again afterwards.", "This is production."},
    .typed = "paym",
    .expected = "payments-api",
};

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
    {.name = "board-fleet", .view = &view_fleet, .width = 60, .height = 12},
    {.name = "board-fleet", .view = &view_fleet, .width = 80, .height = 24},
    {.name = "board-fleet", .view = &view_fleet, .width = 80, .height = 24, .ascii = true},
    {.name = "board-fleet", .view = &view_fleet, .width = 100, .height = 30},
    {.name = "board-fleet", .view = &view_fleet, .width = 140, .height = 45},
    {.name = "board-fleet", .view = &view_fleet, .width = 140, .height = 45, .ascii = true},
    {.name = "board-fleet", .view = &view_fleet, .width = 200, .height = 60},
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
    {.name = "board-rollout", .view = &view_rollout, .width = 60, .height = 12},
    {.name = "board-rollout", .view = &view_rollout, .width = 80, .height = 24},
    {.name = "board-rollout", .view = &view_rollout, .width = 80, .height = 24, .ascii = true},
    {.name = "board-rollout", .view = &view_rollout, .width = 140, .height = 45},
    {.name = "board-help", .view = &view_help, .width = 80, .height = 24},
    {.name = "board-help", .view = &view_help, .width = 140, .height = 45},
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
    {.name = "hostile-rollout",
     .frame = frames_hostile,
     .view = &view_rollout,
     .width = 80,
     .height = 24},
};

static const char *line_end(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? end : line + strlen(line);
}

/* Lines of both that differ, side by side one under the other. */
static void print_difference(const char *expected, const char *found)
{
    for (int n = 1; *expected || *found; n++) {
        const char *left = line_end(expected), *right = line_end(found);
        size_t a = (size_t)(left - expected), b = (size_t)(right - found);
        if (a != b || memcmp(expected, found, a) != 0)
            fprintf(stderr, "%3d - %.*s\n    + %.*s\n", n, (int)a, expected, (int)b, found);
        expected = *left ? left + 1 : left;
        found = *right ? right + 1 : right;
    }
}

static void golden_path(const struct golden *golden, char *out, size_t size)
{
    snprintf(out, size, "tui/golden/%s-%dx%d%s.txt", golden->name, golden->width, golden->height,
             golden->ascii ? "-ascii" : "");
}

static void write_golden(const char *path, const char *text)
{
    const char *dir = getenv("LOCKSTEP_TESTS");
    char full[PATH_MAX];

    snprintf(full, sizeof full, "%s/%s", dir ? dir : "tests", path);
    FILE *f = fopen(full, "w");
    ck_assert_msg(f != NULL, "cannot write %s", full);
    fputs(text, f);
    fclose(f);
}

START_TEST(the_screen_is_as_in_the_golden_file)
{
    const struct golden *golden = &goldens[_i];
    const char *mode = getenv("LOCKSTEP_GOLDEN");
    char path[256];

    if (golden->frame)
        use_frame(golden->frame());
    else
        select_row(golden->cluster ? golden->cluster : "prod-eu",
                   golden->service ? golden->service : "payments-api");
    if (golden->frame && golden->service)
        select_row(golden->cluster, golden->service);
    if (!golden->service || strcmp(golden->service, "thumbnailer") != 0)
        frame->action_count = 0;
    if (golden->filter) {
        snprintf(screen.filter, sizeof screen.filter, "%s", golden->filter);
        screen.filtering = true;
    }
    if (golden->frame == frames_hostile) /* so that the rollout view has a subject */
        free(draw(&view_fleet, 80, 24, false));
    screen.question = golden->question;
    char *found = draw(golden->view, golden->width, golden->height, golden->ascii);
    golden_path(golden, path, sizeof path);
    if (mode && strcmp(mode, "write") == 0) {
        write_golden(path, found);
    } else {
        char *expected = test_read_file(path, NULL);
        if (strcmp(expected, found) != 0)
            print_difference(expected, found);
        ck_assert_msg(strcmp(expected, found) == 0,
                      "%s differs; LOCKSTEP_GOLDEN=write writes it anew", path);
        free(expected);
    }
    free(found);
}
END_TEST

/* What must hold whatever is drawn. */

START_TEST(nothing_leaves_its_cells_at_any_size)
{
    static const int sizes[][2] = {{1, 1},   {2, 40},   {59, 12}, {60, 11},  {60, 12},  {61, 13},
                                   {79, 23}, {119, 30}, {120, 9}, {120, 12}, {131, 31}, {500, 200}};
    static const struct view *const views[] = {&view_fleet, &view_rollout, &view_help};

    use_frame(_i == 0 ? frames_hostile() : _i == 1 ? frames_large(20, 300) : frames_board());
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t v = 0; v < ARRAY_LEN(views); v++)
            for (int ascii = 0; ascii < 2; ascii++) {
                char *dump = draw(views[v], sizes[s][0], sizes[s][1], ascii);
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
    assert_shows(&view_fleet, 44, 10, "needs 60x12, have 44x10");
    assert_shows(&view_fleet, 44, 10, "q quits");
    assert_shows(&view_fleet, 80, 11, "needs 60x12");
    assert_hides(&view_fleet, 60, 12, "needs 60x12");
}
END_TEST

START_TEST(columns_go_in_one_order)
{
    static const char *const titles[] = {" BY", "STEP", "PROGRESS"};
    bool gone[3] = {false};

    for (int width = 119; width >= 60; width--) {
        char *dump = draw(&view_fleet, width, 24, false);
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
    select_row("prod-eu", "payments-api");
    static const char *const words[] = {"1 failed", "2 stuck",  "1 rolling back", "3 moving",
                                        "1 held",   "7 steady", "3 stale"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_shows(&view_fleet, 140, 45, words[i]);
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct row *row = frame->rows[i];
        select_row(row->service->cluster, row->service->name);
        char *dump = draw(&view_fleet, 80, 24, true), word[64];
        snprintf(word, sizeof word, "-- %s %s", canvas_glyph_text(&canvas, state_glyph(row->state)),
                 board_word[row->state]);
        ck_assert_msg(strstr(dump, word) != NULL, "%s: no %s", row->service->name, word);
        free(dump);
    }
}
END_TEST

/* What the operator must get. */

START_TEST(a_refusal_names_rule_witness_and_way_out)
{
    static const char *const parts[] = {
        "refused R3 one step: 2.7.9 may still run", "node gpu-7  silent, last ran 2.7.9  41m00s",
        "launcher cron/reconcile  would start 2.7.9", "way out: bring gpu-7 back, or fence it",
        "if you disconnect it stays here"};

    select_row("prod-eu", "payments-api");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        assert_shows(&view_rollout, 140, 45, parts[i]);
    assert_shows(&view_fleet, 80, 24, parts[0]);
    assert_shows(&view_fleet, 80, 24, parts[3]);
    assert_shows(&view_fleet, 80, 24, parts[4]);
}
END_TEST

START_TEST(a_silent_node_is_told_with_its_age_and_last_version)
{
    select_row("prod-eu", "payments-api");
    assert_shows(&view_rollout, 140, 45, "?gpu-7");
    assert_shows(&view_rollout, 140, 45, "silent 41m00s, last ran 2.8.1");
    assert_shows(&view_rollout, 140, 45, "nodes: 8, 1 not reporting");
}
END_TEST

START_TEST(a_key_in_brackets_does_not_act)
{
    select_row("prod-us", "recsys");
    screen.armed = true;
    assert_shows(&view_fleet, 80, 24, " S step  P pause (R resume) U undo ");
    screen.armed = false;
    assert_shows(&view_fleet, 80, 24, "(S step) P pause (R resume) U undo ");
    assert_shows(&view_fleet, 80, 24, "(w arms first)");
    frame->no_journal = true;
    screen.armed = true;
    assert_shows(&view_fleet, 80, 24, "(S step) P pause (R resume) U undo ");
    assert_shows(&view_fleet, 80, 24, "(no journal)");
    select_row("sim", "gateway");
    assert_shows(&view_fleet, 80, 24, "(S step)(P pause)(R resume)(U undo)");
}
END_TEST

START_TEST(s_starts_where_a_release_waits)
{
    struct row *row = frames_row(frame, "sim", "gateway");

    row->option[VERB_START] = (struct option){
        .offered = true, .allowed = true, .effect = "canary: 1 of 9 on 13", .to_count = 1};
    select_row("sim", "gateway");
    frame->action_count = 0;
    assert_shows(&view_fleet, 80, 24, "S start  ✓ canary: 1 of 9 on 13");
    assert_shows(&view_fleet, 80, 24, " S start (P pause)");
}
END_TEST

START_TEST(the_badge_tells_whether_keys_do_harm)
{
    frame->action_count = 0;
    select_row("prod-eu", "cart");
    assert_shows(&view_fleet, 140, 45, "prod-eu RW unarmed");
    screen.armed = true;
    assert_shows(&view_fleet, 140, 45, "prod-eu RW ARMED");
    ck_assert_int_eq(canvas.cells[0].role, ROLE_TITLE_ARMED);
    select_row("sim", "gateway");
    assert_shows(&view_fleet, 140, 45, "sim RW ");
    ck_assert_int_eq(canvas.cells[0].role, ROLE_TITLE);
}
END_TEST

START_TEST(old_data_is_called_stale_with_its_age)
{
    assert_shows(&view_fleet, 80, 24, "nomad-dc1 STALE 41s");
    assert_shows(&view_fleet, 140, 45, "STALE 41s (connection refused by 10.0.3.7:4646");
}
END_TEST

START_TEST(a_quiet_fleet_has_no_alert_line)
{
    use_frame(frames_quiet());
    char *dump = draw(&view_fleet, 80, 24, false);
    ck_assert_int_eq(strncmp(strchr(dump, '\n') + 1, "   ROLLOUT", 10), 0);
    free(dump);
}
END_TEST

START_TEST(without_urgent_rows_the_alert_is_an_alarm_then_a_lost_cluster)
{
    frame->rows += 3;
    frame->row_count -= 3;
    assert_shows(&view_fleet, 80, 24, "⚠ payments-api@prod-eu R3: three versions may run");
    frame->alarm_count = 0;
    assert_shows(&view_fleet, 80, 24, "? nomad-dc1 is not heard of since 41s: connection refused");
    frame->rows -= 3;
    frame->row_count += 3;
}
END_TEST

START_TEST(an_action_is_followed_to_its_outcome)
{
    struct action_status *action = (struct action_status *)(uintptr_t)frame->actions;

    assert_shows(&view_fleet, 80, 24, "step thumbnailer 4 → 10: sending… 0.4s");
    action->phase = PHASE_DONE;
    action->end = END_CONFLICT;
    snprintf(action->sentence, sizeof action->sentence, "oncall2 was first: look again");
    assert_shows(&view_fleet, 80, 24, "oncall2 was first: look again");
    frame->now_ms += 60000;
    assert_hides(&view_fleet, 80, 24, "oncall2 was first");
    action->end = END_UNKNOWN;
    assert_shows(&view_fleet, 80, 24, "oncall2 was first");
}
END_TEST

START_TEST(a_flash_answers_and_goes)
{
    screen_flash(&screen, frame->now_ms, "press w to arm %s", "prod-eu");
    assert_shows(&view_fleet, 80, 24, "press w to arm prod-eu");
    frame->now_ms += 10000;
    assert_hides(&view_fleet, 80, 24, "press w to arm");
}
END_TEST

START_TEST(help_names_every_command)
{
    char *dump = draw(&view_help, 140, 60, false);

    for (int c = COMMAND_NONE + 1; c < COMMAND_COUNT; c++) {
        ck_assert_msg(strstr(dump, command_info[c].word) != NULL, "%s", command_info[c].word);
        ck_assert_msg(strstr(dump, command_info[c].key) != NULL, "%s", command_info[c].key);
    }
    free(dump);
}
END_TEST

/* Selection and order. */

START_TEST(selection_sticks_to_the_object)
{
    free(draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(selected_name(), "ledger-writer");
    press(&view_fleet, COMMAND_DOWN);
    ck_assert_str_eq(selected_name(), "payments-api");
    const struct row **rows = (const struct row **)(uintptr_t)frame->rows;
    const struct row *first = rows[0];
    memmove(rows, rows + 1, 8 * sizeof *rows);
    rows[8] = first;
    frame->now_ms += 5000;
    free(draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(selected_name(), "payments-api");
    ck_assert_str_eq(screen.cluster, "prod-eu");
}
END_TEST

START_TEST(rows_keep_their_places_for_two_seconds_after_a_key)
{
    free(draw(&view_fleet, 80, 24, false));
    press(&view_fleet, COMMAND_DOWN);
    const struct row **rows = (const struct row **)(uintptr_t)frame->rows;
    const struct row *first = rows[0];
    rows[0] = rows[4];
    rows[4] = first;
    struct list list;
    frame->now_ms += 1900;
    list_make(&list, &screen, frame);
    ck_assert_str_eq(list.rows[0]->service->name, "ledger-writer");
    list_release(&list);
    frame->now_ms += 200;
    list_make(&list, &screen, frame);
    ck_assert_str_eq(list.rows[4]->service->name, "ledger-writer");
    list_release(&list);
}
END_TEST

START_TEST(a_new_row_comes_last_while_the_order_is_held)
{
    frame->row_count--;
    free(draw(&view_fleet, 80, 24, false));
    press(&view_fleet, COMMAND_DOWN);
    const struct row **rows = (const struct row **)(uintptr_t)frame->rows;
    const struct row *fresh = rows[frame->row_count];
    memmove(rows + 1, rows, frame->row_count * sizeof *rows);
    rows[0] = fresh;
    frame->row_count++;
    struct list list;
    list_make(&list, &screen, frame);
    ck_assert_ptr_eq(list.rows[frame->row_count - 1], fresh);
    list_release(&list);
}
END_TEST

START_TEST(the_place_of_a_vanished_row_is_taken_by_the_next)
{
    free(draw(&view_fleet, 80, 24, false));
    press(&view_fleet, COMMAND_DOWN);
    press(&view_fleet, COMMAND_DOWN);
    ck_assert_str_eq(selected_name(), "edge-proxy");
    const struct row **rows = (const struct row **)(uintptr_t)frame->rows;
    const struct row *gone = rows[2];
    memmove(rows + 2, rows + 3, (frame->row_count - 3) * sizeof *rows);
    frame->row_count--;
    ck_assert_ptr_null(
        screen_selected(&screen, frame)); /* until it is drawn, no key has a target */
    free(draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(selected_name(), "mailer");
    rows[frame->row_count++] = gone;
}
END_TEST

START_TEST(the_selected_row_is_always_in_sight)
{
    for (size_t i = 0; i < 40; i++) {
        press(&view_fleet, i % 7 == 6 ? COMMAND_PAGE_UP : COMMAND_DOWN);
        free(draw(&view_fleet, 80, 24, false));
        ck_assert_int_ge(canvas.cursor_y, 3);
        ck_assert_int_lt(canvas.cursor_y, 3 + screen.page);
        ck_assert_int_eq(canvas.cells[canvas.cursor_y * 80].attrs & CELL_SELECTED, CELL_SELECTED);
    }
    press(&view_fleet, COMMAND_BOTTOM);
    ck_assert_str_eq(selected_name(), "search-index");
    press(&view_fleet, COMMAND_TOP);
    ck_assert_str_eq(selected_name(), "ledger-writer");
}
END_TEST

START_TEST(a_goes_round_what_needs_you)
{
    static const char *const order[] = {"payments-api", "edge-proxy", "ledger-writer",
                                        "payments-api"};

    free(draw(&view_fleet, 80, 24, false));
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        press(&view_fleet, COMMAND_NEXT_ALERT);
        ck_assert_str_eq(selected_name(), order[i]);
    }
    snprintf(screen.filter, sizeof screen.filter, "state=moving");
    press(&view_fleet, COMMAND_NEXT_ALERT);
    ck_assert_ptr_nonnull(strstr(screen.flash, "3 need you, hidden by the filter"));
}
END_TEST

START_TEST(a_click_selects_the_row_under_it)
{
    frame->action_count = 0;
    free(draw(&view_fleet, 80, 24, false));
    ck_assert(view_fleet.click(&screen, frame, 80, 24, 5, 20));
    ck_assert_str_eq(selected_name(), "edge-proxy");
    ck_assert(!view_fleet.click(&screen, frame, 80, 24, 0, 20));
    ck_assert(!view_fleet.click(&screen, frame, 80, 24, 2, 20));
    ck_assert(!view_fleet.click(&screen, frame, 80, 24, 20, 20));
    free(draw(&view_fleet, 140, 45, false));
    ck_assert(!view_fleet.click(&screen, frame, 140, 45, 5, 100));
}
END_TEST

START_TEST(a_page_of_text_scrolls_to_its_end_and_no_further)
{
    select_row("prod-eu", "payments-api");
    assert_hides(&view_rollout, 80, 24, "── events");
    press(&view_rollout, COMMAND_BOTTOM);
    assert_shows(&view_rollout, 80, 24, "step 3 → 8 of 24 applied");
    int bottom = screen.scroll;
    press(&view_rollout, COMMAND_DOWN);
    free(draw(&view_rollout, 80, 24, false));
    ck_assert_int_eq(screen.scroll, bottom);
    press(&view_rollout, COMMAND_TOP);
    ck_assert_int_eq(screen.scroll, 0);
}
END_TEST

/* Filter. */

static const struct {
    const char *filter;
    size_t shown;
} filters[] = {
    {"", 18},           {"payments", 2},          {"PAYMENTS", 2},
    {"!payments", 16},  {"cluster=prod", 10},     {"cluster=prod !state=steady", 5},
    {"state=stuck", 2}, {"service=^auth$", 2},    {"version=2.9.0", 2},
    {"version=^5", 3},  {"by=oncall1", 2},        {"node=gpu-7", 1},
    {"ImagePull", 1},   {"auth|cart", 3},         {"  cart   prod-eu ", 1},
    {"cluster=", 18},   {"nothing-like-this", 0},
};

START_TEST(a_filter_shows_what_matches)
{
    struct list list;

    snprintf(screen.filter, sizeof screen.filter, "%s", filters[_i].filter);
    list_make(&list, &screen, frame);
    ck_assert_msg(list.count == filters[_i].shown, "%s: %zu rows, expected %zu", filters[_i].filter,
                  list.count, filters[_i].shown);
    list_release(&list);
}
END_TEST

static const char *const bad_filters[] = {"[",      "(", "a{1,30000}",
                                          "(a)\\1", "*", "a b c d e f g h i"};

START_TEST(a_filter_that_is_no_pattern_hides_nothing_and_says_why)
{
    struct list list;

    snprintf(screen.filter, sizeof screen.filter, "%s", bad_filters[_i]);
    list_make(&list, &screen, frame);
    if (strcmp(bad_filters[_i], "*") != 0) { /* some C libraries take a lone star literally */
        ck_assert_uint_eq(list.count, list.all);
        ck_assert_str_ne(list.complaint, "");
    }
    list_release(&list);
}
END_TEST

START_TEST(n_goes_from_match_to_match)
{
    press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_ptr_nonnull(strstr(screen.flash, "press /"));
    snprintf(screen.filter, sizeof screen.filter, "auth");
    free(draw(&view_fleet, 80, 24, false));
    ck_assert_str_eq(screen.cluster, "prod-eu");
    press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_str_eq(screen.cluster, "prod-us");
    press(&view_fleet, COMMAND_NEXT_MATCH);
    ck_assert_str_eq(screen.cluster, "prod-eu");
    press(&view_fleet, COMMAND_PREV_MATCH);
    ck_assert_str_eq(screen.cluster, "prod-us");
}
END_TEST

SUITE(views)
{
    Suite *suite = suite_create("views");
    TCase *golden = test_case(suite, "golden", 10), *says = test_case(suite, "says", 30);
    TCase *list = test_case(suite, "list", 10);

    tcase_add_checked_fixture(golden, set_up, tear_down);
    tcase_add_loop_test(golden, the_screen_is_as_in_the_golden_file, 0, (int)ARRAY_LEN(goldens));
    tcase_add_checked_fixture(says, set_up, tear_down);
    tcase_add_loop_test(says, nothing_leaves_its_cells_at_any_size, 0, 3);
    tcase_add_test(says, a_screen_that_is_too_small_says_so);
    tcase_add_test(says, columns_go_in_one_order);
    tcase_add_test(says, every_state_has_its_sign_and_its_word);
    tcase_add_test(says, a_refusal_names_rule_witness_and_way_out);
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
    tcase_add_checked_fixture(list, set_up, tear_down);
    tcase_add_test(list, selection_sticks_to_the_object);
    tcase_add_test(list, rows_keep_their_places_for_two_seconds_after_a_key);
    tcase_add_test(list, a_new_row_comes_last_while_the_order_is_held);
    tcase_add_test(list, the_place_of_a_vanished_row_is_taken_by_the_next);
    tcase_add_test(list, the_selected_row_is_always_in_sight);
    tcase_add_test(list, a_goes_round_what_needs_you);
    tcase_add_test(list, a_click_selects_the_row_under_it);
    tcase_add_test(list, a_page_of_text_scrolls_to_its_end_and_no_further);
    tcase_add_loop_test(list, a_filter_shows_what_matches, 0, (int)ARRAY_LEN(filters));
    tcase_add_loop_test(list, a_filter_that_is_no_pattern_hides_nothing_and_says_why, 0,
                        (int)ARRAY_LEN(bad_filters));
    tcase_add_test(list, n_goes_from_match_to_match);
    return suite;
}
