/* acting.c: see acting.h. */
#include "release/acting.h"

#include "test.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what the action asks its owner ---- */

static bool judge(void *arg, const struct intent *intent, const struct service *service,
                  const struct release *release, struct action *action, json_t **verdict,
                  struct err *refusal)
{
    struct acting_operator *op = arg;

    (void)release;
    *verdict = op->no_verdict ? NULL : json_pack("{s:b}", "allowed", op->refusal[0] == '\0');
    if (op->verdict_size) {
        char *much = xcalloc(op->verdict_size + 1, 1);
        memset(much, 'x', op->verdict_size);
        json_object_set_new(*verdict, "much", json_string(much));
        free(much);
    }
    if (op->refusal[0])
        return err_set(refusal, ERR_REJECTED, "%s", op->refusal);
    snprintf(action->from, sizeof action->from, "%s", service->wants);
    if (intent->version[0])
        snprintf(action->to, sizeof action->to, "%s", intent->version);
    action->have_count = service_count(service, action->to, STATES_ALL);
    action->to_count = intent->to_count;
    action->replicas = service->replicas;
    action->last_step = action->to_count >= service->replicas;
    action->mark = op->mark;
    action->glass = op->glass;
    return true;
}

static void changed(void *arg, const struct action_status *status)
{
    struct acting_operator *op = arg;

    op->last = *status;
    op->told++;
}

static void released(void *arg, const char *service_id, const struct release *release)
{
    (void)arg, (void)service_id, (void)release;
}

/* ---- opening and closing ---- */

static void ignore_service(void *arg, const struct service *service)
{
    (void)arg;
    service_unref(service);
}

static void ignore_id(void *arg, const char *id)
{
    (void)arg, (void)id;
}

static void ignore_node(void *arg, const struct node *node)
{
    (void)arg, (void)node;
}

static void ignore(void *arg)
{
    (void)arg;
}

static void ignore_state(void *arg, enum cluster_state state, const struct err *why)
{
    (void)arg, (void)state, (void)why;
}

static void ignore_event(void *arg, const char *service_id, const char *text)
{
    (void)arg, (void)service_id, (void)text;
}

static const struct driver_sink sink = {
    .service = ignore_service,
    .service_gone = ignore_id,
    .node = ignore_node,
    .node_gone = ignore_id,
    .synced = ignore,
    .fresh = ignore,
    .state = ignore_state,
    .event = ignore_event,
    .ledger_changed = ignore_id,
};

static void open_operator(struct acting *bench, int who, const char *dir)
{
    static const char *const names[ACTING_OPERATORS] = {"ann", "bob"};
    struct acting_operator *op = &bench->operators[who];
    const struct driver_env env = {bench->loop, sink, &bench->config};
    struct err err = {0};
    struct driver *real = driver_sim.open(&env, &err);

    ck_assert_msg(real != NULL, "%s", err.text);
    acting_connect(&op->wire, real);
    snprintf(op->journal_path, sizeof op->journal_path, "%s/%s.jsonl", dir, names[who]);
    op->journal = journal_open(op->journal_path, bench->clock, &err);
    ck_assert_msg(op->journal != NULL, "%s", err.text);
    op->env = (struct action_env){
        .loop = bench->loop,
        .driver = &op->wire.base,
        .journal = op->journal,
        .who = names[who],
        .owner = {op, judge, changed, released},
        .calls = &op->calls,
    };
}

void acting_open(struct acting *bench, const char *scenario)
{
    struct err err = {0};
    const char *dir = test_dir();

    *bench = (struct acting){.clock = clock_new_virtual(1772442000000)};
    bench->loop = loop_new(bench->clock);
    bench->sim = sim_new(scenario, 7, bench->clock, &err);
    ck_assert_msg(bench->sim != NULL, "%s", err.text);
    bench->config = (struct cluster_config){
        .name = "lab", .kind = "sim", .endpoint = scenario, .shared = bench->sim};
    for (int i = 0; i < ACTING_OPERATORS; i++)
        open_operator(bench, i, dir);
}

void acting_open_started(struct acting *bench, const char *scenario)
{
    acting_open(bench, scenario);
    struct action_status s = acting_do(bench, 0, VERB_START, "5", 1);
    acting_expect(&s, END_APPLIED);
    acting_pass(bench, 60000);
}

void acting_close(struct acting *bench)
{
    for (int i = 0; i < ACTING_OPERATORS; i++) {
        struct acting_operator *op = &bench->operators[i];
        action_free(op->run);
        op->wire.real->ops->close(op->wire.real);
        while (op->wire.puts)
            free(op->wire.put[--op->wire.puts]);
        action_calls_release(&op->calls);
        journal_close(op->journal);
    }
    sim_unref(bench->sim);
    loop_free(bench->loop);
    clock_free(bench->clock);
}

static void stop(void *arg)
{
    *(bool *)arg = true;
}

void acting_pass(struct acting *bench, int64_t ms)
{
    bool over = false;

    loop_after(bench->loop, ms, stop, &over);
    while (!over && loop_turn(bench->loop, 0))
        ;
}

/* ---- acting ---- */

/* Of the one service there is. */
static void begin(struct acting *bench, int who, struct intent *intent)
{
    struct acting_operator *op = &bench->operators[who];
    const struct service *service = acting_service(bench);

    ck_assert(!op->run);
    snprintf(intent->service, sizeof intent->service, "%s", service->id);
    service_unref(service);
    op->last = (struct action_status){.end = END_NONE};
    op->run = action_start(&op->env, intent);
}

void acting_press(struct acting *bench, int who, enum verb verb, const char *version, uint32_t to)
{
    struct intent intent = {.verb = verb, .to_count = to, .cluster = "lab"};

    snprintf(intent.version, sizeof intent.version, "%s", version);
    begin(bench, who, &intent);
}

