/* facts.h: what the engine's answers say, decoded. Pure.
 *
 * One call decodes one answer into an arena; every string in the result is clean and lives
 * there. Wrong types are refused as a whole with their path; unknown words of a
 * newer engine are taken as "may be running", never as gone. */
#ifndef LOCKSTEP_DRIVERS_SWARM_FACTS_H
#define LOCKSTEP_DRIVERS_SWARM_FACTS_H

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* In the engine's own order; what is behind RUNNING has ended. */
#define SWARM_STATES(X)                                                                            \
    X(NEW, "new")                                                                                  \
    X(PENDING, "pending")                                                                          \
    X(ASSIGNED, "assigned")                                                                        \
    X(ACCEPTED, "accepted")                                                                        \
    X(PREPARING, "preparing")                                                                      \
    X(READY, "ready")                                                                              \
    X(STARTING, "starting")                                                                        \
    X(RUNNING, "running")                                                                          \
    X(COMPLETE, "complete")                                                                        \
    X(SHUTDOWN, "shutdown")                                                                        \
    X(FAILED, "failed")                                                                            \
    X(REJECTED, "rejected")                                                                        \
    X(REMOVE, "remove")                                                                            \
    X(ORPHANED, "orphaned")

enum swarm_state {
#define X(id, word) SWARM_##id,
    SWARM_STATES(X)
#undef X
        SWARM_STATE_COUNT
};

enum swarm_node_state { SWARM_NODE_READY, SWARM_NODE_DOWN, SWARM_NODE_UNKNOWN };

struct swarm_node {
    const char *id, *name, *message;
    enum swarm_node_state state;
    bool draining;
};

struct swarm_task {
    const char *id, *service, *node, *image, *version;
    const char *error;   /* Status.Err, or "" */
    const char *message; /* Status.Message, or "" */
    int64_t slot;        /* 0: of a global service */
    int64_t since_utc_ms, created_utc_ms;
    enum swarm_state state, desired;
};

enum swarm_update {
    SWARM_UPDATE_NONE,
    SWARM_UPDATE_UPDATING,
    SWARM_UPDATE_PAUSED,
    SWARM_UPDATE_COMPLETED,
    SWARM_UPDATE_BACK_STARTED,
    SWARM_UPDATE_BACK_PAUSED,
    SWARM_UPDATE_BACK_COMPLETED,
};

struct swarm_service {
    const char *id, *name, *image, *version, *previous, *contract;
    const char *const *marks;
    size_t mark_count;
    uint64_t index;
    char spec_hash[17];   /* of the whole Spec */
    char target_hash[17]; /* of what a person would call a change of the target */
    char config_hash[17]; /* of the container without image and labels */
    bool global, job;     /* job: runs to its end, never updated in place */
    bool parked;          /* its Delay lasts a year or more: no task follows by itself */
    uint32_t replicas;    /* 0 for global: counted from its tasks */
    uint32_t parallelism; /* of UpdateConfig; 0: all at once */
    enum swarm_update update;
    const char *update_message;
    int64_t update_utc_ms; /* began; -1 */
    const json_t *raw;     /* borrowed from what was decoded */
};

/* The revision of a service for action.revision: "<index>.<hash of the Spec>". */
enum { SWARM_REVISION_TEXT = 48 };
const char *swarm_revision(const struct swarm_service *service, char out[SWARM_REVISION_TEXT]);

/* Version of a task template: label lockstep.version of its container, else of the image. `what`
 * names the source in errors. */
const char *swarm_template_version(const json_t *template, struct arena *arena);

bool swarm_decode_service(const json_t *value, struct arena *arena, struct swarm_service *out,
                          struct err *err);
/* Sorted by id. */
bool swarm_decode_services(const json_t *value, struct arena *arena, struct swarm_service **out,
                           size_t *count, struct err *err);
/* Sorted by service, then slot, then node for global ones, then newest first. */
void swarm_sort_tasks(struct swarm_task *tasks, size_t count);
bool swarm_decode_tasks(const json_t *value, struct arena *arena, struct swarm_task **out,
                        size_t *count, struct err *err);
/* Sorted by id. */
bool swarm_decode_nodes(const json_t *value, struct arena *arena, struct swarm_node **out,
                        size_t *count, struct err *err);
const struct swarm_node *swarm_find_node(const struct swarm_node *nodes, size_t count,
                                         const char *id);

/* GET /version: the prefix of every other path, "/v1.41", into out. */
enum { SWARM_PREFIX_TEXT = 16 };
bool swarm_decode_version(const json_t *value, struct arena *arena, char out[SWARM_PREFIX_TEXT],
                          struct err *err);

/* One line of GET /events. */
struct swarm_event {
    enum { SWARM_EVENT_OTHER, SWARM_EVENT_SERVICE, SWARM_EVENT_NODE, SWARM_EVENT_CONFIG } kind;
    const char *id, *name;
    const char *text; /* for the timeline, or "" */
};
bool swarm_decode_event(const json_t *value, struct arena *arena, struct swarm_event *out,
                        struct err *err);

/* A Config object that is a ledger record. text NULL: it is not one of ours. */
struct swarm_record {
    const char *key;
    const char *text; /* borrowed from value, as stored */
    uint64_t index;
};
bool swarm_decode_record(const json_t *value, struct arena *arena, struct swarm_record *out,
                         struct err *err);
/* The Config's name of a ledger key: "lockstep.<key>", or with a hash where that is no name. */
enum { SWARM_RECORD_NAME = 65 };
const char *swarm_record_name(const char *key, char out[SWARM_RECORD_NAME]);

#define SWARM_LABEL_MARKS    "lockstep.step"
#define SWARM_LABEL_VERSION  "lockstep.version"
#define SWARM_LABEL_CONTRACT "lockstep.contract"
#define SWARM_LABEL_OURS     "lockstep"
#define SWARM_LABEL_KEY      "lockstep.key"
#define SWARM_LABEL_LEDGER   "lockstep.ledger"
/* The Delay after which a rollout stands by itself: ten years, in ns. */
#define SWARM_REST_NS 315360000000000000LL

#endif
