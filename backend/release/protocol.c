/* protocol.c: see protocol.h.
 *
 * The order of two things carries most of the proof. The ledger's claim is written before
 * the write and cleared by a compare-and-swap after it: when that swap succeeds, nobody of
 * lockstep wrote in between, so the object's last mark tells the whole truth. And
 * whoever concludes "not applied" has first seen the base revision move. */
#include "release/protocol.h"

#include <assert.h>
#include <stddef.h>

enum state {
    STATE_READ,       /* the service, before anything else */
    STATE_READ_CLAIM, /* the ledger, before anything else */
    STATE_JUDGE,
    STATE_INTENT,     /* journal */
    STATE_CLAIM,      /* ledger swap */
    STATE_CLAIM_LOOK, /* the swap said conflict: was it our own? */
    STATE_ACT,
    STATE_REST, /* applied; until the next write may go */
    STATE_TAKE, /* journal: settling somebody else's claim */
    STATE_LOOK, /* what became of the write? */
    STATE_FENCE,
    STATE_WAIT,
    STATE_STORE,      /* ledger swap: outcome */
    STATE_STORE_LOOK, /* what does the ledger say about the action? */
    STATE_RECORD,     /* journal: outcome */
    STATE_DONE,
    STATE_COUNT
};

enum flag {
    FLAG_FOREIGN = 1,    /* settling another's claim; our own action is over */
    FLAG_RECOVERY = 2,   /* our own, after a crash */
    FLAG_APPLIED = 4,    /* write `write` is certainly in */
    FLAG_NOT = 8,        /* write `write` is certainly not in and never will be */
    FLAG_LOOKED = 16,    /* FLAG_NOT rests on a look: the store must confirm it */
    FLAG_WAITED = 32,    /* no copy of the write can be on its way any more */
    FLAG_FENCED = 64,    /* our fence moved the base */
    FLAG_CONFLICT = 128, /* somebody else was first */
    FLAG_GIVE_UP = 256,
    FLAG_LOST = 512,     /* can never be found out */
    FLAG_RETAKEN = 1024, /* after a crash: sent a second time */
};
#define FLAGS_OF_WRITE (FLAG_APPLIED | FLAG_NOT | FLAG_LOOKED | FLAG_WAITED | FLAG_FENCED)

static const struct {
    enum effect_kind kind;
    enum protocol_record record;
} effects[STATE_COUNT] = {
    [STATE_READ] = {.kind = EFFECT_READ_SERVICE},
    [STATE_READ_CLAIM] = {.kind = EFFECT_READ_LEDGER},
    [STATE_JUDGE] = {.kind = EFFECT_JUDGE},
    [STATE_INTENT] = {.kind = EFFECT_JOURNAL, .record = RECORD_INTENT},
    [STATE_CLAIM] = {.kind = EFFECT_CLAIM},
    [STATE_CLAIM_LOOK] = {.kind = EFFECT_READ_LEDGER},
    [STATE_ACT] = {.kind = EFFECT_ACT},
    [STATE_REST] = {.kind = EFFECT_READ_SERVICE},
    [STATE_TAKE] = {.kind = EFFECT_JOURNAL, .record = RECORD_SETTLE},
    [STATE_LOOK] = {.kind = EFFECT_READ_SERVICE},
    [STATE_FENCE] = {.kind = EFFECT_FENCE},
    [STATE_WAIT] = {.kind = EFFECT_WAIT},
    [STATE_STORE] = {.kind = EFFECT_STORE},
    [STATE_STORE_LOOK] = {.kind = EFFECT_READ_LEDGER},
    [STATE_RECORD] = {.kind = EFFECT_JOURNAL, .record = RECORD_OUTCOME},
    [STATE_DONE] = {.kind = EFFECT_DONE},
};

static bool has(const struct protocol *p, unsigned flag)
{
    return (p->flags & flag) != 0;
}

static bool can(const struct protocol *p, unsigned cap)
{
    return (p->caps & cap) != 0;
}

