/* app.c: the loop of the terminal thread.
 *
 * It sleeps in one poll: keys, signals, a newer frame, a terminal that takes bytes again. A
 * picture is drawn only when the one before has reached the terminal completely, and that moment
 * is when it becomes what acting keys mean. */
#include "app_private.h"

#include "base/mem.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t app_now(const struct app *app)
{
    return clock_now_ms(app->clock);
}

const struct view *app_view(const struct app *app)
{
    return app->views[app->view_count - 1];
}

const struct frame *app_frame(struct app *app)
{
    int64_t passed = (int64_t)((double)(app_now(app) - app->frame_ms) * app->speed);
    size_t count = app->frame->cluster_count;

    /* Without its private part, which other threads count in. */
    memcpy(&app->moved, app->frame, offsetof(struct frame, arena));
    app->moved.now_ms += passed;
    app->moved.utc_ms += passed;
    if (app->telling.story) {
        char told[sizeof app->caption];
        keymap_rewrite(&app->keymap, telling_caption(&app->telling), false, told, sizeof told);
        keymap_expand(&app->keymap, told, app->caption, sizeof app->caption);
        app->moved.caption = app->caption;
    }
    if (app->deck && app->term) { /* on films there is nobody to steer */
        deck_describe(app->deck, app->deck_caption, sizeof app->deck_caption);
        app->moved.caption = app->deck_caption;
    }
    if (count > APP_CLUSTERS_MAX)
        return &app->moved;
    for (size_t i = 0; i < count; i++) {
        app->clusters[i] = app->frame->clusters[i];
        if (app->clusters[i].age_ms >= 0)
            app->clusters[i].age_ms += passed;
    }
    app->moved.clusters = app->clusters;
    return &app->moved;
}

static void take_frame(struct app *app)
{
    frame_unref(app->frame);
    app->frame = engine_frame(app->engine);
    app->frame_ms = app_now(app);
    app->new_frame = true;
}

void app_forget(struct app *app)
{
    acting_forget(&app->acting);
    app->screen.question = NULL;
    app->dirty = true;
}

static bool is_acting(const struct app *app)
{
    for (size_t i = 0; i < app->frame->action_count && !app->deck; i++) {
        const struct action_status *status = &app->frame->actions[i];
        for (size_t c = 0; status->end == END_NONE && c < app->frame->cluster_count; c++)
            if (strcmp(app->frame->clusters[c].name, status->action.cluster) == 0 &&
                strcmp(app->frame->clusters[c].kind, "sim") != 0)
                return true;
    }
    return false;
}

void app_leave(struct app *app, int status)
{
    app->status = status;
    if (app->leaving || !is_acting(app)) {
        app->done = true;
        return;
    }
    app->leaving = true;
    app->leave_by_ms = app_now(app) + APP_QUIT_MS;
    app_flash(app, "leaving as soon as the action on its way is settled; once more leaves now");
}

static void drop_picture(struct app *app)
{
    if (app->on_its_way)
        frame_unref(app->drawn.frame);
    app->drawn.frame = NULL;
    app->on_its_way = false;
}

/* The whole picture is on the terminal. After a standstill it is an old one, and what was typed
 * meanwhile was typed blindly. */
static void picture_arrived(struct app *app)
{
    if (app->stalled) {
        tty_drop_input(app->tty);
        app_flash(app, "the terminal stood still: what was typed meanwhile was dropped");
        app->dirty = true;
    } else {
        acting_shown(&app->acting, &app->drawn, app_now(app));
    }
    app->stalled = false;
    drop_picture(app);
}

static void note_picture(struct app *app)
{
    /* Views park the cursor on the selected object exactly when it is to be seen. */
    bool visible = app->canvas.cursor_y >= 0 && app_view(app) != &view_help &&
                   !app->screen.filtering && !app->screen.sift.typing &&
                   !app->screen.palette.open && !app->screen.log.finding;

    app->drawn = (struct acting_picture){.frame = frame_ref(app->frame)};
    if (visible) {
        memcpy(app->drawn.cluster, app->screen.cluster, sizeof app->drawn.cluster);
        memcpy(app->drawn.service, app->screen.service, sizeof app->drawn.service);
        if (app_view(app) == &view_nodes)
            memcpy(app->drawn.node, app->screen.node, sizeof app->drawn.node);
    }
    if (app->screen.question && app->canvas.cursor_y >= 0)
        app->drawn.question = app->acting.question_number;
    app->on_its_way = true;
}

void app_paint(struct app *app)
{
    telling_look(&app->telling, app->frame, app_now(app));
    const struct frame *frame = app_frame(app);
    char hint[sizeof app->screen.caption_key];

    app->screen.armed = false;
    for (size_t i = 0; i < frame->cluster_count; i++)
        if (strcmp(frame->clusters[i].name, app->screen.cluster) == 0)
            app->screen.armed = acting_is_armed(&app->acting, &frame->clusters[i], app_now(app));
    telling_hint(&app->telling, &app->screen, frame, hint, sizeof hint);
    keymap_rewrite(&app->keymap, hint, true, app->screen.caption_key,
                   sizeof app->screen.caption_key);
    screen_draw(app_view(app), &app->screen, frame, &app->canvas);
    note_picture(app);
}

