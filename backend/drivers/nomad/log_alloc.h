/* log_alloc.h: which task of an allocation has something to tell, and what became of it. Pure. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_LOG_ALLOC_H
#define LOCKSTEP_DRIVERS_NOMAD_LOG_ALLOC_H

#include "base/err.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct nomad_log_event {
    int64_t at_ns; /* since 1970; tells events apart */
    const char *text;
};

struct nomad_log_alloc {
    const char *id;   /* "": there is none */
    const char *task; /* the one that failed, else the first that runs; "": none was begun */
    bool over;        /* all its tasks have ended for good */
    struct nomad_log_event *events; /* of all tasks, oldest first */
    size_t event_count;
};

/* Of an answer to /v1/allocations?prefix=: the allocation of this job, by the name that instances
 * have ("web[3] 0d7f220c"). */
bool nomad_log_look(const json_t *value, const char *job, const char *instance, struct arena *arena,
                    struct nomad_log_alloc *out, struct err *err);
/* The first digits of an allocation's id at the end of that name; "" when there are none. */
const char *nomad_log_prefix(const char *instance);

#endif
