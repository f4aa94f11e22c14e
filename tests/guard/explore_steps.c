/* explore_steps.c: everything that can happen next to a small fleet.
 *
 * lockstep may die between any two steps, and within one: then a push reached some of the nodes,
 * or none, while the record says that it began. What it kept in memory, a decision that was not
 * carried out yet, is lost. */
#include "guard/explore_guard.h"

#include "base/mem.h"

#include <string.h>

struct walk {
    struct fleet_model *model;
    struct picture pictures[FLEET_OPERATORS];
    search_emit *emit;
    void *arg;
    bool enough;
};

static void emit_state(struct walk *walk, const struct fleet_state *state, size_t deed,
                       const char *how, const char *wrong)
{
    const struct search_label label = {(unsigned)deed, how};

    walk->enough = walk->enough || !walk->emit(walk->arg, state, label, wrong);
}

/* `by` is the operator whose decision this was, -1 for anybody else. */
static void emit_next(struct walk *walk, size_t deed, const char *how, const char *wrong, int by)
{
    struct fleet_model *model = walk->model;
    struct picture after[FLEET_OPERATORS];
    size_t facts = model->at.block_size - sizeof *model->at.applied;
    bool changed = memcmp(model->at.block, model->next.block, facts) != 0;

    for (int i = 0; i < FLEET_OPERATORS; i++) {
        after[i] = walk->pictures[i];
        if (i == by || !after[i].deed) {
            after[i] = (struct picture){0};
            continue;
        }
        after[i].aged = true;
        after[i].untrue = after[i].untrue || changed;
    }
    if (!wrong)
        wrong = truth_of_step(&model->facts, &model->at, &model->next, &model->deeds[deed].deed);
    struct fleet_state state = fleet_encode(model, &model->next, after);
    emit_state(walk, &state, deed, how, wrong);
}

static bool judge(const struct fleet_model *model, const struct deed *deed)
{
    struct verdict verdict;

    deed_judge(&model->at, deed, NULL, &verdict);
    return verdict.answer == ANSWER_ALLOW;
}

/* Carries it out as far as it gets: wholly, or dying after the record was written. */
static void carry_out(struct walk *walk, size_t i, const char *wrong, int by, bool may_die)
{
    struct fleet_model *model = walk->model;
    struct deed deed = model->deeds[i].deed;

    world_copy(&model->next, &model->at);
    deed_apply(&model->next, &deed);
    emit_next(walk, i, "", wrong, by);
    if (!may_die || deed.kind != DEED_CANARY || walk->enough)
        return;
    deed.seat_count = 0;
    world_copy(&model->next, &model->at);
    deed_apply(&model->next, &deed);
    emit_next(walk, i, ", and dies before the push", wrong, by);
}

static void fresh_step(struct walk *walk, size_t i)
{
    struct fleet_model *model = walk->model;
    struct deed deed = model->deeds[i].deed;

    deed.decided = true;
    deed.rev = *model->at.applied;
    if (judge(model, &deed))
        carry_out(walk, i, NULL, -1, model->fleet->faults & FAULT_PARTLY);
}

/* ---- what happens to nodes ---- */

static bool seat_can(enum deed_kind kind, enum seat_state state)
{
    if (kind == DEED_DOWN)
        return state == SEAT_REPORTING;
    if (kind == DEED_RETIRE)
        return state == SEAT_REPORTING || state == SEAT_SILENT;
    if (kind == DEED_UP) /* engines refuse what was fenced, until it joins anew */
        return state == SEAT_SILENT || state == SEAT_RETIRED;
    return state != SEAT_FENCED;
}

static bool node_can(const struct fleet_model *model, enum deed_kind kind, unsigned n)
{
    for (unsigned s = 0; s < FLEET_SERVICES; s++)
        if (model->facts.seat[s][n] != NO_SEAT &&
            seat_can(kind, (enum seat_state)model->at.seats[model->facts.seat[s][n]].state))
            return true;
    return false;
}

