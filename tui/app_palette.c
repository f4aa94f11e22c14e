/* app_palette.c: the line behind `:` and what it leads to: other clusters, sorting, themes, the
 * clipboard, a screen in a file. */
#include "app_private.h"

#include "base/mem.h"
#include "palette.h"
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COPY_MAX = 4096,
    KEY_TAB = 9,
    KEY_CTRL_C = 3,
    KEY_CTRL_N = 14,
    KEY_CTRL_P = 16,
    KEY_CTRL_U = 21
};

void app_open_palette(struct app *app, const char *text)
{
    struct palette_state *palette = &app->screen.palette;

    *palette = (struct palette_state){.open = true};
    snprintf(palette->text, sizeof palette->text, "%s", text);
}

/* ---- what it leads to ---- */

void app_choose_cluster(struct app *app, const char *name)
{
    struct screen *screen = &app->screen;

    snprintf(screen->only_cluster, sizeof screen->only_cluster, "%s", name);
    screen->top = 0;
    screen->order_count = 0;
    if (name[0] && strcmp(screen->cluster, name) != 0)
        screen->cluster[0] = screen->service[0] = '\0'; /* the first one of that cluster */
}

void app_choose_digit(struct app *app, int digit)
{
    char text[160];

    if (digit == 0) {
        app_choose_cluster(app, "");
        app_flash(app, "all clusters");
    } else if ((size_t)digit <= app->frame->cluster_count) {
        const struct board_cluster *cluster = &app->frame->clusters[digit - 1];
        app_choose_cluster(app, cluster->name);
        snprintf(text, sizeof text, "only %.80s; 0 shows all", cluster->name);
        app_flash(app, text);
    } else {
        snprintf(text, sizeof text, "there is no cluster %d", digit);
        app_flash(app, text);
    }
}

static void choose_cluster_by_name(struct app *app, const char *name)
{
    char text[220];

    if (!name[0] || strcmp(name, "all") == 0) {
        app_choose_digit(app, 0);
        return;
    }
    for (size_t i = 0; i < app->frame->cluster_count; i++)
        if (strcmp(app->frame->clusters[i].name, name) == 0) {
            app_choose_cluster(app, name);
            return;
        }
    snprintf(text, sizeof text, "no cluster is called %.120s", name);
    app_flash(app, text);
}

static void go_to_service(struct app *app, const char *name)
{
    char text[220];

    for (size_t i = 0; i < app->frame->row_count; i++) {
        const struct service *service = app->frame->rows[i]->service;
        if (strcmp(service->name, name) != 0)
            continue;
        snprintf(app->screen.cluster, sizeof app->screen.cluster, "%s", service->cluster);
        snprintf(app->screen.service, sizeof app->screen.service, "%s", service->id);
        app->screen.filter[0] = '\0';
        if (strcmp(app->screen.only_cluster, service->cluster) != 0)
            app->screen.only_cluster[0] = '\0';
        return;
    }
    snprintf(text, sizeof text, "no service is called %.120s", name);
    app_flash(app, text);
}

static void sort_by(struct app *app, const char *word)
{
    for (int s = 0; s < SORT_COUNT; s++)
        if (strcmp(sort_word[s], word) == 0) {
            app->screen.sort = (enum sort)s;
            app->screen.reversed = false;
            app->screen.order_count = 0;
            return;
        }
    app_flash(app, "sort by urgency, name, cluster, live, step, done, since or by");
}

/* Only those that are part of the program: nothing is read from the disk here. */
static bool load_built_in(struct theme *theme, const char *name, int depth)
{
    char base[THEME_NAME_MAX];
    struct err err = {0};

    for (size_t i = 0; i < theme_built_in_count && depth < THEME_BASE_MAX; i++) {
        const struct theme_text *text = &theme_built_in[i];
        if (strcmp(text->name, name) != 0)
            continue;
        if (!theme_parse_base(text->text, strlen(text->text), name, base, &err))
            return false;
        if (base[0] && strcmp(base, "default") != 0 && !load_built_in(theme, base, depth + 1))
            return false;
        return theme_parse(theme, text->text, strlen(text->text), name, &err);
    }
    return strcmp(name, "default") == 0;
}

static void choose_theme(struct app *app, const char *name)
{
    struct theme theme;
    char text[200];

    theme_init_default(&theme);
    if (!load_built_in(&theme, name, 0)) {
        snprintf(text, sizeof text,
                 "no theme of the program is called %.60s; files: --theme, or the settings", name);
        app_flash(app, text);
        return;
    }
    theme_watch_free(app->theme_watch);
    app->theme_watch = NULL;
    app->theme = theme;
    term_theme_changed(app->term);
}

