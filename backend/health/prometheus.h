/* prometheus.h: asks a Prometheus, or whatever answers its HTTP API.
 *
 * Reads only. Nothing blocks; every callback runs once, later, from the loop, and never after
 * prom_free. An answer is bounded in bytes, series and time (health/answer.h). */
#ifndef LOCKSTEP_HEALTH_PROMETHEUS_H
#define LOCKSTEP_HEALTH_PROMETHEUS_H

#include "base/loop.h"
#include "health/answer.h"

enum prom_client_limit {
    PROM_BODY_MAX = 4 << 20,
    PROM_CONNECT_MS = 3000,
    PROM_TOTAL_MS = 10000,
    PROM_QUERY_MAX = 2000, /* bytes of a query, before it is escaped */
    PROM_FLYING_MAX = 64,  /* requests on their way; more are ERR_LIMIT */
};

struct prom_config {
    const char *url;        /* "http://host:9090", "https://mimir/prometheus"; NULL or "": none */
    const char *token_file; /* bearer token, read anew for every request; NULL or "": none */
    const char *ca_file;    /* replaces the system's; NULL or "" */
    int64_t total_ms;       /* until an answer must be whole; 0: PROM_TOTAL_MS */
};

struct prom;
/* NULL and ERR_CONFIG for what can be seen to be wrong without the network. The texts are copied.
 */
struct prom *prom_new(struct loop *loop, const struct prom_config *config, struct err *err);
void prom_free(struct prom *prom); /* NULL is fine; drops what is on its way */
/* A token over plain http can be read by anybody on the way: worth a mark on the screen. */
bool prom_is_plain(const char *url);
/* The same, and the way leads to another machine. */
bool prom_is_exposed(const char *url);

/* answer is NULL with err; it is borrowed for the length of the call. REJECTED: the query is wrong,
 * and the text holds the server's words. */
typedef void prom_done_fn(void *arg, const struct prom_answer *answer, const struct err *err);
/* at_utc_ms 0: now, by the server's clock. */
void prom_instant(struct prom *prom, const char *query, int64_t at_utc_ms, prom_done_fn *fn,
                  void *arg);
/* From .. to with both ends, one value each step_ms. */
void prom_range(struct prom *prom, const char *query, int64_t from_utc_ms, int64_t to_utc_ms,
                int64_t step_ms, prom_done_fn *fn, void *arg);
/* Drops what was asked for with this arg; its callbacks never run. */
void prom_cancel(struct prom *prom, const void *arg);

/* Puts values into a query: "{name}" becomes the value, escaped for a quoted PromQL string; braces
 * around anything else stay. Yours to free. `name` NULL ends the table. */
struct prom_value {
    const char *name, *value;
};
char *prom_fill(const char *query, const struct prom_value *values);

#endif
