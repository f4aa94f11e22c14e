/* answer.h: what a Prometheus answers to a query, decoded.
 *
 * Pure. Whatever comes from there is a stranger's: values that are no numbers are NAN, texts are
 * clean, counts have ceilings, and what is not understood is an error with its JSON path. Mimir,
 * Thanos and VictoriaMetrics answer in the same form. */
#ifndef LOCKSTEP_HEALTH_ANSWER_H
#define LOCKSTEP_HEALTH_ANSWER_H

#include "base/json.h"

enum prom_limit {
    PROM_SERIES_MAX = 2000,  /* of one answer; more are left out, and `cut` says so */
    PROM_LABELS_MAX = 64,    /* of one series */
    PROM_POINTS_MAX = 11000, /* of one answer, all series together: as many as Prometheus gives */
};

struct prom_label {
    const char *name, *value;
};

struct prom_point {
    int64_t at_utc_ms;
    double value; /* NAN and infinities as they came */
};

/* A scalar is one series without labels; an instant vector has one point each. */
struct prom_series {
    const struct prom_label *labels;
    size_t label_count;
    const struct prom_point *points; /* oldest first */
    size_t point_count;
};

struct prom_answer {
    const struct prom_series *series;
    size_t count;
    bool cut;
    bool matrix;         /* values over time, not those of one moment */
    const char *warning; /* the server's first one, or "" */
};

/* Everything lives in the arena. False and err: PROTOCOL when it is not understood, REJECTED with
 * the server's words when it did not understand us. */
bool prom_decode(const json_t *root, const char *what, struct arena *arena, struct prom_answer *out,
                 struct err *err);
/* The same from an HTTP answer of this status: 401 and 403 are AUTH, what a server or a proxy says
 * about itself (429, 5xx) is NETWORK. */
bool prom_judge(long status, const char *body, size_t len, const char *what, struct arena *arena,
                struct prom_answer *out, struct err *err);

/* "0.25", "1e-3", "NaN", "+Inf", whatever the locale. False for anything else. */
bool prom_number(const char *text, double *out);
const char *prom_label(const struct prom_series *series, const char *name); /* NULL: not there */

#endif
