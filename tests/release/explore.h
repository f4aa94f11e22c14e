/* explore.h: every reachable world of the action protocol; from each of them the quiet schedule
 * must end with everything settled. */
#ifndef LOCKSTEP_TESTS_RELEASE_EXPLORE_H
#define LOCKSTEP_TESTS_RELEASE_EXPLORE_H

#include "explore/search.h"
#include "release/explore_world.h"

void explore(const struct model *model, size_t states_max, struct search_result *out);

/* The configurations that must hold, and the protections whose removal must be noticed. */
enum case_size {
    CASE_SMALL,  /* always */
    CASE_MEDIUM, /* some seconds: not under sanitizers */
    CASE_LARGE,  /* only with --all */
};
struct explore_case {
    const char *name;
    enum case_size size;
    unsigned missing; /* protection taken away: must fail; 0: must hold */
    struct model model;
};
extern const struct explore_case explore_cases[];
extern const size_t explore_case_count;
/* Runs one case and prints one line (and the steps to a violation that is not expected, or all
 * with `trace`); false when it did not end as it must. */
bool explore_run_case(const struct explore_case *c, bool trace, FILE *out);

#endif
