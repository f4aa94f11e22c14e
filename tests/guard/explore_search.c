/* explore_search.c: visits every reachable state of a small fleet, breadth first, then asks of
 * each whether allowed actions lead to a stable state.
 *
 * The array of states in the order they were found is the queue; an open-addressed table of
 * indices finds them again. */
#include "guard/explore_guard.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct search {
    struct fleet_model *model;
    struct fleet_exploration *out;
    struct fleet_state *states;
    uint32_t *parents;
    size_t count, cap, max;
    uint32_t *slots; /* index + 1; 0 empty */
    size_t slot_count;
    uint32_t from; /* state whose steps are being emitted */
    uint8_t *good; /* a stable state can be reached */
};

static bool same(const struct fleet_state *a, const struct fleet_state *b)
{
    return a->word[0] == b->word[0] && a->word[1] == b->word[1] && a->word[2] == b->word[2];
}

static size_t find_slot(const struct search *s, const struct fleet_state *state)
{
    uint64_t h = 0x9e3779b97f4a7c15u;

    for (unsigned i = 0; i < 3; i++) {
        h = (h ^ state->word[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    size_t at = h & (s->slot_count - 1);
    while (s->slots[at] && !same(&s->states[s->slots[at] - 1], state))
        at = (at + 1) & (s->slot_count - 1);
    return at;
}

static void grow_slots(struct search *s)
{
    free(s->slots);
    s->slot_count = s->slot_count ? s->slot_count * 2 : 1 << 12;
    s->slots = xcalloc(s->slot_count, sizeof *s->slots);
    for (size_t i = 0; i < s->count; i++)
        s->slots[find_slot(s, &s->states[i])] = (uint32_t)i + 1;
}

static void add(struct search *s, const struct fleet_state *state)
{
    if ((s->count + 1) * 3 > s->slot_count * 2)
        grow_slots(s);
    size_t at = find_slot(s, state);
    if (s->slots[at])
        return;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap + s->cap / 2 : 1 << 10;
        s->states = xrealloc(s->states, s->cap, sizeof *s->states);
        s->parents = xrealloc(s->parents, s->cap, sizeof *s->parents);
    }
    s->states[s->count] = *state;
    s->parents[s->count] = s->from;
    s->slots[at] = (uint32_t)++s->count;
}

/* ---- telling how it came to a violation ---- */

struct retrace {
    const struct fleet_model *model;
    const struct fleet_state *target;
    char text[160];
};

static void say(const struct fleet_model *model, size_t deed, const char *how, char out[160])
{
    char text[120];

    fleet_deed_text(model, deed, text, sizeof text);
    snprintf(out, 160, "%s%s", text, how);
}

static bool find_label(void *arg, const struct fleet_state *next, size_t deed, const char *how,
                       const char *wrong)
{
    struct retrace *r = arg;

    (void)wrong;
    if (!same(next, r->target))
        return true;
    say(r->model, deed, how, r->text);
    return false;
}

static void append(struct fleet_exploration *out, const char *text)
{
    size_t len = strlen(out->trace);

    snprintf(out->trace + len, sizeof out->trace - len, "  %s\n", text);
}

/* Nodes are named anew in every line: n1 of one line may be n2 of the next. */
static void write_trace(struct search *s, uint32_t last, const char *final)
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
        struct retrace r = {.model = s->model, .target = &s->states[path[n - 1]], .text = "?"};
        fleet_steps(s->model, &s->states[path[n]], find_label, &r);
        append(s->out, r.text);
    }
    append(s->out, final);
}

/* ---- the search ---- */

static bool on_step(void *arg, const struct fleet_state *next, size_t deed, const char *how,
                    const char *wrong)
{
    struct search *s = arg;
    char final[160];

    s->out->transitions++;
    if (wrong) {
        s->out->wrong = wrong;
        say(s->model, deed, how, final);
        write_trace(s, s->from, final);
        return false;
    }
    if (s->count < s->max)
        add(s, next);
    return true;
}

static void search_all(struct search *s)
{
    size_t level_end = 1;
    struct fleet_state first = fleet_first(s->model);
    struct picture pictures[FLEET_OPERATORS];

    fleet_decode(s->model, &first, pictures);
    s->out->wrong = truth_of_state(&s->model->facts, &s->model->at);
    add(s, &first);
    for (size_t i = 0; i < s->count && !s->out->wrong; i++) {
        if (i == level_end) {
            s->out->depth++;
            level_end = s->count;
        }
        struct fleet_state state = s->states[i];
        s->from = (uint32_t)i;
        fleet_steps(s->model, &state, on_step, s);
    }
    s->out->too_many = s->count >= s->max;
}

/* ---- a way to a stable state from everywhere ---- */

static bool on_help(void *arg, const struct fleet_state *next, size_t deed, const char *how,
                    const char *wrong)
{
    struct search *s = arg;
    uint32_t at = s->slots[find_slot(s, next)];

    (void)deed;
    (void)how;
    (void)wrong;
    if (!at || !s->good[at - 1])
        return true;
    s->good[s->from] = 1;
    return false;
}

/* Sweeps backwards over those that are not known to be good until nothing changes. */
static void check_ways(struct search *s)
{
    struct picture pictures[FLEET_OPERATORS];
    size_t left = 0, before;

    s->good = xcalloc(s->count, 1);
    for (size_t i = 0; i < s->count; i++) {
        fleet_decode(s->model, &s->states[i], pictures);
        s->good[i] = truth_is_stable(&s->model->facts, &s->model->at);
        s->out->stable += s->good[i];
    }
    left = s->count - s->out->stable;
    do {
        before = left;
        s->out->sweeps++;
        for (size_t i = s->count; i-- > 0;) {
            if (s->good[i])
                continue;
            s->from = (uint32_t)i;
            fleet_helping_steps(s->model, &s->states[i], on_help, s);
            left -= s->good[i];
        }
    } while (left && left < before);
    for (size_t i = 0; left && i < s->count; i++)
        if (!s->good[i]) {
            s->out->wrong = "no allowed way to a stable state";
            write_trace(s, (uint32_t)i, "…");
            break;
        }
    s->out->bytes += s->count;
    free(s->good);
}

void fleet_explore(struct fleet_model *model, size_t states_max, struct fleet_exploration *out)
{
    *out = (struct fleet_exploration){0};
    struct search s = {.model = model, .out = out, .max = states_max};
    clock_t began = clock();

    search_all(&s);
    out->bytes = s.cap * (sizeof *s.states + sizeof *s.parents) + s.slot_count * sizeof *s.slots;
    if (!out->wrong && !out->too_many)
        check_ways(&s);
    out->states = s.count;
    out->seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    free(s.states);
    free(s.parents);
    free(s.slots);
}
