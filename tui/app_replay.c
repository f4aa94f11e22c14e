/* app_replay.c: a recording on the screen: keys that steer it, keys that cannot act there, and
 * films of it without a screen. */
#include "app_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILM_STEP_MS = 100, LOOK_MS = 3600000 };

static void take_pace(struct app *app, double speed, bool stands)
{
    const struct frame *now = app_frame(app);
    int64_t passed = now->now_ms - app->frame->now_ms;

    deck_set_pace(app->deck, speed, stands);
    app->speed = deck_pace(app->deck);
    /* What passed at the pace of before stays passed. */
    app->frame_ms = app_now(app) - (app->speed > 0 ? (int64_t)((double)passed / app->speed) : 0);
}

static void seek(struct app *app, int64_t to_ms)
{
    struct deck *deck = app->deck;
    int64_t end = deck_length_ms(deck);
    struct err err = {0};

    to_ms = to_ms < 0 ? 0 : to_ms > end ? end : to_ms;
    if (to_ms == end && !deck->stands) /* so that it can be looked at */
        take_pace(app, deck->speed, true);
    bool changed = deck_seek(deck, to_ms, &err);
    if ((changed && !app_change_engine(app, deck->engine, &err)) || err.code != ERR_NONE) {
        app->engine = deck->engine;
        app->status = 2;
        app->done = true;
    }
}

static void go_to_mark(struct app *app, bool next)
{
    const struct tape *tape = app->deck->tape;
    const struct tape_fact *mark = tape_mark(tape, tape->start_ms + deck_now_ms(app->deck), next);

    if (mark)
        seek(app, mark->at_ms - tape->start_ms);
    else
        app_flash(app, next ? "no mark comes after this" : "no mark comes before this");
}

bool app_replay_key(struct app *app, enum command command, int key)
{
    struct deck *deck = app->deck;
    bool in_log = app_view(app) == &view_log;

    if (!deck) {
        if (command < COMMAND_REWIND || command > COMMAND_SLOWER)
            return false;
        app_flash(app, "that key steers a recording: lockstep replay FILE");
        return true;
    }
    if (command_acts(command) || command == COMMAND_ARM)
        app_flash(app, "a recording: nothing is sent");
    else if (key == KEYCODE_HOME)
        seek(app, 0);
    else if (key == KEYCODE_END)
        seek(app, deck_length_ms(deck));
    else if (command == COMMAND_REWIND || command == COMMAND_FORWARD)
        seek(app,
             deck_shown_ms(deck) + (command == COMMAND_FORWARD ? DECK_STEP_MS : -DECK_STEP_MS));
    else if (command == COMMAND_FASTER || command == COMMAND_SLOWER)
        take_pace(app, deck->speed * (command == COMMAND_FASTER ? 2 : 0.5), deck->stands);
    else if (command == COMMAND_MARK)
        take_pace(app, deck->speed, !deck->stands);
    else if ((command == COMMAND_NEXT_MATCH || command == COMMAND_PREV_MATCH) && !in_log)
        go_to_mark(app, command == COMMAND_NEXT_MATCH);
    else
        return false;
    return true;
}

int64_t app_replay_look(struct app *app)
{
    struct deck *deck = app->deck;

    if (!deck || deck->stands)
        return LOOK_MS;
    int64_t left = deck_length_ms(deck) - deck_now_ms(deck);
    if (left > 0)
        return (int64_t)((double)left / deck->speed) + 1;
    take_pace(app, deck->speed, true);
    app->dirty = true;
    return LOOK_MS;
}

/* --- films --- */

static bool open_film(struct app *app, const struct app_options *options, int width, int height,
                      struct err *err)
{
    theme_init_default(&app->theme);
    if (options->theme && !theme_load(&app->theme, options->theme, err))
        return false;
    if (options->script && !script_load(&app->script, options->script, err))
        return false;
    app->options = options;
    app->deck = options->deck;
    app->engine = app->deck->engine;
    app->clock = app->deck->clock;
    app->speed = 1;
    app->start_ms = app_now(app);
    app->views[0] = &view_fleet;
    app->view_count = 1;
    app->ctrl_c_ms = app->last_key_ms = INT64_MIN / 2;
    app->screen.show_keys = options->show_keys;
    canvas_init(&app->canvas, width, height, options->ascii);
    app->canvas.theme = &app->theme;
    app->frame = engine_frame(app->engine);
    return true;
}

/* False for keys that need a terminal, or go to another time. */
static bool films(int key)
{
    static const enum command never_filmed[] = {
        COMMAND_MOUSE,   COMMAND_REDRAW, COMMAND_SUSPEND, COMMAND_COPY,
        COMMAND_SAVE,    COMMAND_REWIND, COMMAND_FORWARD, COMMAND_FASTER,
        COMMAND_PALETTE, COMMAND_SLOWER, COMMAND_MARK,
    };
    enum command command = keymap_command(key);

    for (size_t i = 0; i < ARRAY_LEN(never_filmed); i++)
        if (never_filmed[i] == command)
            return false;
    return key != KEYCODE_HOME && key != KEYCODE_END;
}

static void film_picture(struct app *app)
{
    struct term_key key = {.key = script_take(&app->script, app_now(app) - app->start_ms)};

    frame_unref(app->frame);
    app->frame = engine_frame(app->engine);
    app->frame_ms = app_now(app);
    if (key.key != KEYCODE_NONE && films(key.key))
        app_key(app, &key, true);
    app_paint(app);
    frame_unref(app->drawn.frame);
    app->drawn.frame = NULL;
    app->on_its_way = false;
}

bool app_film(const struct app_options *options, int width, int height, app_film_fn *fn, void *arg,
              struct err *err)
{
    struct app *app = xcalloc(1, sizeof *app);
    const int64_t step = (int64_t)(FILM_STEP_MS * (options->speed > 1 ? options->speed : 1));
    bool ok = open_film(app, options, width, height, err);
    const int64_t length = ok ? deck_length_ms(app->deck) : 0;

    for (int64_t at = 0; ok && !app->done; at += step) {
        at = at > length ? length : at;
        clock_tape_seek(app->clock, app->deck->tape->start_ms + at);
        engine_run_until(app->engine, app->deck->tape->start_ms + at - app_now(app), NULL, NULL);
        film_picture(app);
        fn(arg, at, &app->canvas, &app->theme);
        if (at == length)
            break;
    }
    acting_release(&app->acting);
    script_release(&app->script);
    if (app->canvas.cells)
        canvas_release(&app->canvas);
    free(app->screen.order);
    frame_unref(app->frame);
    free(app);
    return ok;
}
