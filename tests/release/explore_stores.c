/* explore_stores.c: the service and the ledger, and the promises that are checked when
 * something arrives there. */
#include "release/explore_parts.h"

#include <assert.h>
#include <stddef.h>

void service_moved(struct world *w)
{
    for (unsigned i = 0; i < WORLD_MESSAGES; i++) {
        unsigned kind = kind_of(w->messages[i]);
        if (kind == MESSAGE_ACT || kind == MESSAGE_FENCE)
            put(&w->messages[i].how, STALE, true);
        else if (kind == MESSAGE_CLAIM)
            put(&w->messages[i].how, BASE_STALE, true);
    }
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        put(&w->operators[op].bits, BASE, false);
    for (unsigned a = 0; a < WORLD_OPERATORS * WORLD_ACTIONS; a++)
        put(&w->actions[a].journal, JOURNAL_BASE, false);
    put(&w->claim_write, CLAIM_BASE, false);
}

void ledger_moved(struct world *w)
{
    for (unsigned i = 0; i < WORLD_MESSAGES; i++) {
        unsigned kind = kind_of(w->messages[i]);
        if (kind == MESSAGE_CLAIM || kind == MESSAGE_STORE)
            put(&w->messages[i].how, STALE, true);
    }
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        put(&w->operators[op].bits, LEDGER, false);
}

static const char *apply_write(const struct model *model, struct world *w, struct message m)
{
    unsigned subject = subject_of(m), write = write_of(m);
    struct action_state *action = &w->actions[subject];
    const char *wrong = NULL;

    if (action->applied & (1u << write))
        wrong = "a write was applied twice";
    else if (m.how & STALE)
        wrong = "a write took effect on a revision that had moved: two winners";
    else if (action->said && action->said != END_UNKNOWN)
        wrong = "a write was applied after its end was said";
    else if (action->recalled)
        wrong = "a write was applied after the ledger held its outcome";
    else if ((model->caps & CAP_JOURNAL) && (action->journal & INTENTS) <= write)
        wrong = "a write was applied whose intent is not in the journal";
    action->applied = (uint8_t)(action->applied | 1u << write);
    w->mark = (uint8_t)(1 + subject * 2 + write);
    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        put(&w->operators[op].bits, MARKS_KEPT, false);
    service_moved(w);
    return wrong;
}

/* Is what was said true of the writes that are in? */
bool outcome_is_true(const struct model *model, enum outcome outcome, unsigned applied)
{
    unsigned all = (1u << model->writes) - 1;

    switch (outcome) {
    case OUTCOME_APPLIED:
        return applied == all;
    case OUTCOME_NOT_APPLIED:
        return applied == 0;
    case OUTCOME_PARTIAL:
        return applied != 0 && applied != all;
    case OUTCOME_UNKNOWN:
        return !(model->caps & CAP_LEDGER) || (model->refused & (1u << MESSAGE_STORE));
    case OUTCOME_NONE:
    case OUTCOME_COUNT:
        break;
    }
    return false;
}

static const char *apply_store(const struct model *model, struct world *w, struct message m)
{
    struct action_state *action = &w->actions[subject_of(m)];
    enum outcome outcome = (enum outcome)(m.how >> OUTCOME_SHIFT);
    const char *wrong = NULL;

    if (action->recalled && action->recalled != (uint8_t)outcome)
        wrong = "the ledger's outcome of an action was changed";
    else if (model->writes && !outcome_is_true(model, outcome, action->applied))
        wrong = "the ledger was given an outcome that is not true";
    if (!model->writes && outcome == OUTCOME_APPLIED) {
        if (action->said && action->said != END_UNKNOWN)
            wrong = "a write was applied after its end was said";
        action->applied = 1;
    }
    if (!(model->protections & PROTECT_MEMORY))
        for (unsigned a = 0; a < WORLD_OPERATORS * WORLD_ACTIONS; a++)
            w->actions[a].recalled = OUTCOME_NONE;
    action->recalled = (uint8_t)outcome;
    if (w->claim == 1 + subject_of(m))
        w->claim = w->claim_write = 0;
    ledger_moved(w);
    return wrong;
}

/* A copy arrives. Returns the promise it breaks. */
const char *message_arrives(const struct model *model, struct world *w, struct message m,
                            enum protocol_reply *answer)
{
    bool guarded = kind_of(m) != MESSAGE_ACT || (m.how & GUARDED);

    *answer = REPLY_CONFLICT;
    if ((m.how & STALE) && guarded)
        return NULL;
    *answer = REPLY_REFUSED;
    if (model->refused & (1u << kind_of(m)))
        return NULL;
    *answer = REPLY_OK;
    switch (kind_of(m)) {
    case MESSAGE_ACT:
        return apply_write(model, w, m);
    case MESSAGE_FENCE:
        service_moved(w);
        return NULL;
    case MESSAGE_CLAIM:
        w->claim = (uint8_t)(1 + subject_of(m));
        w->claim_write = (uint8_t)(write_of(m) | (m.how & BASE_STALE ? 0 : CLAIM_BASE));
        ledger_moved(w);
        return NULL;
    case MESSAGE_STORE:
        return apply_store(model, w, m);
    default:
        assert(false && "a message of no kind");
        return NULL;
    }
}
