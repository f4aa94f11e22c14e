/* explore_world.c: see explore_world.h. Revisions are not numbers here: all that ever matters is
 * whether a revision that somebody holds is still the current one. */
#include "release/explore_parts.h"

#include <assert.h>
#include <string.h>

/* ---- one operator ---- */

static void tell(struct world *w, unsigned op, struct protocol_event event)
{
    struct operator_state *o = &w->operators[op];
    bool was_foreign = protocol_is_foreign(&o->protocol);
    enum effect_kind before = protocol_effect_of(&o->protocol).kind;
    struct protocol_effect next = protocol_next(&o->protocol, event);

    put(&o->bits, WAITING, false);
    if (before == EFFECT_READ_LEDGER && next.kind == EFFECT_READ_SERVICE &&
        (event.facts & FACT_CLAIMED))
        put(&o->bits, BASE, (w->claim_write & CLAIM_BASE) != 0);
    if (!was_foreign && protocol_is_foreign(&o->protocol))
        o->subject = (uint8_t)(w->claim - 1);
    if ((next.kind == EFFECT_JOURNAL && next.record == RECORD_INTENT) ||
        (before == EFFECT_READ_LEDGER && next.kind == EFFECT_CLAIM))
        put(&o->bits, LATE, false);
}

static void tell_and_emit(const struct walk *walk, const struct world *w, unsigned op,
                          struct protocol_event event, const char *label)
{
    struct world next = *w;

    tell(&next, op, event);
    emit_world(walk, &next, label, op, NULL);
}

static void read_service(const struct walk *walk, struct world w, unsigned op, bool rebase)
{
    struct operator_state *o = &w.operators[op];
    struct protocol_event event = {.reply = REPLY_OK, .facts = FACT_AT_REST};
    uint32_t write = protocol_effect_of(&o->protocol).write;

    if (rebase)
        put(&o->bits, BASE | MARKS_KEPT, true);
    if (w.mark == 1 + o->subject * 2u + write)
        event.facts |= FACT_MARK;
    if (o->bits & BASE)
        event.facts |= FACT_CURRENT;
    if (o->bits & MARKS_KEPT)
        event.facts |= FACT_MARKS_KEPT;
    tell_and_emit(walk, &w, op, event, "reads the service");
    if (rebase && (w.others & OTHER_SERVICE)) {
        event.facts |= FACT_CHANGED;
        tell_and_emit(walk, &w, op, event, "reads the service, which somebody changed");
    }
}

static void read_ledger(const struct walk *walk, struct world w, unsigned op)
{
    struct operator_state *o = &w.operators[op];
    struct protocol_event event = {
        .reply = REPLY_OK,
        .recalled = (enum outcome)w.actions[o->subject].recalled,
        .write = w.claim_write & CLAIM_WRITE,
        .writes = walk->model->writes,
    };

    put(&o->bits, LEDGER, true);
    if (w.claim == 1 + o->subject) {
        event.facts = FACT_CLAIMED;
    } else if (w.claim) {
        event.facts = FACT_TAKEN | FACT_OLD;
        tell_and_emit(walk, &w, op, event, "reads the ledger: an old claim of another");
        event.facts = FACT_TAKEN;
    }
    tell_and_emit(walk, &w, op, event, "reads the ledger");
}

static void write_journal(const struct walk *walk, struct world w, unsigned op,
                          struct protocol_effect effect)
{
    struct operator_state *o = &w.operators[op];
    struct action_state *action = &w.actions[o->subject];
    struct protocol_event event = {.reply = REPLY_UNKNOWN};

    if (walk->model->bad_journal && effect.record == RECORD_INTENT)
        tell_and_emit(walk, &w, op, event, "cannot write its journal");
    if (effect.record == RECORD_INTENT)
        action->journal = (uint8_t)((effect.write + 1) | (o->bits & BASE ? JOURNAL_BASE : 0));
    else if (effect.record == RECORD_OUTCOME && o->subject == own_action(&w, op))
        put(&action->journal, RECORDED, true);
    event.reply = REPLY_OK;
    tell_and_emit(walk, &w, op, event, "writes its journal");
}

