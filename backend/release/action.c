/* action.c: executes the effects of the protocol, one at a time.
 *
 * Everything that decides is in protocol.c, which is explored exhaustively; here are only
 * calls and the translation of what they answer. */
#include "release/action_run.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*action_failpoint)(const char *name);

const char *const action_phase_word[PHASE_COUNT] = {
    [PHASE_READING] = "reading", [PHASE_CLAIMING] = "claiming", [PHASE_SENDING] = "sending",
    [PHASE_WAITING] = "waiting", [PHASE_SETTLING] = "settling", [PHASE_DONE] = "done",
};

static void perform(struct action_run *run);

void action_fail(const char *when, const char *point, unsigned write)
{
    char name[64];

    if (!action_failpoint)
        return;
    snprintf(name, sizeof name, "%s-%s-%u", when, point, write);
    action_failpoint(name);
}

/* ---- calls on their way ---- */

struct action_call *action_call_begin(struct action_run *run, const char *point, unsigned write)
{
    struct action_call *call = xcalloc(1, sizeof *call);

    assert(!run->call);
    snprintf(call->name, sizeof call->name, "%s-%u", point, write);
    call->run = run;
    call->calls = run->env.calls;
    if (call->calls) {
        call->next = call->calls->first;
        call->calls->first = call;
    }
    run->call = call;
    action_fail("before", point, write);
    return call;
}

struct action_run *action_call_end(struct action_call *call)
{
    struct action_run *run = call->run;

    if (call->calls)
        for (struct action_call **at = &call->calls->first; *at; at = &(*at)->next)
            if (*at == call) {
                *at = call->next;
                break;
            }
    if (run) {
        run->call = NULL;
        if (action_failpoint) {
            char name[64];
            snprintf(name, sizeof name, "after-%s", call->name);
            action_failpoint(name);
        }
    }
    free(call);
    return run;
}

void action_calls_release(struct action_calls *calls)
{
    while (calls->first) {
        struct action_call *call = calls->first;
        calls->first = call->next;
        assert(!call->run);
        free(call);
    }
}

enum protocol_reply action_reply_of(struct action_run *run, const struct err *err)
{
    if (!err_failed(err))
        return REPLY_OK;
    run->why = *err;
    switch (err->code) {
    case ERR_CONFLICT:
        return REPLY_CONFLICT;
    case ERR_REJECTED:
    case ERR_AUTH:
    case ERR_NOT_FOUND:
    case ERR_UNSUPPORTED:
        return REPLY_REFUSED;
    case ERR_NONE:
    case ERR_USAGE:
    case ERR_CONFIG:
    case ERR_NETWORK:
    case ERR_PROTOCOL:
    case ERR_DISK:
    case ERR_LIMIT:
    case ERR_UNKNOWN:
    case ERR_CODE_COUNT:
        break;
    }
    return REPLY_UNKNOWN;
}

/* ---- effects ---- */

bool action_is_foreign(const struct action_run *run)
{
    return protocol_is_foreign(&run->protocol);
}

struct action action_acting(const struct action_run *run)
{
    const struct claim *s = &run->subject;
    struct action a = run->status.action;

    snprintf(a.id, sizeof a.id, "%s", s->id);
    snprintf(a.revision, sizeof a.revision, "%s", s->base);
    a.write = run->effect.write;
    return a;
}

static json_t *memo_of(const struct action_run *run)
{
    return run->new_memo ? run->new_memo : run->release ? run->release->memo : NULL;
}

static void take_subject(struct action_run *run)
{
    const struct action *a = &run->status.action;
    struct claim *s = &run->subject;

    s->verb = a->verb;
    snprintf(s->id, sizeof s->id, "%s", a->id);
    snprintf(s->by, sizeof s->by, "%s", a->by);
    snprintf(s->from, sizeof s->from, "%s", a->from);
    snprintf(s->to, sizeof s->to, "%s", a->to);
    snprintf(s->artifact, sizeof s->artifact, "%s", a->artifact);
    s->have_count = a->have_count;
    s->to_count = a->to_count;
    s->replicas = a->replicas;
    s->writes = a->writes;
    s->holds_from = a->holds_from;
    s->mark = a->mark;
    s->glass = a->glass;
    s->attested = a->attested;
    s->calls = a->calls;
}

