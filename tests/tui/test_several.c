/* test_several.c: several clusters of several kinds on one screen: one that is lost turns grey and
 * comes back by itself while the others go on, and contexts are armed one by one.
 *
 * The dashboard, its engine and the guard are real; each cluster is simulated, and the terminal is
 * told another kind for it, so that it asks as it asks in front of such a cluster. */
#include "app_private.h"
#include "drivers/sim/sim.h"
#include "test.h"
#include "tui/golden.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLUSTERS = 3, TURN_MS = 100, STALE_MS = 20000 };

static const struct {
    const char *name, *kind, *scenario;
    bool production;
} worlds[CLUSTERS] = {
    {"prod-eu", "kubernetes", "default", true},
    {"prod-us", "nomad", "default", true},
    {"lab", "swarm", "eight", false},
};

static struct {
    struct clock *clock;
    struct sim *sim[CLUSTERS];
    struct app_options options;
    struct app app;
} desk;

static void set_up(void)
{
    struct cluster_config clusters[CLUSTERS];
    struct err err = {0};
    char journal[600];
    struct app *app = &desk.app;

    memset(&desk, 0, sizeof desk);
    desk.clock = clock_new_virtual(clock_parse_utc("2026-03-02T09:00:00Z"));
    for (size_t i = 0; i < CLUSTERS; i++) {
        desk.sim[i] = sim_new(worlds[i].scenario, i + 1, desk.clock, &err);
        ck_assert_msg(desk.sim[i] != NULL, "%s", err.text);
        clusters[i] = (struct cluster_config){.name = worlds[i].name,
                                              .kind = "sim",
                                              .endpoint = worlds[i].scenario,
                                              .seed = i + 1,
                                              .production = worlds[i].production,
                                              .shared = desk.sim[i]};
    }
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct engine_config config = {.clusters = clusters,
                                         .cluster_count = CLUSTERS,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = desk.clock};
    app->engine = engine_new(&config, &err);
    ck_assert_msg(app->engine != NULL, "%s", err.text);
    app->options = &desk.options;
    app->speed = 1;
    app->clock = desk.clock;
    app->views[0] = &view_fleet;
    app->view_count = 1;
    app->ctrl_c_ms = app->last_key_ms = INT64_MIN / 2;
    canvas_init(&app->canvas, 130, 42, false);
    app->frame = engine_frame(app->engine);
    keymap_init(&app->keymap);
    app->screen.keymap = app->acting.keymap = &app->keymap;
}

static void tear_down(void)
{
    acting_release(&desk.app.acting);
    frame_unref(desk.app.frame);
    canvas_release(&desk.app.canvas);
    free(desk.app.screen.order);
    engine_free(desk.app.engine);
    for (size_t i = 0; i < CLUSTERS; i++)
        sim_unref(desk.sim[i]);
    clock_free(desk.clock);
}

/* The terminal takes each for what it stands for. */
static void tell_kinds(const struct frame *frame)
{
    struct board_cluster *clusters = (struct board_cluster *)(uintptr_t)frame->clusters;

    for (size_t i = 0; i < frame->cluster_count; i++)
        for (size_t w = 0; w < CLUSTERS; w++)
            if (strcmp(clusters[i].name, worlds[w].name) == 0)
                clusters[i].kind = worlds[w].kind;
}

static void paint(void)
{
    struct app *app = &desk.app;

    app_paint(app);
    acting_shown(&app->acting, &app->drawn, app_now(app));
    frame_unref(app->drawn.frame);
    app->on_its_way = app->dirty = false;
}

static void pass(int64_t ms)
{
    struct app *app = &desk.app;

    engine_run_until(app->engine, ms, NULL, NULL);
    frame_unref(app->frame);
    app->frame = engine_frame(app->engine);
    app->frame_ms = app_now(app);
    tell_kinds(app->frame);
    paint();
}

static void press(int key)
{
    const struct term_key pressed = {.key = key};

    app_key(&desk.app, &pressed, true);
    paint();
    pass(TURN_MS * 5); /* a question listens after a moment */
}

static void go_to(const char *cluster, const char *service)
{
    const struct row *row = frame_find_row(desk.app.frame, cluster, service);

    ck_assert_msg(row != NULL, "%s", service);
    snprintf(desk.app.screen.cluster, sizeof desk.app.screen.cluster, "%s", cluster);
    snprintf(desk.app.screen.service, sizeof desk.app.screen.service, "%s", row->service->id);
    paint();
}

static void expect(const char *text, bool there)
{
    char *screen = canvas_dump(&desk.app.canvas);
    bool found = strstr(screen, text) != NULL;

    if (found != there)
        fprintf(stderr, "%s", screen);
    ck_assert_msg(found == there, "%s the screen: %s", there ? "not on" : "on", text);
    free(screen);
}

static void golden(const char *name)
{
    char *screen = canvas_dump(&desk.app.canvas), path[64];

    snprintf(path, sizeof path, "tui/golden/several-%s.txt", name);
    golden_check(path, screen);
    free(screen);
}