/* ---- the clipboard ---- */

void app_copy(struct app *app)
{
    struct screen *screen = &app->screen;
    char text[COPY_MAX] = "", said[200];
    size_t n = 0, count = 0;

    if (app->options->no_clipboard) {
        app_flash(app, "the settings say `clipboard: off`");
        return;
    }
    for (size_t i = 0; i < app->frame->row_count; i++) {
        const struct row *row = app->frame->rows[i];
        const char *name = row->service->name;
        bool wanted = screen->mark_count ? screen_marks(screen, row)
                                         : row == screen_selected(screen, app->frame);
        if (!wanted || n + strlen(name) + 2 > sizeof text)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? "\n" : "", name);
        count++;
    }
    if (app_view(app) == &view_nodes && screen->node[0]) {
        snprintf(text, sizeof text, "%s", screen->node);
        count = 1;
    }
    if (count == 0) {
        app_flash(app, "nothing is selected: nothing was copied");
        return;
    }
    term_copy(app->term, text);
    if (count == 1)
        snprintf(said, sizeof said, "copied to the terminal's clipboard: %.120s", text);
    else
        snprintf(said, sizeof said, "copied to the terminal's clipboard: %zu names", count);
    app_flash(app, said);
}

/* ---- a screen in a file ---- */

/* On its way to the disk on a thread of its own: a slow disk stops no key. */
struct save {
    char *path, *text;
    struct app_saved *out;
};

