/* sink_alertmanager.c: the Alertmanager's API v2, spoken as Prometheus speaks it.
 *
 * What is open is posted again every SINK_RESEND_MS with an end SINK_STALE_MS ahead, so that an
 * Alertmanager that was restarted knows it again; what is over is posted with the end that it had.
 * The labels are what it deduplicates by, so they hold only what two watches must agree on. */
#include "alerts/sink_http.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alertmanager {
    struct sink base;
    struct sink_http to;
    struct loop *loop;
    char *path;
};

static void put(json_t *object, const char *key, const char *text)
{
    if (text[0]) /* an empty label is no label */
        json_object_set_new(object, key, json_string(text));
}

static void put_utc(json_t *object, const char *key, int64_t utc_ms)
{
    char text[CLOCK_TEXT];

    put(object, key, clock_format_utc(utc_ms, text));
}

/* "step" -> "LockstepStep". */
static void put_name(json_t *labels, const char *kind)
{
    char name[40];

    snprintf(name, sizeof name, "Lockstep%s", kind);
    if (name[8] >= 'a' && name[8] <= 'z')
        name[8] = (char)(name[8] - 'a' + 'A');
    put(labels, "alertname", name);
}

static json_t *one(const struct sink_item *item, int64_t ends_utc_ms)
{
    const struct alert *alert = item->alert;
    json_t *out = json_object(), *labels = json_object(), *notes = json_object();
    json_t *whole = alert_json(alert, item->event); /* its texts are valid UTF-8 */

    put_name(labels, alert->kind);
    json_object_set(labels, "cluster", json_object_get(whole, "cluster"));
    put(labels, "service", alert->name);
    put(labels, "service_id", alert->service_id);
    put(labels, "kind", alert->kind);
    put(labels, "rule", alert->rule);
    json_object_set(labels, "severity", json_object_get(whole, "severity"));
    json_object_set(notes, "summary", json_object_get(whole, "sentence"));
    json_object_set(notes, "object", json_object_get(whole, "object"));
    json_object_set(notes, "fact", json_object_get(whole, "fact"));
    json_object_set(notes, "way_out", json_object_get(whole, "way_out"));
    put(notes, "id", alert->id);
    json_decref(whole);
    json_object_set_new(out, "labels", labels);
    json_object_set_new(out, "annotations", notes);
    put_utc(out, "startsAt", alert->first_utc_ms);
    put_utc(out, "endsAt",
            item->event == ALERT_OPENED                    ? ends_utc_ms
            : alert->resolved_utc_ms > alert->first_utc_ms ? alert->resolved_utc_ms
                                                           : alert->first_utc_ms + 1);
    return out;
}

char *alertmanager_body(const struct sink_item *items, size_t count, int64_t ends_utc_ms)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, one(&items[i], ends_utc_ms));
    char *text = json_text(list);
    json_decref(list);
    return text;
}

static void alertmanager_close(struct sink *base)
{
    struct alertmanager *sink = (struct alertmanager *)base;

    sink_http_close(&sink->to);
    free(sink->path);
    free(sink);
}

static struct sink *alertmanager_open(const struct sink_env *env, struct err *err)
{
    struct alertmanager *sink = xcalloc(1, sizeof *sink);

    sink->base.ops = &sink_alertmanager;
    sink->loop = env->loop;
    if (!sink_http_open(&sink->to, env, err)) {
        alertmanager_close(&sink->base);
        return NULL;
    }
    size_t len = strlen(sink->to.path);
    while (len && sink->to.path[len - 1] == '/')
        len--;
    sink->path = xasprintf("%.*s/api/v2/alerts", (int)len, sink->to.path);
    return &sink->base;
}

static void alertmanager_send(struct sink *base, const struct sink_item *items, size_t count,
                              sink_done_fn *done, void *arg)
{
    struct alertmanager *sink = (struct alertmanager *)base;
    char *body =
        alertmanager_body(items, count, clock_utc_ms(loop_clock(sink->loop)) + SINK_STALE_MS);

    sink_http_send(&sink->to, sink->path, NULL, body, done, arg);
    free(body);
}

const struct sink_ops sink_alertmanager = {
    .name = "alertmanager",
    .batch_max = 64,
    .resends = true,
    .open = alertmanager_open,
    .send = alertmanager_send,
    .close = alertmanager_close,
};
