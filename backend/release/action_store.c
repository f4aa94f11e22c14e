/* action_store.c: what an action leaves in the record: its claim before, its outcome after.
 *
 * Whoever settles another's claim writes the same outcome as its owner would have: everything
 * that is needed for that stands in the claim. */
#include "release/action_run.h"
#include "release/archive.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t utc(const struct action_run *run)
{
    return clock_utc_ms(loop_clock(run->env.loop));
}

static void set_stage(struct release *release, enum stage stage, int64_t utc_ms)
{
    if (release->stage != stage)
        release->stage_utc_ms = utc_ms;
    release->stage = stage;
}

static void begin_release(struct release *release, const struct claim *claim, int64_t utc_ms)
{
    snprintf(release->from, sizeof release->from, "%s", claim->from);
    snprintf(release->to, sizeof release->to, "%s", claim->to);
    snprintf(release->artifact, sizeof release->artifact, "%s", claim->artifact);
    release->replicas = claim->replicas;
    release->target = claim->to_count;
    release->since_utc_ms = claim->at_utc_ms;
    release->paused = false;
    release->profile[0] = '\0';
    release->cert = (struct certificate){.state = PROOF_NONE};
    release->glass = (struct glass){.rules = ""};
    set_stage(release, STAGE_CANARY, utc_ms);
    release->stage_utc_ms = utc_ms;
}

/* The claim moves a rollout that the record does not know: somebody else began it. */
static bool adopt_rollout(struct release *release, const struct claim *claim)
{
    if (release->to[0] && strcmp(release->to, claim->to) == 0)
        return false;
    release->profile[0] = '\0';
    snprintf(release->from, sizeof release->from, "%s", claim->from);
    snprintf(release->to, sizeof release->to, "%s", claim->to);
    release->since_utc_ms = claim->at_utc_ms;
    release->replicas = claim->replicas;
    return true;
}

/* A stage of a release that has a certificate; `from` and `to` of a rollback are turned around. */
static void take_stage(struct release *release, const struct claim *claim, int64_t utc_ms)
{
    const struct stage_mark *mark = &claim->mark;
    bool back = claim->verb == VERB_ROLLBACK;
    const char *to = back ? claim->from : claim->to, *from = back ? claim->to : claim->from;

    if (mark->after == STAGE_CANARY && claim->verb == VERB_START)
        begin_release(release, claim, utc_ms);
    if (strcmp(release->to, to) != 0) { /* begun by somebody else */
        snprintf(release->from, sizeof release->from, "%s", from);
        snprintf(release->to, sizeof release->to, "%s", to);
        snprintf(release->artifact, sizeof release->artifact, "%s", back ? "" : claim->artifact);
        release->since_utc_ms = claim->at_utc_ms;
        release->replicas = claim->replicas;
    }
    if (back)
        release->paused = false;
    if (claim->verb == VERB_PAUSE)
        release->paused = true;
    release->target = back ? 0 : claim->to_count;
    release->stage = mark->after;
    release->stage_utc_ms = utc_ms; /* each wave has a bake of its own */
    if (mark->cert.state == PROOF_CERTIFIED && release->cert.state != PROOF_CERTIFIED)
        release->rehearsed_utc_ms = utc_ms;
    release->cert = mark->cert;
    snprintf(release->profile, sizeof release->profile, "%s", mark->profile);
}

/* What was done past the rules proves nothing, and no rehearsal of before vouches for it. */
static void break_glass(struct release *release, const struct glass *glass)
{
    release->glass = *glass;
    release->cert = (struct certificate){.state = PROOF_NONE};
    release->rehearsed_utc_ms = 0;
}

