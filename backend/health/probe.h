/* probe.h: one number that is asked for: how many rows are left in an old format, how often an
 * element of an API is still called.
 *
 * From a Prometheus (or what speaks its HTTP API), a place in a JSON document, or a command's
 * stdout. No number is never zero: an empty answer, NaN, more than one series are errors. */
#ifndef LOCKSTEP_HEALTH_PROBE_H
#define LOCKSTEP_HEALTH_PROBE_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_limit {
    PROBES_MAX = 256,
    PROBE_TEXT_MAX = 1 << 20, /* of an answer */
    PROBE_TIME_MS = 30000,
    PROBE_EVERY_MIN_MS = 1000,
    PROBE_COVERAGE = 99, /* percent, where the settings say nothing else */
};

/* Strings are "" where not used. */
struct probe_settings {
    const char *store, *gone;       /* counts what is left of this format there */
    const char *clients, *usage;    /* or counts calls of this element by them */
    const char *prometheus, *query; /* its URL, and an instant query that gives one number */
    const char *coverage;           /* a second query: the share (0..1) of them that it sees */
    uint32_t coverage_least;        /* percent; 0: PROBE_COVERAGE */
    const char *url, *path;         /* or JSON from here, at "rows.old[0]" */
    const char *const *command;     /* or what this prints; NULL-terminated */
    const char *ca_file, *token_file;
    int64_t every_ms;    /* `watch` asks so often; 0: only attest --probe does */
    const char *context; /* whose record it goes into; "": the only one */
};

struct probe_result {
    uint64_t count;     /* rounded up: a trace is a trace */
    char evidence[400]; /* what was asked where, and what it said */
};

/* Which one counts this; NULL none. */
const struct probe_settings *probe_find(const struct probe_settings *probes, size_t count,
                                        const char *store, const char *gone, const char *clients,
                                        const char *usage);
/* Asks, and waits for the answer, or until *stop (NULL: never; read atomically). False and err when
 * there is no number that can be relied on. */
bool probe_ask(const struct probe_settings *probe, struct clock *clock, const bool *stop,
               struct probe_result *out, struct err *err);

/* What answers mean. Finite and not negative, else false and err. */
bool probe_read_number(const char *text, size_t len, double *out, struct err *err);
bool probe_read_prometheus(const char *text, size_t len, double *out, struct err *err);
bool probe_read_path(const char *text, size_t len, const char *path, double *out, struct err *err);

#endif
