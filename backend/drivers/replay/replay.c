/* replay.c: a recording as a cluster: what was heard then goes into the same sink at the same
 * time of the engine's clock. Nothing is asked of anybody, and nothing can be sent. */
#include "drivers/ops.h"
#include "record/tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char nothing_is_sent[] = "a recording: nothing is sent";

struct record {
    const char *key, *text;
};

struct replay {
    struct driver base;
    const struct tape *tape;
    size_t cluster, next; /* fact */
    struct loop_timer *timer;
    struct op_list ops;
    struct record *records; /* of the ledger, as read last */
    size_t record_count, record_cap;
    driver_permissions_fn *permissions;
    void *permissions_arg;
    struct log_sink log; /* that waits to hear that there is none */
    bool log_waits;
};

static struct replay *of(const struct driver *base)
{
    return (struct replay *)(uintptr_t)base;
}

static void keep_record(struct replay *replay, const char *key, const char *text)
{
    size_t at = 0;

    while (at < replay->record_count && strcmp(replay->records[at].key, key) != 0)
        at++;
    if (at == replay->record_count) {
        ARRAY_RESERVE(replay->records, replay->record_cap, at + 1);
        replay->record_count++;
    }
    replay->records[at] = (struct record){key, text};
}

static struct driver *replay_open(const struct driver_env *env, struct err *err)
{
    const struct tape *tape = env->config->tape;
    const struct tape_cluster *cluster = &tape->clusters[env->config->tape_cluster];

    if (cluster->failed[0]) {
        err_set(err, ERR_CONFIG, "%s", cluster->failed);
        return NULL;
    }
    struct replay *replay = xcalloc(1, sizeof *replay);
    replay->base = (struct driver){&driver_replay, *env};
    replay->tape = tape;
    replay->cluster = env->config->tape_cluster;
    for (; replay->next < env->config->tape_next; replay->next++) {
        const struct tape_fact *fact = &tape->facts[replay->next];
        if (fact->kind == TAPE_LEDGER && fact->cluster == replay->cluster)
            keep_record(replay, fact->text, fact->is.record);
    }
    return &replay->base;
}

static void replay_close(struct driver *base)
{
    struct replay *replay = of(base);

    loop_cancel(replay->timer);
    ops_drop_all(&replay->ops);
    free(replay->records);
    free(replay);
}

static const struct driver_caps *replay_caps(const struct driver *base)
{
    const struct replay *replay = of(base);

    return &replay->tape->clusters[replay->cluster].caps;
}

static void feed(struct replay *replay, const struct tape_fact *fact)
{
    const struct driver_sink *sink = &replay->base.env.sink;
    struct err why = {0};

    switch (fact->kind) {
    case TAPE_SERVICE:
        sink->service(sink->arg, service_ref(fact->is.service));
        break;
    case TAPE_SERVICE_GONE:
        sink->service_gone(sink->arg, fact->text);
        break;
    case TAPE_NODE:
        sink->node(sink->arg, fact->is.node);
        break;
    case TAPE_NODE_GONE:
        sink->node_gone(sink->arg, fact->text);
        break;
    case TAPE_SYNCED:
        sink->synced(sink->arg);
        break;
    case TAPE_FRESH:
        sink->fresh(sink->arg);
        break;
    case TAPE_STATE:
        if (fact->text[0])
            err_set(&why, ERR_NETWORK, "%s", fact->text);
        sink->state(sink->arg, fact->is.state, err_or_null(&why));
        break;
    case TAPE_LEDGER:
        keep_record(replay, fact->text, fact->is.record);
        sink->ledger_changed(sink->arg, fact->text);
        break;
    case TAPE_PERMISSIONS:
        if (replay->permissions)
            replay->permissions(replay->permissions_arg, fact->is.permissions, NULL);
        replay->permissions = NULL;
        break;
    case TAPE_TOLD:
        if (sink->told)
            sink->told(sink->arg, fact->is.told->kind, fact->is.told->name, fact->is.told->by,
                       fact->text);
        break;
    case TAPE_ACTION:
        if (sink->acted)
            sink->acted(sink->arg, fact->is.action->ticket, &fact->is.action->status);
        break;
    case TAPE_MEASURE: /* read when somebody asks */
    case TAPE_MARK:
        break;
    }
}