static bool protects(const struct protocol *p, unsigned protection)
{
    return (p->protections & protection) != 0;
}

static void set(struct protocol *p, unsigned flag)
{
    p->flags = (uint16_t)(p->flags | flag);
}

static void clear(struct protocol *p, unsigned flags)
{
    p->flags = (uint16_t)(p->flags & ~flags);
}

static enum outcome outcome_of(const struct protocol *p)
{
    if (p->recalled)
        return (enum outcome)p->recalled;
    if (has(p, FLAG_LOST))
        return OUTCOME_UNKNOWN;
    unsigned in = p->write + (has(p, FLAG_APPLIED) ? 1u : 0u);
    if (p->writes == 0)
        return has(p, FLAG_NOT) ? OUTCOME_NOT_APPLIED : OUTCOME_APPLIED;
    return in == 0 ? OUTCOME_NOT_APPLIED : in == p->writes ? OUTCOME_APPLIED : OUTCOME_PARTIAL;
}

static enum action_end end_of(const struct protocol *p)
{
    if (has(p, FLAG_FOREIGN))
        return END_CONFLICT;
    switch (outcome_of(p)) {
    case OUTCOME_APPLIED:
        return END_APPLIED;
    case OUTCOME_PARTIAL:
        return END_PARTIAL;
    case OUTCOME_NOT_APPLIED:
        return has(p, FLAG_CONFLICT) && !has(p, FLAG_FENCED) ? END_CONFLICT : END_NOT_APPLIED;
    case OUTCOME_NONE:
    case OUTCOME_UNKNOWN:
    case OUTCOME_COUNT:
        break;
    }
    return END_UNKNOWN;
}

static void finish(struct protocol *p, enum action_end end)
{
    p->state = STATE_DONE;
    p->end = (uint8_t)end;
}

/* The outcome is certain and, where there is a ledger, stored: for the journal. */
static void record(struct protocol *p)
{
    if (can(p, CAP_JOURNAL))
        p->state = STATE_RECORD;
    else
        finish(p, end_of(p));
}

/* The outcome is known: for the ledger. */
static void store(struct protocol *p)
{
    if (can(p, CAP_LEDGER))
        p->state = STATE_STORE;
    else
        record(p);
}

static void store_not(struct protocol *p, unsigned why)
{
    set(p, FLAG_NOT | why);
    store(p);
}

static void store_lost(struct protocol *p)
{
    set(p, FLAG_LOST);
    store(p);
}

/* May this write be sent, also after a crash? */
static bool may_send(const struct protocol *p, unsigned write)
{
    if (has(p, FLAG_FOREIGN | FLAG_GIVE_UP) || write >= p->writes)
        return false;
    return !has(p, FLAG_RECOVERY) || (can(p, CAP_HOLDS) && write >= p->holds_from);
}

/* Write `write` is in. On to the next one, where there is one and it is ours to send. */
static void applied(struct protocol *p)
{
    set(p, FLAG_APPLIED);
    clear(p, FLAG_RETAKEN);
    if (may_send(p, p->write + 1u))
        p->state = STATE_REST;
    else
        store(p);
}

/* A look says that write `write` is not in and never will be. The process that wanted it is no
 * more: where it only holds, it is sent anew, from the rest of the one before. The claim that
 * is made for it confirms the look as the store would. */
static void store_missed(struct protocol *p)
{
    if (!has(p, FLAG_RECOVERY) || has(p, FLAG_RETAKEN) || p->write == 0 || !may_send(p, p->write)) {
        store_not(p, FLAG_LOOKED);
        return;
    }
    clear(p, FLAGS_OF_WRITE);
    p->write--;
    set(p, FLAG_APPLIED | FLAG_RETAKEN);
    p->state = STATE_REST;
}

static void claim(struct protocol *p)
{
    if (has(p, FLAG_GIVE_UP))
        store_not(p, 0);
    else
        p->state = can(p, CAP_LEDGER) && protects(p, PROTECT_CLAIM) ? STATE_CLAIM : STATE_ACT;
}