static void refuse(struct action_run *run, const struct err *why)
{
    run->why = *why;
    action_journal_refusal(run);
    action_reply(run, (struct protocol_event){.reply = REPLY_REFUSED});
}

static void go_on(struct action_run *run)
{
    action_reply(run,
                 (struct protocol_event){.reply = REPLY_OK, .writes = run->status.action.writes});
}

static struct lock_holder holder_of(const struct action_run *run)
{
    const struct action *a = &run->status.action;
    struct lock_holder me = {.at_utc_ms = clock_utc_ms(loop_clock(run->env.loop))};

    snprintf(me.id, sizeof me.id, "%s", a->id);
    snprintf(me.context, sizeof me.context, "%s", run->env.lock.context);
    snprintf(me.service, sizeof me.service, "%s", a->service);
    snprintf(me.version, sizeof me.version, "%s", a->to);
    snprintf(me.by, sizeof me.by, "%s", a->by);
    return me;
}

static void on_locked(void *arg, enum lock_end end, const struct err *why)
{
    struct action_run *run = arg;

    run->lock = NULL;
    run->locked = end == LOCK_TAKEN;
    run->lock_unknown = end == LOCK_UNKNOWN;
    if (run->locked)
        go_on(run);
    else
        refuse(run, why);
}

/* Nothing is written down yet: whoever dies here leaves locks without a claim. */
static void lock(struct action_run *run)
{
    const struct action *action = &run->status.action;
    const struct action_owner *owner = &run->env.owner;
    struct lock_holder me = holder_of(run);

    if (action->verb == VERB_START && action->writes && owner->locks)
        run->need_count = owner->locks(owner->arg, action, run->service, run->release, run->needs);
    if (!run->need_count)
        go_on(run);
    else
        run->lock = lock_take(&run->env.lock, run->needs, run->need_count, &me, on_locked, run);
}

/* What came to nothing keeps nobody waiting. */
static void unlock(struct action_run *run, enum action_end end)
{
    struct lock_holder me = holder_of(run);

    if (run->locked && (end == END_CONFLICT || end == END_NOT_APPLIED))
        lock_give_back(&run->env.lock, run->needs, run->need_count, &me);
}

static void judge(struct action_run *run)
{
    struct action *action = &run->status.action;
    const struct driver_ops *ops = run->env.driver->ops;
    struct err refusal = {0};
    bool ok = run->env.owner.judge(run->env.owner.arg, &run->intent, run->service, run->release,
                                   action, &run->verdict, &refusal);
    /* The stage may ask for another verb than the key: a step that goes back, or starts. */
    const json_t *memo = release_memo_for(run->release, action);

    if (ok && !stage_mark_is_note(&action->mark) && !action->glass.waits)
        ok = ops->plan(run->env.driver, run->service, memo, action, &run->new_memo, &refusal);

    if (ok && action->writes > RELEASE_WRITES_MAX)
        ok = err_set(&refusal, ERR_LIMIT, "it would take %u writes, more than %d", action->writes,
                     RELEASE_WRITES_MAX);
    if (!ok) {
        refuse(run, &refusal);
        return;
    }
    take_subject(run);
    run->judged_ms = loop_now_ms(run->env.loop);
    lock(run);
}

static void journal(struct action_run *run)
{
    struct err err = {0};
    bool ok = action_journal(run, &err);

    if (!ok)
        run->why = err;
    if (!(run->protocol.caps & CAP_LEDGER))
        run->claimed_ms = loop_now_ms(run->env.loop);
    action_reply(run, (struct protocol_event){.reply = ok ? REPLY_OK : REPLY_UNKNOWN});
}