static void send_request(const struct walk *walk, struct world w, unsigned op,
                         struct protocol_effect effect)
{
    struct operator_state *o = &w.operators[op];
    unsigned kind = request_kind(effect.kind);
    bool of_service = kind == MESSAGE_ACT || kind == MESSAGE_FENCE;
    bool current = (o->bits & (of_service ? BASE : LEDGER)) != 0;
    struct message m = {
        .what = what(kind, op, o->subject, effect.write),
        .how = (uint8_t)((current ? 0 : STALE) | TWO_COPIES | (effect.guarded ? GUARDED : 0)),
    };
    unsigned at = WORLD_MESSAGES;

    if (kind == MESSAGE_CLAIM && !(o->bits & BASE))
        m.how |= BASE_STALE;
    if (kind == MESSAGE_STORE)
        m.how = (uint8_t)(m.how | (unsigned)effect.outcome << OUTCOME_SHIFT);
    for (unsigned i = WORLD_MESSAGES; i-- > 0;)
        if (!kind_of(w.messages[i]) ||
            (w.messages[i].what == m.what && (w.messages[i].how | TWO_COPIES) == m.how))
            at = i;
    assert(at < WORLD_MESSAGES);
    w.messages[at] = m;
    put(&o->bits, WAITING, true);
    emit_world(walk, &w, "sends", op, NULL);
}

/* A bounded wait is over when no copy of the write is on its way; and by then whoever made the
 * claim that was read before it has no time left to send under it. */
static void wait_out(const struct walk *walk, struct world w, unsigned op)
{
    const struct operator_state *o = &w.operators[op];
    uint32_t write = protocol_effect_of(&o->protocol).write;

    for (unsigned i = 0; i < WORLD_MESSAGES; i++)
        if (kind_of(w.messages[i]) == MESSAGE_ACT && subject_of(w.messages[i]) == o->subject &&
            write_of(w.messages[i]) == write)
            return;
    struct operator_state *other = &w.operators[1 - op];
    enum effect_kind kind = protocol_effect_of(&other->protocol).kind;
    if ((o->bits & LEDGER) && phase(&w, 1 - op) == PHASE_RUNS && other->subject == o->subject &&
        protocol_effect_of(&other->protocol).write == write &&
        (kind == EFFECT_CLAIM || kind == EFFECT_READ_LEDGER || kind == EFFECT_ACT))
        put(&other->bits, LATE, true);
    tell_and_emit(walk, &w, op, (struct protocol_event){.reply = REPLY_OK}, "has waited");
}

static void end_action(struct world *w, unsigned op)
{
    struct operator_state *o = &w->operators[op];

    *o = (struct operator_state){.next = (uint8_t)(o->next + 1)};
}

static void say_end(const struct walk *walk, struct world w, unsigned op, enum action_end end)
{
    static const enum outcome means[END_COUNT] = {
        [END_APPLIED] = OUTCOME_APPLIED,      [END_REFUSED] = OUTCOME_NOT_APPLIED,
        [END_CONFLICT] = OUTCOME_NOT_APPLIED, [END_NOT_APPLIED] = OUTCOME_NOT_APPLIED,
        [END_PARTIAL] = OUTCOME_PARTIAL,      [END_UNKNOWN] = OUTCOME_UNKNOWN,
    };
    struct action_state *action = &w.actions[own_action(&w, op)];
    struct model model = *walk->model;

    if (!model.writes)
        model.writes = 1; /* the store is its only write */
    action->said = (uint8_t)end;
    bool truth = outcome_is_true(&model, means[end], action->applied);
    end_action(&w, op);
    emit_world(walk, &w, action_end_word[end], op, truth ? NULL : "what was said is not true");
}

