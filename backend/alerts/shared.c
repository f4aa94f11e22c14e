/* shared.c: see shared.h. */
#include "alerts/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, SENTENCE_MAX = 160 };

void shared_release(struct shared *shared)
{
    alerts_release(&shared->book);
}

static bool read_alarm(struct shared *out, const struct json_at *at, struct err *err)
{
    struct json_at said = json_key(at, "said");
    struct alert alert;

    if (!alert_read(at, &alert, err) || (said.value && !json_get_object(&said, err)))
        return false;
    struct incident *incident = alerts_add(&out->book, &alert, 0);
    if (!incident)
        return err_set(err, ERR_LIMIT, "the record of watches has more than %d alarms", ALERTS_MAX);
    for (size_t s = 0; s < out->book.sink_count; s++) {
        struct json_at one = json_key(&said, out->book.sinks[s]);
        int64_t event = 0;
        if (said.value && !json_opt_int(&one, 0, ALERT_RESOLVED, 0, &event, err))
            return false;
        incident->to[s].said = (int)event;
    }
    return true;
}

static bool read_record(struct shared *out, const struct json_at *root, struct err *err)
{
    struct json_at schema = json_key(root, "schema"), holder = json_key(root, "holder"),
                   beat = json_key(root, "beat"), list = json_key(root, "alarms");
    const char *id;
    int64_t version;
    size_t count;

    if (!json_get_object(root, err) || !json_get_int(&schema, 1, 1 << 20, &version, err))
        return false;
    if (version > SCHEMA)
        return err_set(err, ERR_UNSUPPORTED,
                       "the record of watches was written by a newer lockstep");
    if (!json_opt_text(&holder, ID_TEXT - 1, "", &id, err) ||
        !json_opt_int(&beat, 0, INT64_MAX, 0, &out->beat, err) ||
        !json_get_array(&list, &count, err))
        return false;
    snprintf(out->holder, sizeof out->holder, "%s", id);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(&list, i);
        if (!read_alarm(out, &item, err))
            return false;
    }
    return true;
}

bool shared_parse(const char *text, size_t len, const struct alerts *sinks, struct shared *out,
                  struct err *err)
{
    *out = (struct shared){.holder = ""};
    memcpy(out->book.sinks, sinks->sinks, sizeof out->book.sinks);
    out->book.sink_count = sinks->sink_count;
    if (!text)
        return true;
    if (len > SHARED_TEXT_MAX)
        return err_set(err, ERR_LIMIT, "the record of watches is too large");
    json_t *root = json_parse(text, len, "the record of watches", err);
    if (!root)
        return false;
    struct arena *arena = arena_new(4096);
    struct json_at at = json_root(root, "the record of watches", arena);
    bool good = read_record(out, &at, err);
    json_decref(root);
    arena_free(arena);
    return good;
}

/* Only what another watch needs: it sees the rest for itself, and of what is told nobody asks. */
static json_t *one(const struct alerts *book, const struct incident *incident)
{
    struct alert brief = incident->alert;
    json_t *said = json_object();

    brief.sentence[SENTENCE_MAX] = '\0';
    if (brief.resolved_utc_ms && alerts_is_told(book, incident))
        brief.sentence[0] = brief.object[0] = brief.fact[0] = brief.way_out[0] = '\0';
    json_t *out = alert_json(&brief, (enum alert_event)incident_event(incident));
    for (size_t s = 1; s < book->sink_count; s++) /* stdout is everybody's own */
        if (incident->to[s].said)
            json_object_set_new(said, book->sinks[s], json_integer(incident->to[s].said));
    json_object_set_new(out, "said", said);
    json_object_del(out, "schema");
    json_object_del(out, "event");
    json_object_del(out, "severity");
    json_object_del(out, "last_utc");
    return out;
}

/* About, as JSON. */
static size_t size_of(const struct alerts *book, const struct incident *incident)
{
    const struct alert *a = &incident->alert;
    size_t size = 420 + strlen(a->cluster) + strlen(a->service_id) + strlen(a->name);

    if (a->resolved_utc_ms && alerts_is_told(book, incident))
        return size;
    return size + SENTENCE_MAX + strlen(a->object) + strlen(a->fact) + strlen(a->way_out);
}

char *shared_write(const struct alerts *book, const char *context, const char *holder, int64_t beat,
                   int *written)
{
    json_t *root = json_object(), *list = json_array();
    size_t used = 0;

    for (int open = 1; open >= 0; open--) /* what is open comes first, then the newest */
        for (size_t i = book->count; i-- > 0;) {
            const struct incident *incident = book->items[i];
            if (strcmp(incident->alert.cluster, context) != 0 ||
                (incident_event(incident) == ALERT_OPENED) != (open == 1))
                continue;
            written[i] = incident_event(incident);
            if ((used += size_of(book, incident)) <= SHARED_WRITE_MAX)
                json_array_append_new(list, one(book, incident));
        }
    json_object_set_new(root, "schema", json_integer(SCHEMA));
    json_object_set_new(root, "holder", json_string(holder));
    json_object_set_new(root, "beat", json_integer(beat));
    json_object_set_new(root, "alarms", list);
    char *text = json_text(root);
    json_decref(root);
    return text;
}

/* The same trouble, seen by two watches: the same id, the same key while both are open, or the same
 * key while one lasted. */
static struct incident *find_same(const struct alerts *book, const struct alert *alert)
{
    struct incident *found = alerts_find_id(book, alert->id);

    for (size_t i = book->count; !found && i-- > 0;) {
        const struct alert *other = &book->items[i]->alert;
        int64_t ends = alert->resolved_utc_ms ? alert->resolved_utc_ms : INT64_MAX,
                other_ends = other->resolved_utc_ms ? other->resolved_utc_ms : INT64_MAX;
        if (alert_same_key(other, alert) && other->first_utc_ms <= ends &&
            alert->first_utc_ms <= other_ends)
            found = book->items[i];
    }
    return found;
}

static void merge_one(struct alerts *book, const struct incident *theirs, int64_t now_ms)
{
    struct incident *ours = find_same(book, &theirs->alert);

    if (!ours) {
        ours = alerts_add(book, &theirs->alert, now_ms);
        if (!ours)
            return;
        ours->carried = true;
        ours->to[0].said = incident_event(theirs); /* not seen here: not printed here */
    } else {
        snprintf(ours->alert.id, sizeof ours->alert.id, "%s", theirs->alert.id);
        if (theirs->alert.first_utc_ms < ours->alert.first_utc_ms)
            ours->alert.first_utc_ms = theirs->alert.first_utc_ms;
        if (ours->carried && !ours->alert.resolved_utc_ms)
            ours->alert.resolved_utc_ms = theirs->alert.resolved_utc_ms;
    }
    for (size_t s = 1; s < book->sink_count; s++)
        if (ours->to[s].said < theirs->to[s].said) {
            ours->to[s].said = theirs->to[s].said;
            ours->to[s].said_ms = now_ms - SINK_NEVER_MS;
        }
    ours->shared = incident_event(theirs);
    book->dirty = true;
}

void shared_merge(struct alerts *book, const struct shared *shared, const char *context,
                  int64_t now_ms)
{
    for (size_t i = 0; i < shared->book.count; i++) {
        struct incident *theirs = shared->book.items[i];
        /* whoever wrote it may call this context something else */
        snprintf(theirs->alert.cluster, sizeof theirs->alert.cluster, "%s", context);
        merge_one(book, theirs, now_ms);
    }
}
