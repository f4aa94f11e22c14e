/* app_keys.c: what a key does: answers a question, types a filter, looks, or acts. */
#include "app_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { KEY_CTRL_C = 3, KEY_CTRL_U = 21 };

static void pop_view(struct app *app)
{
    const struct view *left = app_view(app);

    if (app->view_count > 1)
        app->view_count--;
    if (left == &view_log)
        engine_log(app->engine, "", "", "", false);
    if (app->view_count == 1)
        engine_focus(app->engine, "", "");
    app->screen.scroll = 0;
    if (left != &view_help)
        app->screen.sift = (struct sifting){.filter = ""};
}

static void push_view(struct app *app, const struct view *view)
{
    if (app->view_count == APP_VIEWS_MAX || app_view(app) == view)
        return;
    app->views[app->view_count++] = view;
    app->screen.scroll = 0;
    if (view != &view_help)
        app->screen.sift = (struct sifting){.filter = ""};
}

/* In what the views call milliseconds, a span is as long for the reader at every speed. */
static void stretch(const struct app *app, int64_t *until_ms)
{
    int64_t left = *until_ms - app->moved.now_ms;

    if (left > 0 && app->speed > 0)
        *until_ms = app->moved.now_ms + (int64_t)((double)left * app->speed);
}

void app_flash(struct app *app, const char *text)
{
    screen_flash(&app->screen, app_frame(app)->now_ms, "%s", text);
    stretch(app, &app->screen.flash_until_ms);
}

static void follow_answer(struct app *app, const struct acting_answer *answer)
{
    app->screen.question = app->acting.asking ? &app->acting.question : NULL;
    switch (answer->outcome) {
    case ACTING_NOTHING:
        break;
    case ACTING_SUBMITS:
        engine_submit(app->engine, &answer->intent);
        if (answer->text[0])
            app_flash(app, answer->text);
        break;
    case ACTING_SAYS:
        app_flash(app, answer->text);
        break;
    case ACTING_ASKS:
        tty_drop_input(app->tty);
        break;
    }
}

static struct acting_press press_of(const struct app *app, int key, bool alone)
{
    struct acting_press press = {
        .key = key, .alone = alone && !app->leaving, .now_ms = app_now(app)};

    memcpy(press.cluster, app->screen.cluster, sizeof press.cluster);
    memcpy(press.service, app->screen.service, sizeof press.service);
    if (app_view(app) == &view_nodes)
        memcpy(press.node, app->screen.node, sizeof press.node);
    return press;
}

static void cut_last(char *text)
{
    size_t len = strlen(text);

    while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    text[len ? len - 1 : 0] = '\0';
}

static bool is_typing(const struct app *app)
{
    return app->screen.filtering || app->screen.sift.typing || app->screen.log.finding ||
           app->screen.palette.open;
}

/* False: it was typed to its end. */
static bool type_into(char *text, size_t size, int key)
{
    size_t len = strlen(text);

    if (key == KEYCODE_ENTER)
        return false;
    if (key == KEYCODE_ESC || key == KEY_CTRL_C) {
        text[0] = '\0';
        return false;
    }
    if (key == KEYCODE_BACKSPACE)
        cut_last(text);
    else if (key == KEY_CTRL_U)
        text[0] = '\0';
    else if (key >= ' ' && key < KEYCODE_UP)
        keymap_write_utf8(key, text + len, size - len);
    return true;
}

static void type_key(struct app *app, int key)
{
    struct screen *screen = &app->screen;

    if (screen->log.finding) {
        screen->log.finding = type_into(screen->log.find, sizeof screen->log.find, key);
        screen->log.match = 0;
        if (!screen->log.finding) /* the newest one */
            view_log.command(screen, app_frame(app), COMMAND_PREV_MATCH, app->canvas.height);
        return;
    }
    if (screen->sift.typing) {
        screen->sift.typing = type_into(screen->sift.filter, sizeof screen->sift.filter, key);
        screen->scroll = 0;
        return;
    }
    screen->filtering = type_into(screen->filter, sizeof screen->filter, key);
    screen->top = 0;
}

static void go_back(struct app *app, bool quits)
{
    char text[80];

    snprintf(text, sizeof text, "this is the first screen: %s quits",
             keymap_shown(&app->keymap, COMMAND_QUIT));
    if (app->screen.sift.filter[0] && !quits)
        app->screen.sift.filter[0] = '\0';
    else if (app->view_count > 1)
        pop_view(app);
    else if (quits)
        app_leave(app, 0);
    else if (app->screen.filter[0])
        app->screen.filter[0] = '\0';
    else
        app_flash(app, text);
}

static void open_selected(struct app *app)
{
    if (app_view(app) != &view_fleet || !screen_selected(&app->screen, app->frame))
        return;
    push_view(app, &view_rollout);
    engine_focus(app->engine, app->screen.cluster, app->screen.service);
}

