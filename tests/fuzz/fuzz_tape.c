/* fuzz_tape.c: a recording is either refused with one line, or an engine can be fed from it to its
 * end. */
#include "base/json.h"
#include "engine.h"
#include "record/tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void feed(const struct tape *tape)
{
    struct cluster_config clusters[TAPE_CLUSTERS_MAX] = {0};
    struct clock *clock = clock_new_tape(tape->start_ms, tape->start_utc_ms);
    int64_t length = tape->end_ms - tape->start_ms;
    struct err err = {0};

    for (size_t i = 0; i < tape->cluster_count; i++)
        clusters[i] = (struct cluster_config){.name = tape->clusters[i].name,
                                              .kind = tape->clusters[i].kind,
                                              .tape = tape,
                                              .tape_cluster = i};
    const struct engine_config config = {
        .clusters = clusters, .cluster_count = tape->cluster_count, .tape = tape, .clock = clock};
    struct engine *engine = engine_new(&config, &err);
    if (!engine)
        abort();
    length = length > 5000 ? 5000 : length + 100;
    clock_tape_seek(clock, tape->start_ms + length);
    engine_run_until(engine, length, NULL, NULL);
    engine_free(engine);
    clock_free(clock);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static bool begun;
    struct err err = {0};

    if (!begun)
        json_init();
    begun = true;
    struct tape *tape = tape_parse((const char *)data, size, "fuzz.jsonl", &err);
    if (!tape) {
        if (err.code != ERR_CONFIG || !err.text[0])
            abort();
        return 0;
    }
    feed(tape);
    tape_free(tape);
    return 0;
}
