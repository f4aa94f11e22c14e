/* messages.c: what crosses to the engine's thread: intents, what somebody looks at, a log that is
 * wanted, records of the shared store. */
#include "engine/internal.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message {
    struct message *next;
    enum { MESSAGE_INTENT, MESSAGE_FOCUS, MESSAGE_LOG, MESSAGE_RECORD } kind;
    struct intent intent; /* MESSAGE_FOCUS: its cluster and service say on what */
    struct log_want log;
    struct engine_record *record; /* texts owned */
};

static void free_message(struct message *m)
{
    if (m->record) {
        free((void *)(uintptr_t)m->record->context);
        free((void *)(uintptr_t)m->record->key);
        free((void *)(uintptr_t)m->record->text);
        free((void *)(uintptr_t)m->record->expected);
        free(m->record);
    }
    free(m);
}

static struct message *take_messages(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct message *first = engine->messages;
    engine->messages = NULL;
    engine->messages_tail = &engine->messages;
    pthread_mutex_unlock(&engine->lock);
    return first;
}

/* Only the row of what somebody looks at compares contracts. */
static void focus_entries(struct engine *engine, const struct intent *on)
{
    for (size_t i = 0; i < engine->entry_count; i++) {
        struct entry *entry = engine->entries[i];
        bool here = strcmp(entry->id, on->service) == 0 && strcmp(entry->cluster, on->cluster) == 0;
        if (here == entry->in_focus)
            continue;
        entry->in_focus = here;
        engine_touch(engine, entry);
        engine_publish_soon(engine);
    }
}

static void focus(struct engine *engine, const struct intent *on)
{
    focus_entries(engine, on);
    for (size_t i = 0; i < engine->cluster_count; i++) {
        struct cluster *cluster = &engine->clusters[i];
        bool here = strcmp(cluster->config.name, on->cluster) == 0;
        if (cluster->driver)
            cluster->driver->ops->focus(cluster->driver,
                                        here && on->service[0] ? on->service : NULL);
    }
}

static void ask_record(struct engine *engine, const struct engine_record *record)
{
    const struct cluster *cluster = engine_cluster(engine, record->context);
    struct driver *driver = cluster ? cluster->driver : NULL;
    struct err err = {0};

    if (!driver || !driver->ops->caps(driver)->ledger ||
        (record->text && cluster->config.read_only)) {
        err_set(&err, ERR_UNSUPPORTED, "%s has no store that may be written", record->context);
        record->fn(record->arg, NULL, "", &err);
    } else if (record->text) {
        driver->ops->ledger_put(driver, record->key, record->text, record->expected, record->fn,
                                record->arg);
    } else {
        driver->ops->ledger_get(driver, record->key, record->fn, record->arg);
    }
}

static void receive(void *arg)
{
    struct engine *engine = arg;

    for (struct message *m = take_messages(engine), *next; m; m = next) {
        next = m->next;
        if (m->kind == MESSAGE_RECORD)
            ask_record(engine, m->record);
        else if (m->kind == MESSAGE_FOCUS)
            focus(engine, &m->intent);
        else if (m->kind == MESSAGE_LOG)
            log_open(engine, &m->log);
        else
            engine_accept(engine, &m->intent);
        free_message(m);
    }
}

static uint64_t post_message(struct engine *engine, struct message *message)
{
    pthread_mutex_lock(&engine->lock);
    uint64_t ticket = message->intent.ticket = ++engine->next_ticket;
    *engine->messages_tail = message;
    engine->messages_tail = &message->next;
    pthread_mutex_unlock(&engine->lock);
    loop_post(engine->loop, receive, engine);
    return ticket;
}

static uint64_t send_message(struct engine *engine, const struct message *what)
{
    struct message *message = xcalloc(1, sizeof *message);

    *message = *what;
    return post_message(engine, message);
}

void engine_record(struct engine *engine, const struct engine_record *record)
{
    struct message *message = xcalloc(1, sizeof *message);

    message->kind = MESSAGE_RECORD;
    message->record = xcalloc(1, sizeof *message->record);
    *message->record = *record;
    message->record->context = xstrdup(record->context);
    message->record->key = xstrdup(record->key);
    message->record->text = record->text ? xstrdup(record->text) : NULL;
    message->record->expected = xstrdup(record->expected ? record->expected : "");
    post_message(engine, message);
}

uint64_t engine_submit(struct engine *engine, const struct intent *intent)
{
    const struct message message = {.kind = MESSAGE_INTENT, .intent = *intent};

    return send_message(engine, &message);
}

void engine_focus(struct engine *engine, const char *cluster, const char *service_id)
{
    struct message message = {.kind = MESSAGE_FOCUS};

    snprintf(message.intent.cluster, sizeof message.intent.cluster, "%s", cluster);
    snprintf(message.intent.service, sizeof message.intent.service, "%s", service_id);
    send_message(engine, &message);
}

void engine_log(struct engine *engine, const char *cluster, const char *service_id,
                const char *instance, bool previous)
{
    struct message message = {.kind = MESSAGE_LOG};

    snprintf(message.log.cluster, sizeof message.log.cluster, "%s", cluster);
    snprintf(message.log.service, sizeof message.log.service, "%s", service_id);
    snprintf(message.log.instance, sizeof message.log.instance, "%s", instance);
    message.log.previous = previous;
    send_message(engine, &message);
}

void messages_drop(struct engine *engine)
{
    for (struct message *m = take_messages(engine), *next; m; m = next) {
        next = m->next;
        free_message(m);
    }
}