/* Long after the judgement or the claim others may count on it that nothing is sent any more. */
static bool is_late(const struct action_run *run)
{
    int64_t now = loop_now_ms(run->env.loop), settle = action_settle_ms(run);
    int64_t limit = SEND_WITHIN_MS;

    if (!(run->protocol.caps & CAP_FENCE) && settle / 2 < limit)
        limit = settle / 2;
    return now - run->claimed_ms > limit ||
           (run->judged_ms && run->effect.write == 0 && now - run->judged_ms > SEND_WITHIN_MS);
}

static void on_acted(void *arg, const char *revision, const struct err *err)
{
    struct action_run *run = action_call_end(arg);

    (void)revision; /* the next look tells it, together with what else is true then */
    if (run)
        action_reply(run, (struct protocol_event){.reply = action_reply_of(run, err)});
}

static void act(struct action_run *run)
{
    struct action action = action_acting(run);

    if (is_late(run)) {
        run->never_sent = true;
        err_set(&run->why, ERR_NETWORK,
                "too much time passed between the look at it and the moment to send");
        action_reply(run, (struct protocol_event){.reply = REPLY_LATE});
        return;
    }
    run->sent_ms = loop_now_ms(run->env.loop);
    run->rest_digest[0] = '\0';
    struct action_call *call = action_call_begin(run, "act", run->effect.write);
    run->env.driver->ops->act(run->env.driver, &action, memo_of(run), on_acted, call);
    action_fail("sent", "act", action.write);
}

static void fence(struct action_run *run)
{
    struct action_call *call = action_call_begin(run, "fence", run->effect.write);

    run->env.driver->ops->fence(run->env.driver, run->status.action.service, run->subject.base,
                                on_acted, call);
    action_fail("sent", "fence", run->effect.write);
}

int64_t action_settle_ms(const struct action_run *run)
{
    int64_t given = run->env.driver->env.config->settle_ms;

    return given > 0 ? given : run->env.driver->ops->caps(run->env.driver)->settle_ms;
}

static void on_waited(void *arg)
{
    struct action_run *run = arg;

    run->timer = NULL;
    action_reply(run, (struct protocol_event){.reply = REPLY_OK});
}

/* Our own write: from when it was sent. Another's: it may be sent until half of that after its
 * claim, see is_late. */
static void wait_out(struct action_run *run)
{
    int64_t now = loop_now_ms(run->env.loop), settle = action_settle_ms(run);
    int64_t left = action_is_foreign(run) ? settle + settle / 2
                   : run->sent_ms         ? run->sent_ms + settle - now
                                          : settle;

    run->timer = loop_after(run->env.loop, left > 0 ? left : 0, on_waited, run);
}

/* Nothing is told of the first look at a service: a later one waits for the rest of a write. */
static enum action_phase phase_of(const struct action_run *run)
{
    static const enum action_phase phases[] = {
        [EFFECT_READ_SERVICE] = PHASE_WAITING, [EFFECT_READ_LEDGER] = PHASE_CLAIMING,
        [EFFECT_JUDGE] = PHASE_READING,        [EFFECT_JOURNAL] = PHASE_CLAIMING,
        [EFFECT_CLAIM] = PHASE_CLAIMING,       [EFFECT_ACT] = PHASE_SENDING,
        [EFFECT_FENCE] = PHASE_SETTLING,       [EFFECT_WAIT] = PHASE_SETTLING,
        [EFFECT_STORE] = PHASE_CLAIMING,       [EFFECT_DONE] = PHASE_DONE,
    };
    enum effect_kind kind = run->effect.kind;

    if (protocol_is_settling(&run->protocol))
        return PHASE_SETTLING;
    return kind == EFFECT_READ_LEDGER && !run->judged_ms ? PHASE_READING : phases[kind];
}

