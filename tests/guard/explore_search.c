/* explore_search.c: every reachable state of a small fleet, then of each whether allowed actions
 * lead to a stable state. */
#include "guard/explore_guard.h"

#include "base/mem.h"

#include <stdlib.h>

struct exploring {
    struct fleet_model *model;
    struct search *search;
    uint8_t *good; /* a stable state can be reached */
    size_t from;   /* state whose steps are being emitted */
};

static void steps(void *arg, const void *state, search_emit *emit, void *emit_arg)
{
    const struct exploring *e = arg;

    fleet_steps(e->model, state, emit, emit_arg);
}

static void say(void *arg, struct search_label label, char *out, size_t size)
{
    const struct exploring *e = arg;
    char text[120];

    fleet_deed_text(e->model, label.what, text, sizeof text);
    snprintf(out, size, "%s%s", text, label.how);
}

/* ---- a way to a stable state from everywhere ---- */

static bool on_help(void *arg, const void *next, struct search_label label, const char *wrong)
{
    struct exploring *e = arg;
    uint32_t at = search_find(e->search, next);

    (void)label;
    (void)wrong;
    if (!at || !e->good[at - 1])
        return true;
    e->good[e->from] = 1;
    return false;
}

static size_t mark_stable(struct exploring *e, size_t count)
{
    struct picture pictures[FLEET_OPERATORS];
    size_t stable = 0;

    for (size_t i = 0; i < count; i++) {
        fleet_decode(e->model, search_state(e->search, i), pictures);
        e->good[i] = truth_is_stable(&e->model->facts, &e->model->at);
        stable += e->good[i];
    }
    return stable;
}

/* Sweeps backwards over those that are not known to be good until nothing changes. */
static void check_ways(struct exploring *e, const struct search_result *out, size_t *stable)
{
    size_t left, before;

    *stable = mark_stable(e, out->states);
    left = out->states - *stable;
    do {
        before = left;
        for (size_t i = out->states; i-- > 0;) {
            if (e->good[i])
                continue;
            e->from = i;
            fleet_helping_steps(e->model, search_state(e->search, i), on_help, e);
            left -= e->good[i];
        }
    } while (left && left < before);
    for (size_t i = 0; left && i < out->states; i++)
        if (!e->good[i]) {
            search_violate(e->search, i, (struct search_label){0, " …"},
                           "no allowed way to a stable state");
            break;
        }
}

void fleet_explore(struct fleet_model *model, size_t states_max, struct search_result *out,
                   size_t *stable)
{
    struct exploring e = {.model = model};
    const struct search_space space = {sizeof(struct fleet_state), &e, steps, say};
    struct fleet_state first = fleet_first(model);
    struct picture pictures[FLEET_OPERATORS];

    *stable = 0;
    fleet_decode(model, &first, pictures);
    const char *wrong = truth_of_state(&model->facts, &model->at);
    e.search = search_run(&space, &first, states_max, out);
    if (wrong)
        out->wrong = wrong;
    e.good = xcalloc(out->states, 1);
    if (!out->wrong && !out->too_many)
        check_ways(&e, out, stable);
    free(e.good);
    search_end(e.search, out->states);
}
