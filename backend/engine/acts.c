/* acts.c: an intent becomes an action: judged on a fresh read, then carried out by
 * release/action.c. Here is what the action asks back. */
#include "engine/internal.h"

#include "board/verdict_json.h"
#include "guard/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRESH_ENOUGH_MS = 10000 }; /* facts a verdict may rest on, beside the target's own read */

void entry_set_release(struct engine *engine, struct entry *entry, const struct release *release)
{
    release_free(entry->release);
    entry->release = release ? release_copy(release) : NULL;
    record_release(entry);
    bind_put_release(engine_cluster(engine, entry->cluster)->bind, entry->id, release);
    engine_touch_coupled(engine, entry);
}

static struct act *find_act(struct engine *engine, uint64_t ticket)
{
    for (size_t i = 0; i < engine->act_count; i++)
        if (engine->acts[i].ticket == ticket)
            return &engine->acts[i];
    return NULL;
}

static struct act *new_act(struct engine *engine, uint64_t ticket)
{
    if (engine->act_count == ENGINE_ACTIONS_MAX)
        engine->act_count--;
    memmove(engine->acts + 1, engine->acts, engine->act_count * sizeof *engine->acts);
    engine->act_count++;
    engine->acts[0] = (struct act){.ticket = ticket};
    return &engine->acts[0];
}

static void record_status(struct engine *engine, uint64_t ticket,
                          const struct action_status *status)
{
    const struct cluster *cluster = engine_cluster(engine, status->action.cluster);

    if (cluster)
        record_action(engine->recorder, cluster_index(cluster), ticket, status);
}

void engine_act_again(struct engine *engine, uint64_t ticket, const struct action_status *status)
{
    struct act *act = find_act(engine, ticket);

    if (!act)
        act = new_act(engine, ticket);
    act->status = *status;
    engine_publish_soon(engine);
}

/* An intent that ends before it becomes an action. */
static void refuse(struct engine *engine, const struct intent *intent, const char *why)
{
    struct act *act = new_act(engine, intent->ticket);
    struct action_status *status = &act->status;

    status->action.verb = intent->verb;
    snprintf(status->action.cluster, sizeof status->action.cluster, "%s", intent->cluster);
    snprintf(status->action.service, sizeof status->action.service, "%s", intent->service);
    status->phase = PHASE_DONE;
    status->end = END_REFUSED;
    status->since_ms = loop_now_ms(engine->loop);
    snprintf(status->sentence, sizeof status->sentence, "%s", why);
    record_status(engine, act->ticket, status);
    engine_publish(engine);
}

static const char *nothing_to_do(enum verb verb)
{
    switch (verb) {
    case VERB_START:
        return "no version was named";
    case VERB_STEP:
        return "there is nothing to step: no release is in flight, or it is complete";
    case VERB_PAUSE:
        return "there is nothing to pause: no release is in flight, or it is paused already";
    case VERB_RESUME:
        return "there is nothing to resume: it is not paused";
    case VERB_ROLLBACK:
        return "there is nothing to roll back to: no release is in flight or on record";
    case VERB_FENCE:
    case VERB_ATTEST:
    case VERB_COUNT:
        break;
    }
    return "this cannot be done here";
}

static void fill_action(struct action *action, const struct proposal *p,
                        const struct service *service, const struct intent *intent)
{
    action->verb = p->deed;
    action->mark = p->mark;
    snprintf(action->from, sizeof action->from, "%s", p->from);
    snprintf(action->to, sizeof action->to, "%s", p->to);
    snprintf(action->artifact, sizeof action->artifact, "%s", intent->artifact);
    action->have_count = p->have;
    action->to_count = p->to_count;
    action->replicas = service->replicas;
    action->last_step = p->to_count >= service->replicas;
}

/* A rule that warns refuses until the operator says once more: with a reason, which is
 * journaled, or having seen the refusal. --yes and arming are no answer to it: they say that this
 * is production, not that this rule may break. A simulator asks nothing, so only a reason will do.
 */
static bool goes_past(const struct cluster *cluster, const struct intent *intent,
                      const struct verdict *verdict)
{
    bool simulated = strcmp(cluster->config.kind, "sim") == 0;

    if (answer_is_broken(verdict->findings[RULE_RL].answer))
        return false;
    return verdict->level == LEVEL_WARN &&
           (intent->reason[0] || (intent->flags & INTENT_WARNED && !simulated));
}

