/* query_check.h: does a query of the settings answer, and if not, why not?
 *
 * What comes back empty is asked about further, with what the query itself chooses its series by:
 * is there such a metric, which label fits nothing, how old is the newest sample, is the window too
 * short for a rate. Waits for its answers: for verbs, not for the dashboard. */
#ifndef LOCKSTEP_HEALTH_QUERY_CHECK_H
#define LOCKSTEP_HEALTH_QUERY_CHECK_H

#include "health/prometheus.h"
#include "health/settings.h"

enum query_state {
    QUERY_ANSWERS,   /* one series with a number: what a bake can be judged by */
    QUERY_NOTHING,   /* no series, or no number */
    QUERY_SEVERAL,   /* more than one series, which a bake does not take */
    QUERY_REFUSED,   /* the server's own words are in `why` */
    QUERY_UNREACHED, /* the server did not answer, or did not let us ask */
    QUERY_UNASKED,   /* something to fill in is not known */
    QUERY_STATE_COUNT
};
extern const char *const query_state_word[QUERY_STATE_COUNT];

/* What the places in a query stand for. */
struct query_subject {
    const char *service, *scope; /* scope NULL or "": not known */
    const char *const *versions; /* the one that most likely runs first */
    size_t version_count;
    int64_t window_ms;
};

struct query_result {
    enum query_state state;
    const char *version; /* that it was asked with; "": it names none, or none is known */
    const char *query;   /* as it was asked */
    size_t series;
    double value;    /* of the first series; NAN where there is none */
    const char *why; /* "" where it answers */
};

/* Asks with each version until one answers: a contract may well be of a version that does not run.
 * Where none does, the result is that of the first. Texts live in the arena. */
void query_check(struct prom *prom, struct loop *loop, struct arena *arena, const char *query,
                 const struct query_subject *subject, struct query_result *out);

#endif
