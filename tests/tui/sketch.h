/* sketch.h: from one line per rollout to services, rows and options of a whole frame. */
#ifndef LOCKSTEP_TESTS_TUI_SKETCH_H
#define LOCKSTEP_TESTS_TUI_SKETCH_H

#include "tui/frames.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
#define DAY (24 * (int64_t)HOUR)

/* One line of a board. Counts: [0] of `from`, [1] of `to`. */
struct sketch {
    const char *cluster, *name, *kind, *scope, *owner;
    enum board_state state;
    const char *from, *to;
    uint32_t serving[2], starting, failing, ghosts;
    uint32_t step, step_at[5];
    const char *why, *by;
    int64_t since_ms;
};

/* An empty frame; everything of it lies in one arena, services have their own. */
struct frame *sketch_frame(void);
/* Appends `count` reporting nodes "<stem>-1" ... of one cluster; returns the new length. */
size_t sketch_reporting(struct frame *frame, struct node *nodes, size_t at, const char *cluster,
                        const char *stem, unsigned count);
/* All nodes of the frame, sorted here; before sketch_rows, which spreads instances on them. */
void sketch_nodes(struct frame *frame, struct node *nodes, size_t count);
void sketch_rows(struct frame *frame, const struct sketch *sketches, size_t count);
/* Serial and one-step were judged, the others not; `rule` is the broken one unless ALLOW. */
struct verdict sketch_verdict(struct arena *arena, enum rule_id rule, enum answer answer);

#endif