/* What is of no cluster is the first one's to tell. */
static bool is_mine(const struct replay *replay, const struct tape_fact *fact)
{
    return fact->cluster == replay->cluster ||
           (fact->cluster == TAPE_CLUSTERS_MAX && replay->cluster == 0);
}

static void turn(void *arg)
{
    struct replay *replay = arg;
    const struct tape *tape = replay->tape;
    const int64_t now = loop_now_ms(replay->base.env.loop);

    replay->timer = NULL;
    for (; replay->next < tape->count && tape->facts[replay->next].at_ms <= now; replay->next++)
        if (is_mine(replay, &tape->facts[replay->next]))
            feed(replay, &tape->facts[replay->next]);
    while (replay->next < tape->count && !is_mine(replay, &tape->facts[replay->next]))
        replay->next++;
    if (replay->next < tape->count)
        replay->timer =
            loop_after(replay->base.env.loop, tape->facts[replay->next].at_ms - now, turn, replay);
}

static void replay_follow(struct driver *base)
{
    of(base)->timer = loop_after(base->env.loop, 0, turn, base);
}

static void replay_focus(struct driver *base, const char *service_id)
{
    (void)base, (void)service_id;
}

/* Answers that wait for the loop. */
struct reply {
    struct op op;
    driver_read_fn *read;
    driver_act_fn *act;
    driver_ledger_fn *ledger;
    driver_list_fn *list;
    driver_history_fn *history;
    void *arg;
    char key[256];
};

static void give(void *arg)
{
    struct reply *reply = arg, kept = *reply;
    struct replay *replay = of(reply->op.driver);
    struct err err = {0};

    op_end(&reply->op);
    err_set(&err, ERR_UNSUPPORTED, "%s", nothing_is_sent);
    if (kept.read)
        kept.read(kept.arg, NULL, &err);
    else if (kept.act)
        kept.act(kept.arg, "", &err);
    else if (kept.history)
        kept.history(kept.arg, NULL, 0, &err);
    else if (kept.list)
        kept.list(kept.arg, NULL, 0, NULL);
    else if (kept.ledger && !kept.key[0])
        kept.ledger(kept.arg, NULL, "", &err);
    else if (kept.ledger) {
        const char *text = NULL;
        for (size_t i = 0; i < replay->record_count; i++)
            if (strcmp(replay->records[i].key, kept.key) == 0)
                text = replay->records[i].text;
        kept.ledger(kept.arg, text, "", NULL);
    }
}

static struct reply *answer_later(struct driver *base, void *arg)
{
    struct replay *replay = of(base);
    struct reply *reply = xcalloc(1, sizeof *reply);

    reply->arg = arg;
    op_begin(&replay->ops, base, &reply->op, NULL);
    ops_later(&replay->ops, base, 0, give, reply);
    return reply;
}

static void replay_read(struct driver *base, const char *service_id, driver_read_fn *fn, void *arg)
{
    (void)service_id;
    answer_later(base, arg)->read = fn;
}

static bool replay_plan(struct driver *base, const struct service *service, const json_t *memo,
                        struct action *action, json_t **new_memo, struct err *err)
{
    (void)base, (void)service, (void)memo, (void)action, (void)new_memo;
    return err_set(err, ERR_UNSUPPORTED, "%s", nothing_is_sent);
}

static bool replay_settled(struct driver *base, const struct service *service,
                           const struct action *action)
{
    (void)base, (void)service, (void)action;
    return true;
}

static void replay_act(struct driver *base, const struct action *action, const json_t *memo,
                       driver_act_fn *fn, void *arg)
{
    (void)action, (void)memo;
    answer_later(base, arg)->act = fn;
}

static void replay_fence(struct driver *base, const char *service_id, const char *revision,
                         driver_act_fn *fn, void *arg)
{
    (void)service_id, (void)revision;
    answer_later(base, arg)->act = fn;
}

