/* plain.h: the dashboard as lines of text: one per service, then one whenever something changes.
 * For screen readers, logs and pipes: no colours, no cursor, nothing is drawn twice. */
#ifndef LOCKSTEP_TUI_PLAIN_H
#define LOCKSTEP_TUI_PLAIN_H

#include "frame.h"

#include <stdio.h>

struct plain_line {
    char key[240]; /* "cluster/id", "!cluster", … */
    uint64_t said; /* digest of what was said last */
    bool seen;     /* in this frame */
};

/* Starts as zeroes. */
struct plain {
    struct plain_line *lines;
    size_t count, cap;
};

/* Prints what is new since the last call: services, clusters that come and go, alarms, outcomes of
 * actions. Each line: time, cluster, service, then words. */
void plain_print(struct plain *plain, const struct frame *frame, FILE *out);
void plain_release(struct plain *plain);

#endif