/* Views of the selected service, in the order of tab. */
static const struct {
    enum command command;
    const struct view *view;
} views_of_one[] = {
    {COMMAND_OPEN, &view_rollout},      {COMMAND_SAFETY, &view_safety},
    {COMMAND_NODES, &view_nodes},       {COMMAND_COUPLINGS, &view_couplings},
    {COMMAND_DATA, &view_data},         {COMMAND_DIFF, &view_diff},
    {COMMAND_TIMELINE, &view_timeline},
};

static size_t place_among_views(const struct view *view)
{
    size_t at = 0;

    while (at < ARRAY_LEN(views_of_one) && views_of_one[at].view != view)
        at++;
    return at;
}

/* From wherever one is; one view of a service takes the place of another, so that esc always leads
 * back to where one came from. */
static void go_to_view(struct app *app, const struct view *view)
{
    bool beside = place_among_views(app_view(app)) < ARRAY_LEN(views_of_one);

    if (app_view(app) == &view_help || !screen_selected(&app->screen, app->frame))
        return;
    if (beside && app_view(app) != &view_rollout)
        pop_view(app);
    if (app_view(app) == view)
        return;
    push_view(app, view);
    engine_focus(app->engine, app->screen.cluster, app->screen.service);
}

static bool open_view(struct app *app, enum command command)
{
    size_t at = 0;

    while (at < ARRAY_LEN(views_of_one) && views_of_one[at].command != command)
        at++;
    if (at == ARRAY_LEN(views_of_one) || command == COMMAND_OPEN)
        return false;
    if (app_view(app) == views_of_one[at].view)
        pop_view(app);
    else
        go_to_view(app, views_of_one[at].view);
    return true;
}

static void next_view(struct app *app)
{
    size_t at = place_among_views(app_view(app)) + 1;

    go_to_view(app, views_of_one[at < ARRAY_LEN(views_of_one) ? at : 0].view);
}

static void open_log(struct app *app)
{
    if (app_view(app) == &view_help || !screen_selected(&app->screen, app->frame))
        return;
    if (app_view(app) == &view_log) {
        pop_view(app);
        return;
    }
    app->screen.log = (struct log_place){.cut = app->screen.log.cut};
    push_view(app, &view_log);
    engine_focus(app->engine, app->screen.cluster, app->screen.service);
    engine_log(app->engine, app->screen.cluster, app->screen.service, "", false);
}

/* The same instance before its last restart, or the next one of the service. */
static void change_log(struct app *app, enum command command)
{
    const struct log_view *log = app->frame->log;
    const struct row *row = screen_selected(&app->screen, app->frame);
    bool previous = command == COMMAND_LOG_BEFORE && log && !log->previous;
    size_t at = 0;

    if (app_view(app) != &view_log || !log || !row || !log->instance[0])
        return;
    const char *instance = log->instance;
    const struct service *service = row->service;
    while (at < service->instance_count && strcmp(service->instances[at].name, instance) != 0)
        at++;
    if (command == COMMAND_NEXT_VIEW && service->instance_count > 0)
        instance = service->instances[(at + 1) % service->instance_count].name;
    app->screen.log.stands = false;
    app->screen.log.match = 0;
    engine_log(app->engine, app->screen.cluster, app->screen.service, instance, previous);
}

static void toggle_mouse(struct app *app)
{
    char text[160];

    app->screen.mouse = !app->screen.mouse;
    term_set_mouse(app->term, app->screen.mouse);
    snprintf(text, sizeof text,
             "mouse on: click selects, wheel scrolls; %s leaves it to the terminal",
             keymap_name(&app->keymap, COMMAND_MOUSE));
    app_flash(app, app->screen.mouse ? text : "mouse off: the terminal selects and copies");
}

static bool is_sifted(const struct app *app)
{
    return app_view(app) == &view_nodes || app_view(app) == &view_timeline;
}

/* What no view does by itself. */
static void do_command(struct app *app, enum command command)
{
    if (command == COMMAND_OPEN)
        open_selected(app);
    else if (command == COMMAND_NEXT_VIEW && app_view(app) == &view_log)
        change_log(app, command);
    else if (command == COMMAND_NEXT_VIEW)
        next_view(app);
    else if (command == COMMAND_LOG)
        open_log(app);
    else if (command == COMMAND_LOG_BEFORE)
        change_log(app, command);
    else if (open_view(app, command))
        return;
    else if (command == COMMAND_BACK || command == COMMAND_QUIT)
        go_back(app, command == COMMAND_QUIT);
    else if (command == COMMAND_HELP && app_view(app) == &view_help)
        pop_view(app);
    else if (command == COMMAND_HELP)
        push_view(app, &view_help);
    else if (command == COMMAND_FILTER && app_view(app) == &view_fleet)
        app->screen.filtering = true;
    else if (command == COMMAND_FILTER && app_view(app) == &view_log)
        app->screen.log.finding = true;
    else if (command == COMMAND_FILTER && is_sifted(app))
        app->screen.sift.typing = true;
    else if (command == COMMAND_FILTER)
        app_flash(app, "this is no list: services, nodes, the timeline and logs have a filter");
    else if (command == COMMAND_PALETTE)
        app_open_palette(app, "");
    else if (command == COMMAND_SAVE)
        app_open_palette(app, "save ");
    else if (command == COMMAND_COPY)
        app_copy(app);
    else if (command == COMMAND_CLUSTER)
        app_choose_digit(app, 0);
    else if (command == COMMAND_MOUSE)
        toggle_mouse(app);
    else if (command == COMMAND_REDRAW)
        term_redraw(app->term);
    else if (command == COMMAND_SUSPEND)
        app_suspend(app);
}

