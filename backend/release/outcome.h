/* outcome.h: the words for how an action ended, for records and for people. */
#ifndef LOCKSTEP_RELEASE_OUTCOME_H
#define LOCKSTEP_RELEASE_OUTCOME_H

/* As kept in the ledger. */
enum outcome {
    OUTCOME_NONE, /* not settled yet */
    OUTCOME_APPLIED,
    OUTCOME_NOT_APPLIED,
    OUTCOME_PARTIAL, /* some of the writes of a multi-write action */
    OUTCOME_UNKNOWN, /* can never be found out: the object, or its record, is gone */
    OUTCOME_COUNT
};
extern const char *const outcome_word[OUTCOME_COUNT];

/* As said to the operator who asked. */
enum action_end {
    END_NONE,        /* still on its way */
    END_APPLIED,     /* every write is in the cluster */
    END_REFUSED,     /* by the guard, on the fresh read; nothing was sent */
    END_CONFLICT,    /* somebody else was first; certainly nothing of ours was applied */
    END_NOT_APPLIED, /* certainly not applied: rejected, fenced off, or never sent */
    END_PARTIAL,     /* the first `write` of `writes` are in, the rest is not and will not be
                        by itself */
    END_UNKNOWN,     /* cannot be found out: said as unknown */
    END_COUNT
};
extern const char *const action_end_word[END_COUNT];

#endif
