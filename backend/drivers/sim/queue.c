/* queue.c: a heap. See queue.h. */
#include "drivers/sim/queue.h"

#include "base/hash.h"

#include <string.h>

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void sim_at(struct sim *sim, int64_t delay_ms, sim_event_fn *fn, void *object, uint64_t serial)
{
    ARRAY_RESERVE(sim->queue, sim->queue_cap, sim->queue_count + 1);
    struct sim_event *heap = sim->queue;
    const struct sim_event event = {sim->now_ms + (delay_ms > 0 ? delay_ms : 0), sim->order++,
                                    serial, fn, object};
    size_t i = sim->queue_count++;

    while (i > 0 && before(&event, &heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = event;
}

static struct sim_event take_first(struct sim *sim)
{
    struct sim_event *heap = sim->queue;
    const struct sim_event first = heap[0], last = heap[--sim->queue_count];
    size_t i = 0, n = sim->queue_count;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    if (n)
        heap[i] = last;
    return first;
}

void sim_advance(struct sim *sim)
{
    const int64_t now = clock_now_ms(sim->clock);

    while (sim->queue_count && sim->queue[0].at_ms <= now) {
        const struct sim_event event = take_first(sim);
        sim->now_ms = event.at_ms;
        event.fn(sim, event.object, event.serial);
    }
    if (now > sim->now_ms)
        sim->now_ms = now;
}

int64_t sim_next_ms(const struct sim *sim)
{
    return sim->queue_count ? sim->queue[0].at_ms : -1;
}

static uint64_t scramble(uint64_t z) /* splitmix64 */
{
    z += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint32_t sim_roll(struct sim *sim, uint32_t n)
{
    return n ? (uint32_t)(scramble(sim->dice++) % n) : 0;
}

uint32_t sim_draw(const struct sim *sim, const char *name, uint64_t serial, uint32_t n)
{
    uint64_t mix = hash_mix(HASH_SEED ^ sim->seed, name, strlen(name));

    return n ? (uint32_t)(scramble(hash_mix(mix, &serial, sizeof serial)) % n) : 0;
}
