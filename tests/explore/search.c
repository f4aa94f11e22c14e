/* search.c: see search.h. The array of states in the order they were found is the queue; an
 * open-addressed table of indices finds them again. */
#include "explore/search.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct search {
    const struct search_space *space;
    struct search_result *out;
    char *states;
    uint32_t *parents;
    size_t count, cap, max;
    uint32_t *slots; /* index + 1; 0 empty */
    size_t slot_count;
    uint32_t from; /* state whose steps are being emitted */
    clock_t began;
};

static uint64_t mix(const char *state, size_t size)
{
    uint64_t h = 0x9e3779b97f4a7c15u;

    for (size_t at = 0; at < size; at += sizeof h) {
        uint64_t word = 0;
        memcpy(&word, state + at, size - at < sizeof word ? size - at : sizeof word);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

const void *search_state(const struct search *s, size_t at)
{
    return s->states + at * s->space->size;
}

static size_t find_slot(const struct search *s, const void *state)
{
    size_t at = mix(state, s->space->size) & (s->slot_count - 1);

    while (s->slots[at] && memcmp(search_state(s, s->slots[at] - 1), state, s->space->size) != 0)
        at = (at + 1) & (s->slot_count - 1);
    return at;
}

uint32_t search_find(const struct search *s, const void *state)
{
    return s->slots[find_slot(s, state)];
}

static void grow_slots(struct search *s)
{
    free(s->slots);
    s->slot_count = s->slot_count ? s->slot_count * 2 : 1 << 12;
    s->slots = xcalloc(s->slot_count, sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++)
        s->slots[find_slot(s, search_state(s, i))] = (uint32_t)i + 1;
}

static void add(struct search *s, const void *state)
{
    if ((s->count + 1) * 3 > s->slot_count * 2)
        grow_slots(s);
    size_t at = find_slot(s, state);
    if (s->slots[at])
        return;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap + s->cap / 2 : 1 << 10;
        s->states = xrealloc(s->states, s->cap, s->space->size);
        s->parents = xrealloc(s->parents, s->cap, sizeof *s->parents);
    }
    memcpy(s->states + s->count * s->space->size, state, s->space->size);
    s->parents[s->count] = s->from;
    s->slots[at] = (uint32_t)++s->count;
}

/* ---- telling how it came to a violation ---- */

struct retrace {
    const struct search_space *space;
    const void *target;
    struct search_label label;
    bool found;
};

static bool find_label(void *arg, const void *next, struct search_label label, const char *wrong)
{
    struct retrace *r = arg;

    (void)wrong;
    if (!r->found && memcmp(next, r->target, r->space->size) == 0) {
        r->label = label;
        r->found = true;
    }
    return !r->found;
}

static void append(struct search *s, struct search_label label)
{
    size_t len = strlen(s->out->trace);
    char text[160];

    s->space->say(s->space->arg, label, text, sizeof text);
    snprintf(s->out->trace + len, sizeof s->out->trace - len, "  %s\n", text);
}

/* Names are those of canonical states: what is n1 or A in one line may be n2 or B in the next. */
void search_violate(struct search *s, size_t at, struct search_label last, const char *wrong)
{
    uint32_t path[512];
    size_t n = 0;

    if (s->out->wrong)
        return;
    s->out->wrong = wrong;
    for (uint32_t i = (uint32_t)at; n < ARRAY_LEN(path); i = s->parents[i]) {
        path[n++] = i;
        if (i == 0)
            break;
    }
    s->out->depth = (unsigned)n;
    while (n-- > 1) {
        struct retrace r = {.space = s->space, .target = search_state(s, path[n - 1])};
        s->space->steps(s->space->arg, search_state(s, path[n]), find_label, &r);
        append(s, r.found ? r.label : last);
    }
    append(s, last);
}

/* ---- the search ---- */

static bool on_step(void *arg, const void *next, struct search_label label, const char *wrong)
{
    struct search *s = arg;

    s->out->transitions++;
    if (wrong)
        search_violate(s, s->from, label, wrong);
    else if (!s->out->wrong && s->count < s->max)
        add(s, next);
    return !s->out->wrong;
}

struct search *search_run(const struct search_space *space, const void *first, size_t states_max,
                          struct search_result *out)
{
    struct search *s = xcalloc(1, sizeof *s);
    char *state = xcalloc(1, space->size);
    size_t level_end = 1;

    *out = (struct search_result){.wrong = NULL};
    *s = (struct search){.space = space, .out = out, .max = states_max, .began = clock()};
    add(s, first);
    for (size_t i = 0; i < s->count && !out->wrong; i++) {
        if (i == level_end) {
            out->depth++;
            level_end = s->count;
        }
        memcpy(state, search_state(s, i), space->size); /* the array may move */
        s->from = (uint32_t)i;
        space->steps(space->arg, state, on_step, s);
    }
    free(state);
    out->too_many = s->count >= s->max;
    out->states = s->count;
    return s;
}

void search_end(struct search *s, size_t more)
{
    s->out->bytes =
        s->cap * (s->space->size + sizeof *s->parents) + s->slot_count * sizeof *s->slots + more;
    s->out->seconds = (double)(clock() - s->began) / CLOCKS_PER_SEC;
    free(s->states);
    free(s->parents);
    free(s->slots);
    free(s);
}

void search_print(const struct search_result *r, bool ok, const char *name, FILE *out)
{
    fprintf(out, "%-4s %-40s %9zu states %10zu steps  depth %3u %7.2f s %5zu MiB%s%s\n",
            ok ? "ok" : "FAIL", name, r->states, r->transitions, r->depth, r->seconds,
            r->bytes >> 20, r->wrong ? "  breaks: " : "",
            r->wrong      ? r->wrong
            : r->too_many ? "  too many states"
                          : "");
}

void search_print_whole(bool ok)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %ld.%01ld s, peak %ld MiB\n", ok ? "every case as it must be" : "FAILED",
           (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec / 100000,
           usage.ru_maxrss >> 10);
}
