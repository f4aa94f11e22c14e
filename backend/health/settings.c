/* settings.c: see settings.h. */
#include "health/settings.h"

#include "base/json.h"
#include "base/near.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const measure_word[MEASURE_COUNT] = {
    [MEASURE_ERRORS] = "errors",
    [MEASURE_LATENCY] = "latency",
    [MEASURE_SATURATION] = "saturation",
    [MEASURE_TRAFFIC] = "traffic",
};

/* Errors over all: no failed request at all is a share of 0, no request at all is no share. */
#define RATE(metric, labels)    "sum(rate(" metric "{" labels "}[{window}]))"
#define RATIO(metric, all, bad) "(" RATE(metric, all "," bad) " or vector(0)) / " RATE(metric, all)
#define SLOW(metric, labels)                                                                       \
    "histogram_quantile(0.95, sum by (le) (rate(" metric "{" labels "}[{window}])))"
#define GENERIC "service=\"{service}\",version=\"{version}\""
#define ENVOY   "envoy_cluster_name=\"{service}\",version=\"{version}\""
#define ISTIO                                                                                      \
    "reporter=\"destination\",destination_service_name=\"{service}\","                             \
    "destination_version=\"{version}\""
#define NGINX "service=\"{service}-{version}\"" /* a canary has a Kubernetes service of its own */

static const struct {
    const char *name;
    const char *query[MEASURE_COUNT];
} sets[] = {
    {"http_requests_total",
     {[MEASURE_ERRORS] = RATIO("http_requests_total", GENERIC, "code=~\"5..\""),
      [MEASURE_TRAFFIC] = RATE("http_requests_total", GENERIC),
      [MEASURE_LATENCY] = SLOW("http_request_duration_seconds_bucket", GENERIC)}},
    {"envoy",
     {[MEASURE_ERRORS] =
          "(" RATE("envoy_cluster_upstream_rq_xx", ENVOY
                   ",envoy_response_code_class=\"5\"") " or vector(0)) / " RATE("envoy_cluster_"
                                                                                "upstream_rq_total",
                                                                                ENVOY),
      [MEASURE_TRAFFIC] = RATE("envoy_cluster_upstream_rq_total", ENVOY),
      [MEASURE_LATENCY] = SLOW("envoy_cluster_upstream_rq_time_bucket", ENVOY)}},
    {"istio",
     {[MEASURE_ERRORS] = RATIO("istio_requests_total", ISTIO, "response_code=~\"5..\""),
      [MEASURE_TRAFFIC] = RATE("istio_requests_total", ISTIO),
      [MEASURE_LATENCY] = SLOW("istio_request_duration_milliseconds_bucket", ISTIO)}},
    {"ingress-nginx",
     {[MEASURE_ERRORS] = RATIO("nginx_ingress_controller_requests", NGINX, "status=~\"5..\""),
      [MEASURE_TRAFFIC] = RATE("nginx_ingress_controller_requests", NGINX),
      [MEASURE_LATENCY] = SLOW("nginx_ingress_controller_request_duration_seconds_bucket", NGINX)}},
    {"cadvisor",
     {[MEASURE_SATURATION] = "avg(sum by (pod) (rate(container_cpu_usage_seconds_total{"
                             "container!=\"\",pod=~\"{instance}\"}[{window}])))"}},
    {"kube-state", /* of the limit, which cAdvisor does not know */
     {[MEASURE_SATURATION] = "sum(rate(container_cpu_usage_seconds_total{container!=\"\",pod=~\""
                             "{instance}\"}[{window}])) / sum(kube_pod_container_resource_limits{"
                             "resource=\"cpu\",pod=~\"{instance}\"})"}},
    {"simulated",
     {[MEASURE_ERRORS] = "errors", [MEASURE_TRAFFIC] = "traffic", [MEASURE_LATENCY] = "latency"}},
};

static const char *set_names(char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_LEN(sets) && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", sets[i].name);
    return out;
}

const char *metrics_set_query(const char *set, enum measure measure)
{
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        if (strcmp(sets[i].name, set) == 0)
            return sets[i].query[measure] ? sets[i].query[measure] : "";
    return NULL;
}

const struct metrics_row *metrics_for(const struct metrics_settings *settings, const char *service)
{
    const struct metrics_row *fallback = NULL;

    for (size_t i = 0; settings && i < settings->row_count; i++) {
        if (strcmp(settings->rows[i].service, service) == 0)
            return &settings->rows[i];
        if (!settings->rows[i].service[0])
            fallback = &settings->rows[i];
    }
    return fallback;
}

/* Its queries fill what the row does not say by itself. Several sets: the first that knows. */
static bool read_set(const struct json_at *at, struct metrics_row *row, struct err *err)
{
    char path[300], all[160];
    const char *name;

    if (!json_get_text(at, 64, &name, err))
        return false;
    if (!metrics_set_query(name, MEASURE_ERRORS))
        return err_set(err, at->code, "%s: '%s' is none of: %s", json_path(at, path, sizeof path),
                       name, set_names(all, sizeof all));
    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        if (!row->query[m][0])
            row->query[m] = metrics_set_query(name, (enum measure)m);
    return true;
}

static bool read_sets(const struct json_at *at, struct metrics_row *row, struct err *err)
{
    size_t count;

    if (!at->value)
        return true;
    if (!json_is_array(at->value))
        return read_set(at, row, err);
    if (!json_get_array(at, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_index(at, i);
        if (!read_set(&item, row, err))
            return false;
    }
    return true;
}

/* A key that is neither a measure nor `set`. */
static bool check_keys(const struct json_at *at, struct err *err)
{
    const char *names[MEASURE_COUNT + 1] = {"set"};
    char path[300], hint[NEAR_TEXT];
    const char *key;
    json_t *value;

    for (unsigned m = 0; m < MEASURE_COUNT; m++)
        names[m + 1] = measure_word[m];
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        const char *clean = text_clean(at->arena, key, strlen(key), 64);
        struct json_at item = json_key(at, clean);
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            known = known || strcmp(names[i], clean) == 0;
        near_suggest(clean, names, ARRAY_LEN(names), hint);
        if (!known)
            return err_set(err, at->code, "%s: there is no such setting.%s",
                           json_path(&item, path, sizeof path), hint);
    }
    return true;
}