void action_phase_set(struct action_run *run, enum action_phase phase)
{
    struct action_status *status = &run->status;

    if (status->phase == phase && status->action.write == run->effect.write)
        return;
    status->phase = phase;
    if (!action_is_foreign(run))
        status->action.write = run->effect.write;
    if (phase == PHASE_SETTLING && run->why.text[0])
        snprintf(status->sentence, sizeof status->sentence, "finding out what became of it: %.300s",
                 run->why.text);
    run->env.owner.changed(run->env.owner.arg, status);
}

void action_done(struct action_run *run, enum action_end end)
{
    const struct glass *glass = &run->status.action.glass;
    char at[CLOCK_TEXT];

    if (glass->waits && end == END_APPLIED) { /* only the wish is on record */
        clock_format_utc(glass->until_utc_ms, at);
        err_set(&run->why, ERR_REJECTED,
                "nothing was sent: breaking the glass past %s waits for a second identity until "
                "%.5s UTC, which presses the same",
                glass->rules, at + 11);
        end = END_REFUSED;
    }
    if (end == END_REFUSED && run->lock_unknown)
        end = END_NOT_APPLIED;
    unlock(run, end);
    action_explain(run, end);
    run->status.end = end;
    run->status.phase = PHASE_DONE;
    run->env.owner.changed(run->env.owner.arg, &run->status);
}

static void execute(struct action_run *run)
{
    switch (run->effect.kind) {
    case EFFECT_READ_SERVICE:
        action_read_service(run);
        break;
    case EFFECT_READ_LEDGER:
        action_read_ledger(run);
        break;
    case EFFECT_JUDGE:
        judge(run);
        break;
    case EFFECT_JOURNAL:
        journal(run);
        break;
    case EFFECT_CLAIM:
        action_claim(run);
        break;
    case EFFECT_ACT:
        act(run);
        break;
    case EFFECT_FENCE:
        fence(run);
        break;
    case EFFECT_WAIT:
        wait_out(run);
        break;
    case EFFECT_STORE:
        action_store(run);
        break;
    case EFFECT_DONE:
        action_done(run, run->effect.end);
        break;
    }
}

static void on_backed_off(void *arg)
{
    struct action_run *run = arg;

    run->timer = NULL;
    execute(run);
}