/* The record of a stage: whose it is and when, and the very artifact that was the canary. */
static void fill_mark(struct engine *engine, struct action *action, const struct board_input *in)
{
    struct certificate *cert = &action->mark.cert;
    const struct release *release = in->guard.release;
    const struct service *service = in->guard.service;
    bool known = release && strcmp(release->to, action->to) == 0;
    bool kept = release && release->cert.state == cert->state &&
                strcmp(release->cert.version, cert->version) == 0;

    if (action->mark.after == STAGE_NONE)
        return;
    if (kept) {
        cert->at_utc_ms = release->cert.at_utc_ms;
        snprintf(cert->by, sizeof cert->by, "%s", release->cert.by);
    } else if (cert->state != PROOF_NONE) {
        cert->at_utc_ms = clock_utc_ms(engine->clock);
        snprintf(cert->by, sizeof cert->by, "%s", action->by);
    }
    if (action->artifact[0])
        return;
    if (action->verb == VERB_START && known && stage_in_flight(release->stage))
        snprintf(action->artifact, sizeof action->artifact, "%s", release->artifact);
    else if (action->verb == VERB_STEP && !known && strcmp(service->wants, action->to) == 0)
        snprintf(action->artifact, sizeof action->artifact, "%s", service->artifact);
}

/* Everything that one intent is judged by. */
struct judging {
    struct engine *engine;
    const struct cluster *cluster;
    const struct intent *intent;
    const struct service *service;
    const struct board_input *in;
    struct proposal p;
    struct verdict verdict;
    struct err *refusal;
};

static bool refuse_rule(const struct judging *j)
{
    const struct finding *first = j->verdict.first;

    return err_set(j->refusal, ERR_REJECTED, "%s %s: %s%s%s%s", rule_word[first->rule],
                   rule_name[first->rule], first->sentence, first->way_out[0] ? ". Way out: " : "",
                   first->way_out,
                   j->verdict.level == LEVEL_WARN && first->rule != RULE_RL
                       ? ". Or override it, with the reason"
                       : "");
}

/* Rules, and what the stages wait for: refused, or passed by whoever may. */
static bool rules_let(struct judging *j, json_t *said, struct glass *glass)
{
    const char *hinder = j->p.hinder;
    bool broken = j->verdict.first != NULL;

    if (broken && goes_past(j->cluster, j->intent, &j->verdict)) {
        json_object_set_new(said, "overridden", json_string(j->intent->reason));
        broken = false;
    }
    if ((broken && !hinder[0]) || j->p.past)
        switch (glass_ask(j->cluster, j->intent, j->in, &j->p, &j->verdict, glass, j->refusal)) {
        case GLASS_PASSES:
            return true;
        case GLASS_REFUSED:
            return false;
        case GLASS_WHOLE:
            break;
        }
    if (broken)
        return refuse_rule(j);
    return !hinder[0] || err_set(j->refusal, ERR_REJECTED, "%s: %s", j->service->name, hinder);
}

/* For the journal: what was measured when it was decided, and that nobody pressed a key. */
static void note_grounds(const struct judging *j, json_t *said)
{
    const struct evidence *evidence = j->in->evidence;

    if (evidence && evidence->reason[0])
        json_object_set_new(said, "evidence", json_string(evidence->reason));
    if (j->intent->flags & INTENT_AUTOMATIC)
        json_object_set_new(said, "automatic", json_string(j->intent->reason));
}

static bool judge_service(struct judging *j, struct arena *arena, struct action *action,
                          json_t **verdict_out)
{
    const struct intent *intent = j->intent;
    struct glass glass = {.rules = ""};

    j->p = board_propose(j->in, intent->verb, intent->to_count, intent->version, arena);
    const struct guard_ask ask = {
        .verb = j->p.asked,
        .version = j->p.ask,
        .to_count = j->p.to_count,
        .basis = intent->basis,
        .spec_digest = intent->spec_digest,
    };

    if (!j->p.offered)
        return err_set(j->refusal, ERR_REJECTED, "%s: %s", j->service->name,
                       nothing_to_do(intent->verb));
    board_judge(j->in, &ask, arena, &j->verdict);
    *verdict_out = verdict_json(&j->verdict);
    note_grounds(j, *verdict_out);
    if (!rules_let(j, *verdict_out, &glass))
        return false;
    if (loop_now_ms(j->engine->loop) - j->cluster->fresh_ms > FRESH_ENOUGH_MS &&
        intent->verb != VERB_PAUSE)
        return err_set(j->refusal, ERR_REJECTED,
                       "what is known of the other services and nodes is older "
                       "than 10 s; nothing is sent on old news");
    fill_action(action, &j->p, j->service, intent);
    action->glass = glass;
    if (glass.waits)
        action->mark = (struct stage_mark){.after = STAGE_NONE};
    fill_mark(j->engine, action, j->in);
    return true;
}

static bool on_judge(void *arg, const struct intent *intent, const struct service *service,
                     const struct release *release, struct action *action, json_t **verdict,
                     struct err *refusal)
{
    struct entry *entry = arg;
    struct engine *engine = entry->engine;
    const struct snapshot *snapshot = fleet_snapshot(engine->fleet);
    struct board_input in = engine_board_input(engine, entry, snapshot, service);

