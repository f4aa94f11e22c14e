/* follow.h: streaming facts; private to this folder.
 *
 * A survey asks for everything in four lists and for the versions of the jobs that are new; then
 * the event stream says which jobs changed, and only these are looked at again. Where there is no
 * stream, or it says nothing, blocking queries on the lists ask for the next survey, and the stream
 * is tried again. At rest nothing is asked but a sign of life. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_FOLLOW_H
#define LOCKSTEP_DRIVERS_NOMAD_FOLLOW_H

#include "drivers/nomad/client.h"

/* One service or node as it was told to the sink. */
struct told {
    char *id, *name;
    char *job; /* "<space>/<job>" of a service, NULL of a node */
    uint64_t hash;
    bool seen;
};

struct told_table {
    struct told *rows; /* in the order they were first told */
    size_t count, cap;
};

/* A job of the last survey, or one that an event named. */
struct followed {
    char *space, *id;
    struct arena *arena; /* of the history; NULL: not read yet */
    struct nomad_history history;
    uint64_t modify_index;
    bool listed, shown, dirty, looking;
};

/* A record in the ledger, as last seen. */
struct seen_record {
    char *path, *space;
    uint64_t index;
    bool seen;
};

enum nomad_list {
    NOMAD_LIST_JOBS,
    NOMAD_LIST_ALLOCS,
    NOMAD_LIST_DEPLOYMENTS,
    NOMAD_LIST_NODES,
    NOMAD_LIST_COUNT
};

struct survey;
struct follow {
    struct nomad *nomad;
    struct told_table services, nodes;
    uint64_t nodes_hash; /* of all of them, as last told */
    bool nodes_told;
    struct followed **jobs; /* sorted by namespace and id */
    size_t job_count, job_cap;
    char focus[160];
    enum cluster_state state;
    bool told_state, synced;
    /* surveys */
    bool surveying, again;
    struct loop_timer *survey_timer, *ping_timer, *look_timer;
    int64_t surveyed_ms, backoff_ms, looked_ms;
    unsigned looks;
    /* the event stream */
    struct http_request *stream;
    bool no_nodes_topic, stream_spoke;          /* it sent a whole line since it was opened */
    int64_t heard_ms, retry_ms, next_stream_ms; /* its last line; not opened before */
    uint64_t event_index;
    char *line;
    size_t line_len, line_cap;
    bool skip_line;
    /* and where there is none */
    uint64_t list_index[NOMAD_LIST_COUNT]; /* X-Nomad-Index of the last survey */
    bool blocking[NOMAD_LIST_COUNT];
    /* records */
    struct seen_record *records;
    size_t record_count, record_cap;
    uint64_t record_index;
    bool record_watch, records_known; /* known: whether there are any, or can be */
};

/* follow.c */
void nomad_follow_failed(struct follow *follow, const struct err *err);
void nomad_follow_alive(struct follow *follow);  /* a survey was delivered */
void nomad_follow_synced(struct follow *follow); /* says so once all of it is known */
void nomad_follow_survey(struct follow *follow); /* soon */
void nomad_follow_mark(struct follow *follow, const char *space,
                       const char *job); /* look at it soon */
struct followed *nomad_follow_job(struct follow *follow, const char *space, const char *id,
                                  bool make);
void nomad_follow_job_free(struct followed *job);
/* Takes the arena over; the history is as it was decoded there. */
void nomad_follow_keep_history(struct followed *job, struct arena *arena,
                               const struct nomad_history *history);

/* survey.c */
void nomad_survey_start(struct follow *follow);
char *nomad_list_path(const struct nomad *nomad, enum nomad_list list,
                      const char *more); /* yours */

/* deliver.c */
void nomad_deliver_nodes(struct follow *follow, const struct nomad_view *view);
/* Every group of a job. `rich`: the sight has what a look at one job has; without it what moves is
 * left to a look, which is asked for. */
void nomad_deliver_job(struct follow *follow, const struct nomad_view *view,
                       const struct nomad_sight *sight, bool rich);
void nomad_deliver_job_gone(struct follow *follow, const char *space, const char *job);
/* Everything that was not told since deliver_begin is gone. */
void nomad_deliver_begin(struct follow *follow);
void nomad_deliver_end(struct follow *follow);
void nomad_told_free(struct told_table *table);

/* events.c */
void nomad_follow_open_stream(struct follow *follow);
void nomad_follow_close_stream(struct follow *follow);
/* There is none, or it has been silent for longer than its heartbeat. */
bool nomad_stream_is_blind(const struct follow *follow);

/* blocking.c */
void nomad_blocks_start(struct follow *follow);

/* records.c */
void nomad_records_follow(struct follow *follow);
void nomad_records_free(struct follow *follow);

#endif