static void run_operator(const struct walk *walk, const struct world *w, unsigned op)
{
    struct protocol_effect effect = protocol_effect_of(&w->operators[op].protocol);

    switch (effect.kind) {
    case EFFECT_READ_SERVICE:
        read_service(walk, *w, op, effect.rebase);
        break;
    case EFFECT_READ_LEDGER:
        read_ledger(walk, *w, op);
        break;
    case EFFECT_JUDGE:
        tell_and_emit(walk, w, op, (struct protocol_event){.writes = walk->model->writes},
                      "judges");
        break;
    case EFFECT_JOURNAL:
        write_journal(walk, *w, op, effect);
        break;
    case EFFECT_ACT:
        if ((w->operators[op].bits & LATE) && (walk->model->protections & PROTECT_LATE)) {
            tell_and_emit(walk, w, op, (struct protocol_event){.reply = REPLY_LATE}, "is late");
            break;
        }
        send_request(walk, *w, op, effect);
        break;
    case EFFECT_CLAIM:
    case EFFECT_FENCE:
    case EFFECT_STORE:
        send_request(walk, *w, op, effect);
        break;
    case EFFECT_WAIT:
        wait_out(walk, *w, op);
        break;
    case EFFECT_DONE:
        say_end(walk, *w, op, effect.end);
        break;
    }
}

static void start(const struct walk *walk, struct world w, unsigned op)
{
    struct operator_state *o = &w.operators[op];

    o->protocol = protocol_new(walk->model->caps);
    o->protocol.protections = (uint8_t)walk->model->protections;
    o->subject = (uint8_t)own_action(&w, op);
    o->bits = PHASE_RUNS;
    emit_world(walk, &w, "starts an action", op, NULL);
}

static void restart(const struct walk *walk, struct world w, unsigned op)
{
    struct operator_state *o = &w.operators[op];
    uint8_t journal = w.actions[own_action(&w, op)].journal;
    unsigned intents = journal & INTENTS;

    if (intents && !(journal & RECORDED)) {
        o->protocol = protocol_settle(walk->model->caps, intents - 1, walk->model->writes, 0);
        o->protocol.protections = (uint8_t)walk->model->protections;
        o->subject = (uint8_t)own_action(&w, op);
        o->bits = (uint8_t)(PHASE_RUNS | (journal & JOURNAL_BASE ? BASE : 0));
    } else {
        end_action(&w, op);
    }
    emit_world(walk, &w, "restarts", op, NULL);
}

static void step_operator(const struct walk *walk, const struct world *w, unsigned op)
{
    struct world next = *w;

    if (phase(w, op) == PHASE_DOWN) {
        restart(walk, *w, op);
    } else if (phase(w, op) == PHASE_IDLE) {
        if (w->operators[op].next < walk->model->actions)
            start(walk, *w, op);
    } else if (w->operators[op].bits & WAITING) {
        tell_and_emit(walk, w, op, (struct protocol_event){.reply = REPLY_UNKNOWN},
                      "hears nothing");
    } else {
        run_operator(walk, w, op);
    }
    if (walk->model->crashes && phase(w, op) == PHASE_RUNS) {
        next.operators[op] =
            (struct operator_state){.bits = PHASE_DOWN, .next = w->operators[op].next};
        emit_world(walk, &next, "crashes", op, NULL);
    }
    if (walk->model->gives_up && phase(w, op) == PHASE_RUNS) {
        next = *w;
        protocol_give_up(&next.operators[op].protocol);
        if (memcmp(&next, w, sizeof next) != 0)
            emit_world(walk, &next, "gives up", op, NULL);
    }
}

/* ---- the network ---- */

static void take_copy(struct message *m)
{
    if (m->how & TWO_COPIES)
        put(&m->how, TWO_COPIES, false);
    else
        *m = (struct message){0};
}