static bool read_row(const struct json_at *at, struct metrics_row *row, struct err *err)
{
    struct json_at set = json_key(at, "set");
    char path[300];

    if (!json_get_object(at, err) || !check_keys(at, err))
        return false;
    for (unsigned m = 0; m < MEASURE_COUNT; m++) {
        struct json_at item = json_key(at, measure_word[m]);
        if (!json_opt_text(&item, METRICS_QUERY_MAX, "", &row->query[m], err))
            return false;
    }
    if (!read_sets(&set, row, err))
        return false;
    if (row->query[MEASURE_ERRORS][0] && !row->query[MEASURE_TRAFFIC][0])
        return err_set(err, at->code,
                       "%s: errors needs traffic (requests a second), so that few requests weigh "
                       "little",
                       json_path(at, path, sizeof path));
    if (!row->query[MEASURE_ERRORS][0] && !row->query[MEASURE_LATENCY][0] &&
        !row->query[MEASURE_SATURATION][0])
        return err_set(err, at->code,
                       "%s: nothing to judge by: name a set, or queries for errors and traffic, "
                       "latency or saturation",
                       json_path(at, path, sizeof path));
    return true;
}

static const char *service_of(const struct json_at *at, const char *key)
{
    const char *name = text_clean(at->arena, key, strlen(key), 160);

    return strcmp(name, "default") == 0 ? "" : name;
}

bool metrics_read_services(const struct json_at *at, struct metrics_settings *out, struct err *err)
{
    const char *key;
    json_t *value;

    if (!json_get_object(at, err))
        return false;
    struct metrics_row *rows =
        arena_alloc(at->arena, json_object_size(at->value) + 1, sizeof *rows);
    out->rows = rows;
    out->row_count = 0;
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        struct json_at item = json_key(at, key);
        rows[out->row_count].service = service_of(at, key);
        if (!read_row(&item, &rows[out->row_count], err))
            return false;
        out->row_count++;
    }
    return true;
}

/* ---- by itself ---- */

static uint32_t value_for(const struct auto_row *rows, size_t count, const char *service)
{
    uint32_t fallback = 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].service, service) == 0)
            return rows[i].value;
        if (!rows[i].service[0])
            fallback = rows[i].value;
    }
    return fallback;
}

bool auto_rolls_back(const struct auto_settings *settings, const char *service)
{
    return settings && value_for(settings->rollback, settings->rollback_count, service) != 0;
}

uint32_t auto_waves(const struct auto_settings *settings, const char *service)
{
    return settings ? value_for(settings->steps, settings->step_count, service) : 0;
}

static bool parse_rollback(const char *text, uint32_t *out)
{
    *out = strcmp(text, "auto") == 0;
    return *out || strcmp(text, "manual") == 0;
}

static bool parse_steps(const char *text, uint32_t *out)
{
    static const char wave[] = "until wave ";
    char *end;

    *out = strcmp(text, "until stable") == 0 ? AUTO_STABLE : 0;
    if (*out || strcmp(text, "off") == 0)
        return true;
    const char *digits = text + sizeof wave - 1;
    if (strncmp(text, wave, sizeof wave - 1) != 0 || *digits < '1' || *digits > '9')
        return false;
    unsigned long n = strtoul(digits, &end, 10);
    *out = (uint32_t)n;
    return !*end && n <= 99;
}

struct reading {
    bool (*parse)(const char *text, uint32_t *out);
    const char *expected;
};

static bool read_value(const struct json_at *at, const struct reading *how, const char *service,
                       struct auto_row *out, struct err *err)
{
    const char *text;
    char path[300];

    out->service = service;
    if (!json_get_text(at, 64, &text, err))
        return false;
    return how->parse(text, &out->value) ||
           err_set(err, at->code, "%s: expected %s, found '%s'", json_path(at, path, sizeof path),
                   how->expected, text);
}

static bool read_values(const struct json_at *at, const struct reading *how,
                        const struct auto_row **out, size_t *count, struct err *err)
{
    const char *key;
    json_t *value;
    size_t size = json_is_object(at->value) ? json_object_size(at->value) : 1;
    struct auto_row *rows = arena_alloc(at->arena, size + 1, sizeof *rows);

    *out = rows;
    *count = 0;
    if (json_is_string(at->value)) {
        *count = read_value(at, how, "", &rows[0], err) ? 1 : 0;
        return *count == 1;
    }
    if (!json_get_object(at, err))
        return false;
    json_object_foreach((json_t *)(uintptr_t)at->value, key, value)
    {
        struct json_at item = json_key(at, key);
        if (!read_value(&item, how, service_of(at, key), &rows[*count], err))
            return false;
        ++*count;
    }
    return true;
}

bool auto_read_rollback(const struct json_at *at, struct auto_settings *out, struct err *err)
{
    static const struct reading how = {parse_rollback, "manual or auto"};

    return read_values(at, &how, &out->rollback, &out->rollback_count, err);
}

bool auto_read_steps(const struct json_at *at, struct auto_settings *out, struct err *err)
{
    static const struct reading how = {parse_steps, "off, until wave N or until stable"};

    return read_values(at, &how, &out->steps, &out->step_count, err);
}
