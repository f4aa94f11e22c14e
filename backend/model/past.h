/* past.h: what a cluster still knows of the releases of before, as facts.
 *
 * A cluster keeps little of it, and forgets: what is not known is said as not known, never filled
 * in. */
#ifndef LOCKSTEP_MODEL_PAST_H
#define LOCKSTEP_MODEL_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many instances had been begun by then. */
struct past_growth {
    int64_t at_utc_ms;
    uint32_t count;
};

/* One time that a version was asked for. */
struct past_release {
    const char *version, *artifact;
    int64_t at_utc_ms;                /* -1 not known */
    int64_t done_utc_ms;              /* complete; -1 not, or not known */
    const char *by, *cause;           /* who, in which words; or "" */
    uint32_t running;                 /* instances of it now */
    const struct past_growth *growth; /* by time; count 0: not known */
    size_t growth_count;
    bool growth_is_whole; /* no instance of it is missing there */
};

/* One service. */
struct past {
    const char *cluster, *service_id, *name, *scope, *kind;
    uint32_t replicas;
    const struct past_release *release; /* in the order in which they were asked for */
    size_t release_count;
    size_t missing; /* that the cluster counted and no longer keeps */
};

#endif
