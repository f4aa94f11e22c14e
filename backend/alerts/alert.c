/* alert.c: see alert.h. */
#include "alerts/alert.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define TIME_MAX_MS (INT64_C(1) << 52)

/* The rest are warnings. "blind" is watch's own: a context was not heard for too long. */
static const char *const critical[] = {"step", "returned", "calls", "glass", "blind"};

bool alert_is_critical(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(critical); i++)
        if (strcmp(critical[i], kind) == 0)
            return true;
    return false;
}

bool alert_same_key(const struct alert *a, const struct alert *b)
{
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->rule, b->rule) == 0 &&
           strcmp(a->cluster, b->cluster) == 0 && strcmp(a->service_id, b->service_id) == 0;
}

/* Every text of an alert, as it is called in JSON. */
#define TEXTS(X)                                                                                   \
    X(id, "id")                                                                                    \
    X(cluster, "cluster")                                                                          \
    X(service_id, "service_id")                                                                    \
    X(name, "service")                                                                             \
    X(kind, "kind")                                                                                \
    X(rule, "rule")                                                                                \
    X(sentence, "sentence")                                                                        \
    X(object, "object")                                                                            \
    X(fact, "fact")                                                                                \
    X(way_out, "way_out")

static void put_text(json_t *out, const char *key, const char *text)
{
    json_t *value = json_string(text); /* NULL: cut in the middle of a character */
    char clean[512];

    if (!value)
        value = json_string(text_clean_into(clean, sizeof clean, text, strlen(text)));
    json_object_set_new(out, key, value);
}

static void put_utc(json_t *out, const char *key, int64_t utc_ms)
{
    char text[CLOCK_TEXT];

    json_object_set_new(out, key,
                        utc_ms > 0 ? json_string(clock_format_utc(utc_ms, text)) : json_null());
}

json_t *alert_json(const struct alert *alert, enum alert_event event)
{
    json_t *out = json_object();

    json_object_set_new(out, "schema", json_integer(1));
    json_object_set_new(out, "event", json_string(event == ALERT_OPENED ? "opened" : "resolved"));
#define X(field, key) put_text(out, key, alert->field);
    TEXTS(X)
#undef X
    json_object_set_new(out, "severity",
                        json_string(alert_is_critical(alert->kind) ? "critical" : "warning"));
    put_utc(out, "first_utc", alert->first_utc_ms);
    put_utc(out, "last_utc", alert->last_utc_ms);
    put_utc(out, "resolved_utc", event == ALERT_OPENED ? 0 : alert->resolved_utc_ms);
    return out;
}

static bool read_text(const struct json_at *up, const char *key, char *out, size_t size,
                      struct err *err)
{
    struct json_at at = json_key(up, key);
    const char *text;

    if (!json_opt_text(&at, size - 1, "", &text, err))
        return false;
    snprintf(out, size, "%s", text);
    return true;
}

static bool read_utc(const struct json_at *up, const char *key, int64_t *out, struct err *err)
{
    struct json_at at = json_key(up, key);
    const char *text;
    char path[200];

    if (!json_opt_text(&at, CLOCK_TEXT, "", &text, err))
        return false;
    *out = text[0] ? clock_parse_utc(text) : 0;
    if (*out >= 0 && *out < TIME_MAX_MS)
        return true;
    return err_set(err, ERR_PROTOCOL, "%s: '%s' is not a time", json_path(&at, path, sizeof path),
                   text);
}

bool alert_read(const struct json_at *at, struct alert *out, struct err *err)
{
    char path[200];

    *out = (struct alert){.id = ""};
    if (!json_get_object(at, err))
        return false;
#define X(field, key)                                                                              \
    if (!read_text(at, key, out->field, sizeof out->field, err))                                   \
        return false;
    TEXTS(X)
#undef X
    if (!out->id[0] || !out->cluster[0] || !out->kind[0])
        return err_set(err, ERR_PROTOCOL, "%s: an alert without id, cluster or kind",
                       json_path(at, path, sizeof path));
    return read_utc(at, "first_utc", &out->first_utc_ms, err) &&
           read_utc(at, "last_utc", &out->last_utc_ms, err) &&
           read_utc(at, "resolved_utc", &out->resolved_utc_ms, err);
}

const char *alert_line(const struct alert *alert, enum alert_event event, char *out, size_t size)
{
    char at[CLOCK_TEXT], lasted[SPAN_TEXT] = "";
    bool opened = event == ALERT_OPENED;

    clock_format_utc(opened ? alert->first_utc_ms : alert->resolved_utc_ms, at);
    if (!opened)
        clock_format_span(alert->resolved_utc_ms - alert->first_utc_ms, lasted);
    snprintf(out, size, "%s %-8s %-8s %s%s%s%s%s: %s%s%s%s%s", at, opened ? "ALARM" : "resolved",
             alert->kind, alert->rule, alert->rule[0] ? " " : "", alert->name,
             alert->name[0] ? "@" : "", alert->cluster, alert->sentence,
             opened && alert->way_out[0] ? ". Way out: " : "", opened ? alert->way_out : "",
             opened ? "" : " (lasted ", lasted);
    size_t len = strlen(out);
    if (!opened && len + 1 < size)
        snprintf(out + len, size - len, ")");
    return out;
}
