/* app.h: the terminal thread: keys in, frames out. */
#ifndef LOCKSTEP_TUI_APP_H
#define LOCKSTEP_TUI_APP_H

#include "engine.h"
#include "story.h"

#include <stdbool.h>

struct deck;

struct app_options {
    const char *theme;         /* name or path; NULL: LOCKSTEP_THEME, else the built-in one */
    const struct story *story; /* NULL: none is told */
    bool play;                 /* its keys by itself */
    story_cue_fn *cue;
    void *cue_arg;
    const char *keys;   /* file of keys; NULL: keys.conf of the settings, when there is one */
    const char *script; /* file of keys that are pressed by themselves (script.h); NULL none */
    bool ascii;         /* even where the locale is UTF-8 */
    bool no_clipboard;  /* `c` copies nothing */
    bool mouse;         /* from the start; `m` switches it */
    bool show_keys;     /* the last key, for people who watch */
    struct deck *deck;  /* a recording is played, whose engine it is; NULL: no */
    double speed;       /* of the engine's clock, so that ages move between frames; 0: 1 */
};

/* Takes over the terminal, starts the engine's thread and runs until the operator quits. The
 * terminal is given back on every way out. Returns 0, 2 when it could not begin (said on
 * stderr; the engine was not started), or 128 + n when signal n ended it. Call
 * setlocale before; engine_free after. */
int app_run(struct engine *engine, const struct app_options *options);

/* The same without a terminal, as fast as it goes: each picture that differs, and when it was in
 * the recording. Keys of options->script are pressed, and nothing is asked of a terminal. */
struct canvas;
struct theme;
typedef void app_film_fn(void *arg, int64_t at_ms, const struct canvas *canvas,
                         const struct theme *theme);
bool app_film(const struct app_options *options, int width, int height, app_film_fn *fn, void *arg,
              struct err *err);

#endif
