/* deck.c: see deck.h. */
#include "deck.h"

#include "base/mem.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_SHOWN_MS = 15000 };

struct engine *deck_new_engine(const struct deck *deck, struct clock *clock,
                               const struct keyframe *from, struct err *err)
{
    const struct engine_config config = {
        .clusters = deck->clusters,
        .cluster_count = deck->tape->cluster_count,
        .plan = deck->config.plan,
        .policy = &deck->config.policy,
        .facts = &deck->config.facts,
        .profiles = &deck->config.profiles,
        .metrics = &deck->config.metrics,
        .tape = deck->tape,
        .from = from,
        .clock = clock,
    };

    return engine_new(&config, err);
}

static bool open_engine(struct deck *deck, const struct keyframe *from, struct err *err)
{
    const struct tape *tape = deck->tape;
    const int64_t at_ms = from ? keyframe_at_ms(from) : tape->start_ms;

    clock_free(deck->clock);
    deck->clock = clock_new_tape(at_ms, tape->start_utc_ms + at_ms - tape->start_ms);
    deck->engine = deck_new_engine(deck, deck->clock, from, err);
    return deck->engine != NULL;
}

/* Settings that cannot be read any more are said, and the rest counts. */
static void read_settings(struct deck *deck)
{
    const struct tape *tape = deck->tape;
    char name[600];

    snprintf(name, sizeof name, "%s:1: settings", tape->file);
    config_parse(tape->settings, strlen(tape->settings), name, &deck->config);
    for (size_t i = 0; i < deck->config.problem_count; i++)
        complain("%s", deck->config.problems[i]);
}

bool deck_open(struct deck *deck, const char *path, struct err *err)
{
    *deck = (struct deck){.speed = 1, .stands = true};
    deck->tape = tape_load(path, err);
    if (!deck->tape)
        return false;
    read_settings(deck);
    deck->clusters = xcalloc(deck->tape->cluster_count, sizeof *deck->clusters);
    for (size_t i = 0; i < deck->tape->cluster_count; i++) {
        const struct tape_cluster *from = &deck->tape->clusters[i];
        deck->clusters[i] = (struct cluster_config){.name = from->name,
                                                    .kind = from->kind,
                                                    .production = from->production,
                                                    .read_only = from->read_only,
                                                    .tape = deck->tape,
                                                    .tape_cluster = i};
    }
    return open_engine(deck, NULL, err);
}

void deck_close(struct deck *deck)
{
    deck_index_free(deck->index);
    engine_free(deck->engine);
    clock_free(deck->clock);
    free(deck->clusters);
    if (deck->config.arena)
        config_release(&deck->config);
    tape_free(deck->tape);
    *deck = (struct deck){0};
}

int64_t deck_now_ms(const struct deck *deck)
{
    return clock_now_ms(deck->clock) - deck->tape->start_ms;
}

int64_t deck_length_ms(const struct deck *deck)
{
    return deck->tape->end_ms - deck->tape->start_ms;
}

int64_t deck_shown_ms(const struct deck *deck)
{
    int64_t now = deck_now_ms(deck), length = deck_length_ms(deck);

    return now < length ? now : length;
}

double deck_pace(const struct deck *deck)
{
    return deck->stands ? 0 : deck->speed;
}

static void wake(void *arg)
{
    (void)arg;
}

void deck_set_pace(struct deck *deck, double speed, bool stands)
{
    deck->speed = speed < DECK_SPEED_MIN   ? DECK_SPEED_MIN
                  : speed > DECK_SPEED_MAX ? DECK_SPEED_MAX
                                           : speed;
    deck->stands = stands;
    clock_tape_run(deck->clock, deck_pace(deck));
    loop_post(engine_loop(deck->engine), wake, NULL); /* it sleeps by the pace of before */
}

bool deck_seek(struct deck *deck, int64_t to_ms, struct err *err)
{
    const int64_t now_ms = clock_now_ms(deck->clock), at_ms = deck->tape->start_ms + to_ms;
    const struct keyframe *from = deck_keyframe(deck, at_ms);
    bool anew = at_ms < now_ms || (from && keyframe_at_ms(from) > now_ms);

    if (anew) {
        engine_free(deck->engine);
        if (!open_engine(deck, from, err))
            return false;
    }
    clock_tape_seek(deck->clock, at_ms);
    clock_tape_run(deck->clock, deck_pace(deck));
    engine_land(deck->engine);
    return anew;
}

static void put_time(char out[32], int64_t ms)
{
    int64_t s = (ms < 0 ? 0 : ms) / 1000;

    if (s >= 3600)
        snprintf(out, 32, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(out, 32, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

void deck_describe(const struct deck *deck, char *out, size_t size)
{
    int64_t now = deck_shown_ms(deck);
    const struct tape_fact *mark = tape_mark(deck->tape, deck->tape->start_ms + now + 1, false);
    char at[32], length[32], pace[32];

    put_time(at, now);
    put_time(length, deck_length_ms(deck));
    snprintf(pace, sizeof pace, deck->stands ? "stands: space goes on" : "%gx", deck->speed);
    if (mark && deck->tape->start_ms + now - mark->at_ms > MARK_SHOWN_MS)
        mark = NULL;
    snprintf(out, size, "recording  %s of %s  %s%s%.200s", at, length, pace, mark ? "  mark: " : "",
             mark ? mark->text : "");
}
