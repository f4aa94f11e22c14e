/* scenario.h: worlds with actions, as files: post-mortems, controls, what-if questions.
 *
 * A scenario is run against the same rules as a real fleet, with everything enforced. */
#ifndef LOCKSTEP_GUARD_SCENARIO_H
#define LOCKSTEP_GUARD_SCENARIO_H

#include "guard/deed.h"

#include <jansson.h>

struct scenario {
    const char *name;
    struct arena *arena;
    struct book *book;
    struct world start;
    struct deed *deeds;
    size_t deed_count;
    bool expects; /* "expect" names a refusal; false: nothing is refused */
    size_t expect_action;
    enum rule_id expect_rule;
};

/* Parses one document; `what` names it in messages. NULL and err with the path. */
struct scenario *scenario_parse(const json_t *root, const char *what, struct err *err);
struct scenario *scenario_load(const char *path, struct err *err);
void scenario_free(struct scenario *scenario); /* NULL is fine */

/* How a run went, up to and including the first refusal. */
struct scenario_report {
    const struct scenario *scenario;
    bool refused;
    size_t action;          /* that was refused */
    struct verdict verdict; /* of it */
    bool ok;                /* as expected */
    struct world end;
    struct arena *arena; /* of the verdict's texts */
    const char *alerts;  /* what broke without being asked (one line each), or "" */
};
void scenario_run(const struct scenario *scenario, struct policy policy,
                  struct scenario_report *out);
void scenario_report_release(struct scenario_report *report);

/* {"name", "refused", "expected", "ok", "alerts"}: one line of `simulate -o json`. A new reference.
 */
json_t *scenario_report_json(const struct scenario_report *report);
/* The same for people, several lines, ending in a newline; yours to free. */
char *scenario_report_text(const struct scenario_report *report);

/* What `lockstep simulate FILE` does for one file: loads, runs, and prints into *out (yours to
 * free; JSON: one line). False and err when it cannot be loaded; *ok: as expected. */
bool scenario_run_file(const char *path, bool as_json, char **out, bool *ok, struct err *err);

#endif