void app_command(struct app *app, enum command command)
{
    bool used = app_view(app)->command(&app->screen, app_frame(app), command, app->canvas.height);

    stretch(app, &app->screen.hold_order_until_ms);
    stretch(app, &app->screen.flash_until_ms);
    if (!used)
        do_command(app, command);
    if (app->view_count > 1 && app_view(app) != &view_help)
        engine_focus(app->engine, app->screen.cluster, app->screen.service);
}

static void run_command(struct app *app, enum command command, int key, bool alone)
{
    struct acting_answer answer;

    if (app_replay_key(app, command, key) || command == COMMAND_NONE)
        return;
    if (command_acts(command) || command == COMMAND_ARM) {
        struct acting_press press = press_of(app, key, alone);
        acting_command(&app->acting, command, &press, &answer);
        follow_answer(app, &answer);
        return;
    }
    if (command == COMMAND_CLUSTER && key >= '0' && key <= '9')
        app_choose_digit(app, key - '0');
    else
        app_command(app, command);
}

static void use_mouse(struct app *app, const struct term_key *key, bool alone)
{
    if (app->acting.asking || is_typing(app))
        return;
    if (key->mouse == TERM_CLICK) {
        enum command command =
            chrome_click(app_view(app), &app->screen, app_frame(app), &app->canvas, key->y, key->x);
        if (command != COMMAND_NONE)
            run_command(app, command, keymap_find_key(&app->keymap, command), alone);
        else
            app_view(app)->click(&app->screen, app_frame(app), app->canvas.width,
                                 app->canvas.height, key->y, key->x);
    } else {
        run_command(app, key->mouse == TERM_SCROLL_UP ? COMMAND_UP : COMMAND_DOWN, 0, false);
    }
}

/* Cancels what is open; twice in a row quits. True when there was nothing to cancel. */
static bool interrupt(struct app *app)
{
    bool twice = app_now(app) - app->ctrl_c_ms < APP_CTRL_C_MS;
    char text[80];

    snprintf(text, sizeof text, "ctrl-c once more quits, and so does %s",
             keymap_name(&app->keymap, COMMAND_QUIT));
    app->ctrl_c_ms = app_now(app);
    if (twice)
        app_leave(app, 0);
    else if (!app->acting.asking && !is_typing(app))
        app_flash(app, text);
    return twice || (!app->acting.asking && !is_typing(app));
}

bool app_types(const struct app *app)
{
    return app->acting.asking || is_typing(app);
}

/* The key that does the same where nobody has keys of their own: stories are told with those. */
static int table_key(const struct app *app, int key)
{
    enum command command = keymap_find_command(&app->keymap, key);

    return command ? keymap_find_key(NULL, command) : KEYCODE_NONE;
}

void app_key(struct app *app, const struct term_key *key, bool alone)
{
    if (key->key == KEYCODE_NONE)
        return;
    app->dirty = true;
    app->screen.flash[0] = '\0';
    keymap_key_word(key->key, app->screen.last_key);
    if (!app->acting.asking && !is_typing(app))
        telling_saw(&app->telling, table_key(app, key->key),
                    screen_selected(&app->screen, app->frame), app_now(app));
    if (key->key == KEY_CTRL_C && interrupt(app))
        return;
    if (key->key == KEYCODE_MOUSE) {
        use_mouse(app, key, alone);
    } else if (app->acting.asking) {
        struct acting_press press = press_of(app, key->key, alone);
        struct acting_answer answer;
        acting_reply(&app->acting, &press, &answer);
        follow_answer(app, &answer);
    } else if (key->key == KEYCODE_PASTE) {
        app_flash(app, "pasted text is not keys: nothing was done");
    } else if (app->screen.palette.open) {
        app_palette_key(app, key->key);
    } else if (is_typing(app)) {
        type_key(app, key->key);
    } else {
        run_command(app, keymap_find_command(&app->keymap, key->key), key->key, alone);
    }
}
