/* moments.c: see moments.h. */
#include "tui/moments.h"

#include "base/mem.h"
#include "deck.h"
#include "test.h"
#include "view.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLUSTERS_MAX = 8, SERVICES_MAX = 3 };

static const struct view *const views[] = {&view_rollout, &view_safety, &view_nodes,
                                           &view_data,    &view_diff,   &view_couplings,
                                           &view_timeline};

/* The view on this service. */
static void draw_view(FILE *out, const struct view *view, const struct frame *frame,
                      const struct service *of)
{
    struct screen screen = {0};
    struct canvas canvas;

    canvas_init(&canvas, 100, 60, false);
    snprintf(screen.cluster, sizeof screen.cluster, "%s", of ? of->cluster : "");
    snprintf(screen.service, sizeof screen.service, "%s", of ? of->id : "");
    screen_draw(view, &screen, frame, &canvas);
    char *text = canvas_dump(&canvas);
    fprintf(out, "%s\n%s\n", view->name, text);
    ck_assert_msg(!of || !strstr(text, "is not there any more"), "nothing is drawn of %s", of->id);
    free(text);
    free(screen.order);
    canvas_release(&canvas);
}

char *moment_draw(const struct frame *frame, int64_t now_ms, bool still)
{
    struct frame moved;
    struct board_cluster clusters[CLUSTERS_MAX];
    char *all = NULL;
    size_t len;
    FILE *out = open_memstream(&all, &len);

    memcpy(&moved, frame, offsetof(struct frame, arena));
    moved.utc_ms += now_ms - frame->now_ms;
    moved.now_ms = now_ms;
    for (size_t i = 0; i < frame->cluster_count; i++) {
        clusters[i] = frame->clusters[i];
        if (clusters[i].age_ms >= 0)
            clusters[i].age_ms = still ? 0 : clusters[i].age_ms + now_ms - frame->now_ms;
    }
    moved.clusters = clusters;
    draw_view(out, &view_fleet, &moved, NULL);
    for (size_t r = 0; r < frame->row_count && r < SERVICES_MAX; r++)
        for (size_t v = 0; v < ARRAY_LEN(views); v++)
            draw_view(out, views[v], &moved, frame->rows[r]->service);
    fclose(out);
    return all;
}

/* The same, at the time of people that is given: a recording knows it to a few milliseconds. */
static char *draw_at(const struct frame *frame, int64_t at_ms, int64_t utc_ms)
{
    struct frame moved;

    memcpy(&moved, frame, offsetof(struct frame, arena));
    ck_assert_int_lt(llabs(moved.utc_ms + at_ms - moved.now_ms - utc_ms), 20);
    moved.now_ms = at_ms;
    moved.utc_ms = utc_ms;
    return moment_draw(&moved, moved.now_ms, true);
}

struct moment moment_take(struct engine *engine, const char *after)
{
    const struct frame *frame = engine_frame(engine);
    struct moment moment = {after, frame->now_ms, frame->utc_ms,
                            moment_draw(frame, frame->now_ms, true)};

    frame_unref(frame);
    return moment;
}

static const struct frame *frame_at(struct deck *deck, int64_t at_ms)
{
    const int64_t to_ms = at_ms - deck->tape->start_ms;
    struct err err = {0};

    deck_seek(deck, to_ms, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
    while (deck_now_ms(deck) < to_ms)
        engine_run_until(deck->engine, to_ms - deck_now_ms(deck), NULL, NULL);
    return engine_frame(deck->engine);
}

char *moment_again(struct deck *deck, int64_t at_ms, bool still)
{
    const struct frame *frame = frame_at(deck, at_ms);
    char *text = moment_draw(frame, at_ms, still);

    frame_unref(frame);
    return text;
}

void moment_same(const char *what, int64_t at_ms, const char *live, const char *recorded)
{
    size_t same = 0, line = 0;

    for (; live[same] && live[same] == recorded[same]; same++)
        if (live[same] == '\n')
            line = same + 1;
    ck_assert_msg(strcmp(live, recorded) == 0, "%s at %d ms, live:\n%.400s\nrecording:\n%.400s",
                  what, (int)at_ms, live + line, recorded + line);
}

char *moments_same(const char *path, const struct moment *moments, size_t count)
{
    struct deck deck;
    struct err err = {0};
    char *marks = NULL;
    size_t len;
    FILE *out = open_memstream(&marks, &len);

    ck_assert_msg(deck_open(&deck, path, &err), "%s", err.text);
    for (size_t n = 0; n < 2 * count; n++) {
        const struct moment *one = &moments[n < count ? n : 2 * count - 1 - n];
        const struct frame *frame = frame_at(&deck, one->at_ms);
        char *found = draw_at(frame, one->at_ms, one->utc_ms);
        moment_same(one->after, one->at_ms - deck.tape->start_ms, one->text, found);
        frame_unref(frame);
        free(found);
    }
    const struct tape_fact *mark = tape_mark(deck.tape, deck.tape->start_ms - 1, true);
    for (; mark; mark = tape_mark(deck.tape, mark->at_ms, true))
        fprintf(out, "%s\n", mark->text);
    printf("%zu facts in %d s\n", deck.tape->count, (int)(deck_length_ms(&deck) / 1000));
    deck_close(&deck);
    fclose(out);
    return marks;
}