void acting_press_flags(struct acting *bench, int who, enum verb verb, unsigned flags)
{
    begin(bench, who, &(struct intent){.verb = verb, .cluster = "lab", .flags = flags});
}

struct action_status acting_finish(struct acting *bench, int who)
{
    struct acting_operator *op = &bench->operators[who];
    int64_t deadline = loop_now_ms(bench->loop) + 600000;

    while (action_status_of(op->run)->phase != PHASE_DONE) {
        ck_assert_msg(loop_turn(bench->loop, 0) && loop_now_ms(bench->loop) < deadline,
                      "it never ends: %s, %s", action_phase_word[action_status_of(op->run)->phase],
                      action_status_of(op->run)->sentence);
    }
    struct action_status status = *action_status_of(op->run);
    ck_assert_int_eq(op->last.phase, PHASE_DONE);
    action_free(op->run);
    op->run = NULL;
    return status;
}

struct action_status acting_do(struct acting *bench, int who, enum verb verb, const char *version,
                               uint32_t to)
{
    acting_press(bench, who, verb, version, to);
    return acting_finish(bench, who);
}

void acting_drop(struct acting *bench, int who)
{
    struct acting_operator *op = &bench->operators[who];

    action_free(op->run);
    op->run = NULL;
    acting_connect(&op->wire, op->wire.real);
}

struct leftovers {
    struct claim claims[8];
    char service[160];
    unsigned count;
};

static void on_leftover(void *arg, const char *cluster, const char *service_id,
                        const struct claim *claim)
{
    struct leftovers *left = arg;

    ck_assert_str_eq(cluster, "lab");
    ck_assert_uint_lt(left->count, ARRAY_LEN(left->claims));
    snprintf(left->service, sizeof left->service, "%s", service_id);
    left->claims[left->count++] = *claim;
}

unsigned acting_restart(struct acting *bench, int who, struct action_status *last)
{
    struct acting_operator *op = &bench->operators[who];
    struct leftovers left = {.count = 0};
    struct err err = {0};

    acting_drop(bench, who);
    ck_assert_msg(action_recover(op->journal_path, on_leftover, &left, &err), "%s", err.text);
    for (unsigned i = 0; i < left.count; i++) {
        op->run = action_settle(&op->env, left.service, &left.claims[i]);
        *last = acting_finish(bench, who);
    }
    return left.count;
}

void acting_expect(const struct action_status *status, enum action_end end)
{
    ck_assert_msg(status->end == end, "%s instead of %s: %s", action_end_word[status->end],
                  action_end_word[end], status->sentence);
}

/* ---- looking ---- */

struct looked {
    const struct service *service;
    struct release *release;
    bool done;
};

static void on_looked(void *arg, const struct service *service, const struct err *err)
{
    struct looked *looked = arg;

    ck_assert_msg(service != NULL, "%s", err ? err->text : "?");
    looked->service = service_ref(service);
    looked->done = true;
}

static void on_record(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct looked *looked = arg;
    struct err bad = {0};

    (void)revision, (void)err;
    looked->release = text ? release_parse(text, strlen(text), &bad) : NULL;
    ck_assert_msg(!text || looked->release, "%s", bad.text);
    looked->done = true;
}

const struct service *acting_service(struct acting *bench)
{
    struct driver *real = bench->operators[0].wire.real;
    struct looked looked = {.done = false};

    real->ops->read(real, "web", on_looked, &looked);
    while (!looked.done && loop_turn(bench->loop, 0))
        ;
    return looked.service;
}

struct stored {
    char *text;
    char revision[96];
    bool done;
};

static void on_stored(void *arg, const char *text, const char *revision, const struct err *err)
{
    struct stored *stored = arg;

    ck_assert_msg(!err_failed(err), "%s", err ? err->text : "");
    stored->text = text ? xstrdup(text) : NULL;
    snprintf(stored->revision, sizeof stored->revision, "%s", revision);
    stored->done = true;
}

static struct stored fetch(struct acting *bench, const char *key)
{
    struct driver *real = bench->operators[0].wire.real;
    struct stored stored = {.done = false};

    real->ops->ledger_get(real, key, on_stored, &stored);
    while (!stored.done && loop_turn(bench->loop, 0))
        ;
    return stored;
}

char *acting_text(struct acting *bench, const char *key)
{
    return fetch(bench, key).text;
}

void acting_put(struct acting *bench, const char *key, const char *text)
{
    struct driver *real = bench->operators[0].wire.real;
    struct stored before = fetch(bench, key), after = {.done = false};

    real->ops->ledger_put(real, key, text, before.revision, on_stored, &after);
    while (!after.done && loop_turn(bench->loop, 0))
        ;
    free(before.text);
    free(after.text);
}

struct release *acting_record(struct acting *bench)
{
    struct driver *real = bench->operators[0].wire.real;
    struct looked looked = {.done = false};

    real->ops->ledger_get(real, "web", on_record, &looked);
    while (!looked.done && loop_turn(bench->loop, 0))
        ;
    return looked.release;
}

unsigned acting_applied(struct acting *bench, const char *id)
{
    unsigned sum = 0;

    for (unsigned write = 0; write < 4; write++) {
        char mark[64];
        snprintf(mark, sizeof mark, "%s.%u", id, write);
        unsigned times = sim_applied(bench->sim, mark);
        ck_assert_msg(times <= 1, "%s was applied %u times", mark, times);
        sum += times;
    }
    return sum;
}

unsigned acting_open_intents(struct acting *bench, int who)
{
    struct leftovers left = {.count = 0};
    struct err err = {0};

    ck_assert(action_recover(bench->operators[who].journal_path, on_leftover, &left, &err));
    return left.count;
}
