/* equivalent.h: mutants that are the same program, each with the reason, read from a file:
 *
 * FILE: LINE OF SOURCE => CHANGE
 *     why nothing can tell them apart
 *
 * By the text of the line, not its number, so that entries outlive what is added above them. */
#ifndef LOCKSTEP_TESTS_MUTATE_EQUIVALENT_H
#define LOCKSTEP_TESTS_MUTATE_EQUIVALENT_H

#include "mutate/mutate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct equivalents {
    char **line;
    size_t count, cap;
};

bool equivalents_load(struct equivalents *out, const char *path); /* false: said on stderr */
bool equivalents_have(const struct equivalents *equivalents, const struct mutant *mutant);
/* Names those that are no mutant any more. */
bool equivalents_all_exist(const struct equivalents *equivalents, FILE *out);

#endif
