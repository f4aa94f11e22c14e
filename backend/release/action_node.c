/* action_node.c: what somebody knows for a fact, with evidence: a node that leaves the count, a
 * format that is gone from a store, how often clients call, whether they are supported. One
 * compare-and-swap on the cluster's own record,
 * {"schema":1,"fenced":{node:{reason,by,at,id}},"attested":{store:{format:{the same}}},
 * "clients":{cohort:{"requires":{service:[element]},"usage":{element:{calls, the same}},
 * "support":{ended, the same}}}}.
 *
 * The swap is the action: a lost answer is asked again identically, and a conflict is looked
 * up by the action's id. Entries of other nodes that came in between are kept. */
#include "release/action_run.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER_KEY "@cluster"
enum { NODE_TRIES = 5 };

static void get(struct action_run *run);

static void finish(struct action_run *run, enum outcome outcome, enum action_end end)
{
    struct err ignored = {0};

    run->effect = (struct protocol_effect){
        .kind = EFFECT_JOURNAL, .record = RECORD_OUTCOME, .outcome = outcome, .end = end};
    if (run->judged_ms || run->settling)
        action_journal(run, &ignored);
    action_done(run, end);
}

static bool attests(const struct action_run *run)
{
    return run->status.action.verb == VERB_ATTEST;
}

static json_t *entry_of(const struct action_run *run)
{
    const struct action *action = &run->status.action;
    const json_t *record = run->cluster_record;

    if (!attests(run))
        return json_object_get(json_object_get(record, "fenced"), action->service);
    if (action->attested == ATTEST_GONE)
        return json_object_get(
            json_object_get(json_object_get(record, "attested"), action->service), action->to);
    const json_t *client = json_object_get(json_object_get(record, "clients"), action->service);
    if (action->attested == ATTEST_USAGE)
        return json_object_get(json_object_get(client, "usage"), action->to);
    return json_object_get(client, "support");
}

/* The member that is an object; made when it is not. */
static json_t *member(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);

    if (json_is_object(found))
        return found;
    found = json_object();
    json_object_set_new(object, key, found);
    return found;
}

/* What is there already stays. */
static void add_name(json_t *object, const char *key, const json_t *name)
{
    json_t *names = json_object_get(object, key);
    const json_t *known;
    size_t i;

    if (!json_is_array(names)) {
        names = json_array();
        json_object_set_new(object, key, names);
    }
    json_array_foreach(names, i, known) if (json_equal(known, name)) return;
    json_array_append_new(names, json_copy((json_t *)(uintptr_t)name));
}

static void set_client(struct action_run *run, json_t *entry)
{
    const struct action *action = &run->status.action;
    json_t *client = member(member(run->cluster_record, "clients"), action->service);
    const char *service;
    json_t *names;

    json_object_foreach(run->env.requires, service, names)
    {
        for (size_t i = 0; i < json_array_size(names); i++)
            add_name(member(client, "requires"), service, json_array_get(names, i));
    }
    if (action->attested == ATTEST_USAGE) {
        json_object_set_new(entry, "calls", json_integer((json_int_t)action->calls));
        json_object_set_new(member(client, "usage"), action->to, entry);
        return;
    }
    json_object_set_new(entry, "ended", json_boolean(action->attested == ATTEST_ENDED));
    json_object_set_new(client, "support", entry);
}

static void set_entry(struct action_run *run, json_t *entry)
{
    const struct action *action = &run->status.action;

    if (!attests(run))
        json_object_set_new(member(run->cluster_record, "fenced"), action->service, entry);
    else if (action->attested == ATTEST_GONE)
        json_object_set_new(member(member(run->cluster_record, "attested"), action->service),
                            action->to, entry);
    else
        set_client(run, entry);
}

static bool is_ours(const struct action_run *run)
{
    const char *id = json_raw(json_object_get(entry_of(run), "id"));

    return id && strcmp(id, run->subject.id) == 0;
}

/* Somebody's evidence of before, which is told instead of being replaced. */
static bool stands(const struct action_run *run)
{
    const json_t *entry = entry_of(run);
    const char *at = json_raw(json_object_get(entry, "at"));
    bool over = at && run->env.silent_utc_ms > clock_parse_utc(at);

    return entry && !run->settling && (run->tries || !(attests(run) || over));
}

static json_t *new_entry(const struct action_run *run)
{
    char at[CLOCK_TEXT];
    json_t *entry = json_object();

    clock_format_utc(clock_utc_ms(loop_clock(run->env.loop)), at);
    json_object_set_new(entry, "reason", json_string(run->intent.reason));
    json_object_set_new(entry, "by", json_string(run->env.who));
    json_object_set_new(entry, "at", json_string(at));
    json_object_set_new(entry, "id", json_string(run->subject.id));
    return entry;
}

static void send(struct action_run *run);

