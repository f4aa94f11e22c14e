/* deliver.c: from the book to the sinks: written down, then told, then written down again. */
#include "alerts/watch_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKOFF_MS = 1000, BACKOFF_MAX_MS = 60000 };

static void pump_now(void *arg)
{
    struct watch *watch = arg;

    watch->timer = NULL;
    watch_pump(watch);
}

void watch_pump_soon(struct watch *watch)
{
    if (!watch->timer)
        watch->timer = loop_after(watch->env.loop, 0, pump_now, watch);
}

static void save(struct watch *watch)
{
    struct err err = {0};

    if (!watch->spool || !watch->book.dirty)
        return;
    char *text = alerts_write(&watch->book, watch->id);
    bool good = spool_save(watch->spool, text, strlen(text), &err);
    free(text);
    if (good != watch->spool_failed) { /* as it was before */
        watch->book.dirty = !good;
        return;
    }
    watch->spool_failed = !good;
    watch->book.dirty = !good;
    if (good)
        watch_say(watch, "%s is written again", spool_path(watch->spool));
    else
        watch_say(watch, "alarms are told all the same, but %s", err.text);
}

/* What has to be told next of this alarm here; 0: nothing. */
static int event_due(const struct outlet *outlet, const struct incident *incident)
{
    const struct sink_ops *ops = outlet->sink->ops;
    const struct delivery *to = &incident->to[outlet->index];
    int event = incident_event(incident);

    if (to->said < event)
        return to->said + 1;
    if (ops->resends && event == ALERT_OPENED && to->said == ALERT_OPENED &&
        loop_now_ms(outlet->watch->env.loop) - to->said_ms >= SINK_RESEND_MS)
        return ALERT_OPENED;
    return 0;
}

static bool may_tell(const struct outlet *outlet, const struct incident *incident, int event)
{
    const struct watched *context = watch_context(outlet->watch, incident->alert.cluster);

    if (outlet->sink->ops->local || !context)
        return true;
    return lease_allows(context->lease, incident, event, incident->to[outlet->index].said);
}

/* What failed most often comes last. */
static struct incident *choose(const struct outlet *outlet)
{
    const struct alerts *book = &outlet->watch->book;
    struct incident *best = NULL;

    for (size_t i = 0; i < book->count; i++) {
        struct incident *incident = book->items[i];
        const struct delivery *to = &incident->to[outlet->index];
        int event = to->sending ? 0 : event_due(outlet, incident);
        if (event && (!best || to->tries < best->to[outlet->index].tries) &&
            may_tell(outlet, incident, event))
            best = incident;
    }
    return best;
}

static void delivered(struct outlet *outlet, struct incident *incident)
{
    struct delivery *to = &incident->to[outlet->index];

    if (to->said < to->sending) {
        to->said = to->sending;
        watch_changed(outlet->watch, incident);
    }
    to->said_ms = loop_now_ms(outlet->watch->env.loop);
    to->tries = 0;
}

static void back_off(struct outlet *outlet, const struct err *err)
{
    int64_t wait_ms = (int64_t)BACKOFF_MS << (outlet->tries < 6 ? outlet->tries : 6);
    uint64_t spread = hash_mix(HASH_SEED, outlet->watch->id, ID_TEXT) + outlet->failed;

    if (wait_ms > BACKOFF_MAX_MS)
        wait_ms = BACKOFF_MAX_MS;
    wait_ms += (int64_t)(hash_scatter(spread) % (uint64_t)(wait_ms / 4 + 1));
    if (outlet->tries++ == 0)
        watch_say(outlet->watch, "sink %s: %s; tried again until it works", outlet->name,
                  err->text);
    outlet->next_ms = loop_now_ms(outlet->watch->env.loop) + wait_ms;
}

static void on_done(void *arg, bool maybe, const struct err *err)
{
    struct outlet *outlet = arg;
    bool good = err->code == ERR_NONE;

    (void)maybe; /* told again: twice is better than never, and it has the same id */
    outlet->busy = false;
    for (size_t i = 0; i < outlet->watch->book.count; i++) {
        struct incident *incident = outlet->watch->book.items[i];
        struct delivery *to = &incident->to[outlet->index];
        if (!to->sending)
            continue;
        if (good)
            delivered(outlet, incident);
        else
            to->tries++;
        to->sending = 0;
    }
    if (good) {
        outlet->delivered += outlet->under_way;
        if (outlet->tries)
            watch_say(outlet->watch, "sink %s: works again", outlet->name);
        outlet->tries = 0;
        outlet->one_by_one = false;
    } else {
        outlet->failed++;
        outlet->one_by_one = outlet->one_by_one || err->code == ERR_REJECTED;
        back_off(outlet, err);
    }
    watch_pump(outlet->watch); /* what was told is written down before anything else happens */
}

static void pump_outlet(struct outlet *outlet)
{
    const struct sink_ops *ops = outlet->sink->ops;
    size_t max = outlet->one_by_one ? 1 : ops->batch_max, count = 0;
    struct incident *incident;

    if (outlet->busy || loop_now_ms(outlet->watch->env.loop) < outlet->next_ms)
        return;
    struct sink_item *items = xcalloc(max, sizeof *items);
    while (count < max && (incident = choose(outlet)) != NULL) {
        int event = event_due(outlet, incident);
        incident->to[outlet->index].sending = event;
        items[count] = (struct sink_item){&incident->alert, (enum alert_event)event};
        count++;
    }
    outlet->under_way = count;
    if (count) {
        outlet->busy = true;
        ops->send(outlet->sink, items, count, on_done, outlet);
    }
    free(items);
}

void watch_pump(struct watch *watch)
{
    save(watch);
    for (size_t i = 0; i < watch->outlet_count; i++)
        pump_outlet(&watch->outlets[i]);
}
