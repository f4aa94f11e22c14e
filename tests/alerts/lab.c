/* lab.c: see lab.h. */
#include "alerts/lab.h"

#include "base/mem.h"

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
        if (to->count == LAB_GOT_MAX)
            fatal("the receiver's list is full");
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

    (void)count; /* one: batch_max */
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

struct pressed {
    uint64_t ticket;
    uint32_t serving; /* of version 5, at rest; 0: the end of the action */
};

static bool is_done(void *arg, const struct frame *frame)
{
    const struct pressed *p = arg;
    const struct row *row = frame_find_row(frame, "lab", "web");

    if (!p->ticket)
        return frame->synced && row;
    for (size_t i = 0; i < frame->action_count && !p->serving; i++)
        if (frame->tickets[i] == p->ticket && frame->actions[i].phase == PHASE_DONE)
            return true;
    return p->serving && service_count(row->service, "5", STATES_SERVING) == p->serving &&
           row->service->motion != MOTION_MOVING;
}

static void wait_for(struct lab *lab, uint64_t ticket, uint32_t serving)
{
    struct pressed p = {ticket, serving};

    if (!engine_run_until(lab->engine, 120000, is_done, &p))
        fatal("the lab was not released");
}

static void press(struct lab *lab, enum verb verb, const char *version, uint32_t serving)
{
    struct intent intent = {.verb = verb, .cluster = "lab"};
    const struct frame *frame = engine_frame(lab->engine);
    const struct row *row = frame_find_row(frame, "lab", "web");

    snprintf(intent.service, sizeof intent.service, "%s", row->service->id);
    snprintf(intent.spec_digest, sizeof intent.spec_digest, "%s", row->service->spec_digest);
    snprintf(intent.version, sizeof intent.version, "%s", version);
    intent.basis = row->basis;
    frame_unref(frame);
    uint64_t ticket = engine_submit(lab->engine, &intent);
    wait_for(lab, ticket, 0);
    wait_for(lab, ticket, serving);
}

void lab_open(struct lab *lab, const char *scenario, const char *folder)
{
    struct err err = {0};
    char journal[500];

    memset(lab, 0, sizeof *lab); /* larger than a stack */
    lab->clock = clock_new_virtual(1772442000000);
    snprintf(journal, sizeof journal, "%s/journal.jsonl", folder);
    for (int i = 0; i < LAB_WATCHES; i++)
        snprintf(lab->spool[i], sizeof lab->spool[i], "%s/watch-%d.json", folder, i);
    lab->out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    lab->sim = sim_new(scenario, 1, lab->clock, &err);
    const struct cluster_config cluster = {
        .name = "lab", .kind = "sim", .endpoint = scenario, .shared = lab->sim};
    const struct engine_config config = {.clusters = &cluster,
                                         .cluster_count = 1,
                                         .journal_path = journal,
                                         .plan = plan_default(),
                                         .clock = lab->clock};
    lab->engine = lab->sim ? engine_new(&config, &err) : NULL;
    if (!lab->engine)
        fatal("%s", err.text);
    wait_for(lab, 0, 0);
    press(lab, VERB_START, "5", 1);
    press(lab, VERB_STEP, "", 3);
    press(lab, VERB_STEP, "", 8);
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

    lab->watch[which] = watch_new(&env, &err);
    if (!lab->watch[which])
        fatal("%s", err.text);
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

    if (!engine_run_until(lab->engine, ms, look, &w))
        fatal("%zu of %zu events after %lld ms", lab->receiver.count, count, (long long)ms);
}

void lab_push(struct lab *lab, const char *version, unsigned count)
{
    struct err err = {0};

    if (!sim_push_foreign(lab->sim, "web", version, count, 0, &err))
        fatal("%s", err.text);
}

void lab_inject(struct lab *lab, enum sim_fault fault, const char *target)
{
    struct err err = {0};

    if (!sim_inject(lab->sim, fault, target, &err))
        fatal("%s", err.text);
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