static void intend(struct protocol *p)
{
    if (can(p, CAP_JOURNAL) && protects(p, PROTECT_JOURNAL))
        p->state = STATE_INTENT;
    else if (p->writes)
        claim(p);
    else
        store(p);
}

static void on_read_claim(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK) {
        finish(p, END_NOT_APPLIED);
    } else if (e->facts & FACT_VIEW_ONLY) {
        finish(p, END_REFUSED);
    } else if (!(e->facts & FACT_TAKEN)) {
        p->state = STATE_JUDGE;
    } else if (!(e->facts & FACT_OLD)) {
        finish(p, END_CONFLICT);
    } else {
        set(p, FLAG_FOREIGN);
        p->write = (uint8_t)e->write;
        p->writes = (uint8_t)e->writes;
        p->state = can(p, CAP_JOURNAL) ? STATE_TAKE : STATE_STORE_LOOK;
    }
}

static void on_judge(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK) {
        finish(p, END_REFUSED);
        return;
    }
    p->writes = (uint8_t)e->writes;
    intend(p);
}

static void on_intent(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK && p->write == 0)
        finish(p, END_NOT_APPLIED);
    else if (e->reply != REPLY_OK)
        store_not(p, 0);
    else if (p->writes)
        claim(p);
    else
        store(p);
}

static void on_claim(struct protocol *p, const struct protocol_event *e)
{
    switch (e->reply) {
    case REPLY_OK:
        if (has(p, FLAG_GIVE_UP))
            store_not(p, 0);
        else
            p->state = STATE_ACT;
        break;
    case REPLY_CONFLICT:
        p->state = STATE_CLAIM_LOOK;
        break;
    case REPLY_REFUSED:
    case REPLY_LATE: /* this write was not sent */
        set(p, FLAG_NOT);
        if (p->write == 0)
            record(p);
        else
            store(p);
        break;
    case REPLY_UNKNOWN: /* again, identically */
        break;
    }
}

static void on_claim_look(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK)
        return;
    if (e->recalled) {
        p->recalled = (uint8_t)e->recalled;
        set(p, FLAG_CONFLICT);
        record(p);
    } else if ((e->facts & FACT_CLAIMED) && !(e->facts & FACT_VIEW_ONLY)) {
        p->state = STATE_CLAIM; /* again: that one is of the write before, or of an earlier life */
        if (e->write == p->write && !has(p, FLAG_RECOVERY))
            on_claim(p, &(struct protocol_event){.reply = REPLY_OK});
    } else {
        set(p, FLAG_NOT | FLAG_CONFLICT);
        record(p);
    }
}

static void on_act(struct protocol *p, const struct protocol_event *e)
{
    switch (e->reply) {
    case REPLY_OK:
        applied(p);
        break;
    case REPLY_CONFLICT:
        set(p, FLAG_CONFLICT);
        if (protects(p, PROTECT_LOOKUP))
            p->state = STATE_LOOK;
        else
            store_not(p, 0);
        break;
    case REPLY_REFUSED:
    case REPLY_LATE:
        store_not(p, 0);
        break;
    case REPLY_UNKNOWN:
        p->state = STATE_LOOK;
        break;
    }
}

static void on_rest(struct protocol *p, const struct protocol_event *e)
{
    if (has(p, FLAG_GIVE_UP) || (e->reply == REPLY_REFUSED) ||
        (e->reply == REPLY_OK && (e->facts & (FACT_GONE | FACT_CHANGED)))) {
        store(p);
    } else if (e->reply == REPLY_OK && (e->facts & FACT_AT_REST)) {
        clear(p, FLAGS_OF_WRITE);
        p->write++;
        intend(p);
    }
}