    in.guard.release = release;
    if (intent->verb == VERB_START && intent->profile[0])
        in.profile = profile_find(intent->profile);
    struct judging judging = {.engine = engine,
                              .cluster = engine_cluster(engine, entry->cluster),
                              .intent = intent,
                              .service = service,
                              .in = &in,
                              .refusal = refusal};
    struct arena *arena = arena_new(2048);
    bool ok = judge_service(&judging, arena, action, verdict);
    arena_free(arena);
    snapshot_unref(snapshot);
    return ok;
}

static const char *name_of(struct engine *engine, const char *cluster, const char *id)
{
    const struct service *service = fleet_find_service(engine->fleet, cluster, id);
    const struct node *node = fleet_find_node(engine->fleet, cluster, id);

    return service ? service->name : node ? node->name : id;
}

static void end_run(void *arg)
{
    struct entry *entry = arg;
    struct engine *engine = entry->engine;
    struct intent *queued = entry->queued;

    action_free(entry->run);
    entry->run = NULL;
    entry->queued = NULL;
    engine_touch(engine, entry);
    engine_settle(engine, engine_cluster(engine, entry->cluster));
    if (queued)
        engine_accept(engine, queued);
    free(queued);
}

/* A journal that failed once is bad for good: whoever presses the next key must know. */
static void check_journal(struct engine *engine)
{
    if (engine->journal && journal_is_bad(engine->journal))
        snprintf(engine->notice, sizeof engine->notice, "no journal: %.300s could not be written",
                 engine->journal_path);
}

static void say_glass(struct engine *engine, const struct entry *entry,
                      const struct action_status *status)
{
    const struct glass *glass = &status->action.glass;
    char line[400];

    if (!glass->rules[0] || glass->waits ||
        (status->end != END_APPLIED && status->end != END_PARTIAL))
        return;
    snprintf(line, sizeof line, "the glass was broken past %s: %s", glass->rules, glass->reason);
    engine_tell(engine, EVENT_ACTION, entry->cluster, name_of(engine, entry->cluster, entry->id),
                glass->by, line);
}

static void on_changed(void *arg, const struct action_status *status)
{
    struct entry *entry = arg;
    struct engine *engine = entry->engine;
    struct act *act = find_act(engine, entry->ticket);

    if (act) {
        act->status = *status;
        record_status(engine, act->ticket, status);
    }
    check_journal(engine);
    if (status->phase == PHASE_DONE) {
        struct cluster *cluster = engine_cluster(engine, entry->cluster);
        char line[480];
        snprintf(line, sizeof line, "%s: %s", verb_word[status->action.verb], status->sentence);
        engine_tell(engine, EVENT_ACTION, entry->cluster,
                    name_of(engine, entry->cluster, entry->id), status->action.by, line);
        say_glass(engine, entry, status);
        if (status->action.verb == VERB_FENCE || status->action.verb == VERB_ATTEST)
            cluster_read_release(cluster, "@cluster");
        if (entry->recovering)
            entry->recovering--;
        loop_post(engine->loop, end_run, entry);
    }
    engine_publish_soon(engine);
}

static void on_release(void *arg, const char *service_id, const struct release *release)
{
    struct entry *entry = arg;

    (void)service_id;
    entry_set_release(entry->engine, entry, release);
}

static json_t *on_contract(void *arg, const char *service_id, const char *version, json_t *archive)
{
    struct entry *entry = arg;
    struct cluster *cluster = engine_cluster(entry->engine, entry->cluster);

    return bind_to_archive(cluster->bind, service_id, version, archive);
}

static void fill_env(struct engine *engine, struct cluster *cluster, struct entry *entry)
{
    entry->env = (struct action_env){
        .loop = engine->loop,
        .driver = cluster->driver,
        .journal = engine->journal,
        .who = cluster->who[0] ? cluster->who : "unknown",
        .owner = {.arg = entry,
                  .judge = on_judge,
                  .contract = on_contract,
                  .changed = on_changed,
                  .release = on_release,
                  .locks = locks_needed},
        .lock = locks_env(engine, cluster),
        .calls = &cluster->calls,
    };
}

/* Whoever reads the record shall know what these clients call, whatever their own settings say. */
static json_t *requires_of(const struct cluster *cluster, const struct intent *intent,
                           const char **why)
{
    const char *element = intent->attested == ATTEST_USAGE ? intent->version : NULL;

    return bind_client_requires(cluster->bind, intent->service, element, why);
}

static const char *unknown_clients(const struct cluster *cluster, const struct intent *intent)
{
    const char *why;

    json_decref(requires_of(cluster, intent, &why));
    return why;
}

