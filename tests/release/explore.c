/* explore.c: every reachable world of the action protocol; then the quiet schedule is followed
 * from each, which must end with everything settled. See explore.h. */
#include "release/explore.h"

#include "base/mem.h"

#include <stdlib.h>

struct exploring {
    const struct model *model;
    struct search *search;
    size_t from;         /* world that the quiet schedule leaves */
    uint32_t quiet_next; /* index + 1 of where it leads */
};

/* ---- what the search asks ---- */

struct passing {
    search_emit *emit;
    void *arg;
};

static void pass(void *arg, const struct world *next, const char *label, unsigned by,
                 const char *wrong)
{
    const struct passing *passing = arg;

    passing->emit(passing->arg, next, (struct search_label){by, label}, wrong);
}

static void steps(void *arg, const void *state, search_emit *emit, void *emit_arg)
{
    const struct exploring *e = arg;
    struct passing passing = {emit, emit_arg};

    world_steps(e->model, state, pass, &passing);
}

static void say(void *arg, struct search_label label, char *out, size_t size)
{
    (void)arg;
    snprintf(out, size, "%c %s", label.what ? 'B' : 'A', label.how);
}

/* ---- nothing is left hanging ---- */

static void on_quiet(void *arg, const struct world *next, const char *label, unsigned by,
                     const char *wrong)
{
    struct exploring *e = arg;

    if (wrong)
        search_violate(e->search, e->from, (struct search_label){by, label}, wrong);
    e->quiet_next = search_find(e->search, next);
}

static bool is_settled(const struct model *model, const struct world *w)
{
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        if (w->operators[op].next != model->actions)
            return false;
    return !w->claim || !(model->caps & CAP_JOURNAL) || (model->refused & (1u << MESSAGE_STORE));
}

/* Where the quiet schedule leads from there; 0: nowhere. */
static uint32_t quiet_step(struct exploring *e, size_t at)
{
    e->from = at;
    e->quiet_next = 0;
    world_quiet(e->model, search_state(e->search, at), on_quiet, e);
    return e->quiet_next;
}

enum ending { ENDING_UNKNOWN, ENDING_ON_THE_WAY, ENDING_GOOD };

/* Follows the quiet schedule until it meets a world whose end is known. */
static void follow_quiet(struct exploring *e, const struct search_result *out, uint8_t *endings,
                         size_t start)
{
    const struct search_label last = {0, "…"};
    size_t at = start;
    uint32_t next = 1;

    if (endings[start] != ENDING_UNKNOWN)
        return;
    while (endings[at] == ENDING_UNKNOWN && next && !out->wrong) {
        endings[at] = ENDING_ON_THE_WAY;
        next = quiet_step(e, at);
        at = next ? next - 1 : at;
    }
    if (out->wrong)
        return;
    if (next && endings[at] == ENDING_ON_THE_WAY)
        search_violate(e->search, start, last, "the quiet schedule runs in a circle");
    else if (!next && !is_settled(e->model, search_state(e->search, at)))
        search_violate(e->search, at, last, "the quiet schedule ends with something unsettled");
    for (at = start; endings[at] == ENDING_ON_THE_WAY && !out->wrong; at = next ? next - 1 : at) {
        endings[at] = ENDING_GOOD;
        next = quiet_step(e, at);
    }
}

void explore(const struct model *model, size_t states_max, struct search_result *out)
{
    struct exploring e = {.model = model};
    const struct search_space space = {sizeof(struct world), &e, steps, say};
    struct world first = world_first(model);
    uint8_t *endings;

    e.search = search_run(&space, &first, states_max, out);
    endings = xcalloc(out->states, 1);
    for (size_t i = 0; i < out->states && !out->wrong && !out->too_many; i++)
        follow_quiet(&e, out, endings, i);
    free(endings);
    search_end(e.search, out->states);
}
