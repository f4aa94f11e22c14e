/* lab.c: see lab.h. */
#include "alerts/lab.h"

#include "base/mem.h"
#include "engine/drive.h"
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the receiver ---- */

struct lab_outlet {
    struct sink base;
    struct loop *loop;
    struct receiver *to;
    struct loop_timer *timer;
    struct sink_item item;
    struct alert alert;
    sink_done_fn *done;
    void *arg;
    bool take, fail;
};

static struct sink *outlet_open(const struct sink_env *env, struct err *err)
{
    struct lab_outlet *outlet = xcalloc(1, sizeof *outlet);

    (void)err;
    outlet->base.ops = &lab_sink;
    outlet->loop = env->loop;
    outlet->to = env->arg;
    return &outlet->base;
}

static void answer(void *arg)
{
    struct lab_outlet *outlet = arg;
    struct receiver *to = outlet->to;
    struct err err = {0};

    outlet->timer = NULL;
    if (outlet->take) {
        ck_assert_uint_lt(to->count, LAB_GOT_MAX);
        struct got *got = &to->got[to->count++];
        snprintf(got->id, sizeof got->id, "%s", outlet->alert.id);
        snprintf(got->kind, sizeof got->kind, "%s", outlet->alert.kind);
        snprintf(got->name, sizeof got->name, "%.60s", outlet->alert.name);
        got->event = outlet->item.event;
        got->at_utc_ms = clock_utc_ms(loop_clock(outlet->loop));
    }
    if (outlet->fail)
        err_set(&err, ERR_NETWORK, "scripted");
    outlet->done(outlet->arg, outlet->take, &err);
}

static bool take_one(unsigned *left)
{
    return *left > 0 && (*left)--;
}

static void outlet_send(struct sink *base, const struct sink_item *items, size_t count,
                        sink_done_fn *done, void *arg)
{
    struct lab_outlet *outlet = (struct lab_outlet *)base;
    struct receiver *to = outlet->to;

    ck_assert_uint_eq(count, 1);
    outlet->alert = *items->alert;
    outlet->item = *items;
    outlet->done = done;
    outlet->arg = arg;
    bool hangs = take_one(&to->hang), refuses = !hangs && take_one(&to->refuse);
    bool loses = !hangs && !refuses && take_one(&to->lose_answer);
    outlet->take = !hangs && !refuses;
    outlet->fail = hangs || refuses || loses;
    outlet->timer = loop_after(outlet->loop, hangs ? SINK_TIME_MS : to->delay_ms, answer, outlet);
}

static void outlet_close(struct sink *base)
{
    struct lab_outlet *outlet = (struct lab_outlet *)base;

    loop_cancel(outlet->timer);
    free(outlet);
}

const struct sink_ops lab_sink = {
    .name = "lab",
    .batch_max = 1,
    .open = outlet_open,
    .send = outlet_send,
    .close = outlet_close,
};

/* ---- the lab ---- */

void lab_open(struct lab *lab, const char *scenario)
{
    struct err err = {0};
    static const uint32_t waves[] = {1, 3, 8};
    char journal[400];

    snprintf(journal, sizeof journal, "%s/journal.jsonl", test_dir());
    *lab = (struct lab){.clock = clock_new_virtual(1772442000000)};
    lab->out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    lab->sim = sim_new(scenario, 1, lab->clock, &err);
    ck_assert_msg(lab->sim != NULL, "%s", err.text);
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = scenario, .shared = lab->sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = lab->clock};
    lab->engine = engine_new(&config, &err);
    ck_assert_msg(lab->engine != NULL, "%s", err.text);
    const struct drive op = {lab->engine, "lab", "web", 120000};
    drive_sync(&op);
    drive_release(&op, "5", waves, 3);
    for (int i = 0; i < LAB_WATCHES; i++)
        snprintf(lab->spool[i], sizeof lab->spool[i], "%s/watch-%d.json", test_dir(), i);
}

void lab_close(struct lab *lab)
{
    for (int i = 0; i < LAB_WATCHES; i++)
        lab_kill(lab, i);
    lab_run(lab, 100); /* answers that nobody waits for any more */
    engine_free(lab->engine);
    sim_unref(lab->sim);
    clock_free(lab->clock);
    close(lab->out);
}

static void say(void *arg, const char *text)
{
    struct lab *lab = arg;

    (void)text;
    lab->said++;
}

void lab_start(struct lab *lab, int which)
{
    static const char *const contexts[] = {"lab"};
    const struct watch_sink sink = {&lab_sink, "lab", &lab->receiver};
    const struct watch_env env = {.engine = lab->engine,
                                  .loop = engine_loop(lab->engine),
                                  .settings = &lab->settings,
                                  .contexts = contexts,
                                  .context_count = 1,
                                  .spool = lab->spool[which],
                                  .out = lab->out,
                                  .json = true,
                                  .unknown_ms = 300000,
                                  .silent_ms = 120000,
                                  .say = say,
                                  .arg = lab,
                                  .scripted = &sink,
                                  .scripted_count = 1};
    struct err err = {0};

    ck_assert_ptr_null(lab->watch[which]);
    lab->watch[which] = watch_new(&env, &err);
    ck_assert_msg(lab->watch[which] != NULL, "%s", err.text);
}

void lab_kill(struct lab *lab, int which)
{
    watch_free(lab->watch[which], false);
    lab->watch[which] = NULL;
}

struct waiting {
    struct lab *lab;
    size_t count;
};

static bool look(void *arg, const struct frame *frame)
{
    struct waiting *w = arg;

    for (int i = 0; i < LAB_WATCHES; i++)
        if (w->lab->watch[i])
            watch_look(w->lab->watch[i], frame);
    return w->lab->receiver.count >= w->count;
}

void lab_run(struct lab *lab, int64_t ms)
{
    struct waiting w = {lab, SIZE_MAX};

    engine_run_until(lab->engine, ms, look, &w);
}

void lab_until(struct lab *lab, size_t count, int64_t ms)
{
    struct waiting w = {lab, count};

    ck_assert_msg(engine_run_until(lab->engine, ms, look, &w), "%zu of %zu events after %lld ms",
                  lab->receiver.count, count, (long long)ms);
}

void lab_push(struct lab *lab, const char *version, unsigned count)
{
    struct err err = {0};

    ck_assert_msg(sim_push_foreign(lab->sim, "web", version, count, 0, &err), "%s", err.text);
}

void lab_inject(struct lab *lab, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    ck_assert_msg(sim_inject(lab->sim, fault, target, &err), "%s", err.text);
}

size_t lab_count(const struct lab *lab, size_t from, const char *kind, enum alert_event event)
{
    size_t count = 0;

    for (size_t i = from; i < lab->receiver.count; i++)
        count += lab->receiver.got[i].event == event &&
                 (!kind || strcmp(lab->receiver.got[i].kind, kind) == 0);
    return count;
}

size_t lab_doubles(const struct lab *lab)
{
    size_t count = 0;

    for (size_t i = 0; i < lab->receiver.count; i++)
        for (size_t j = 0; j < i; j++)
            count += lab->receiver.got[i].event == lab->receiver.got[j].event &&
                     strcmp(lab->receiver.got[i].id, lab->receiver.got[j].id) == 0;
    return count;
}