const struct theme_color *app_accent(const struct app *app)
{
    const struct frame *frame = app->frame;
    const struct board_cluster *cluster = frame->cluster_count ? &frame->clusters[0] : NULL;

    for (size_t i = 0; i < frame->cluster_count; i++)
        if (strcmp(frame->clusters[i].name, app->screen.cluster) == 0)
            cluster = &frame->clusters[i];
    return cluster ? theme_accent(&app->theme, cluster->name,
                                  cluster->production && !cluster->read_only)
                   : NULL;
}

/* After calm there is one picture in store: what happens just behind a clock's tick, or behind the
 * first change of several, is shown at once. */
int64_t app_frame_due(int64_t due_ms, int64_t now_ms)
{
    int64_t next_ms = due_ms + APP_FRAME_MS;

    return next_ms < now_ms                  ? now_ms
           : next_ms < now_ms + APP_FRAME_MS ? next_ms
                                             : now_ms + APP_FRAME_MS;
}

static void draw(struct app *app)
{
    app_paint(app);
    app->drawn_ms = app_now(app);
    app->frame_due_ms = app_frame_due(app->frame_due_ms, app->drawn_ms);
    app->dirty = app->new_frame = app->resized = false;
    term_set_accent(app->term, app_accent(app));
    term_draw(app->term, &app->canvas);
    if (tty_flush(app->tty))
        picture_arrived(app);
}

/* When the next picture is due. */
static int64_t draw_due(const struct app *app)
{
    if (app->dirty)
        return 0;
    if (app->new_frame && !app->resized)
        return app->frame_due_ms;
    return app->drawn_ms + (app->resized ? APP_RESIZE_MS : APP_TICK_MS);
}

static void resize(struct app *app)
{
    int width, height;

    term_resize(app->term, &width, &height);
    canvas_resize(&app->canvas, width, height);
    app->resized = true;
}

void app_suspend(struct app *app)
{
    drop_picture(app);
    term_suspend(app->term);
    term_set_mouse(app->term, app->screen.mouse);
    app_forget(app);
    resize(app);
}

static void handle_signals(struct app *app)
{
    int number = 0;
    unsigned events = tty_events(app->tty, &number);

    if (events & TTY_RESIZED)
        resize(app);
    if (events & TTY_CONTINUED) {
        drop_picture(app);
        term_continue(app->term);
        term_set_mouse(app->term, app->screen.mouse);
        app_forget(app);
    }
    if (events & TTY_STOP)
        app_suspend(app);
    if (events & TTY_END)
        app_leave(app, 128 + number);
}

static void handle_keys(struct app *app)
{
    struct term_key keys[APP_KEYS_MAX];
    bool gone;
    size_t count = term_read_keys(app->term, keys, APP_KEYS_MAX, &gone);
    bool alone = count == 1 && app_now(app) - app->last_key_ms >= APP_ALONE_MS;

    if (gone) {
        app->status = 128 + SIGHUP;
        app->done = true;
        return;
    }
    if (count == 0)
        return;
    script_release(&app->script);
    telling_take_over(&app->telling);
    for (size_t i = 0; i < count && !app->done; i++)
        app_key(app, &keys[i], alone);
    app->last_key_ms = app_now(app);
}

static int64_t script_ms(const struct app *app)
{
    return (int64_t)((double)(app_now(app) - app->start_ms) * app->speed);
}

void app_play(struct app *app)
{
    struct term_key key = {.key = script_take(&app->script, script_ms(app))};

    if (key.key == KEYCODE_NONE) {
        key.key = telling_take(&app->telling, &app->screen, app->frame, app_now(app));
        enum command command = app_types(app) ? COMMAND_NONE : keymap_command(key.key);
        if (command)
            key.key = keymap_find_key(&app->keymap, command);
    }
    if (key.key != KEYCODE_NONE)
        app_key(app, &key, true);
}

static void least(int64_t *wait, int64_t ms)
{
    if (ms < *wait)
        *wait = ms < 0 ? 0 : ms;
}

static int wait_ms(const struct app *app)
{
    int64_t now = app_now(app), wait = APP_TICK_MS, due = script_due_ms(&app->script);
    int64_t told = telling_due_ms(&app->telling);

    if (!app->on_its_way)
        least(&wait, draw_due(app) - now);
    else if (!app->stalled)
        least(&wait, app->drawn_ms + ACTING_STALL_MS - now);
    if (due >= 0 && !app->on_its_way)
        least(&wait, (int64_t)((double)(due - script_ms(app)) / app->speed) + 1);
    if (told >= 0 && !app->on_its_way)
        least(&wait, told - now);

    if (app->leaving)
        least(&wait, app->leave_by_ms - now);
    return (int)wait;
}

/* A broken file changes nothing but the line at the bottom. */
static void take_theme(struct app *app)
{
    struct err err = {0};

    if (theme_watch_take(app->theme_watch, &app->theme, &err))
        term_theme_changed(app->term);
    else if (err.code != ERR_NONE)
        app_flash(app, err.text);
    app->dirty = true;
}

