/* node.h: a machine of a cluster as lockstep knows it. By value inside a snapshot. */
#ifndef LOCKSTEP_MODEL_NODE_H
#define LOCKSTEP_MODEL_NODE_H

#include <stdbool.h>
#include <stdint.h>

enum node_state {
    NODE_REPORTING,
    NODE_UNSETTLED, /* the engine itself is not sure yet (leader change): do not step */
    NODE_SILENT,    /* not heard of; what it ran last may still run */
    NODE_RETIRED,   /* somebody said it is gone: a claim, it still counts */
    NODE_FENCED,    /* proven unable to come back with old versions: leaves every count */
    NODE_STATE_COUNT
};
extern const char *const node_state_word[NODE_STATE_COUNT];

struct node {
    const char *cluster;
    const char *id;
    const char *name;
    enum node_state state;
    bool draining;        /* cordoned or drained: reporting, takes no new work */
    int64_t state_utc_ms; /* since when, -1 unknown */
    const char *note;     /* the engine's words, fence reason, or "" */
};

/* Number of a node, for tables: equal for equal names, never 0. */
uint64_t node_key(const char *cluster, const char *id);

#endif
