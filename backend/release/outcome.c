/* outcome.c: the words of outcomes, as printed and as stored. */
#include "release/outcome.h"

const char *const outcome_word[OUTCOME_COUNT] = {
    [OUTCOME_NONE] = "none",
    [OUTCOME_APPLIED] = "applied",
    [OUTCOME_NOT_APPLIED] = "not-applied",
    [OUTCOME_PARTIAL] = "partial",
    [OUTCOME_UNKNOWN] = "unknown",
};

const char *const action_end_word[END_COUNT] = {
    [END_NONE] = "on its way",   [END_APPLIED] = "applied",         [END_REFUSED] = "refused",
    [END_CONFLICT] = "conflict", [END_NOT_APPLIED] = "not-applied", [END_PARTIAL] = "partial",
    [END_UNKNOWN] = "unknown",
};
