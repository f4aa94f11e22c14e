/* hidden_many.h: many random fleets, with all rules and without each. */
#ifndef LOCKSTEP_TESTS_GUARD_HIDDEN_MANY_H
#define LOCKSTEP_TESTS_GUARD_HIDDEN_MANY_H

#include "guard/hidden.h"

struct hidden_tally {
    unsigned worlds, fleet_wide, contained, stale, stuck; /* worlds in which it was seen */
    unsigned allowed, refused, released, went_back, by_rule[RULE_COUNT];
    unsigned seen[HIDDEN_COUNT];
    uint64_t worst; /* seed of the first world that went wrong fleet-wide or is stuck */
};
void hidden_many(uint64_t first, unsigned worlds, const struct hidden_setting *setting,
                 struct hidden_tally *out);

/* All rules, and without each of them. */
struct hidden_case {
    const char *name;
    struct hidden_setting setting;
    unsigned harm;  /* that must be seen without it; 0: none may be */
    unsigned kinds; /* hidden faults that must act then, and never do with all rules */
};
extern const struct hidden_case hidden_cases[];
extern const size_t hidden_case_count;

#endif