static void on_moved(struct protocol *p, const struct protocol_event *e)
{
    if (!has(p, FLAG_FENCED))
        set(p, FLAG_CONFLICT);
    /* Without a ledger somebody's later write may have covered our mark. */
    if (can(p, CAP_LEDGER) || has(p, FLAG_FENCED) || (e->facts & FACT_MARKS_KEPT))
        store_missed(p);
    else
        store_lost(p);
}

static void on_look(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK)
        return;
    if (e->facts & FACT_GONE)
        store_lost(p);
    else if (e->facts & FACT_MARK)
        applied(p);
    else if (!(e->facts & FACT_CURRENT))
        on_moved(p, e);
    else if (!protects(p, PROTECT_FENCE) || has(p, FLAG_WAITED))
        store_missed(p);
    else
        p->state = can(p, CAP_FENCE) ? STATE_FENCE : STATE_WAIT;
}

static void on_fence(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply == REPLY_OK)
        set(p, FLAG_FENCED);
    if (e->reply == REPLY_REFUSED) /* not allowed to: then by waiting */
        p->caps = (uint8_t)(p->caps & ~CAP_FENCE);
    p->state = STATE_LOOK;
}

static void on_store(struct protocol *p, const struct protocol_event *e)
{
    switch (e->reply) {
    case REPLY_OK:
        record(p);
        break;
    case REPLY_CONFLICT:
        p->state = STATE_STORE_LOOK;
        break;
    case REPLY_REFUSED:
    case REPLY_LATE: /* a look that nothing confirms is not knowledge */
        if (p->writes == 0)
            set(p, FLAG_NOT);
        if (has(p, FLAG_LOOKED))
            finish(p, END_UNKNOWN);
        else
            record(p);
        break;
    case REPLY_UNKNOWN: /* again, identically */
        break;
    }
}

/* The record holds neither our claim nor our outcome. */
static void on_absent(struct protocol *p, const struct protocol_event *e)
{
    bool known = has(p, FLAG_APPLIED | FLAG_LOST) || (has(p, FLAG_NOT) && !has(p, FLAG_LOOKED));

    if (!protects(p, PROTECT_CLAIM) && has(p, FLAG_APPLIED | FLAG_NOT)) {
        p->state = STATE_STORE; /* the explorer's crippled form: there never is a claim */
    } else if (has(p, FLAG_FOREIGN)) {
        finish(p, END_CONFLICT); /* its owner, or a third, was faster */
    } else if (known) {
        record(p);
    } else if (p->writes == 0 && !has(p, FLAG_RECOVERY)) {
        set(p, FLAG_NOT | FLAG_CONFLICT); /* the store itself was the action, and it lost */
        record(p);
    } else if (p->write == 0 && !has(p, FLAG_NOT) &&
               (!protects(p, PROTECT_MEMORY) || !(e->facts & FACT_FORGOTTEN))) {
        set(p, FLAG_NOT); /* never claimed, so never sent; the store stops a late claim */
        if (e->facts & FACT_TAKEN)
            record(p);
        else
            store(p);
    } else if (p->writes == 0) {
        set(p, FLAG_LOST);
        record(p);
    } else { /* forgotten, or wiped: only the object is left to tell, and without the claim no more
                is sent */
        clear(p, FLAG_NOT | FLAG_LOOKED);
        set(p, FLAG_GIVE_UP);
        p->caps = (uint8_t)(p->caps & ~CAP_LEDGER);
        p->state = STATE_LOOK;
    }
}

static void on_store_look(struct protocol *p, const struct protocol_event *e)
{
    if (e->reply != REPLY_OK)
        return;
    if (e->facts & FACT_VIEW_ONLY) {
        p->state = STATE_STORE;
        on_store(p, &(struct protocol_event){.reply = REPLY_REFUSED});
    } else if (e->recalled) {
        if (!has(p, FLAG_APPLIED) || p->write + 1u < p->writes)
            p->recalled = (uint8_t)e->recalled;
        record(p);
    } else if (!(e->facts & FACT_CLAIMED)) {
        on_absent(p, e);
    } else if (e->write != p->write || has(p, FLAG_LOOKED) ||
               !has(p, FLAG_APPLIED | FLAG_NOT | FLAG_LOST)) { /* perhaps claimed anew: look anew */
        clear(p, FLAGS_OF_WRITE);
        p->write = (uint8_t)e->write;
        p->writes = (uint8_t)e->writes;
        p->state = STATE_LOOK;
    } else { /* something else in the record moved */
        p->state = STATE_STORE;
    }
}

