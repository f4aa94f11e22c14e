/* action_look.c: consistent reads of the service and of its record, and what they mean for
 * the action. */
#include "release/action_run.h"

#include <stdio.h>
#include <string.h>

/* ---- the service ---- */

static bool has_mark(const struct service *service, const char *id, uint32_t write)
{
    char mark[ID_TEXT + 16];

    snprintf(mark, sizeof mark, "%s.%u", id, write);
    for (size_t i = 0; i < service->mark_count; i++)
        if (strcmp(service->marks[i], mark) == 0)
            return true;
    return false;
}

static bool has_any_mark(const struct service *service, const char *id)
{
    char start[ID_TEXT + 1];

    snprintf(start, sizeof start, "%s.", id);
    for (size_t i = 0; i < service->mark_count; i++)
        if (strncmp(service->marks[i], start, strlen(start)) == 0)
            return true;
    return false;
}

/* The one that takes the marks away is told by their absence: the write before it has left its own,
 * and nobody of lockstep writes before this action is settled. */
static bool is_in(const struct action_run *run, const struct service *service)
{
    const struct claim *s = &run->subject;
    const struct action action = {
        .verb = s->verb,
        .write = run->effect.write,
        .writes = s->writes,
        .holds_from = s->holds_from,
        .last_step = s->replicas && s->to_count >= s->replicas,
    };

    if (run->env.driver->ops->caps(run->env.driver)->clears_marks && action_clears_marks(&action))
        return !has_any_mark(service, s->id);
    return has_mark(service, s->id, action.write);
}

static uint64_t hash_marks(const struct service *service)
{
    uint64_t hash = HASH_SEED;

    for (size_t i = 0; i < service->mark_count; i++)
        hash = hash_mix(hash, service->marks[i], strlen(service->marks[i]) + 1);
    return hash;
}

/* Between two writes: is it still what the first one made of it? */
static bool was_changed(struct action_run *run, const struct service *service)
{
    const struct claim *s = &run->subject;

    if (!has_mark(service, s->id, run->effect.write))
        return true;
    if (s->to[0] && strcmp(service->wants, s->to) != 0 && strcmp(service->wants, s->from) != 0)
        return true; /* a third version */
    if (!run->rest_digest[0])
        snprintf(run->rest_digest, sizeof run->rest_digest, "%s", service->spec_digest);
    return strncmp(run->rest_digest, service->spec_digest, sizeof run->rest_digest - 1) != 0;
}

static unsigned facts_of_service(struct action_run *run, const struct service *service)
{
    struct claim *s = &run->subject;
    unsigned facts = 0;

    if (run->effect.rebase && (run->judged_ms || run->settling)) {
        struct action action = action_acting(run);
        if (was_changed(run, service))
            return FACT_CHANGED;
        if (!run->env.driver->ops->settled(run->env.driver, service, &action))
            return 0;
        facts |= FACT_AT_REST;
    }
    if (run->effect.rebase) {
        snprintf(s->base, sizeof s->base, "%s", service->revision);
        run->marks = hash_marks(service);
    }
    if (is_in(run, service))
        facts |= FACT_MARK;
    if (strcmp(service->revision, s->base) == 0)
        facts |= FACT_CURRENT;
    if (run->marks && hash_marks(service) == run->marks)
        facts |= FACT_MARKS_KEPT;
    return facts;
}

static void keep_service(struct action_run *run, const struct service *service)
{
    service_unref(run->service);
    run->service = service_ref(service);
    release_key(service, run->key, sizeof run->key);
}

static void on_service(void *arg, const struct service *service, const struct err *err)
{
    struct action_run *run = action_call_end(arg);
    struct protocol_event event = {.reply = REPLY_OK};

    if (!run)
        return;
    if (service) {
        keep_service(run, service);
        event.facts = facts_of_service(run, service);
    } else if (err->code == ERR_NOT_FOUND) {
        run->why = *err;
        event.facts = FACT_GONE;
    } else {
        action_reply_of(run, err);
        event.reply = REPLY_UNKNOWN;
    }
    action_reply(run, event);
}

