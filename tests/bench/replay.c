/* replay.c: what a long recording costs: to open it, to go to any moment of it, and in memory.
 *
 * Records eight hours of a simulated cluster in which something is always in flight and nodes fall
 * silent, then looks at it as `lockstep replay` does. Exits 1 when a goal is missed. */
#include "base/json.h"
#include "base/mem.h"
#include "deck.h"
#include "drivers/sim/sim.h"
#include "record/recorder.h"
#include "release/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HOURS = 8, KEY_EVERY_MS = 20000, SEEKS = 60 };

static const double goal_seek_ms = 100;

static double now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1e6;
}

/* The next key that would do something, of the services in turn. */
static void press_something(struct engine *engine, unsigned *turn)
{
    static const enum verb verbs[] = {VERB_START, VERB_STEP, VERB_RESUME, VERB_ROLLBACK};
    const struct frame *frame = engine_frame(engine);

    for (size_t i = 0; i < frame->row_count; i++) {
        const struct row *row = frame->rows[(*turn + i) % frame->row_count];
        for (size_t v = 0; v < ARRAY_LEN(verbs); v++) {
            enum verb verb = verbs[(*turn / 3 + v) % ARRAY_LEN(verbs)];
            if (!row->option[verb].allowed)
                continue;
            struct intent intent = {.verb = verb, .flags = INTENT_CONFIRMED, .to_count = 0};
            snprintf(intent.cluster, sizeof intent.cluster, "%s", row->service->cluster);
            snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
            engine_submit(engine, &intent);
            *turn += (unsigned)i + 1;
            frame_unref(frame);
            return;
        }
    }
    frame_unref(frame);
}

static void record(const char *path, const char *world)
{
    struct err err = {0};
    struct clock *clock = clock_new_virtual(clock_parse_utc("2026-03-02T09:00:00Z"));
    struct sim *sim = sim_new(world, 1, clock, &err);
    const struct cluster_config cluster = {
        .name = "prod", .kind = "sim", .endpoint = world, .seed = 1, .shared = sim};
    struct recorder *recorder = recorder_open(path, NULL, &err);
    const struct sim_chaos chaos = {.permille = {[SIM_NODE_SILENT] = 2, [SIM_CRASH] = 5}};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .plan = plan_default(),
                                         .recorder = recorder,
                                         .clock = clock};
    struct engine *engine = sim && recorder ? engine_new(&config, &err) : NULL;
    unsigned turn = 0;

    if (!engine)
        fatal("%s", err.text);
    sim_set_chaos(sim, &chaos);
    for (int64_t at = 0; at < HOURS * INT64_C(3600000); at += KEY_EVERY_MS) {
        engine_run_until(engine, KEY_EVERY_MS, NULL, NULL);
        press_something(engine, &turn);
        if (at % 1800000 == 0)
            engine_mark(engine, "half an hour");
    }
    engine_free(engine);
    recorder_close(recorder);
    sim_unref(sim);
    clock_free(clock);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* As the dashboard does: until the frame of that moment is there. */
static double seek(struct deck *deck, int64_t to_ms)
{
    struct err err = {0};
    double begin = now_ms();

    deck_seek(deck, to_ms, &err);
    if (err.code != ERR_NONE)
        fatal("%s", err.text);
    while (deck_now_ms(deck) < to_ms)
        engine_run_until(deck->engine, to_ms - deck_now_ms(deck), NULL, NULL);
    return now_ms() - begin;
}

static void look(const char *path, int *missed)
{
    double took[SEEKS], begin = now_ms();
    struct deck deck;
    struct err err = {0};
    struct stat st = {0};
    uint64_t random = 1;

    stat(path, &st);
    if (!deck_open(&deck, path, &err))
        fatal("%s", err.text);
    double opened = now_ms() - begin;
    begin = now_ms();
    deck_index(&deck);
    while (!deck_is_indexed(&deck))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    double indexed = now_ms() - begin;
    double first = seek(&deck, deck_length_ms(&deck));
    for (size_t i = 0; i < SEEKS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        took[i] = seek(&deck, (int64_t)(random >> 16) % deck_length_ms(&deck));
    }
    qsort(took, SEEKS, sizeof *took, compare);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("  %zu facts, %.1f MiB: opened in %.0f ms, indexed (beside it) in %.0f ms; to the end "
           "%.1f ms, %d seeks: median %.1f ms, worst %.1f ms; peak RSS %.0f MiB\n",
           deck.tape->count, (double)st.st_size / 1048576, opened, indexed, first, SEEKS,
           took[SEEKS / 2], took[SEEKS - 1], (double)usage.ru_maxrss / 1024);
    *missed += took[SEEKS - 1] > goal_seek_ms;
    deck_close(&deck);
}

int main(void)
{
    char dir[] = "/tmp/lockstep-bench-XXXXXX", path[64];
    int missed = 0;

    json_init();
    if (!mkdtemp(dir))
        fatal("no directory for a recording");
    snprintf(path, sizeof path, "%s/long.jsonl", dir);
    printf("recording of %d hours\n", HOURS);
    double begin = now_ms();
    record(path, "");
    printf("  made in %.0f ms\n", now_ms() - begin);
    look(path, &missed);
    unlink(path);
    rmdir(dir);
    printf("goal: any seek <= %.0f ms: %s\n", goal_seek_ms, missed ? "MISSED" : "met");
    return missed ? 1 : 0;
}