static void *save_text(void *arg)
{
    struct save *save = arg;
    int fd = open(save->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(save->text), at = 0;
    int error = fd < 0 ? errno : 0;

    for (ssize_t n; !error && at < len; at += (size_t)n)
        if ((n = write(fd, save->text + at, len - at)) < 0) {
            error = errno;
            break;
        }
    if (fd >= 0 && close(fd) && !error)
        error = errno;
    pthread_mutex_lock(&save->out->lock);
    save->out->running = false;
    if (error)
        snprintf(save->out->text, sizeof save->out->text, "%.150s: %.100s", save->path,
                 error == EEXIST ? "is there already; choose another name" : strerror(error));
    else
        snprintf(save->out->text, sizeof save->out->text, "saved %.200s", save->path);
    pthread_mutex_unlock(&save->out->lock);
    free(save->path);
    free(save->text);
    free(save);
    return NULL;
}

static char *screen_text(struct app *app, bool picture)
{
    struct screen screen = app->screen;
    struct canvas canvas;

    screen.palette.open = false;
    screen.flash[0] = '\0';
    screen.question = NULL;
    canvas_init(&canvas, app->canvas.width, app->canvas.height, app->canvas.ascii);
    canvas.theme = &app->theme;
    screen_draw(app_view(app), &screen, app_frame(app), &canvas);
    app->screen.order = screen.order; /* it may have grown */
    app->screen.order_cap = screen.order_cap;
    app->screen.order_count = screen.order_count;
    char *text =
        picture ? picture_svg(&canvas, &app->theme, app_accent(app)) : canvas_dump(&canvas);
    canvas_release(&canvas);
    return text;
}

static void save_screen(struct app *app, const char *path)
{
    struct save *save;
    pthread_t thread;

    size_t len = strlen(path);
    bool text = len >= 5 && strcmp(path + len - 4, ".txt") == 0;
    bool picture = len >= 5 && strcmp(path + len - 4, ".svg") == 0;

    if (!text && !picture) { /* mashed keys write no files */
        app_flash(app, "a screen is saved into a file that is called something.txt or .svg");
        return;
    }
    pthread_mutex_lock(&app->saved.lock);
    bool busy = app->saved.running;
    pthread_mutex_unlock(&app->saved.lock);
    if (busy) {
        app_flash(app, "the file before is still being written");
        return;
    }
    save = xcalloc(1, sizeof *save);
    *save = (struct save){xstrdup(path), screen_text(app, picture), &app->saved};
    app->saved.running = true;
    if (pthread_create(&thread, NULL, save_text, save)) {
        app->saved.running = false;
        free(save->path);
        free(save->text);
        free(save);
        app_flash(app, "no thread is left to write with");
        return;
    }
    app->saved.thread = thread;
    app->saved.started = true;
}

void app_take_saved(struct app *app)
{
    char text[300] = "";

    if (!app->saved.started)
        return;
    pthread_mutex_lock(&app->saved.lock);
    if (!app->saved.running)
        memcpy(text, app->saved.text, sizeof text);
    pthread_mutex_unlock(&app->saved.lock);
    if (!text[0])
        return;
    pthread_join(app->saved.thread, NULL);
    app->saved.started = false;
    app_flash(app, text);
    app->dirty = true;
}

/* ---- keys ---- */

static void do_word(struct app *app, const struct palette_line *line)
{
    switch (line->word) {
    case PALETTE_FILTER:
        if (app_view(app) == &view_nodes || app_view(app) == &view_timeline) {
            snprintf(app->screen.sift.filter, sizeof app->screen.sift.filter, "%.*s",
                     (int)sizeof app->screen.sift.filter - 1, line->argument);
            app->screen.scroll = 0;
            break;
        }
        snprintf(app->screen.filter, sizeof app->screen.filter, "%.*s",
                 (int)sizeof app->screen.filter - 1, line->argument);
        app->screen.top = 0;
        break;
    case PALETTE_CLUSTER:
        choose_cluster_by_name(app, line->argument);
        break;
    case PALETTE_SERVICE:
        go_to_service(app, line->argument);
        break;
    case PALETTE_SORT:
        sort_by(app, line->argument);
        break;
    case PALETTE_THEME:
        choose_theme(app, line->argument);
        break;
    case PALETTE_SAVE:
        save_screen(app, line->argument);
        break;
    case PALETTE_NOTE:
        app_flash(app, engine_mark(app->engine, line->argument)
                           ? "marked in the recording"
                           : "nothing is recorded: that begins with lockstep --record FILE");
        break;
    case PALETTE_NONE:
    case PALETTE_WORD_COUNT:
        break;
    }
}

/* What stands in the line when it is a word, else what is chosen below it. */
static void enter(struct app *app)
{
    struct palette_state *palette = &app->screen.palette;
    struct palette_item items[PALETTE_ITEMS_MAX];
    size_t count = palette_items(palette->text, app->frame, items);
    struct palette_line line = palette_read(palette->text);
    char text[240], typed[160];

    bool whole = line.command || (line.word && line.argument[0] && !palette->chosen);
    if (!whole && palette->chosen < count) {
        snprintf(typed, sizeof typed, "%s", items[palette->chosen].text);
        line = palette_read(typed);
    } else {
        memcpy(typed, palette->text, sizeof typed);
        line = palette_read(typed);
    }
    if (line.word && !line.argument[0] && line.word != PALETTE_FILTER) { /* what follows it? */
        memcpy(palette->text, typed, sizeof palette->text);
        palette->chosen = 0;
        return;
    }
    palette->open = false;
    if (line.command && command_acts(line.command)) {
        snprintf(text, sizeof text, "%s: press %s, alone; enter never acts",
                 command_info[line.command].word, keymap_shown(&app->keymap, line.command));
        app_flash(app, text);
    } else if (line.command) {
        app_command(app, line.command);
    } else if (line.word) {
        do_word(app, &line);
    } else {
        snprintf(text, sizeof text, "nothing is called %.120s; %s lists what there is", typed,
                 keymap_shown(&app->keymap, COMMAND_HELP));
        app_flash(app, text);
    }
}

static void cut_last(char *text)
{
    size_t len = strlen(text);

    while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
        len--;
    text[len ? len - 1 : 0] = '\0';
}

void app_palette_key(struct app *app, int key)
{
    struct palette_state *palette = &app->screen.palette;
    struct palette_item items[PALETTE_ITEMS_MAX];
    size_t count = palette_items(palette->text, app->frame, items), len = strlen(palette->text);

    if (key == KEYCODE_ENTER) {
        enter(app);
    } else if (key == KEYCODE_ESC || key == KEY_CTRL_C || (key == KEYCODE_BACKSPACE && len == 0)) {
        palette->open = false;
    } else if (key == KEYCODE_DOWN || key == KEY_CTRL_N) {
        palette->chosen = count ? (palette->chosen + 1) % count : 0;
    } else if (key == KEYCODE_UP || key == KEY_CTRL_P) {
        palette->chosen = count ? (palette->chosen + count - 1) % count : 0;
    } else if (key == KEY_TAB) {
        if (palette->chosen < count)
            memcpy(palette->text, items[palette->chosen].text, sizeof palette->text);
        palette->chosen = 0;
    } else {
        if (key == KEYCODE_BACKSPACE)
            cut_last(palette->text);
        else if (key == KEY_CTRL_U)
            palette->text[0] = '\0';
        else if (key >= ' ' && key < KEYCODE_UP)
            keymap_write_utf8(key, palette->text + len, sizeof palette->text - len);
        palette->chosen = 0;
    }
}
