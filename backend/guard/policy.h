/* policy.h: which broken rule refuses what, per service.
 *
 * What only a contract can say (R0, R1, what R2 says about APIs, RC) binds a service once it
 * has a contract; until then it is observed. What can be seen without one holds from day one. */
#ifndef LOCKSTEP_GUARD_POLICY_H
#define LOCKSTEP_GUARD_POLICY_H

#include "base/json.h"
#include "guard/verdict.h"
#include "guard/world.h"

/* One word of the settings. */
struct level_row {
    const char *service; /* "": every service without rows of its own */
    unsigned rules;      /* set of 1 << enum rule_id */
    enum level level;
};

struct guard_policy {
    struct level_row *rows;
    size_t row_count;
    enum coupling coupling;
    const char *home; /* context whose ledger has the lock records; NULL or "": each its own */
    int break_glass;  /* enum glass_policy */
    int64_t silent_ms, unknown_ms, open_ms; /* 0: the usual; see policy_silent_ms … */
};

/* Who may go past rules that are enforced: one person, or two identities of the cluster. */
enum glass_policy { GLASS_ONE, GLASS_TWO };

/* Nothing set: coupling over direct neighbours. */
struct guard_policy guard_policy_default(void);

/* Whether a finding comes from a contract or from what anybody can see. */
enum finding_source { FROM_CONTRACTS, FROM_SIGHT };
/* `declared`: the service has a contract. `policy` may be NULL. */
enum level policy_level(const struct guard_policy *policy, const char *service, bool declared,
                        enum rule_id rule, enum finding_source source);

/* How long a node may be silent while a release moves, a version not known, and a step open,
 * before it is an alarm. `policy` may be NULL. */
int64_t policy_silent_ms(const struct guard_policy *policy);  /* 2 min */
int64_t policy_unknown_ms(const struct guard_policy *policy); /* 5 min */
int64_t policy_open_ms(const struct guard_policy *policy);    /* 24 h */

/* {default: warn, SERVICE: enforce, OTHER: {R1: observe}}; the rows go into the arena. */
bool policy_read_levels(const struct json_at *at, struct guard_policy *out, struct err *err);
/* neighbours, component or fleet */
bool policy_read_coupling(const struct json_at *at, struct guard_policy *out, struct err *err);

#endif