static void on_backed_off(void *arg)
{
    struct action_run *run = arg;

    run->timer = NULL;
    if (run->put_text)
        send(run);
    else
        get(run);
}

static void back_off(struct action_run *run)
{
    int64_t ms = (int64_t)RETRY_FIRST_MS << (run->tries < 5 ? run->tries : 5);

    run->tries++;
    run->timer =
        loop_after(run->env.loop, ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS, on_backed_off, run);
}

static void on_put(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct action_run *run = action_call_end(arg);

    (void)text;
    (void)revision;
    if (!run)
        return;
    switch (action_reply_of(run, err)) {
    case REPLY_OK:
        if (run->settling)
            finish(run, OUTCOME_NOT_APPLIED, END_NOT_APPLIED);
        else
            finish(run, OUTCOME_APPLIED, END_APPLIED);
        break;
    case REPLY_CONFLICT:
        action_forget_put(run);
        get(run);
        break;
    case REPLY_REFUSED:
    case REPLY_LATE:
        finish(run, OUTCOME_NOT_APPLIED, END_NOT_APPLIED);
        break;
    case REPLY_UNKNOWN: /* again, identically */
        action_phase_set(run, PHASE_SETTLING);
        back_off(run);
        break;
    }
}

static void send(struct action_run *run)
{
    struct action_call *call = action_call_begin(run, "store", 0);

    run->env.driver->ops->ledger_put(run->env.driver, CLUSTER_KEY, run->put_text, run->put_expected,
                                     on_put, call);
    action_fail("sent", "store", 0);
}

/* Settling after a crash writes the record back as it is: a late first try can then only fail. */
static void put(struct action_run *run)
{
    if (!run->cluster_record)
        run->cluster_record = json_pack("{s:i}", "schema", 1);
    if (!run->settling)
        set_entry(run, new_entry(run));
    run->put_text = json_text(run->cluster_record);
    snprintf(run->put_expected, sizeof run->put_expected, "%s", run->revision);
    send(run);
}

static bool write_intent(struct action_run *run)
{
    struct err err = {0};

    if (run->judged_ms || run->settling)
        return true;
    run->effect = (struct protocol_effect){.kind = EFFECT_JOURNAL, .record = RECORD_INTENT};
    if (!action_journal(run, &err)) {
        run->why = err;
        return false;
    }
    run->judged_ms = loop_now_ms(run->env.loop);
    return true;
}

static void on_got(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct action_run *run = action_call_end(arg);
    struct err bad = {0};

    if (!run)
        return;
    if (action_reply_of(run, err) != REPLY_OK) {
        if (run->judged_ms || run->settling)
            back_off(run);
        else
            finish(run, OUTCOME_NOT_APPLIED, END_NOT_APPLIED);
        return;
    }
    json_decref(run->cluster_record);
    run->cluster_record =
        text ? json_parse(text, strlen(text), "the cluster's ledger record", &bad) : NULL;
    snprintf(run->revision, sizeof run->revision, "%s", revision);
    if ((text && !json_is_object(run->cluster_record)) ||
        json_integer_value(json_object_get(run->cluster_record, "schema")) > 1) {
        run->why = bad;
        err_set(&run->why, ERR_UNSUPPORTED,
                "the cluster's ledger record was written by a newer lockstep, or damaged");
        finish(run, OUTCOME_NOT_APPLIED, run->judged_ms ? END_NOT_APPLIED : END_REFUSED);
    } else if (is_ours(run)) {
        finish(run, OUTCOME_APPLIED, END_APPLIED);
    } else if (stands(run)) {
        const char *by = json_raw(json_object_get(entry_of(run), "by"));
        text_clean_into(run->other.by, sizeof run->other.by, by ? by : "", by ? strlen(by) : 0);
        snprintf(run->other.id, sizeof run->other.id, "other");
        run->other.verb = run->status.action.verb;
        run->other.at_utc_ms = clock_utc_ms(loop_clock(run->env.loop));
        finish(run, OUTCOME_NOT_APPLIED, END_CONFLICT);
    } else if (run->tries >= NODE_TRIES && !run->settling) {
        finish(run, OUTCOME_NOT_APPLIED, END_CONFLICT);
    } else if (!write_intent(run)) {
        finish(run, OUTCOME_NOT_APPLIED, END_NOT_APPLIED);
    } else {
        run->tries++;
        put(run);
    }
}

static void get(struct action_run *run)
{
    struct action_call *call = action_call_begin(run, "ledger", 0);

    run->env.driver->ops->ledger_get(run->env.driver, CLUSTER_KEY, on_got, call);
}

void action_node_start(struct action_run *run)
{
    const struct driver_caps *caps = run->env.driver->ops->caps(run->env.driver);

    if (!caps->ledger) {
        err_set(&run->why, ERR_UNSUPPORTED,
                "this cluster has no shared store that could remember it");
        action_done(run, END_REFUSED);
        return;
    }
    get(run);
}
