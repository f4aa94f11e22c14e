/* verdict.h: what the guard says, as it is shown, printed and journaled. */
#ifndef LOCKSTEP_GUARD_VERDICT_H
#define LOCKSTEP_GUARD_VERDICT_H

#include "base/mem.h"

#include <stdint.h>

/* In the order in which the first broken one is named. */
enum rule_id { RULE_R0, RULE_RL, RULE_R1, RULE_R2, RULE_RC, RULE_R3, RULE_R4, RULE_COUNT };
extern const char *const rule_word[RULE_COUNT]; /* "R0", "RL", … */
extern const char *const rule_name[RULE_COUNT]; /* "contract", "serial", "data", … */

enum answer {
    ANSWER_ALLOW,
    ANSWER_NOT_EVALUATED, /* this rule is not built or does not apply: refuses nothing */
    ANSWER_UNKNOWN,       /* a fact is missing: treated as a refusal */
    ANSWER_REFUSE,
};
extern const char *const answer_word[4]; /* "allow", "not-evaluated", "unknown", "refuse" */

/* How much a broken rule binds. Without a policy everything is enforced. */
enum level {
    LEVEL_ENFORCE, /* refuses; only breaking the glass goes past it */
    LEVEL_WARN,    /* refuses until the operator says once more, with a reason */
    LEVEL_OBSERVE, /* shown and journaled, refuses nothing */
    LEVEL_COUNT
};
extern const char *const level_word[LEVEL_COUNT];

/* What can be wrong with what runs, without any action; see guard_watch. */
enum alarm_kind {
    ALARM_STEP,     /* more than one step may be live */
    ALARM_SILENT,   /* a node is silent for long while a release moves */
    ALARM_RETURNED, /* a node came back with a version outside of the step */
    ALARM_LAUNCHER, /* a launcher would start something else than what is stable */
    ALARM_UNKNOWN,  /* a version is not known for long */
    ALARM_OPEN,     /* a step has been open for long */
    ALARM_COUPLED,  /* two coupled services change */
    ALARM_CALLS,    /* what runs, or a client, calls what is not provided */
    ALARM_EXPIRED,  /* the certificate became void half way */
    ALARM_DRIFT,    /* changed, and not through lockstep */
    ALARM_GLASS,    /* the glass was broken */
    ALARM_BAKE,     /* what is measured of a new version is worse than of the old one */
    ALARM_EMPTY,    /* scaled to nothing half way: it would come back as the new version alone */
    ALARM_COUNT
};
extern const char *const alarm_word[ALARM_COUNT]; /* "step", "silent", … */

/* One object that makes the rule say so: a node, launcher, store, service, … */
struct witness {
    const char *object; /* "node w3", "launcher spec", … */
    const char *fact;   /* "silent, last ran 4" */
    int64_t age_ms;     /* of the fact; -1 unknown */
};

struct finding {
    enum rule_id rule;
    enum alarm_kind kind; /* of what guard_watch finds */
    enum answer answer;
    const char *sentence; /* one sentence; "" when allowed */
    struct witness *witnesses;
    size_t witness_count;
    const char *way_out; /* cheapest one, or "" */
    enum level level;
};

/* Everything in the arena it was judged into. */
struct verdict {
    enum answer answer;          /* ALLOW only when no finding that binds is REFUSE or UNKNOWN */
    enum level level;            /* when it is not ALLOW: the strictest of the broken rules */
    const struct finding *first; /* first broken one that binds, NULL when allowed */
    struct finding findings[RULE_COUNT];
    const char *warning; /* allowed, but say this first; or "" */
};

#endif
