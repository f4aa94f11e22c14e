/* explore.c: see explore.h. The array of worlds in the order they were found is the queue of the
 * search; an open-addressed table of indices finds them again. */
#include "release/explore.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct search {
    const struct model *model;
    struct exploration *out;
    struct world *worlds;
    uint32_t *parents;
    size_t count, cap, max;
    uint32_t *slots; /* index + 1; 0 empty */
    size_t slot_count;
    uint32_t from;       /* world whose steps are being emitted */
    uint32_t quiet_next; /* index + 1 of where the quiet schedule leads */
};

static uint64_t mix(const struct world *w)
{
    uint64_t words[(sizeof *w + 7) / 8] = {0}, h = 0x9e3779b97f4a7c15u;

    memcpy(words, w, sizeof *w);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        h = (h ^ words[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

static size_t find_slot(const struct search *s, const struct world *w)
{
    size_t at = mix(w) & (s->slot_count - 1);

    while (s->slots[at] && memcmp(&s->worlds[s->slots[at] - 1], w, sizeof *w) != 0)
        at = (at + 1) & (s->slot_count - 1);
    return at;
}

static void grow_slots(struct search *s)
{
    free(s->slots);
    s->slot_count = s->slot_count ? s->slot_count * 2 : 1 << 12;
    s->slots = xcalloc(s->slot_count, sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++)
        s->slots[find_slot(s, &s->worlds[i])] = (uint32_t)i + 1;
}

static void add(struct search *s, const struct world *w)
{
    if ((s->count + 1) * 3 > s->slot_count * 2)
        grow_slots(s);
    size_t at = find_slot(s, w);
    if (s->slots[at])
        return;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap + s->cap / 2 : 1 << 10;
        s->worlds = xrealloc(s->worlds, s->cap, sizeof *s->worlds);
        s->parents = xrealloc(s->parents, s->cap, sizeof *s->parents);
    }
    s->worlds[s->count] = *w;
    s->parents[s->count] = s->from;
    s->slots[at] = (uint32_t)++s->count;
}

/* ---- telling how it came to a violation ---- */

struct retrace {
    const struct world *target;
    const char *label;
    unsigned by;
};

static void find_label(void *arg, const struct world *next, const char *label, unsigned by,
                       const char *wrong)
{
    struct retrace *r = arg;

    (void)wrong;
    if (!r->label && memcmp(next, r->target, sizeof *next) == 0) {
        r->label = label;
        r->by = by;
    }
}

static void append(struct exploration *out, unsigned by, const char *label)
{
    size_t len = strlen(out->trace);

    snprintf(out->trace + len, sizeof out->trace - len, "  %c %s\n", by ? 'B' : 'A', label);
}

/* Names of operators are those of the canonical worlds: A and B may swap on the way. */
static void write_trace(struct search *s, uint32_t last, const char *label, unsigned by)
{
    uint32_t path[512];
    size_t n = 0;

    for (uint32_t at = last; n < ARRAY_LEN(path); at = s->parents[at]) {
        path[n++] = at;
        if (at == 0)
            break;
    }
    s->out->depth = (unsigned)n;
    while (n-- > 1) {
        struct retrace r = {.target = &s->worlds[path[n - 1]]};
        world_steps(s->model, &s->worlds[path[n]], find_label, &r);
        append(s->out, r.by, r.label ? r.label : "?");
    }
    append(s->out, by, label);
}

static void violate(struct search *s, uint32_t last, const char *label, unsigned by,
                    const char *wrong)
{
    if (s->out->wrong)
        return;
    s->out->wrong = wrong;
    write_trace(s, last, label, by);
}

/* ---- the search ---- */

static void on_step(void *arg, const struct world *next, const char *label, unsigned by,
                    const char *wrong)
{
    struct search *s = arg;

    s->out->transitions++;
    if (wrong)
        violate(s, s->from, label, by, wrong);
    else if (!s->out->wrong && s->count < s->max)
        add(s, next);
}

static void search_all(struct search *s)
{
    size_t level_end = 1;
    struct world first = world_first(s->model);

    add(s, &first);
    for (size_t i = 0; i < s->count && !s->out->wrong; i++) {
        if (i == level_end) {
            s->out->depth++;
            level_end = s->count;
        }
        struct world w = s->worlds[i];
        s->from = (uint32_t)i;
        world_steps(s->model, &w, on_step, s);
    }
    s->out->too_many = s->count >= s->max;
}

/* ---- nothing is left hanging ---- */

static void on_quiet(void *arg, const struct world *next, const char *label, unsigned by,
                     const char *wrong)
{
    struct search *s = arg;

    if (wrong)
        violate(s, s->from, label, by, wrong);
    s->quiet_next = s->slots[find_slot(s, next)];
}

static bool is_settled(const struct model *model, const struct world *w)
{
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        if (w->operators[op].next != model->actions)
            return false;
    return !w->claim || !(model->caps & CAP_JOURNAL) || (model->refused & (1u << MESSAGE_STORE));
}

enum ending { ENDING_UNKNOWN, ENDING_ON_THE_WAY, ENDING_GOOD };

/* Follows the quiet schedule until it meets a world whose end is known. */
static void follow_quiet(struct search *s, uint8_t *endings, uint32_t start)
{
    uint32_t at = start;

    if (endings[start] != ENDING_UNKNOWN)
        return;
    while (endings[at] == ENDING_UNKNOWN && !s->out->wrong) {
        endings[at] = ENDING_ON_THE_WAY;
        s->from = at;
        s->quiet_next = 0;
        world_quiet(s->model, &s->worlds[at], on_quiet, s);
        if (!s->quiet_next)
            break;
        at = s->quiet_next - 1;
    }
    if (s->out->wrong)
        return;
    if (s->quiet_next && endings[at] == ENDING_ON_THE_WAY)
        violate(s, start, "…", 0, "the quiet schedule runs in a circle");
    else if (!s->quiet_next && !is_settled(s->model, &s->worlds[at]))
        violate(s, at, "…", 0, "the quiet schedule ends with something unsettled");
    for (at = start; endings[at] == ENDING_ON_THE_WAY && !s->out->wrong;) {
        endings[at] = ENDING_GOOD;
        s->quiet_next = 0;
        world_quiet(s->model, &s->worlds[at], on_quiet, s);
        if (!s->quiet_next)
            break;
        at = s->quiet_next - 1;
    }
}

static void check_endings(struct search *s)
{
    uint8_t *endings = xcalloc(s->count, 1);

    for (size_t i = 0; i < s->count && !s->out->wrong; i++)
        follow_quiet(s, endings, (uint32_t)i);
    s->out->bytes += s->count;
    free(endings);
}

void explore(const struct model *model, size_t states_max, struct exploration *out)
{
    *out = (struct exploration){0};
    struct search s = {.model = model, .out = out, .max = states_max};
    clock_t began = clock();

    search_all(&s);
    out->bytes = s.cap * (sizeof *s.worlds + sizeof *s.parents) + s.slot_count * sizeof *s.slots;
    if (!out->wrong && !out->too_many)
        check_endings(&s);
    out->states = s.count;
    out->seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    free(s.worlds);
    free(s.parents);
    free(s.slots);
}
