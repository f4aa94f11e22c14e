/* verb_replay.c: `lockstep replay FILE`: an incident log on the dashboard, or as an asciicast. */
#include "app.h"
#include "base/mem.h"
#include "cast.h"
#include "deck.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 500, HEIGHT_MAX = 200 };

struct film {
    struct cast *cast;
    const struct tape *tape;
    int64_t marked_ms, last_ms; /* in the recording; in the film */
    double speed;
};

static int64_t in_film(const struct film *film, int64_t at_ms)
{
    return (int64_t)((double)at_ms / film->speed);
}

static void on_picture(void *arg, int64_t at_ms, const struct canvas *canvas,
                       const struct theme *theme)
{
    struct film *film = arg;
    const struct tape *tape = film->tape;

    for (const struct tape_fact *mark;
         (mark = tape_mark(tape, tape->start_ms + film->marked_ms, true)) != NULL &&
         mark->at_ms - tape->start_ms <= at_ms;
         film->marked_ms = mark->at_ms - tape->start_ms)
        cast_mark(film->cast, in_film(film, at_ms), mark->text);
    cast_picture(film->cast, in_film(film, at_ms), canvas, theme);
    film->last_ms = in_film(film, at_ms);
}

/* "120x34" */
static bool read_size(const char *text, int *width, int *height, struct err *err)
{
    char *end = NULL;
    long w = 80, h = 24;

    if (text) {
        w = strtol(text, &end, 10);
        h = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    }
    if (w < 1 || w > WIDTH_MAX || h < 1 || h > HEIGHT_MAX || (end && *end))
        return err_set(err, ERR_USAGE,
                       "--size needs cells as in 120x34, at most %dx%d, not '%.40s'", WIDTH_MAX,
                       HEIGHT_MAX, text);
    *width = (int)w;
    *height = (int)h;
    return true;
}

static int make_film(const struct args *args, const struct app_options *options, struct err *err)
{
    const struct tape *tape = options->deck->tape;
    int width = 0, height = 0;

    if (!read_size(args->size, &width, &height, err))
        return complain_err(err);
    FILE *out = strcmp(args->asciicast, "-") == 0 ? stdout : fopen(args->asciicast, "we");
    if (!out) {
        err_set(err, ERR_DISK, "%s: %s", args->asciicast, strerror(errno));
        return complain_err(err);
    }
    struct film film = {.tape = tape, .marked_ms = -1, .speed = options->speed};
    film.cast = cast_new(out, args->v3, width, height, tape->start_utc_ms, "lockstep");
    bool good = app_film(options, width, height, on_picture, &film, err);
    cast_free(film.cast, film.last_ms);
    bool written = !ferror(out) && fflush(out) == 0;
    if (out != stdout)
        written = fclose(out) == 0 && written;
    if (good && !written)
        good = err_set(err, ERR_DISK, "%s could not be written", args->asciicast);
    return good ? EXIT_DONE : complain_err(err);
}

static int play(const struct args *args, struct app_options *options)
{
    struct deck *deck = options->deck;

    (void)args;
    deck_set_pace(deck, options->speed, false);
    options->speed = deck_pace(deck);
    deck_index(deck);
    return app_run(deck->engine, options);
}

int verb_replay(const struct verb_row *row, const struct args *args)
{
    struct deck deck;
    struct err err = {0};
    struct app_options options = {
        .theme = args->theme,
        .script = args->script,
        .deck = &deck,
        .ascii = args->ascii,
        .show_keys = args->show_keys,
        .speed = args->speed > 0 ? args->speed : 1,
    };
    int status = EXIT_DONE;

    (void)row;
    if (!args->asciicast && (args->v3 || args->size)) {
        err_set(&err, ERR_USAGE, "%s goes with --asciicast FILE", args->v3 ? "--v3" : "--size");
        return complain_err(&err);
    }
    if (!deck_open(&deck, args->operands[0], &err))
        status = complain_err(&err);
    else if (deck.tape->cut)
        complain("%s: its last line is cut off and is left out", args->operands[0]);
    if (status == EXIT_DONE)
        status = args->asciicast ? make_film(args, &options, &err) : play(args, &options);
    deck_close(&deck);
    return status;
}
