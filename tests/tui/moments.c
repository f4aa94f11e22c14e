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

enum { CLUSTERS_MAX = 8 };

static const struct view *const views[] = {&view_fleet,     &view_rollout, &view_safety,
                                           &view_nodes,     &view_data,    &view_diff,
                                           &view_couplings, &view_timeline};

char *moment_draw(const struct frame *frame, int64_t now_ms, bool still)
{
    struct frame moved;
    struct board_cluster clusters[CLUSTERS_MAX];
    struct canvas canvas;
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
    canvas_init(&canvas, 80, 24, false);
    for (size_t v = 0; v < ARRAY_LEN(views); v++) {
        struct screen screen = {0};
        screen_draw(views[v], &screen, &moved, &canvas);
        char *text = canvas_dump(&canvas);
        fprintf(out, "%s\n%s\n", views[v]->name, text);
        free(text);
        free(screen.order);
    }
    canvas_release(&canvas);
    fclose(out);
    return all;
}

struct moment moment_take(struct engine *engine, const char *after)
{
    const struct frame *frame = engine_frame(engine);
    struct moment moment = {after, frame->now_ms, moment_draw(frame, frame->now_ms, true)};

    frame_unref(frame);
    return moment;
}

static bool never(void *arg, const struct frame *frame)
{
    (void)arg;
    (void)frame;
    return false;
}

char *moment_again(struct deck *deck, int64_t at_ms, bool still)
{
    const int64_t to_ms = at_ms - deck->tape->start_ms;
    struct err err = {0};

    deck_seek(deck, to_ms, &err);
    ck_assert_msg(err.code == ERR_NONE, "%s", err.text);
    while (deck_now_ms(deck) < to_ms)
        engine_run_until(deck->engine, to_ms - deck_now_ms(deck), never, NULL);
    const struct frame *frame = engine_frame(deck->engine);
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
        char *found = moment_again(&deck, one->at_ms, true);
        moment_same(one->after, one->at_ms - deck.tape->start_ms, one->text, found);
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
