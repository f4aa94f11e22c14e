/* tape.h: reads an incident log (recorder.h) whole: every line is checked before the first is
 * shown. Sealed and shared; engines feed themselves from it by drivers/replay. */
#ifndef LOCKSTEP_RECORD_TAPE_H
#define LOCKSTEP_RECORD_TAPE_H

#include "frame.h"

enum tape_limit { TAPE_CLUSTERS_MAX = 64, TAPE_LINE_MAX = 32 << 20 };

enum tape_kind {
    TAPE_SERVICE,
    TAPE_SERVICE_GONE,
    TAPE_NODE,
    TAPE_NODE_GONE,
    TAPE_SYNCED,
    TAPE_FRESH,
    TAPE_STATE,
    TAPE_LEDGER,
    TAPE_PERMISSIONS,
    TAPE_MEASURE,
    TAPE_TOLD,
    TAPE_ACTION,
    TAPE_MARK,
};

/* What the cluster's own numbers were: as driver_measure, with its values. */
struct tape_measure {
    struct driver_measure of;
    const double *values;
};

struct tape_told {
    enum event_kind kind;
    const char *name, *by;
};

struct tape_action {
    uint64_t ticket;
    struct action_status status;
};

/* One fact. `text` is the id, the key, the sentence, the reason or the mark. */
struct tape_fact {
    enum tape_kind kind;
    size_t cluster; /* TAPE_CLUSTERS_MAX: of none */
    int64_t at_ms;  /* engine clock; never before the one before */
    const char *text;
    union {
        const struct service *service;
        const struct node *node;
        enum cluster_state state;
        const char *record; /* of the ledger; NULL: none */
        const struct driver_permissions *permissions;
        const struct tape_measure *measure;
        const struct tape_told *told;
        const struct tape_action *action;
    } is;
};

struct tape_cluster {
    const char *name, *kind;
    bool production, read_only;
    const char *failed; /* could not be opened; "" */
    struct driver_caps caps;
};

struct tape {
    const char *version, *file;
    int64_t start_ms, start_utc_ms, end_ms;
    const char *settings; /* as a document of settings; "" none */
    struct tape_cluster *clusters;
    size_t cluster_count;
    struct tape_fact *facts;
    size_t count;
    struct board_event *past; /* what the local record said when it began, newest first */
    size_t past_count;
    bool cut; /* its last line is not whole: it was being written */
    /* private */
    size_t cap;
    struct arena *arena;
};

/* NULL and ERR_CONFIG: "file:line: path: what was expected". */
struct tape *tape_parse(const char *bytes, size_t len, const char *file, struct err *err);
struct tape *tape_load(const char *path, struct err *err);
void tape_free(struct tape *tape); /* NULL is fine */

/* The first fact after that time; count when there is none. */
size_t tape_after(const struct tape *tape, int64_t at_ms);
/* The mark before or after that time; NULL none. */
const struct tape_fact *tape_mark(const struct tape *tape, int64_t at_ms, bool after);

#endif
