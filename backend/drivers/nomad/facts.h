/* facts.h: what the servers' answers say, decoded. Pure.
 *
 * One call decodes one answer into an arena; every string in the result is clean and lives
 * there. Wrong types are refused as a whole with their path; unknown words of a newer server are
 * taken as "may be running" and "goes on by itself", never as gone or standing. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_FACTS_H
#define LOCKSTEP_DRIVERS_NOMAD_FACTS_H

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "drivers/nomad/mark.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The update block of a task group: how Nomad moves it. */
struct nomad_update {
    uint32_t canary, max_parallel; /* max_parallel 0: no deployments, all at once */
    bool manual;                   /* nothing is healthy until somebody says so */
    bool auto_promote, auto_revert;
    bool marked; /* lockstep's: `mark` holds */
    struct nomad_mark mark;
};

struct nomad_group {
    const char *name;
    uint32_t count;
    const char *version;  /* lockstep.version, else the tag, else "v3": the first job version that
                             had these tasks */
    const char *artifact; /* image, artifact source or command of its main task, or "" */
    const char *contract; /* text of lockstep.contract, or "" */
    bool is_image;
    struct nomad_update update;
    char target_hash[17]; /* of what a person would call a change of the target */
    const json_t *raw;    /* borrowed from what was decoded */
};

/* One version of a job. */
struct nomad_job {
    const char *space, *id, *name, *type;
    const char *token;                   /* accessor id of who registered it, or "" */
    int64_t submit_utc_ms;               /* -1 not known */
    uint64_t number;                     /* Version */
    uint64_t modify_index, create_index; /* JobModifyIndex, CreateIndex */
    bool stopped, stable, periodic, parameterized, dispatched;
    struct nomad_group *groups;
    size_t group_count;
    const json_t *raw; /* borrowed */
};

/* The versions that the servers keep of one job, newest first: the first is the job itself. */
struct nomad_history {
    struct nomad_job *jobs;
    size_t count;
};

struct nomad_listed { /* of GET /v1/jobs */
    const char *space, *id, *name, *type, *status;
    uint64_t modify_index; /* JobModifyIndex */
    bool stopped, periodic, parameterized;
    const char *parent;
    uint32_t queued; /* wanted and not placed, of all groups */
};

enum nomad_client { /* ClientStatus */
                    NOMAD_PENDING,
                    NOMAD_RUNNING,
                    NOMAD_COMPLETE,
                    NOMAD_FAILED,
                    NOMAD_LOST,
                    NOMAD_UNKNOWN,
};

enum nomad_health { NOMAD_UNSET, NOMAD_HEALTHY, NOMAD_UNHEALTHY };

struct nomad_alloc {
    const char *id, *space, *job, *group, *node, *name;
    uint64_t job_version, modify_index;
    int64_t created_utc_ms, started_utc_ms; /* -1: not known */
    enum nomad_client client;
    enum nomad_health health;
    bool wanted; /* DesiredStatus is run */
    bool canary;
    bool replaced;      /* another one took its place */
    uint32_t restarts;  /* of its tasks */
    const char *reason; /* why it does not run, or "" */
};

enum nomad_node_state { NOMAD_NODE_READY, NOMAD_NODE_INIT, NOMAD_NODE_DOWN };

struct nomad_node {
    const char *id, *name, *message;
    enum nomad_node_state state;
    uint64_t modify_index;
    bool draining; /* or not eligible */
};

enum nomad_deploy { /* a word that is not known is RUNNING */
                    NOMAD_DEPLOY_RUNNING,
                    NOMAD_DEPLOY_PAUSED,
                    NOMAD_DEPLOY_SUCCESSFUL,
                    NOMAD_DEPLOY_FAILED,
                    NOMAD_DEPLOY_CANCELLED,
};

struct nomad_deployed { /* one group of a deployment */
    const char *group;
    uint32_t canaries, placed_canaries, placed, healthy, unhealthy;
    bool promoted, auto_promote;
    const char *const *canary_ids;
};

struct nomad_deployment {
    const char *id, *space, *job, *message;
    uint64_t job_version, job_create_index, create_index;
    enum nomad_deploy state;
    struct nomad_deployed *groups;
    size_t group_count;
};

/* Why something is not placed, of one evaluation and group: "no node has 512 MB of memory (3
 * exhausted)". */
struct nomad_blocked {
    const char *group, *reason;
};

bool nomad_decode_history(const json_t *value, struct arena *arena, struct nomad_history *out,
                          struct err *err);
bool nomad_decode_jobs(const json_t *value, struct arena *arena, struct nomad_listed **out,
                       size_t *count, struct err *err);
/* Sorted by namespace, job, group, then newest first. */
bool nomad_decode_allocs(const json_t *value, struct arena *arena, struct nomad_alloc **out,
                         size_t *count, struct err *err);
/* Sorted by id. */
bool nomad_decode_nodes(const json_t *value, struct arena *arena, struct nomad_node **out,
                        size_t *count, struct err *err);
const struct nomad_node *nomad_find_node(const struct nomad_node *nodes, size_t count,
                                         const char *id);
/* Sorted by namespace, job, then newest first. */
bool nomad_decode_deployments(const json_t *value, struct arena *arena,
                              struct nomad_deployment **out, size_t *count, struct err *err);
bool nomad_decode_blocked(const json_t *evaluations, struct arena *arena,
                          struct nomad_blocked **out, size_t *count, struct err *err);

/* One line of the event stream, "{}" is a sign of life. */
struct nomad_event {
    enum { NOMAD_EVENT_OTHER, NOMAD_EVENT_JOB, NOMAD_EVENT_NODE } kind;
    const char *space, *job; /* of JOB, ALLOCATION, DEPLOYMENT and EVALUATION topics */
    const char *text;        /* for the timeline, or "" */
};
bool nomad_decode_events(const json_t *value, struct arena *arena, struct nomad_event **out,
                         size_t *count, uint64_t *index, struct err *err);

/* A ledger record in a variable. text NULL: it is none of ours. */
struct nomad_record {
    const char *key;
    const char *text; /* borrowed from value, as stored */
    uint64_t index;
};
bool nomad_decode_record(const json_t *value, struct arena *arena, struct nomad_record *out,
                         struct err *err);
/* The variable's path of a ledger key: "lockstep/<key>", characters that a path cannot have as
 * ~XX, or with a hash where that is too long. */
enum { NOMAD_PATH_TEXT = 129 };
const char *nomad_record_path(const char *key, char out[NOMAD_PATH_TEXT]);
/* The reverse; NULL when the path is a hash, or none of ours. */
const char *nomad_record_key(struct arena *arena, const char *path);

/* "<namespace>/<job>/<group>", each part escaped; and back, false when it is none. */
const char *nomad_service_id(struct arena *arena, const char *space, const char *job,
                             const char *group);
bool nomad_parse_id(struct arena *arena, const char *id, const char **space, const char **job,
                    const char **group);

/* The group of this name in one version of a job; NULL. */
const struct nomad_group *nomad_find_group(const struct nomad_job *job, const char *name);
/* The version of this number; NULL when the servers no longer keep it. */
const struct nomad_job *nomad_find_version(const struct nomad_history *history, uint64_t number);
const struct nomad_deployed *nomad_find_deployed(const struct nomad_deployment *deployment,
                                                 const char *group);

#define NOMAD_META_VERSION  "lockstep.version"
#define NOMAD_META_CONTRACT "lockstep.contract"
#define NOMAD_RECORD_KEY    "key"
#define NOMAD_RECORD_TEXT   "record"

#endif
