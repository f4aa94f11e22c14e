/* app_private.h: what app.c (loop and pictures) and app_keys.c (keys) share. */
#ifndef LOCKSTEP_TUI_APP_PRIVATE_H
#define LOCKSTEP_TUI_APP_PRIVATE_H

#include "acting.h"
#include "app.h"
#include "base/clock.h"
#include "deck.h"
#include "script.h"
#include "story.h"
#include "term.h"
#include "theme_watch.h"
#include "tty.h"
#include "view.h"

#include <pthread.h>

enum app_limit {
    APP_VIEWS_MAX = 8,
    APP_CLUSTERS_MAX = 64,
    APP_FRAME_MS = 50,    /* new frames are drawn at most this often; keys, and one after calm, at
                             once */
    APP_RESIZE_MS = 33,   /* sizes that change all the time */
    APP_TICK_MS = 1000,   /* ages move */
    APP_ALONE_MS = 25,    /* keys closer together than this are no single decision */
    APP_QUIT_MS = 2000,   /* for an action on its way, before it is left to recovery */
    APP_CTRL_C_MS = 1000, /* twice within this quits */
    APP_GAP_MS = 5000,    /* the program stood still for longer: what is shown is old */
    APP_KEYS_MAX = 256,
};

/* A file that is written by a thread of its own; the rest belongs to both. */
struct app_saved {
    pthread_t thread;
    bool started; /* of the terminal thread alone */
    pthread_mutex_t lock;
    bool running;
    char text[300]; /* how it ended */
};

struct app {
    struct engine *engine;
    const struct app_options *options;
    double speed;
    struct clock *clock;
    struct deck *deck; /* of the options */
    char deck_caption[320];
    struct keymap keymap;
    char caption[2 * STORY_CAPTION_MAX]; /* with the operator's keys */
    struct theme theme;
    struct theme_watch *theme_watch; /* NULL: it cannot change */
    struct term *term;
    struct tty *tty;
    struct canvas canvas;
    struct screen screen;
    struct acting acting;
    struct script script;
    struct telling telling;
    const struct view *views[APP_VIEWS_MAX]; /* last one is on top */
    size_t view_count;

    const struct frame *frame; /* newest, one reference */
    int64_t frame_ms;          /* when it came */
    struct frame moved;        /* the same, as of now */
    struct board_cluster clusters[APP_CLUSTERS_MAX];

    struct acting_picture drawn; /* its frame is a reference while it is on its way */
    bool on_its_way, stalled;
    bool dirty, new_frame, resized;
    int64_t drawn_ms, frame_due_ms; /* frame_due_ms: a new frame may be drawn from then on */
    int64_t start_ms, last_key_ms, ctrl_c_ms;

    struct app_saved saved;

    bool done, leaving;
    int64_t leave_by_ms;
    int status;
};

int64_t app_now(const struct app *app); /* real milliseconds */
/* The newest frame with its times and ages moved to now; borrowed until the next call. */
const struct frame *app_frame(struct app *app);
const struct view *app_view(const struct app *app);
void app_flash(struct app *app, const char *text);
/* Ends the loop, at once the second time; `status` is what app_run returns. */
void app_leave(struct app *app, int status);
void app_suspend(struct app *app);
/* What is on the screen may be old: nothing acts before the next picture. */
void app_forget(struct app *app);

/* From when on a newer frame may be drawn, when a picture is drawn now that was due at `due_ms`. */
int64_t app_frame_due(int64_t due_ms, int64_t now_ms);
/* The view with its frame on the canvas, and what it showed as app->drawn. */
void app_paint(struct app *app);
/* The selected context's own title, or NULL. */
const struct theme_color *app_accent(const struct app *app);
/* The keys that a script or a story presses by itself. */
void app_play(struct app *app);

/* Another engine takes the place of the one that was freed; false and err. */
bool app_change_engine(struct app *app, struct engine *engine, struct err *err);
/* app_replay.c: true when a key belongs to the recording that is played. */
bool app_replay_key(struct app *app, enum command command, int key);
/* Stands still where it ends; when to look again, in real ms. */
int64_t app_replay_look(struct app *app);

/* What a command that does not act does. */
void app_command(struct app *app, enum command command);

/* app_palette.c */
void app_open_palette(struct app *app, const char *text);
void app_palette_key(struct app *app, int key);
void app_choose_cluster(struct app *app, const char *name); /* "": all */
void app_choose_digit(struct app *app, int digit);
void app_copy(struct app *app);
/* Says how the file that was being written ended. */
void app_take_saved(struct app *app);

/* A question, or a line that is being typed: keys are no commands now. */
bool app_types(const struct app *app);
/* `alone`: see acting.h. */
void app_key(struct app *app, const struct term_key *key, bool alone);

#endif
