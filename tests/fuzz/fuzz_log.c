/* fuzz_log.c: what programs write, through a swarm's frames and without: clean lines, whatever the
 * pieces it comes in. */
#include "base/text.h"
#include "drivers/swarm/log_task.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                               \
    do {                                                                                           \
        if (!(claim))                                                                              \
            abort();                                                                               \
    } while (0)

struct sum {
    uint64_t of;
    size_t count;
};

static void take(void *arg, const char *line)
{
    struct sum *sum = arg;

    CHECK(text_is_clean(line));
    CHECK(strlen(line) <= LINES_MAX);
    sum->count++;
    for (; *line; line++)
        sum->of = sum->of * 31 + (unsigned char)*line;
}

static struct sum run(const char *bytes, size_t len, size_t piece, bool framed)
{
    struct sum sum = {0};
    struct lines *lines = lines_new(take, &sum);
    struct swarm_frames *frames = swarm_frames_new(take, &sum);

    for (size_t at = 0; at < len; at += piece) {
        size_t part = len - at < piece ? len - at : piece;
        if (framed)
            swarm_frames_feed(frames, bytes + at, part);
        else
            lines_feed(lines, bytes + at, part);
    }
    lines_end(lines);
    swarm_frames_end(frames);
    lines_free(lines);
    swarm_frames_free(frames);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *bytes = (const char *)data + 1;
    const size_t piece = data[0] % 64 + 1;

    for (int framed = 0; framed < 2; framed++) {
        struct sum whole = run(bytes, size - 1, size, framed);
        struct sum parts = run(bytes, size - 1, piece, framed);
        CHECK(whole.count == parts.count && whole.of == parts.of);
    }
    return 0;
}