static int64_t back_off_ms(struct action_run *run)
{
    if (phase_of(run) == PHASE_WAITING)
        return REST_POLL_MS;
    int64_t ms = (int64_t)RETRY_FIRST_MS << (run->tries < 8 ? run->tries : 8);
    run->tries++;
    return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void perform(struct action_run *run)
{
    if (run->effect.kind != EFFECT_DONE)
        action_phase_set(run, phase_of(run));
    if (run->effect.again && run->effect.kind != EFFECT_DONE &&
        run->effect.kind != EFFECT_JOURNAL) {
        run->timer = loop_after(run->env.loop, back_off_ms(run), on_backed_off, run);
        return;
    }
    run->tries = 0;
    execute(run);
}

void action_reply(struct action_run *run, struct protocol_event event)
{
    bool was_foreign = action_is_foreign(run);
    enum effect_kind before = run->effect.kind;

    if (event.reply != REPLY_UNKNOWN)
        action_forget_put(run);
    run->effect = protocol_next(&run->protocol, event);
    if (!was_foreign && action_is_foreign(run))
        run->subject = run->other = run->release->claim;
    if (before == EFFECT_READ_LEDGER && run->effect.kind == EFFECT_READ_SERVICE &&
        (event.facts & FACT_CLAIMED))
        snprintf(run->subject.base, sizeof run->subject.base, "%s", run->release->claim.base);
    perform(run);
}

/* ---- from outside ---- */

static unsigned caps_of(const struct action_run *run, enum verb verb, unsigned flags)
{
    const struct driver_caps *caps = run->env.driver->ops->caps(run->env.driver);
    bool broken = !run->env.journal || journal_is_bad(run->env.journal);
    bool holds = verb == VERB_PAUSE || verb == VERB_ROLLBACK || claim_rest_holds(&run->subject);
    bool without = broken && (flags & INTENT_NO_JOURNAL) && holds && caps->ledger;

    return (caps->fence ? CAP_FENCE : 0u) | (caps->ledger ? CAP_LEDGER : 0u) |
           (without ? 0u : CAP_JOURNAL) | (holds ? CAP_HOLDS : 0u);
}

static struct action_run *run_new(const struct action_env *env)
{
    struct action_run *run = xcalloc(1, sizeof *run);

    run->env = *env;
    json_incref(run->env.requires);
    run->status.since_ms = loop_now_ms(env->loop);
    return run;
}

static void begin(void *arg)
{
    struct action_run *run = arg;

    run->timer = NULL;
    if (run->status.action.verb == VERB_FENCE || run->status.action.verb == VERB_ATTEST)
        action_node_start(run);
    else
        execute(run);
}

struct action_run *action_start(const struct action_env *env, const struct intent *intent)
{
    struct action_run *run = run_new(env);
    struct action *action = &run->status.action;

    run->intent = *intent;
    id_random(action->id);
    action->verb = intent->verb;
    snprintf(action->cluster, sizeof action->cluster, "%s", intent->cluster);
    snprintf(action->service, sizeof action->service, "%s", intent->service);
    if (intent->verb == VERB_ATTEST) {
        snprintf(action->to, sizeof action->to, "%s", intent->version);
        action->attested = intent->attested;
        action->calls = intent->calls;
    }
    snprintf(action->by, sizeof action->by, "%s", env->who);
    take_subject(run);
    run->protocol = protocol_new(caps_of(run, intent->verb, intent->flags));
    run->effect = protocol_effect_of(&run->protocol);
    run->timer = loop_after(env->loop, 0, begin, run);
    return run;
}

struct action_run *action_settle(const struct action_env *env, const char *service_id,
                                 const struct claim *claim)
{
    struct action_run *run = run_new(env);
    struct action *action = &run->status.action;

    run->settling = true;
    run->subject = *claim;
    action->verb = claim->verb;
    snprintf(action->id, sizeof action->id, "%s", claim->id);
    snprintf(action->cluster, sizeof action->cluster, "%s", env->driver->env.config->name);
    snprintf(action->service, sizeof action->service, "%s", service_id);
    snprintf(action->by, sizeof action->by, "%s", claim->by);
    snprintf(action->from, sizeof action->from, "%s", claim->from);
    snprintf(action->to, sizeof action->to, "%s", claim->to);
    snprintf(action->artifact, sizeof action->artifact, "%s", claim->artifact);
    action->have_count = claim->have_count;
    action->to_count = claim->to_count;
    action->replicas = claim->replicas;
    action->writes = claim->writes;
    action->holds_from = claim->holds_from;
    action->write = claim->write;
    action->mark = claim->mark;
    action->glass = claim->glass;
    action->attested = claim->attested;
    action->calls = claim->calls;
    action->last_step = claim->replicas && claim->to_count >= claim->replicas;
    run->protocol = protocol_settle(caps_of(run, claim->verb, 0), claim->write, claim->writes,
                                    claim_holds_from(claim));
    run->effect = protocol_effect_of(&run->protocol);
    run->status.phase = PHASE_SETTLING;
    run->timer = loop_after(env->loop, 0, begin, run);
    return run;
}

const struct action_status *action_status_of(const struct action_run *run)
{
    return &run->status;
}

void action_give_up(struct action_run *run)
{
    protocol_give_up(&run->protocol);
}

void action_free(struct action_run *run)
{
    if (!run)
        return;
    if (run->call)
        run->call->run = NULL;
    loop_cancel(run->timer);
    lock_forget(run->lock);
    service_unref(run->service);
    release_free(run->release);
    release_free(run->put_release);
    json_decref(run->new_memo);
    json_decref(run->verdict);
    json_decref(run->cluster_record);
    json_decref(run->env.requires);
    free(run->put_text);
    free(run);
}