/* Returns with version `pick[s]` of each service, when it may run that. */
static bool apply_to_node(struct fleet_model *model, enum deed_kind kind, unsigned n,
                          const unsigned pick[FLEET_SERVICES])
{
    world_copy(&model->next, &model->at);
    for (uint32_t s = 0; s < FLEET_SERVICES; s++) {
        const uint32_t *seat = &model->facts.seat[s][n];
        struct deed deed = {.kind = kind,
                            .service = s,
                            .version = VERSION_NOT_KNOWN,
                            .seats = seat,
                            .seat_count = 1};

        if (*seat == NO_SEAT || !seat_can(kind, (enum seat_state)model->at.seats[*seat].state)) {
            if (pick[s])
                return false;
            continue;
        }
        if (kind == DEED_UP) {
            const struct seat_now *now = &model->at.seats[*seat];
            if (!((now->runs | now->queued) >> pick[s] & 1))
                return false;
            deed.version = pick[s];
        }
        deed_apply(&model->next, &deed);
    }
    return true;
}

static bool reports(const struct fleet_model *model, unsigned n)
{
    return node_can(model, DEED_DOWN, n);
}

/* Would there be more nodes that do not report than this case looks at? */
static bool too_many_gone(const struct fleet_model *model, unsigned next)
{
    unsigned gone = 0;

    if (!model->fleet->gone_max || !reports(model, next))
        return false;
    for (unsigned n = 0; n < FLEET_NODES; n++)
        gone += node_can(model, DEED_FENCE, n) && !reports(model, n);
    return gone >= model->fleet->gone_max;
}

static void node_step(struct walk *walk, size_t i)
{
    const struct fleet_deed *deed = &walk->model->deeds[i];
    unsigned n = (unsigned)__builtin_ctz(deed->nodes);
    unsigned picks = deed->deed.kind == DEED_UP ? FLEET_VERSIONS * FLEET_VERSIONS : 1;

    if (!node_can(walk->model, deed->deed.kind, n) || too_many_gone(walk->model, n))
        return;
    for (unsigned k = 0; k < picks && !walk->enough; k++) {
        const unsigned pick[FLEET_SERVICES] = {k % FLEET_VERSIONS, k / FLEET_VERSIONS};
        if (apply_to_node(walk->model, deed->deed.kind, n, pick))
            emit_next(walk, i, "", NULL, -1);
    }
}

/* ---- everybody else ---- */

static void happen(struct walk *walk, size_t i)
{
    struct fleet_model *model = walk->model;
    const struct deed *deed = &model->deeds[i].deed;

    switch (deed->kind) {
    case DEED_DOWN:
    case DEED_UP:
    case DEED_RETIRE:
    case DEED_FENCE:
        node_step(walk, i);
        return;
    case DEED_USAGE: /* who has no support any more does not start again */
        if (deed->count == model->at.usages[0] || (deed->count && model->at.ended[0]))
            return;
        break;
    case DEED_END_SUPPORT:
        if (model->at.ended[0])
            return;
        break;
    case DEED_CANARY:
    case DEED_BAKE:
    case DEED_ROLLBACK:
    case DEED_RELEASE:
    case DEED_EXPAND:
    case DEED_CONTRACT:
    case DEED_BACKFILLED:
    case DEED_LAUNCHER:
    case DEED_ADMIT:
    case DEED_BYPASS:
    case DEED_COUNT:
        break;
    }
    carry_out(walk, i, NULL, -1, false);
}

/* A joining node is one that was fenced; a silent one does not join. */
static bool applies(const struct fleet_model *model, const struct fleet_deed *deed)
{
    unsigned n = (unsigned)__builtin_ctz(deed->nodes | 1u << FLEET_NODES);

    return deed->deed.kind != DEED_ADMIT ||
           (model->at.seats[deed->deed.seats[0]].state == SEAT_FENCED &&
            !node_can(model, DEED_UP, n));
}

/* ---- operators with pictures ---- */