static enum board_state state_of(const char *cluster, const char *service)
{
    return frame_find_row(desk.app.frame, cluster, service)->state;
}

static void inject(size_t world, enum sim_fault fault)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(desk.sim[world], fault, "", &err), "%s", err.text);
}

/* The role of the first letter of a service's row of this cluster. */
static enum role role_of(const char *cluster, const char *sign)
{
    const struct canvas *canvas = &desk.app.canvas;

    for (int y = 2; y < canvas->height; y++) {
        const struct cell *cell = &canvas->cells[y * canvas->width];
        char line[512] = "";
        for (int x = 0; x < 60; x++)
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s", cell[x].bytes);
        if (strstr(line, cluster) && strcmp(cell[1].bytes, sign) == 0)
            return (enum role)cell[1].role;
    }
    return ROLE_COUNT;
}

START_TEST(a_lost_cluster_turns_grey_and_comes_back_by_itself)
{
    pass(1000);
    enum board_state before = state_of("prod-us", "billing");
    expect("STALE", false);
    golden("live-130x42");

    inject(1, SIM_UNREACHABLE);
    pass(STALE_MS);
    expect("prod-us STALE", true);
    golden("lost-130x42");
    ck_assert_int_eq(role_of("prod-us", "?"), ROLE_STALE);
    ck_assert_int_eq(state_of("prod-us", "auth"), BOARD_STALE);
    ck_assert_int_eq(state_of("prod-us", "billing"), BOARD_STALE);
    ck_assert_int_eq(state_of("prod-eu", "auth"), BOARD_STEADY);
    ck_assert_int_eq(state_of("lab", "web"), BOARD_STEADY);
    go_to("prod-us", "billing"); /* what was known of it is still there to look at */
    expect("billing @ prod-us", true);
    expect("0 of 12 serving", true);
    expect("(S step)(P pause)(R resume)(U undo)", true);

    pass(10000); /* its age goes on */
    expect("prod-us STALE 30s", true);
    inject(1, SIM_REACHABLE);
    pass(STALE_MS);
    expect("STALE", false);
    ck_assert_int_eq(state_of("prod-us", "billing"), before);
    golden("back-130x42");
}
END_TEST

START_TEST(while_one_is_lost_keys_work_on_the_others)
{
    pass(1000);
    inject(1, SIM_UNREACHABLE);
    pass(STALE_MS);
    go_to("lab", "web");
    go_to("prod-us", "billing");
    press('w');
    press('S');
    ck_assert_ptr_null(desk.app.screen.question);
    ck_assert_uint_eq(sim_applied_total(desk.sim[1]), 0);
    go_to("prod-eu", "billing");
    press('w');
    press('S');
    ck_assert_ptr_nonnull(desk.app.screen.question);
    expect("billing in prod-eu?", true);
    press('y');
    pass(10000);
    ck_assert_uint_gt(sim_applied_total(desk.sim[0]), 0);
    ck_assert_uint_eq(sim_applied_total(desk.sim[1]), 0);
    ck_assert_uint_eq(sim_applied_total(desk.sim[2]), 0);
}
END_TEST

START_TEST(contexts_are_armed_one_by_one)
{
    pass(1000);
    go_to("prod-eu", "billing");
    expect("prod-eu RW unarmed", true);
    press('w');
    expect("prod-eu RW ARMED", true);
    go_to("prod-us", "billing");
    expect("prod-us RW unarmed", true);
    press('S');
    expect("prod-us is not armed: w arms acting keys for 10 minutes", true);
    ck_assert_ptr_null(desk.app.screen.question);

    pass(300000); /* five minutes later the second one */
    press('w');
    expect("prod-us RW ARMED", true);
    go_to("prod-eu", "billing");
    expect("prod-eu RW ARMED", true);
    pass(301000); /* each one ends ten minutes after its own key */
    expect("prod-eu RW unarmed", true);
    go_to("prod-us", "billing");
    expect("prod-us RW ARMED", true);
    press('w');
    expect("prod-us RW unarmed", true);

    go_to("lab", "web"); /* not production: nothing to arm */
    expect("lab RW ", true);
    expect("unarmed", false);
    press('w');
    expect("lab is not production: acting keys work without arming", true);
    ck_assert_uint_eq(sim_applied_total(desk.sim[0]), 0);
    ck_assert_uint_eq(sim_applied_total(desk.sim[1]), 0);
}
END_TEST

START_TEST(a_digit_shows_one_cluster_alone)
{
    pass(1000);
    press('3');
    expect("web", true);
    expect("checkout", false);
    press('0');
    expect("checkout", true);
}
END_TEST

SUITE(several)
{
    Suite *suite = suite_create("several");
    TCase *tcase = test_case(suite, "clusters", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_lost_cluster_turns_grey_and_comes_back_by_itself);
    tcase_add_test(tcase, while_one_is_lost_keys_work_on_the_others);
    tcase_add_test(tcase, contexts_are_armed_one_by_one);
    tcase_add_test(tcase, a_digit_shows_one_cluster_alone);
    return suite;
}