/* Why this intent cannot even begin; "" when it can. */
static const char *not_now(struct engine *engine, const struct cluster *cluster,
                           const struct intent *intent)
{
    if (engine->tape)
        return "a recording: nothing is sent";
    if (!cluster || !cluster->driver)
        return "that context is not open";
    if (cluster->config.read_only)
        return "this context is read-only: nothing but GET is sent";
    if (cluster->state != CLUSTER_LIVE)
        return "the cluster does not answer; nothing is sent on old news";
    if (cluster->config.production && !(intent->flags & INTENT_CONFIRMED))
        return "this context is production: confirm first (--yes, or w and the question)";
    if (intent->verb == VERB_FENCE) {
        const struct node *node = fleet_find_node(engine->fleet, intent->cluster, intent->service);
        if (!node)
            return "no node is called that";
        if (node->state == NODE_REPORTING)
            return "that node reports: it is not gone. Drain it or stop it first";
        return "";
    }
    if (intent->verb == VERB_ATTEST && intent->attested == ATTEST_GONE)
        return bind_not_gone(cluster->bind, intent->service, intent->version);
    if (intent->verb == VERB_ATTEST)
        return unknown_clients(cluster, intent);
    if (!fleet_find_service(engine->fleet, intent->cluster, intent->service))
        return "no service is called that";
    if (intent->profile[0] && !profile_find(intent->profile))
        return "no profile is called that: plain, code, data, api, hotfix or fast";
    if (intent->profile[0] && !cluster->driver->ops->caps(cluster->driver)->ledger)
        return "a profile needs the shared record, which this cluster has no store for";
    return "";
}

void engine_accept(struct engine *engine, const struct intent *intent)
{
    struct cluster *cluster = engine_cluster(engine, intent->cluster);
    const char *why = not_now(engine, cluster, intent);

    if (why[0]) {
        refuse(engine, intent, why);
        return;
    }
    struct entry *entry = engine_entry(engine, intent->cluster, intent->service);
    if (entry->run && intent->verb == VERB_PAUSE && !entry->queued) {
        action_give_up(entry->run);
        entry->queued = xcalloc(1, sizeof *entry->queued);
        *entry->queued = *intent;
        return;
    }
    if (entry->run || entry->recovering) {
        refuse(engine, intent,
               entry->recovering ? "an action of before is being settled: one moment"
                                 : "another action on it is on its way: P gives it up");
        return;
    }
    struct act *act = new_act(engine, intent->ticket);
    act->status.action.verb = intent->verb;
    snprintf(act->status.action.cluster, sizeof act->status.action.cluster, "%s", intent->cluster);
    snprintf(act->status.action.service, sizeof act->status.action.service, "%s", intent->service);
    act->status.since_ms = loop_now_ms(engine->loop);
    fill_env(engine, cluster, entry);
    const struct node *node = fleet_find_node(engine->fleet, intent->cluster, intent->service);
    entry->env.silent_utc_ms = intent->verb == VERB_FENCE && node ? node->state_utc_ms : 0;
    if (intent->verb == VERB_ATTEST && intent->attested != ATTEST_GONE)
    entry->env.requires = requires_of(cluster, intent, &why);
    entry->ticket = intent->ticket;
    entry->run = action_start(&entry->env, intent);
    json_decref(entry->env.requires);
    entry->env.requires = NULL;
    engine_publish_soon(engine);
}

static void on_leftover(void *arg, const char *cluster, const char *service_id,
                        const struct claim *claim)
{
    struct engine *engine = arg;
    struct leftover *left = xcalloc(1, sizeof *left);

    if (!engine_cluster(engine, cluster)) {
        free(left); /* another run's context: it is settled where that context is open */
        return;
    }
    left->claim = *claim;
    snprintf(left->cluster, sizeof left->cluster, "%s", cluster);
    snprintf(left->service, sizeof left->service, "%s", service_id);
    left->next = engine->leftovers;
    engine->leftovers = left;
    engine_entry(engine, cluster, service_id)->recovering++;
}

void engine_recover(struct engine *engine)
{
    struct err err = {0};

    if (engine->journal && !action_recover(engine->journal_path, on_leftover, engine, &err))
        snprintf(engine->notice, sizeof engine->notice, "%s", err.text);
}

void engine_settle(struct engine *engine, struct cluster *cluster)
{
    for (struct leftover **at = &engine->leftovers; *at;) {
        struct leftover *left = *at;
        struct entry *entry = engine_entry(engine, left->cluster, left->service);
        if (strcmp(left->cluster, cluster->config.name) != 0 || entry->run) {
            at = &left->next;
            continue;
        }
        *at = left->next;
        pthread_mutex_lock(&engine->lock);
        entry->ticket = ++engine->next_ticket;
        pthread_mutex_unlock(&engine->lock);
        new_act(engine, entry->ticket);
        fill_env(engine, cluster, entry);
        entry->run = action_settle(&entry->env, left->service, &left->claim);
        free(left);
    }
}
