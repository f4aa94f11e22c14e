/* play.c: see play.h. */
#include "tui/play.h"

#include "base/json.h"
#include "record/recorder.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MS = 100 };

static void on_cue(void *arg, const char *cue)
{
    sim_cue(arg, cue);
}

static void open_engine(struct play *play, const char *name, struct recorder *recorder)
{
    struct err err = {0};
    char journal[600];
    const char *settings = sim_scenario_settings(name);

    ck_assert_msg(config_parse(settings, strlen(settings), name, &play->config), "%s",
                  play->config.problem_count ? play->config.problems[0] : "?");
    play->sim = sim_new(name, 1, play->clock, &err);
    ck_assert_msg(play->sim != NULL, "%s", err.text);
    play->cluster = (struct cluster_config){
        .name = "demo", .kind = "sim", .endpoint = name, .seed = 1, .shared = play->sim};
    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    const struct engine_config config = {
        .recorder = recorder,
        .clusters = &play->cluster,
        .cluster_count = 1,
        .journal_path = journal,
        .plan = play->config.plan,
        .policy = &play->config.policy,
        .facts = &play->config.facts,
        .profiles = &play->config.profiles,
        .metrics = &play->config.metrics,
        .autos = &play->config.autos,
        .clock = play->clock,
    };
    play->app.engine = engine_new(&config, &err);
    ck_assert_msg(play->app.engine != NULL, "%s", err.text);
}

void play_begin(struct play *play, const char *name, bool playing)
{
    play_begin_recorded(play, name, playing, NULL);
}

void play_begin_recorded(struct play *play, const char *name, bool playing,
                         struct recorder *recorder)
{
    struct app *app = &play->app;

    memset(play, 0, sizeof *play);
    play->clock = clock_new_virtual(clock_parse_utc("2026-03-02T09:00:00Z"));
    open_engine(play, name, recorder);
    app->options = &play->options;
    app->speed = 1;
    app->clock = play->clock;
    app->views[0] = &view_fleet;
    app->view_count = 1;
    app->ctrl_c_ms = app->last_key_ms = INT64_MIN / 2;
    canvas_init(&app->canvas, 80, 24, false);
    app->telling.cue = on_cue;
    app->telling.cue_arg = play->sim;
    app->frame = engine_frame(app->engine);
    keymap_init(&app->keymap);
    app->screen.keymap = app->acting.keymap = &app->keymap;
    telling_begin(&app->telling, story_find(name), playing, app_now(app));
    ck_assert(app->telling.story != NULL);
}

void play_end(struct play *play)
{
    struct app *app = &play->app;

    acting_release(&app->acting);
    frame_unref(app->frame);
    canvas_release(&app->canvas);
    free(app->screen.order);
    engine_free(app->engine);
    sim_unref(play->sim);
    clock_free(play->clock);
    config_release(&play->config);
}

static void paint(struct app *app)
{
    app_paint(app);
    acting_shown(&app->acting, &app->drawn, app_now(app));
    frame_unref(app->drawn.frame);
    app->on_its_way = app->dirty = false;
}

void play_turn(struct play *play)
{
    struct app *app = &play->app;

    engine_run_until(app->engine, TURN_MS, NULL, NULL);
    frame_unref(app->frame);
    app->frame = engine_frame(app->engine);
    app->frame_ms = app_now(app);
    paint(app);
    app_play(app);
    if (app->screen.question) /* drawn at once, before time passes */
        paint(app);
}

void play_press(struct play *play, int key)
{
    const struct term_key press = {.key = key};

    app_key(&play->app, &press, true);
}

const struct story_beat *play_beat(const struct play *play)
{
    return &play->app.telling.story->beats[play->app.telling.beat];
}

const struct row *play_row(const struct play *play)
{
    return frame_find_row(play->app.frame, NULL, play_beat(play)->service);
}

char *play_screen(struct play *play)
{
    app_paint(&play->app);
    frame_unref(play->app.drawn.frame);
    return canvas_dump(&play->app.canvas);
}

/* As `lockstep --record` keeps them. */
static json_t *settings_of(const char *story)
{
    const char *text = sim_scenario_settings(story);
    struct err err = {0};
    json_t *settings = text[0] ? json_parse_yaml(text, strlen(text), story, &err) : NULL;

    json_object_del(settings, "contexts");
    return settings;
}

void play_record(const char *story, const char *path, int turns,
                 void (*each)(void *arg, struct play *play, int turn), void *arg)
{
    struct play play;
    struct err err = {0};
    json_t *settings = settings_of(story);
    struct recorder *recorder = recorder_open(path, settings, &err);

    ck_assert_msg(recorder != NULL, "%s", err.text);
    json_decref(settings);
    play_begin_recorded(&play, story, true, recorder);
    each(arg, &play, 0);
    for (int turn = 1; turn <= turns; turn++) {
        play_turn(&play);
        each(arg, &play, turn);
    }
    play_end(&play);
    recorder_close(recorder);
}