static void take_verb(struct release *release, const struct claim *claim, int64_t utc_ms)
{
    snprintf(release->by, sizeof release->by, "%s", claim->by);
    if (release->claim_memo) { /* also of a rollout that somebody else began */
        json_decref(release->memo);
        release->memo = json_incref(release->claim_memo);
    }
    if (claim->mark.after != STAGE_NONE) {
        take_stage(release, claim, utc_ms);
        return;
    }
    switch (claim->verb) {
    case VERB_START:
        begin_release(release, claim, utc_ms);
        break;
    case VERB_STEP:
        adopt_rollout(release, claim);
        release->target = claim->to_count;
        set_stage(release, claim->to_count < claim->replicas ? STAGE_WAVE : STAGE_STABLE, utc_ms);
        break;
    case VERB_PAUSE:
        if (claim->writes && adopt_rollout(release, claim)) { /* an update that moved by itself */
            release->target = claim->have_count;
            set_stage(release, STAGE_WAVE, utc_ms);
        }
        release->paused = true;
        break;
    case VERB_RESUME:
        release->paused = false;
        if (claim->writes && claim->to_count > release->target)
            release->target = claim->to_count;
        break;
    case VERB_ROLLBACK:
        release->paused = false;
        release->target = 0;
        release->cert = (struct certificate){.state = PROOF_NONE};
        if (!release->to[0] || strcmp(release->to, claim->from) != 0) {
            snprintf(release->from, sizeof release->from, "%s", claim->to);
            snprintf(release->to, sizeof release->to, "%s", claim->from);
            release->since_utc_ms = claim->at_utc_ms;
        }
        set_stage(release, STAGE_ROLLED_BACK, utc_ms);
        break;
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
}

/* The claim took effect, wholly or in its first writes. */
static void take_effect(struct release *release, const struct claim *claim, int64_t utc_ms)
{
    if (claim->glass.waits) {
        release->glass = claim->glass;
        return;
    }
    take_verb(release, claim, utc_ms);
    if (claim->glass.rules[0])
        break_glass(release, &claim->glass);
}

static struct release *next_record(const struct action_run *run)
{
    struct release *release = run->release ? release_copy(run->release) : release_new();

    snprintf(release->service_id, sizeof release->service_id, "%s", run->status.action.service);
    if (run->env.journal && (run->protocol.caps & CAP_JOURNAL))
        snprintf(release->journal_head, sizeof release->journal_head, "%s",
                 journal_head(run->env.journal));
    return release;
}

static void on_put(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct action_run *run = action_call_end(arg);

    (void)text;
    if (!run)
        return;
    enum protocol_reply reply = action_reply_of(run, err);
    if (reply == REPLY_OK && !revision[0])
        reply = REPLY_CONFLICT; /* then the record itself must tell */
    if (reply == REPLY_OK) {
        release_free(run->release);
        run->release = run->put_release;
        run->put_release = NULL;
        snprintf(run->revision, sizeof run->revision, "%s", revision);
        run->env.owner.release(run->env.owner.arg, run->status.action.service, run->release);
    }
    action_reply(run, (struct protocol_event){.reply = reply});
}

static void put(struct action_run *run, const char *point)
{
    struct action_call *call = action_call_begin(run, point, run->effect.write);

    run->env.driver->ops->ledger_put(run->env.driver, run->key, run->put_text, run->put_expected,
                                     on_put, call);
    action_fail("sent", point, run->effect.write);
}

/* Adopts the record; false when it cannot be written down. */
static bool prepare(struct action_run *run, struct release *release)
{
    struct err err = {0};

    run->put_release = release;
    run->put_text = release_write(release, &err);
    snprintf(run->put_expected, sizeof run->put_expected, "%s", run->revision);
    if (run->put_text)
        return true;
    run->why = err;
    action_reply(run, (struct protocol_event){.reply = REPLY_REFUSED});
    return false;
}

void action_forget_put(struct action_run *run)
{
    free(run->put_text);
    run->put_text = NULL;
    release_free(run->put_release);
    run->put_release = NULL;
}

/* Takes over the archive that it replaces. */
static void set_archive(struct release *release, json_t *archive)
{
    json_decref(release->contracts);
    release->contracts = archive;
}

static void archive_version(const struct action_run *run, struct release *release,
                            const char *version)
{
    const struct action_owner *owner = &run->env.owner;
    const char *id = run->status.action.service;

    if (!owner->contract || !version[0])
        return;
    json_t *contract = owner->contract(owner->arg, id, version, release->contracts);
    set_archive(release, archive_add(release->contracts, contract, run->subject.at_utc_ms));
    json_decref(contract);
}

/* What the workload carries now it may carry no more once something else is put on it; and of the
 * versions left and gone to perhaps only this operator's settings know. */
static void archive_contracts(const struct action_run *run, struct release *release)
{
    int64_t utc_ms = run->subject.at_utc_ms;

    set_archive(release, archive_with(release->contracts, run->service->contract, utc_ms));
    archive_version(run, release, run->subject.from);
    archive_version(run, release, run->subject.to);
}

void action_claim(struct action_run *run)
{
    struct release *release;

    if (run->put_text) {
        put(run, "claim");
        return;
    }
    run->claimed_ms = loop_now_ms(run->env.loop);
    run->subject.write = run->effect.write;
    run->subject.at_utc_ms = utc(run);
    release = next_record(run);
    release->claim = run->subject;
    if (run->new_memo) {
        json_decref(release->claim_memo);
        release->claim_memo = json_incref(run->new_memo);
    }
    archive_contracts(run, release);
    if (prepare(run, release))
        put(run, "claim");
}

void action_store(struct action_run *run)
{
    const struct claim *subject = &run->subject;
    enum outcome outcome = run->effect.outcome;

    if (run->put_text) {
        put(run, "store");
        return;
    }
    struct release *release = next_record(run);
    bool claimed = strcmp(release->claim.id, subject->id) == 0;
    if (outcome == OUTCOME_APPLIED || outcome == OUTCOME_PARTIAL) {
        if (!claimed && run->new_memo)
            release->claim_memo = json_incref(run->new_memo);
        take_effect(release, claimed ? &release->claim : subject, utc(run));
    }
    release_note(release, subject->id, outcome);
    assert(claimed || !release->claim.id[0]); /* beside another's claim nothing is stored */
    release->claim = (struct claim){.id = ""};
    json_decref(release->claim_memo);
    release->claim_memo = NULL;
    if (prepare(run, release))
        put(run, "store");
}