static void step(struct protocol *p, const struct protocol_event *e)
{
    switch ((enum state)p->state) {
    case STATE_READ:
        if (e->reply != REPLY_OK || (e->facts & FACT_GONE))
            finish(p, END_NOT_APPLIED);
        else
            p->state = can(p, CAP_LEDGER) ? STATE_READ_CLAIM : STATE_JUDGE;
        break;
    case STATE_READ_CLAIM:
        on_read_claim(p, e);
        break;
    case STATE_JUDGE:
        on_judge(p, e);
        break;
    case STATE_INTENT:
        on_intent(p, e);
        break;
    case STATE_CLAIM:
        on_claim(p, e);
        break;
    case STATE_CLAIM_LOOK:
        on_claim_look(p, e);
        break;
    case STATE_ACT:
        on_act(p, e);
        break;
    case STATE_REST:
        on_rest(p, e);
        break;
    case STATE_TAKE:
        if (e->reply == REPLY_OK)
            p->state = STATE_STORE_LOOK;
        else
            finish(p, END_CONFLICT);
        break;
    case STATE_LOOK:
        on_look(p, e);
        break;
    case STATE_FENCE:
        on_fence(p, e);
        break;
    case STATE_WAIT:
        set(p, FLAG_WAITED);
        p->state = STATE_LOOK;
        break;
    case STATE_STORE:
        on_store(p, e);
        break;
    case STATE_STORE_LOOK:
        on_store_look(p, e);
        break;
    case STATE_RECORD:
        finish(p, end_of(p));
        break;
    case STATE_DONE:
    case STATE_COUNT:
        assert(false && "an event after the end");
    }
}

struct protocol protocol_new(unsigned caps)
{
    return (struct protocol){
        .caps = (uint8_t)caps, .protections = PROTECT_ALL, .state = STATE_READ};
}

struct protocol protocol_settle(unsigned caps, uint32_t write, uint32_t writes, uint32_t holds_from)
{
    struct protocol p = protocol_new(caps);

    p.write = (uint8_t)write;
    p.writes = (uint8_t)writes;
    p.holds_from = (uint8_t)holds_from;
    set(&p, FLAG_RECOVERY);
    p.state = can(&p, CAP_LEDGER) ? STATE_STORE_LOOK : STATE_LOOK;
    return p;
}

struct protocol_effect protocol_effect_of(const struct protocol *p)
{
    return (struct protocol_effect){
        .kind = effects[p->state].kind,
        .record = effects[p->state].record,
        .guarded = protects(p, PROTECT_PRECONDITION),
        .rebase = p->state == STATE_READ || p->state == STATE_REST,
        .write = p->write,
        .writes = p->writes,
        .outcome = outcome_of(p),
        .end = (enum action_end)p->end,
    };
}

struct protocol_effect protocol_next(struct protocol *p, struct protocol_event event)
{
    unsigned before = p->state;

    step(p, &event);
    struct protocol_effect effect = protocol_effect_of(p);
    effect.again = p->state == before || event.reply == REPLY_UNKNOWN;
    return effect;
}

void protocol_give_up(struct protocol *p)
{
    set(p, FLAG_GIVE_UP);
}

bool protocol_is_foreign(const struct protocol *p)
{
    return has(p, FLAG_FOREIGN);
}

bool protocol_is_settling(const struct protocol *p)
{
    return p->state >= STATE_TAKE && p->state <= STATE_STORE_LOOK &&
           !has(p, FLAG_APPLIED | FLAG_NOT);
}
