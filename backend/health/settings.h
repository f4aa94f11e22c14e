/* settings.h: what the settings say under `metrics:`, `rollback:` and `auto:`. */
#ifndef LOCKSTEP_HEALTH_SETTINGS_H
#define LOCKSTEP_HEALTH_SETTINGS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct json_at;

enum measure {
    MEASURE_ERRORS,     /* share of requests that failed, 0..1 */
    MEASURE_LATENCY,    /* of a slow request, in any unit */
    MEASURE_SATURATION, /* of an instance, in any unit */
    MEASURE_TRAFFIC,    /* requests a second: what gives errors their weight; not judged itself */
    MEASURE_COUNT
};
extern const char *const measure_word[MEASURE_COUNT];

enum measure_limit { METRICS_QUERY_MAX = 1500, METRICS_EVERY_MS = 30000 };

/* Queries with {service} {version} {scope} {instance} {window}; "" where none is set. */
struct metrics_row {
    const char *service; /* "": every service without a row of its own */
    const char *query[MEASURE_COUNT];
};

struct metrics_settings {
    const char *url, *token_file, *ca_file; /* NULL or "" where not set */
    int64_t every_ms;                       /* between two samples, and {window}; 0: the usual */
    const struct metrics_row *rows;
    size_t row_count;
};
/* NULL: nothing is measured of it. */
const struct metrics_row *metrics_for(const struct metrics_settings *settings, const char *service);
/* `services:`, a mapping of services (or "default") to queries and ready-made sets. */
bool metrics_read_services(const struct json_at *at, struct metrics_settings *out, struct err *err);
/* A ready-made query; NULL when no set is called that, "" when it has none for this. */
const char *metrics_set_query(const char *set, enum measure measure);

/* What lockstep does by itself with a service. */
struct auto_row {
    const char *service; /* "": every service without a row of its own */
    uint32_t value;      /* rollback: 1 yes; steps: the last wave it goes to by itself */
};
#define AUTO_STABLE UINT32_MAX
struct auto_settings {
    const struct auto_row *rollback, *steps;
    size_t rollback_count, step_count;
};
bool auto_rolls_back(const struct auto_settings *settings, const char *service);
uint32_t auto_waves(const struct auto_settings *settings, const char *service); /* 0: none */
/* "manual" or "auto", or a mapping of services to that. */
bool auto_read_rollback(const struct json_at *at, struct auto_settings *out, struct err *err);
/* "off", "until wave N", "until stable", or a mapping. */
bool auto_read_steps(const struct json_at *at, struct auto_settings *out, struct err *err);

#endif