static void deliver(const struct walk *walk, const struct world *w, unsigned at, bool answered)
{
    struct world next = *w;
    struct message m = w->messages[at];
    enum protocol_reply answer;

    take_copy(&next.messages[at]);
    const char *wrong = message_arrives(walk->model, &next, m, &answer);
    if (answered) {
        if (answer == REPLY_OK && kind_of(m) >= MESSAGE_CLAIM)
            put(&next.operators[by_of(m)].bits, LEDGER, true);
        tell(&next, by_of(m), (struct protocol_event){.reply = answer});
    }
    static const char *const labels[][2] = {
        [MESSAGE_ACT] = {"write arrives", "write arrives, is answered"},
        [MESSAGE_FENCE] = {"fence arrives", "fence arrives, is answered"},
        [MESSAGE_CLAIM] = {"claim arrives", "claim arrives, is answered"},
        [MESSAGE_STORE] = {"outcome arrives", "outcome arrives, is answered"},
    };
    emit_world(walk, &next, labels[kind_of(m)][answered], by_of(m), wrong);
}

static void step_message(const struct walk *walk, const struct world *w, unsigned at)
{
    struct world next = *w;

    deliver(walk, w, at, false);
    if (awaited(w, w->messages[at]))
        deliver(walk, w, at, true);
    take_copy(&next.messages[at]);
    emit_world(walk, &next, "request is lost", by_of(w->messages[at]), NULL);
}

/* ---- the whole ---- */

static void step_others(const struct walk *walk, const struct world *w)
{
    struct world next = *w;

    if (walk->model->foreign && !(w->others & OTHER_SERVICE)) {
        next.others |= OTHER_SERVICE;
        service_moved(&next);
        emit_world(walk, &next, "somebody else changes the service", 0, NULL);
    }
    if (walk->model->meddles && !(w->others & OTHER_LEDGER)) {
        next = *w;
        next.others |= OTHER_LEDGER;
        ledger_moved(&next);
        emit_world(walk, &next, "somebody else changes the record", 0, NULL);
    }
}

struct world world_first(const struct model *model)
{
    (void)model;
    return (struct world){0};
}

void world_steps(const struct model *model, const struct world *world, world_emit *emit_fn,
                 void *arg)
{
    const struct walk walk = {.model = model, .emit = emit_fn, .arg = arg};

    for (unsigned op = 0; op < WORLD_OPERATORS; op++)
        step_operator(&walk, world, op);
    for (unsigned i = 0; i < WORLD_MESSAGES; i++)
        if (kind_of(world->messages[i]))
            step_message(&walk, world, i);
    step_others(&walk, world);
}

/* Remembers the first world that was emitted. */
struct first {
    struct world world;
    const char *label, *wrong;
    unsigned by;
    bool any;
};

static void keep_first(void *arg, const struct world *next, const char *label, unsigned by,
                       const char *wrong)
{
    struct first *first = arg;

    if (!first->any)
        *first = (struct first){*next, label, wrong, by, true};
}

static void quiet_operator(const struct walk *walk, const struct world *w, unsigned op)
{
    if (!(w->operators[op].bits & WAITING)) {
        struct model calm = *walk->model;
        calm.crashes = calm.gives_up = calm.bad_journal = false;
        const struct walk calmly = {.model = &calm, .emit = walk->emit, .arg = walk->arg};
        step_operator(&calmly, w, op);
        return;
    }
    for (unsigned i = 0; i < WORLD_MESSAGES; i++)
        if (kind_of(w->messages[i]) && by_of(w->messages[i]) == op && awaited(w, w->messages[i])) {
            deliver(walk, w, i, true);
            return;
        }
    tell_and_emit(walk, w, op, (struct protocol_event){.reply = REPLY_UNKNOWN}, "hears nothing");
}

void world_quiet(const struct model *model, const struct world *world, world_emit *emit_fn,
                 void *arg)
{
    struct first first = {.any = false};
    const struct walk walk = {.model = model, .emit = keep_first, .arg = &first};

    for (unsigned i = 0; i < WORLD_MESSAGES && !first.any; i++)
        if (kind_of(world->messages[i]) && !awaited(world, world->messages[i]))
            deliver(&walk, world, i, false);
    for (unsigned op = 0; op < WORLD_OPERATORS && !first.any; op++)
        quiet_operator(&walk, world, op);
    if (first.any)
        emit_fn(arg, &first.world, first.label, first.by, first.wrong);
}