static void sleep_and_handle(struct app *app, int64_t at_most_ms)
{
    struct pollfd fds[5] = {
        {tty_input_fd(app->tty), POLLIN, 0},
        {tty_signal_fd(app->tty), POLLIN, 0},
        {engine_wake_fd(app->engine), POLLIN, 0},
        {tty_output_fd(app->tty), POLLOUT, 0}, /* -1 is ignored */
        {theme_watch_fd(app->theme_watch), POLLIN, 0},
    };
    int64_t before = app_now(app);
    int wait = wait_ms(app);

    if (at_most_ms < wait)
        wait = (int)at_most_ms;

    if (poll(fds, ARRAY_LEN(fds), wait) < 0)
        return;
    if (app_now(app) - before > wait + APP_GAP_MS)
        app_forget(app);
    if (fds[1].revents)
        handle_signals(app);
    if (fds[3].revents && app->on_its_way && tty_flush(app->tty))
        picture_arrived(app);
    if (fds[2].revents & POLLIN)
        take_frame(app);
    if (fds[4].revents & POLLIN)
        take_theme(app);
    if (fds[0].revents && !app->done)
        handle_keys(app);
}

static void turn(struct app *app)
{
    app_take_saved(app);
    int64_t recording_ms = app_replay_look(app);
    if (app->on_its_way && !app->stalled && app_now(app) - app->drawn_ms >= ACTING_STALL_MS) {
        app->stalled = true;
        app_forget(app);
    }
    if (!app->on_its_way && draw_due(app) <= app_now(app))
        draw(app);
    sleep_and_handle(app, recording_ms);
    if (!app->on_its_way && !app->done)
        app_play(app);
    if (app->leaving && (!is_acting(app) || app_now(app) >= app->leave_by_ms))
        app->done = true;
}

static bool start_engine(struct app *app, struct err *err)
{
    sigset_t old;

    tty_block_signals(&old);
    bool ok = engine_start(app->engine, err);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ok;
}

static bool open_app(struct app *app, struct err *err)
{
    const char *theme = app->options->theme ? app->options->theme : getenv("LOCKSTEP_THEME");
    int width, height;

    keymap_init(&app->keymap);
    if (!keymap_load(&app->keymap, app->options->keys, err))
        return false;
    app->screen.keymap = app->acting.keymap = &app->keymap;
    theme_init_default(&app->theme);
    if (theme && *theme && !theme_load(&app->theme, theme, err))
        return false;
    if (theme && *theme)
        app->theme_watch = theme_watch_new(theme);
    if (app->options->script && !script_load(&app->script, app->options->script, err))
        return false;
    app->term = term_open(&app->theme, app->options->ascii, err);
    if (!app->term)
        return false;
    app->tty = term_tty(app->term);
    tty_size(app->tty, &width, &height);
    canvas_init(&app->canvas, width, height, term_is_ascii(app->term));
    app->canvas.theme = &app->theme;
    app->screen.mouse = app->options->mouse;
    app->screen.show_keys = app->options->show_keys || app->options->play;
    if (app->screen.mouse)
        term_set_mouse(app->term, true);
    return true;
}

static void close_app(struct app *app)
{
    term_close(app->term);
    if (app->saved.started)
        pthread_join(app->saved.thread, NULL);
    pthread_mutex_destroy(&app->saved.lock);
    theme_watch_free(app->theme_watch);
    drop_picture(app);
    acting_release(&app->acting);
    script_release(&app->script);
    canvas_release(&app->canvas);
    free(app->screen.order);
    frame_unref(app->frame);
    clock_free(app->clock);
    free(app);
}

bool app_change_engine(struct app *app, struct engine *engine, struct err *err)
{
    app->engine = engine;
    app_forget(app);
    take_frame(app);
    return start_engine(app, err);
}

int app_run(struct engine *engine, const struct app_options *options)
{
    struct app *app = xcalloc(1, sizeof *app);
    struct err err = {0};

    app->engine = engine;
    pthread_mutex_init(&app->saved.lock, NULL);
    app->options = options;
    app->deck = options->deck;
    app->speed = options->speed > 0 ? options->speed : 1;
    app->clock = clock_new_real();
    app->views[0] = &view_fleet;
    app->view_count = 1;
    app->ctrl_c_ms = app->last_key_ms = INT64_MIN / 2;
    bool ok = open_app(app, &err);
    if (ok) {
        take_frame(app);
        draw(app); /* before anything is asked of a cluster */
        app->start_ms = app_now(app);
        app->telling.cue = options->cue;
        app->telling.cue_arg = options->cue_arg;
        app->telling.pace = options->story ? app->speed / options->story->speed : 1;
        telling_begin(&app->telling, options->story, options->play, app->start_ms);
        ok = start_engine(app, &err);
        while (ok && !app->done)
            turn(app);
    }
    int status = ok ? app->status : 2;
    close_app(app);
    if (!ok)
        fprintf(stderr, "lockstep: %s\n", err.text);
    return status;
}