static void decide(struct walk *walk, unsigned op, size_t i)
{
    struct fleet_model *model = walk->model;
    struct picture after[FLEET_OPERATORS];

    if (!judge(model, &model->deeds[i].deed))
        return;
    memcpy(after, walk->pictures, sizeof after);
    after[op] = (struct picture){.deed = (uint8_t)(i + 1)};
    struct fleet_state state = fleet_encode(model, &model->at, after);
    emit_state(walk, &state, i, ": decided", NULL);
}

static void press(struct walk *walk, unsigned op)
{
    struct fleet_model *model = walk->model;
    struct picture picture = walk->pictures[op], after[FLEET_OPERATORS];
    struct deed deed = model->deeds[picture.deed - 1].deed;

    deed.decided = true;
    deed.rev = *model->at.applied - picture.aged;
    if (judge(model, &deed)) {
        carry_out(walk, picture.deed - 1u, picture.untrue ? "an action on a stale target" : NULL,
                  (int)op, true);
        return;
    }
    memcpy(after, walk->pictures, sizeof after);
    after[op] = (struct picture){0};
    struct fleet_state state = fleet_encode(model, &model->at, after);
    emit_state(walk, &state, picture.deed - 1u, ": refused", NULL);
}

static void operators_step(struct walk *walk)
{
    const struct fleet_model *model = walk->model;
    struct picture after[FLEET_OPERATORS];

    for (unsigned op = 0; op < FLEET_OPERATORS && !walk->enough; op++) {
        if (walk->pictures[op].deed) {
            press(walk, op);
            memcpy(after, walk->pictures, sizeof after);
            after[op] = (struct picture){0};
            struct fleet_state state = fleet_encode(model, &model->at, after);
            emit_state(walk, &state, walk->pictures[op].deed - 1u, ": forgotten in a crash", NULL);
            continue;
        }
        if (op + model->fleet->pictures < FLEET_OPERATORS)
            continue;
        for (size_t i = 0; i < model->deed_count && !walk->enough; i++)
            if (model->deeds[i].pictured && applies(model, &model->deeds[i]))
                decide(walk, op, i);
    }
}

void fleet_steps(struct fleet_model *model, const struct fleet_state *state, search_emit *emit,
                 void *arg)
{
    struct walk walk = {.model = model, .emit = emit, .arg = arg};

    fleet_decode(model, state, walk.pictures);
    for (size_t i = 0; i < model->deed_count && !walk.enough; i++) {
        if (!applies(model, &model->deeds[i]))
            continue;
        if (model->deeds[i].judged)
            fresh_step(&walk, i);
        else
            happen(&walk, i);
    }
    operators_step(&walk);
}

void fleet_helping_steps(struct fleet_model *model, const struct fleet_state *state,
                         search_emit *emit, void *arg)
{
    struct walk walk = {.model = model, .emit = emit, .arg = arg};

    fleet_decode(model, state, walk.pictures);
    for (size_t i = 0; i < model->deed_count && !walk.enough; i++) {
        const struct fleet_deed *deed = &model->deeds[i];

        if (!deed->helps || !applies(model, deed))
            continue;
        if (deed->judged)
            fresh_step(&walk, i);
        else if (!reports(model, (unsigned)__builtin_ctz(deed->nodes)))
            node_step(&walk, i);
    }
    operators_step(&walk);
}

void fleet_deed_text(const struct fleet_model *model, size_t i, char *out, size_t size)
{
    const struct fleet_deed *deed = &model->deeds[i];
    const struct book *book = model->scenario->book;

    snprintf(out, size, "%s %s %s%s%s%s%s%s", deed_word[deed->deed.kind],
             deed->deed.service == BOOK_NONE ? "" : book->services[deed->deed.service].name,
             deed->deed.version == VERSION_NOT_KNOWN
                 ? ""
                 : book_version_name(book, deed->deed.service, deed->deed.version),
             deed->deed.kind == DEED_RELEASE && deed->nodes ? " without" : "",
             deed->nodes & 1 ? " n1" : "", deed->nodes & 2 ? " n2" : "",
             deed->nodes & 4 ? " n3" : "", deed->deed.failed ? " failed" : "");
}
