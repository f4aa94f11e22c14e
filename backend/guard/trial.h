/* trial.h: inside the guard only: what a rule is given, and how it speaks.
 *
 * Each rule is one function in a file of its own; trial.c holds the table of them. */
#ifndef LOCKSTEP_GUARD_TRIAL_H
#define LOCKSTEP_GUARD_TRIAL_H

#include "guard/deed.h"
#include "guard/judge.h"

struct trial {
    const struct world *world;
    const struct deed *deed;
    struct arena *arena; /* NULL: nobody will read the words */
    /* of the deed's service and version; empty ones where nothing is named */
    const struct book_service *service;
    const struct book_version *version;
};

typedef void rule_fn(const struct trial *trial, struct finding *finding);
rule_fn rule_contract, rule_stale, rule_data, rule_coupling, rule_clients, rule_one_step,
    rule_rehearsal;

/* Breaks the rule; the texts are printed into the trial's arena. */
void trial_break(const struct trial *trial, struct finding *finding, enum answer answer,
                 const char *way_out, const char *fmt, ...) PRINTF_LIKE(5, 6);
void trial_witness(const struct trial *trial, struct finding *finding, const char *object,
                   const char *fmt, ...) PRINTF_LIKE(4, 5);
/* "node n5: silent, last ran v4": every seat and launcher where a version of the set may run. */
void trial_places(const struct trial *trial, struct finding *finding, uint32_t service,
                  versions_t versions);
/* "fence n5 …" when a silent seat is among those places, "point launcher asg …" when only a
 * launcher is; else `other`. */
const char *trial_fence_or(const struct trial *trial, uint32_t service, versions_t versions,
                           const char *other);
const char *trial_text(const struct trial *trial, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *trial_version_name(const struct trial *trial, uint32_t service, unsigned version);
/* "v1, v2" */
const char *trial_versions(const struct trial *trial, uint32_t service, versions_t versions);

#endif
