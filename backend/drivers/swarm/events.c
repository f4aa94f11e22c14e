/* events.c: the engine's event stream, cut into lines.
 *
 * A line that is too long or not understood is skipped: an event only makes lockstep look. */
#include "drivers/swarm/follow.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_PREFIX "lockstep."

static void on_record(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    struct arena *arena = arena_new(512);
    struct swarm_record record;
    struct err err = {0};

    (void)sent;
    json_t *value = client_parse(follow->swarm, answer, failed, "reading a record", &err);
    if (value && swarm_decode_record(value, arena, &record, &err) && record.key[0])
        sink->ledger_changed(sink->arg, record.key);
    json_decref(value);
    arena_free(arena);
}

/* The name is the key, except where it is a hash: then the object says it. */
static void tell_ledger(struct follow *follow, const struct swarm_event *event)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    size_t len = strlen(RECORD_PREFIX);

    if (strncmp(event->name, RECORD_PREFIX, len) != 0)
        return;
    if (strncmp(event->name + len, "h-", 2) != 0)
        sink->ledger_changed(sink->arg, event->name + len);
    else
        client_get(follow->swarm, xasprintf("/configs/%s", event->id), on_record, follow);
}

static void take_line(struct follow *follow, const char *line, size_t len)
{
    struct driver_sink *sink = &follow->swarm->base.env.sink;
    struct arena *arena = arena_new(512);
    struct err err = {0};
    struct swarm_event event;
    json_t *value = json_parse(line, len, "event", &err);

    if (value && swarm_decode_event(value, arena, &event, &err)) {
        if (event.kind == SWARM_EVENT_CONFIG)
            tell_ledger(follow, &event);
        else if (event.kind != SWARM_EVENT_OTHER) {
            const char *service = event.kind == SWARM_EVENT_SERVICE ? event.id : "";
            if (event.text[0])
                sink->event(sink->arg, service,
                            service[0] ? event.text
                                       : arena_printf(arena, "%s: %s", event.name, event.text));
            follow_wake(follow);
        }
    }
    json_decref(value);
    arena_free(arena);
}

static void end_line(struct follow *follow)
{
    if (!follow->skip_line && follow->line_len > 0)
        take_line(follow, follow->line, follow->line_len);
    follow->line_len = 0;
    follow->skip_line = false;
}

static bool on_data(void *arg, const char *bytes, size_t len)
{
    struct follow *follow = arg;

    for (size_t used = 0; used < len;) {
        const char *end = memchr(bytes + used, '\n', len - used);
        size_t part = end ? (size_t)(end - bytes) - used : len - used;
        if (follow->line_len + part > SWARM_LINE_MAX)
            follow->skip_line = true;
        if (!follow->skip_line && part > 0) {
            ARRAY_RESERVE(follow->line, follow->line_cap, follow->line_len + part);
            memcpy(follow->line + follow->line_len, bytes + used, part);
            follow->line_len += part;
        }
        used += part;
        if (end) {
            end_line(follow);
            used++;
        }
    }
    return true;
}

/* The next successful look opens it again. */
static void on_end(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    struct follow *follow = arg;

    (void)answer;
    (void)sent;
    (void)err;
    follow->stream = NULL;
    follow->line_len = 0;
    follow->skip_line = false;
}

/* Records that changed while nobody listened. */
static void on_records(void *arg, const char *const *keys, size_t count, const struct err *err)
{
    struct follow *follow = arg;
    struct driver_sink *sink = &follow->swarm->base.env.sink;

    (void)err;
    for (size_t i = 0; i < count; i++)
        sink->ledger_changed(sink->arg, keys[i]);
}

void follow_open_stream(struct follow *follow)
{
    struct swarm *swarm = follow->swarm;
    char *filter, *path;

    if (follow->stream)
        return;
    filter = http_escape("{\"type\":[\"service\",\"node\",\"config\"],\"scope\":[\"swarm\"]}");
    path = xasprintf("%s/events?filters=%s", swarm->prefix, filter);
    follow->stream = http_stream(swarm->http, path, 0, on_data, on_end, follow);
    free(path);
    free(filter);
    swarm_ledger_list(&swarm->base, on_records, follow);
}

void follow_close_stream(struct follow *follow)
{
    http_cancel(follow->stream);
    follow->stream = NULL;
    follow->line_len = 0;
    follow->skip_line = false;
}
