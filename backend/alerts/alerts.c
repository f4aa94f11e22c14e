/* alerts.c: see alerts.h. */
#include "alerts/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void alerts_release(struct alerts *book)
{
    for (size_t i = 0; i < book->count; i++)
        free(book->items[i]);
    free(book->items);
    book->items = NULL;
    book->count = book->cap = 0;
}

struct incident *alerts_find_open(const struct alerts *book, const struct alert *key)
{
    for (size_t i = book->count; i-- > 0;)
        if (!book->items[i]->alert.resolved_utc_ms && alert_same_key(&book->items[i]->alert, key))
            return book->items[i];
    return NULL;
}

struct incident *alerts_find_id(const struct alerts *book, const char *id)
{
    for (size_t i = book->count; i-- > 0;)
        if (strcmp(book->items[i]->alert.id, id) == 0)
            return book->items[i];
    return NULL;
}

int incident_event(const struct incident *incident)
{
    return incident->alert.resolved_utc_ms ? ALERT_RESOLVED : ALERT_OPENED;
}

bool alerts_is_told(const struct alerts *book, const struct incident *incident)
{
    for (size_t s = 0; s < book->sink_count; s++)
        if (incident->to[s].said < incident_event(incident) || incident->to[s].sending)
            return false;
    return true;
}

static void drop(struct alerts *book, size_t at)
{
    free(book->items[at]);
    memmove(book->items + at, book->items + at + 1,
            (--book->count - at) * sizeof(struct incident *));
    book->dirty = true;
}

static bool is_over(const struct alerts *book, const struct incident *incident)
{
    return incident->alert.resolved_utc_ms && alerts_is_told(book, incident);
}

void alerts_forget(struct alerts *book, int64_t utc_ms)
{
    for (size_t i = 0; i < book->count;)
        if (is_over(book, book->items[i]) &&
            utc_ms - book->items[i]->alert.resolved_utc_ms > ALERTS_KEEP_MS)
            drop(book, i);
        else
            i++;
}

struct incident *alerts_add(struct alerts *book, const struct alert *alert, int64_t now_ms)
{
    for (size_t i = 0; i < book->count && book->count >= ALERTS_MAX;)
        if (is_over(book, book->items[i]))
            drop(book, i);
        else
            i++;
    if (book->count >= ALERTS_MAX) {
        book->dropped++;
        return NULL;
    }
    struct incident *incident = xcalloc(1, sizeof *incident);
    incident->alert = *alert;
    incident->known_ms = now_ms;
    if (!incident->alert.id[0])
        id_random(incident->alert.id);
    ARRAY_RESERVE(book->items, book->cap, book->count + 1);
    book->items[book->count++] = incident;
    book->dirty = true;
    return incident;
}

char *alerts_write(const struct alerts *book, const char *holder)
{
    json_t *root = json_object(), *list = json_array();

    for (size_t i = 0; i < book->count; i++) {
        const struct incident *incident = book->items[i];
        json_t *item = alert_json(&incident->alert, (enum alert_event)incident_event(incident));
        json_t *said = json_object();
        for (size_t s = 0; s < book->sink_count; s++)
            if (incident->to[s].said)
                json_object_set_new(said, book->sinks[s], json_integer(incident->to[s].said));
        json_object_set_new(item, "said", said);
        json_object_set_new(item, "hand", json_string(incident->hand));
        json_array_append_new(list, item);
    }
    json_object_set_new(root, "schema", json_integer(1));
    json_object_set_new(root, "holder", json_string(holder));
    json_object_set_new(root, "alarms", list);
    char *text = json_text(root);
    json_decref(root);
    return text;
}

static bool read_incident(struct alerts *book, const struct json_at *at, int64_t now_ms,
                          struct err *err)
{
    struct json_at said = json_key(at, "said"), hand = json_key(at, "hand");
    struct alert alert;
    const char *text;

    if (!alert_read(at, &alert, err) || !json_opt_text(&hand, ID_TEXT - 1, "", &text, err) ||
        (said.value && !json_get_object(&said, err)))
        return false;
    struct incident *incident = alerts_add(book, &alert, now_ms);
    if (!incident)
        return err_set(err, ERR_LIMIT, "more than %d alarms", ALERTS_MAX);
    incident->carried = true;
    snprintf(incident->hand, sizeof incident->hand, "%s", text);
    for (size_t s = 0; s < book->sink_count; s++) {
        struct json_at one = json_key(&said, book->sinks[s]);
        int64_t event = 0;
        if (said.value && !json_opt_int(&one, 0, ALERT_RESOLVED, 0, &event, err))
            return false;
        incident->to[s].said = (int)event;
        incident->to[s].said_ms = now_ms - SINK_NEVER_MS;
    }
    return true;
}

bool alerts_read(struct alerts *book, const char *text, size_t len, int64_t now_ms, char *holder,
                 struct err *err)
{
    json_t *root = len > ALERTS_TEXT_MAX ? NULL : json_parse(text, len, "the spool of alarms", err);
    struct arena *arena = arena_new(4096);
    struct json_at at = json_root(root, "the spool of alarms", arena);
    struct json_at schema = json_key(&at, "schema"), who = json_key(&at, "holder"),
                   list = json_key(&at, "alarms");
    int64_t version;
    size_t count = 0;
    const char *id = "";

    bool good = root && json_get_int(&schema, 1, 1, &version, err) &&
                json_opt_text(&who, ID_TEXT - 1, "", &id, err) &&
                json_get_array(&list, &count, err);
    if (!root)
        err_set(err, ERR_LIMIT, "the spool of alarms is too large");
    snprintf(holder, ID_TEXT, "%s", id);
    for (size_t i = 0; good && i < count; i++) {
        struct json_at item = json_index(&list, i);
        good = read_incident(book, &item, now_ms, err);
    }
    json_decref(root);
    arena_free(arena);
    return good;
}