static void replay_ledger_get(struct driver *base, const char *key, driver_ledger_fn *fn, void *arg)
{
    struct reply *reply = answer_later(base, arg);

    reply->ledger = fn;
    snprintf(reply->key, sizeof reply->key, "%s", key);
}

static void replay_ledger_put(struct driver *base, const char *key, const char *text,
                              const char *expected, driver_ledger_fn *fn, void *arg)
{
    (void)key, (void)text, (void)expected;
    answer_later(base, arg)->ledger = fn;
}

/* Records come as they were heard. */
static void replay_ledger_list(struct driver *base, driver_list_fn *fn, void *arg)
{
    answer_later(base, arg)->list = fn;
}

static void replay_permissions(struct driver *base, driver_permissions_fn *fn, void *arg)
{
    struct replay *replay = of(base);

    replay->permissions = fn;
    replay->permissions_arg = arg;
}

static void end_log(void *arg)
{
    struct replay *replay = arg;
    struct err err = {0};

    if (!replay->log_waits)
        return;
    replay->log_waits = false;
    err_set(&err, ERR_UNSUPPORTED, "a recording holds no logs of instances");
    replay->log.end(replay->log.arg, &err);
}

static void replay_log(struct driver *base, const struct log_query *query,
                       const struct log_sink *sink)
{
    struct replay *replay = of(base);

    replay->log_waits = query != NULL;
    if (!query)
        return;
    replay->log = *sink;
    ops_later(&replay->ops, base, 0, end_log, replay);
}

static bool replay_describe(struct driver *base, const char *service_id,
                            const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                            struct err *err)
{
    (void)base, (void)service_id, (void)manifest, (void)artifact;
    return err_set(err, ERR_UNSUPPORTED, "%s", nothing_is_sent);
}

static void replay_history(struct driver *base, driver_history_fn *fn, void *arg)
{
    answer_later(base, arg)->history = fn;
}

static bool is_of(const struct tape_measure *m, const struct driver_measure *ask)
{
    return m->of.measure == ask->measure && m->of.step_ms == ask->step_ms &&
           strcmp(m->of.service_id, ask->service_id) == 0 &&
           strcmp(m->of.version, ask->version) == 0;
}

/* What was measured by now, of each moment the newest. */
static bool replay_measure(struct driver *base, const struct driver_measure *ask, double *values,
                           struct err *err)
{
    const struct replay *replay = of(base);
    size_t end = tape_after(replay->tape, loop_now_ms(base->env.loop));

    (void)err;
    for (size_t i = 0; i < ask->count; i++)
        values[i] = (double)NAN;
    for (size_t f = 0; f < end; f++) {
        const struct tape_fact *fact = &replay->tape->facts[f];
        if (fact->kind != TAPE_MEASURE || fact->cluster != replay->cluster ||
            !is_of(fact->is.measure, ask))
            continue;
        const struct driver_measure *m = &fact->is.measure->of;
        for (size_t i = 0; i < ask->count; i++) {
            int64_t ms = ask->from_utc_ms + (int64_t)i * ask->step_ms - m->from_utc_ms;
            if (ms >= 0 && ms % m->step_ms == 0 && (size_t)(ms / m->step_ms) < m->count)
                values[i] = fact->is.measure->values[ms / m->step_ms];
        }
    }
    return true;
}

const struct driver_ops driver_replay = {
    .name = "replay",
    .open = replay_open,
    .close = replay_close,
    .caps = replay_caps,
    .follow = replay_follow,
    .focus = replay_focus,
    .read = replay_read,
    .plan = replay_plan,
    .settled = replay_settled,
    .act = replay_act,
    .fence = replay_fence,
    .ledger_get = replay_ledger_get,
    .ledger_put = replay_ledger_put,
    .ledger_list = replay_ledger_list,
    .permissions = replay_permissions,
    .log = replay_log,
    .describe = replay_describe,
    .history = replay_history,
    .measure = replay_measure,
};
