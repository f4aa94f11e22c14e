/* deck_index.c: a thread of its own goes through a long recording once and keeps what its engine
 * knows at some moments, so that going anywhere costs the way from the nearest one before. */
#include "deck.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    WORTH = 2000, /* of facts and seconds: less is gone through in no time */
    KEPT = 96,
};

struct deck_index {
    struct deck *deck;
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    bool stop, done;             /* locked */
    struct keyframe *kept[KEPT]; /* locked; by time */
    size_t count;
};

/* What it costs to come there from the beginning. */
static int64_t work_until(const struct tape *tape, int64_t at_ms)
{
    return (int64_t)tape_after(tape, at_ms) + (at_ms - tape->start_ms) / 1000;
}

/* The first moment that costs so much. */
static int64_t moment_of(const struct tape *tape, int64_t work)
{
    int64_t low = tape->start_ms, high = tape->end_ms;

    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        if (work_until(tape, mid) < work)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_stopped(struct deck_index *index)
{
    pthread_mutex_lock(&index->lock);
    bool stop = index->stop;
    pthread_mutex_unlock(&index->lock);
    return stop;
}

static void keep(struct deck_index *index, struct keyframe *keyframe)
{
    pthread_mutex_lock(&index->lock);
    if (keyframe)
        index->kept[index->count++] = keyframe;
    pthread_mutex_unlock(&index->lock);
}

static bool go_on(struct deck_index *index, struct engine *engine, struct clock *clock,
                  int64_t at_ms)
{
    struct loop *loop = engine_loop(engine);

    clock_tape_seek(clock, at_ms);
    while (clock_now_ms(clock) < at_ms) {
        if (is_stopped(index))
            return false;
        loop_turn(loop, 0);
    }
    for (int i = 0; i < 3; i++) /* what is of that very moment */
        loop_turn(loop, 0);
    return true;
}

static void go_through(struct deck_index *index, size_t keyframes)
{
    const struct tape *tape = index->deck->tape;
    const int64_t all = work_until(tape, tape->end_ms);
    struct clock *clock = clock_new_tape(tape->start_ms, tape->start_utc_ms);
    struct err err = {0};
    struct engine *engine = deck_new_engine(index->deck, clock, NULL, &err);

    for (size_t i = 1; engine && i < keyframes; i++) {
        if (!go_on(index, engine, clock, moment_of(tape, all * (int64_t)i / (int64_t)keyframes)))
            break;
        keep(index, engine_keep(engine));
    }
    engine_free(engine);
    clock_free(clock);
    pthread_mutex_lock(&index->lock);
    index->done = true;
    pthread_mutex_unlock(&index->lock);
}

static void *run(void *arg)
{
    go_through(arg, KEPT);
    return NULL;
}

static struct deck_index *new_index(struct deck *deck)
{
    struct deck_index *index = xcalloc(1, sizeof *index);

    index->deck = deck;
    pthread_mutex_init(&index->lock, NULL);
    return index;
}

void deck_index(struct deck *deck)
{
    if (deck->index || work_until(deck->tape, deck->tape->end_ms) < WORTH)
        return;
    deck->index = new_index(deck);
    deck->index->threaded = pthread_create(&deck->index->thread, NULL, run, deck->index) == 0;
}

void deck_index_now(struct deck *deck, size_t keyframes)
{
    if (deck->index)
        return;
    deck->index = new_index(deck);
    go_through(deck->index, keyframes < KEPT ? keyframes : KEPT);
}

bool deck_is_indexed(const struct deck *deck)
{
    struct deck_index *index = deck->index;

    if (!index)
        return true;
    pthread_mutex_lock(&index->lock);
    bool done = index->done || !index->threaded;
    pthread_mutex_unlock(&index->lock);
    return done;
}

const struct keyframe *deck_keyframe(const struct deck *deck, int64_t at_ms)
{
    struct deck_index *index = deck->index;
    const struct keyframe *best = NULL;

    if (!index)
        return NULL;
    pthread_mutex_lock(&index->lock);
    for (size_t i = 0; i < index->count && keyframe_at_ms(index->kept[i]) <= at_ms; i++)
        best = index->kept[i];
    pthread_mutex_unlock(&index->lock);
    return best;
}

void deck_index_free(struct deck_index *index)
{
    if (!index)
        return;
    pthread_mutex_lock(&index->lock);
    index->stop = true;
    pthread_mutex_unlock(&index->lock);
    if (index->threaded)
        pthread_join(index->thread, NULL);
    for (size_t i = 0; i < index->count; i++)
        keyframe_free(index->kept[i]);
    pthread_mutex_destroy(&index->lock);
    free(index);
}
