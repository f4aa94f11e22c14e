/* words.c: the words of the model's enums, as printed, parsed and stored. */
#include "model/action.h"
#include "model/node.h"

#include <string.h>

const char *const node_state_word[NODE_STATE_COUNT] = {
    [NODE_REPORTING] = "reporting", [NODE_UNSETTLED] = "unsettled", [NODE_SILENT] = "silent",
    [NODE_RETIRED] = "retired",     [NODE_FENCED] = "fenced",
};

const char *const verb_word[VERB_COUNT] = {
    [VERB_START] = "start",   [VERB_STEP] = "step",         [VERB_PAUSE] = "pause",
    [VERB_RESUME] = "resume", [VERB_ROLLBACK] = "rollback", [VERB_FENCE] = "fence",
    [VERB_ATTEST] = "attest",
};

const char *const attested_word[ATTEST_COUNT] = {
    [ATTEST_GONE] = "gone",
    [ATTEST_USAGE] = "usage",
    [ATTEST_ENDED] = "ended",
    [ATTEST_SUPPORTED] = "supported",
};

bool attested_parse(const char *word, enum attested *out)
{
    for (unsigned a = 0; a < ATTEST_COUNT; a++)
        if (strcmp(word, attested_word[a]) == 0) {
            *out = (enum attested)a;
            return true;
        }
    return false;
}

bool verb_parse(const char *word, enum verb *out)
{
    for (unsigned v = 0; v < VERB_COUNT; v++)
        if (strcmp(word, verb_word[v]) == 0) {
            *out = (enum verb)v;
            return true;
        }
    return false;
}
