/* explore_form.c: the canonical form of a world: without what cannot influence the future, and with
 * the two operators in a fixed order. */
#include "release/explore_parts.h"

#include <stdlib.h>
#include <string.h>

/* Kind of the request that an effect sends. */
unsigned request_kind(enum effect_kind effect)
{
    switch (effect) {
    case EFFECT_ACT:
        return MESSAGE_ACT;
    case EFFECT_FENCE:
        return MESSAGE_FENCE;
    case EFFECT_CLAIM:
        return MESSAGE_CLAIM;
    case EFFECT_STORE:
        return MESSAGE_STORE;
    case EFFECT_READ_SERVICE:
    case EFFECT_READ_LEDGER:
    case EFFECT_JUDGE:
    case EFFECT_JOURNAL:
    case EFFECT_WAIT:
    case EFFECT_DONE:
        break;
    }
    return MESSAGE_NONE;
}

/* A request of an earlier life with other contents is nobody's. */
bool awaited(const struct world *w, struct message m)
{
    const struct operator_state *op = &w->operators[by_of(m)];
    struct protocol_effect effect = protocol_effect_of(&op->protocol);

    if (!(op->bits & WAITING) || kind_of(m) != request_kind(effect.kind) ||
        subject_of(m) != op->subject || write_of(m) != effect.write)
        return false;
    if (kind_of(m) == MESSAGE_CLAIM)
        return !(m.how & BASE_STALE) == ((op->bits & BASE) != 0);
    return kind_of(m) != MESSAGE_STORE || m.how >> OUTCOME_SHIFT == effect.outcome;
}

static int compare_messages(const void *a, const void *b)
{
    const struct message *x = a, *y = b;

    return x->what != y->what ? (x->what < y->what ? 1 : -1) : (int)y->how - (int)x->how;
}

/* A stale request can only be refused: it matters only to who waits for its answer. */
static void drop_spent_messages(struct world *w)
{
    for (unsigned i = 0; i < WORLD_MESSAGES; i++) {
        struct message *m = &w->messages[i];
        bool guarded = kind_of(*m) != MESSAGE_ACT || (m->how & GUARDED);
        if (!(m->how & STALE) || !guarded)
            continue;
        if (awaited(w, *m))
            put(&m->how, TWO_COPIES, false);
        else
            *m = (struct message){0};
    }
    qsort(w->messages, WORLD_MESSAGES, sizeof *w->messages, compare_messages);
}

static bool is_referred_to(const struct world *w, unsigned action)
{
    if (w->claim == 1 + action)
        return true;
    for (unsigned i = 0; i < WORLD_MESSAGES; i++)
        if (kind_of(w->messages[i]) && kind_of(w->messages[i]) != MESSAGE_FENCE &&
            subject_of(w->messages[i]) == action)
            return true;
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        if (phase(w, op) == PHASE_RUNS && w->operators[op].subject == action)
            return true;
    return false;
}

/* An action that is over, and that nothing refers to, leaves no trace. */
static void drop_finished_actions(struct world *w)
{
    for (unsigned a = 0; a < WORLD_OPERATORS * WORLD_ACTIONS; a++) {
        bool over = a % WORLD_ACTIONS < w->operators[a / WORLD_ACTIONS].next;
        if (!over || is_referred_to(w, a))
            continue;
        w->actions[a] = (struct action_state){0};
        if (w->mark && (unsigned)(w->mark - 1) / 2 == a)
            w->mark = 0;
    }
}

static uint8_t other_action(unsigned action)
{
    return (uint8_t)((action + WORLD_ACTIONS) % (WORLD_ACTIONS * WORLD_OPERATORS));
}

static struct world swapped(const struct world *w)
{
    struct world s = *w;

    for (unsigned op = 0; op < WORLD_OPERATORS; op++) {
        s.operators[op] = w->operators[1 - op];
        if (phase(&s, op) == PHASE_RUNS)
            s.operators[op].subject = other_action(s.operators[op].subject);
    }
    for (unsigned a = 0; a < WORLD_OPERATORS * WORLD_ACTIONS; a++)
        s.actions[a] = w->actions[other_action(a)];
    for (unsigned i = 0; i < WORLD_MESSAGES; i++) {
        struct message m = w->messages[i];
        if (kind_of(m))
            s.messages[i].what =
                what(kind_of(m), 1 - by_of(m), other_action(subject_of(m)), write_of(m));
    }
    qsort(s.messages, WORLD_MESSAGES, sizeof *s.messages, compare_messages);
    if (w->claim)
        s.claim = (uint8_t)(1 + other_action(w->claim - 1u));
    if (w->mark)
        s.mark = (uint8_t)(1 + other_action((w->mark - 1u) / 2) * 2 + (w->mark - 1) % 2);
    return s;
}

void emit_world(const struct walk *walk, const struct world *next, const char *label, unsigned by,
                const char *wrong)
{
    struct world w = *next;

    drop_spent_messages(&w);
    drop_finished_actions(&w);
    struct world s = swapped(&w);
    walk->emit(walk->arg, memcmp(&s, &w, sizeof w) < 0 ? &s : &w, label, by, wrong);
}
