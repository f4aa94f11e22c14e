/* told.h: what the guard says, word by word, against what is recorded in recordings/told.
 *
 * A text that changes on purpose is recorded anew: LOCKSTEP_TOLD=DIRECTORY build/unit writes what
 * is told there instead of comparing it. Read the difference before it is kept. */
#ifndef LOCKSTEP_TESTS_GUARD_TOLD_H
#define LOCKSTEP_TESTS_GUARD_TOLD_H

#include "guard/scenario.h"

#include <stdio.h>

struct told {
    const char *name; /* of the recording */
    FILE *out;
    char *text;
    size_t len;
};

void told_begin(struct told *told, const char *name);
/* Fails the test at the first line that differs. */
void told_end(struct told *told);

/* A letter per rule, then sentence, witnesses and way out of each that is broken. */
void told_verdict(struct told *told, const struct verdict *verdict);
void told_finding(struct told *told, const char *word, const struct finding *finding);
/* What may run and how far it is rehearsed, what is at rest, launchers and nodes. */
void told_world(struct told *told, const struct world *world);
/* Every action judged and done, also when it is refused, with what it changed and alarmed. */
void told_scenario(struct told *told, const struct scenario *scenario);

#endif
