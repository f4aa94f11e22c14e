/* watch.c: life of a watch. See watch.h. */
#include "alerts/watch_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watch_say(struct watch *watch, const char *fmt, ...)
{
    char text[500];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (watch->env.say)
        watch->env.say(watch->env.arg, text);
}

struct watched *watch_context(const struct watch *watch, const char *name)
{
    for (size_t i = 0; i < watch->env.context_count; i++)
        if (strcmp(watch->contexts[i].name, name) == 0)
            return &watch->contexts[i];
    return NULL;
}

void watch_changed(struct watch *watch, struct incident *incident)
{
    struct watched *context = watch_context(watch, incident->alert.cluster);

    watch->book.dirty = true;
    if (context)
        lease_touch(context->lease);
}

static void on_leads(void *arg, const char *context, bool leads)
{
    const struct watch *watch = arg;

    engine_leave_probes(watch->env.engine, context, !leads);
}

static void on_lease(void *arg)
{
    watch_pump_soon(arg);
}

/* What is open here although receivers were told otherwise by whoever spoke before is told again,
 * as something new. */
static void on_took_over(void *arg, const char *context)
{
    struct watch *watch = arg;

    for (size_t i = 0; i < watch->book.count; i++) {
        struct incident *incident = watch->book.items[i];
        bool told = false;
        if (strcmp(incident->alert.cluster, context) != 0 || incident->alert.resolved_utc_ms)
            continue;
        for (size_t s = 1; s < watch->book.sink_count; s++)
            told = told || incident->to[s].said == ALERT_RESOLVED;
        if (!told)
            continue;
        id_random(incident->alert.id);
        incident->shared = 0;
        for (size_t s = 1; s < watch->book.sink_count; s++)
            incident->to[s].said = 0;
        watch_changed(watch, incident);
    }
}

static bool add_outlet(struct watch *watch, const struct sink_ops *ops, const char *name,
                       const struct sink_env *env, struct err *err)
{
    struct outlet *outlet = &watch->outlets[watch->outlet_count];

    if (watch->outlet_count == ALERTS_SINKS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d sinks", WATCH_SINKS_MAX);
    outlet->sink = ops->open(env, err);
    if (!outlet->sink) {
        err_prefix(err, "sink %s", name);
        return false;
    }
    outlet->watch = watch;
    outlet->name = name;
    outlet->index = watch->outlet_count;
    watch->book.sinks[watch->outlet_count++] = name;
    watch->book.sink_count = watch->outlet_count;
    return true;
}

static bool open_outlets(struct watch *watch, struct err *err)
{
    const struct watch_settings *set = watch->env.settings;
    static const struct sink_settings none = {.name = "stdout"};
    struct sink_env env = {watch->env.loop, &none, watch->env.out, watch->env.json, NULL};

    if (!add_outlet(watch, &sink_stdout, "stdout", &env, err))
        return false;
    for (size_t i = 0; i < set->sink_count; i++) {
        env.settings = &set->sinks[i];
        if (!add_outlet(watch, sink_table[set->sinks[i].kind], set->sinks[i].name, &env, err))
            return false;
    }
    for (size_t i = 0; i < watch->env.scripted_count; i++) {
        env.settings = &none;
        env.arg = watch->env.scripted[i].arg;
        if (!add_outlet(watch, watch->env.scripted[i].ops, watch->env.scripted[i].name, &env, err))
            return false;
    }
    return true;
}

static void open_spool(struct watch *watch)
{
    struct err err = {0};
    size_t len = 0;

    if (!watch->env.spool)
        return;
    watch->spool = spool_open(watch->env.spool, &err);
    if (!watch->spool) {
        watch_say(watch, "nothing is kept across restarts: %s", err.text);
        return;
    }
    char *text = spool_load(watch->spool, &len, ALERTS_TEXT_MAX, &err);
    if (text)
        alerts_read(&watch->book, text, len, loop_now_ms(watch->env.loop), watch->id, &err);
    free(text);
    if (err.code != ERR_NONE) {
        spool_set_aside(watch->spool);
        watch_say(watch, "what was kept is put aside as %s.bad: %s", spool_path(watch->spool),
                  err.text);
    }
}

static void open_contexts(struct watch *watch)
{
    struct lease_env env = {.engine = watch->env.engine,
                            .loop = watch->env.loop,
                            .book = &watch->book,
                            .id = watch->id,
                            .changed = on_lease,
                            .took_over = on_took_over,
                            .leads = on_leads,
                            .arg = watch};

    watch->contexts = xcalloc(watch->env.context_count, sizeof *watch->contexts);
    for (size_t i = 0; i < watch->env.context_count; i++) {
        env.context = watch->env.contexts[i];
        watch->contexts[i] = (struct watched){
            .name = env.context, .lease = lease_new(&env), .live_ms = loop_now_ms(watch->env.loop)};
    }
}

struct watch *watch_new(const struct watch_env *env, struct err *err)
{
    struct watch *watch = xcalloc(1, sizeof *watch);

    watch->env = *env;
    if (!open_outlets(watch, err)) {
        watch->env.context_count = 0;
        watch_free(watch, true);
        return NULL;
    }
    open_spool(watch);
    if (!watch->id[0]) {
        id_random(watch->id);
        watch->book.dirty = true;
    }
    open_contexts(watch);
    return watch;
}

void watch_free(struct watch *watch, bool engine_gone)
{
    if (!watch)
        return;
    loop_cancel(watch->timer);
    for (size_t i = 0; i < watch->env.context_count; i++)
        lease_free(watch->contexts[i].lease, engine_gone);
    for (size_t i = 0; i < watch->outlet_count; i++)
        watch->outlets[i].sink->ops->close(watch->outlets[i].sink);
    spool_close(watch->spool);
    alerts_release(&watch->book);
    frame_unref(watch->frame);
    free(watch->contexts);
    free(watch);
}

bool watch_leave(struct watch *watch)
{
    bool done = true;

    for (size_t i = 0; i < watch->env.context_count; i++)
        done = lease_give_back(watch->contexts[i].lease) && done;
    return done;
}

size_t watch_stats(const struct watch *watch, struct watch_sink_stats *out, size_t max)
{
    size_t n = 0;

    for (; n < watch->outlet_count && n < max; n++) {
        const struct outlet *outlet = &watch->outlets[n];
        out[n] = (struct watch_sink_stats){outlet->name, outlet->delivered, outlet->failed, 0};
        for (size_t i = 0; i < watch->book.count; i++)
            out[n].pending +=
                (size_t)(incident_event(watch->book.items[i]) - watch->book.items[i]->to[n].said);
    }
    return n;
}

const struct alerts *watch_alerts(const struct watch *watch)
{
    return &watch->book;
}

enum lease_state watch_lease(const struct watch *watch, const char *context)
{
    const struct watched *watched = watch_context(watch, context);

    return watched ? lease_state(watched->lease) : LEASE_ALONE;
}

struct loop *watch_loop(const struct watch *watch)
{
    return watch->env.loop;
}

const struct frame *watch_frame(const struct watch *watch)
{
    return watch->frame;
}