void action_read_service(struct action_run *run)
{
    struct action_call *call = action_call_begin(run, "read", run->effect.write);

    run->env.driver->ops->read(run->env.driver, run->status.action.service, on_service, call);
}

/* ---- the record ---- */

/* Older than any writer that is alive leaves it; clocks that disagree by more count as old. */
static bool is_old(const struct action_run *run, const struct claim *claim)
{
    int64_t age = clock_utc_ms(loop_clock(run->env.loop)) - claim->at_utc_ms;

    return age > CLAIM_OLD_MS || age < -CLAIM_OLD_MS;
}

/* Has the record lost outcomes since we began, ours perhaps among them? */
static bool is_forgotten(const struct action_run *run)
{
    const struct release *release = run->release;

    if (!release)
        return run->settling;
    if (release->recent_count < RELEASE_RECENT_MAX)
        return false;
    return !run->anchor[0] || release_recall(release, run->anchor) == OUTCOME_NONE;
}

static struct protocol_event event_of_record(struct action_run *run)
{
    const struct release *release = run->release;
    struct protocol_event event = {.reply = REPLY_OK};

    if (is_forgotten(run))
        event.facts |= FACT_FORGOTTEN;
    if (run->unreadable || (release && release->newer))
        event.facts |= FACT_VIEW_ONLY;
    if (!release)
        return event;
    const struct claim *claim = &release->claim;
    event.recalled = release_recall(release, run->subject.id);
    event.write = claim->write;
    event.writes = claim->writes;
    if (strcmp(claim->id, run->subject.id) == 0) {
        event.facts |= FACT_CLAIMED;
    } else if (claim->id[0]) {
        run->other = *claim;
        event.facts |= FACT_TAKEN | (is_old(run, claim) ? FACT_OLD : 0);
    }
    return event;
}

static void keep_record(struct action_run *run, const char *text, const char *revision)
{
    struct err err = {0};

    release_free(run->release);
    run->release = text ? release_parse(text, strlen(text), &err) : NULL;
    run->unreadable = text && !run->release;
    if (run->unreadable)
        run->why = err;
    else if (run->release && run->release->newer)
        err_set(&run->why, ERR_UNSUPPORTED,
                "a newer lockstep keeps the record of %s: this one may only look at it",
                run->status.action.service);
    snprintf(run->revision, sizeof run->revision, "%s", revision);
    if (!run->judged_ms && !run->anchor[0] && !run->settling && run->release &&
        run->release->recent_count)
        snprintf(run->anchor, sizeof run->anchor, "%s", run->release->recent[0].id);
    if (!run->unreadable)
        run->env.owner.release(run->env.owner.arg, run->status.action.service, run->release);
}

static void on_record(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct action_run *run = action_call_end(arg);

    if (!run)
        return;
    if (err_failed(err)) {
        action_reply_of(run, err);
        action_reply(run, (struct protocol_event){.reply = REPLY_UNKNOWN});
        return;
    }
    keep_record(run, text, revision);
    action_reply(run, event_of_record(run));
}

static void get_record(struct action_run *run)
{
    struct action_call *call = action_call_begin(run, "ledger", run->effect.write);

    run->env.driver->ops->ledger_get(run->env.driver, run->key, on_record, call);
}

/* After a crash the service must be read first: its record lies under its name. */
static void on_named(void *arg, const struct service *service, const struct err *err)
{
    struct action_run *run = action_call_end(arg);

    if (!run)
        return;
    if (service) {
        keep_service(run, service);
        get_record(run);
        return;
    }
    action_reply_of(run, err);
    if (err->code == ERR_NOT_FOUND)
        action_reply(run, (struct protocol_event){.reply = REPLY_OK, .facts = FACT_FORGOTTEN});
    else
        action_reply(run, (struct protocol_event){.reply = REPLY_UNKNOWN});
}

void action_read_ledger(struct action_run *run)
{
    if (run->key[0]) {
        get_record(run);
        return;
    }
    struct action_call *call = action_call_begin(run, "read", run->effect.write);
    run->env.driver->ops->read(run->env.driver, run->status.action.service, on_named, call);
}
