/* client.h: the driver from inside: requests to one cluster, and what is under way. Private to this
 * folder. */
#ifndef LOCKSTEP_DRIVERS_NOMAD_CLIENT_H
#define LOCKSTEP_DRIVERS_NOMAD_CLIENT_H

#include "drivers/nomad/picture.h"
#include "drivers/ops.h"
#include "net/http.h"

enum nomad_limit {
    NOMAD_CONNECT_MS = 3000,
    NOMAD_TOTAL_MS = 15000,
    NOMAD_SETTLE_MS = 15000,
    NOMAD_CONTACT_MAX_MS = 5000, /* an answer older than this is no answer */
    NOMAD_PING_MS = 2000,        /* between two signs of life that are asked for */
    NOMAD_WAKE_MS = 150,         /* between two looks that events ask for */
    NOMAD_SURVEY_MS = 1000,      /* between two looks at everything */
    NOMAD_RETURN_MS = 30000,     /* so long after its return a node may still run what it ran */
    NOMAD_BACKOFF_MS = 800,
    NOMAD_BACKOFF_MAX_MS = 30000,
    NOMAD_IDLE_MS = 60000,        /* of the event stream; it has a heartbeat every 10 s */
    NOMAD_BLIND_MS = 12000,       /* a stream that is silent for longer is not relied upon */
    NOMAD_STREAM_RETRY_MS = 2000, /* doubled each time, to NOMAD_BACKOFF_MAX_MS */
    NOMAD_BLOCK_S = 10, /* a blocking query waits so long: less than any request may take */
    NOMAD_READ_TRIES = 5,
    NOMAD_LINE_MAX = 16 << 20, /* one line of events: a plan is one line with all its allocations */
    NOMAD_KEPT_READS = 16,
    NOMAD_SENT_MAX = 32,
    NOMAD_LOOKS_MAX = 4,   /* at single jobs at the same time */
    NOMAD_FETCHES_MAX = 8, /* of job versions at the same time */
};

struct nomad;

/* What one look at a job gave; everything in it lives in its arena and raw values. */
struct nomad_look {
    struct arena *arena;
    json_t *raw; /* of the versions */
    struct nomad_view view;
    struct nomad_history history;
    struct nomad_sight sight;
};

/* A service as last read: what plan and settled look at. */
struct kept_read {
    struct nomad_look *look;
    const struct nomad_group *group;
    char id[160], revision[NOMAD_REVISION_TEXT];
};

struct follow;
struct nomad {
    struct driver base;
    struct driver_caps caps;
    struct http *http;
    char socket[108], region[64], space[128]; /* space: of what is asked for, "*" all */
    char self[64], self_name[96];             /* of the token, once it was asked for; "" */
    struct op_list ops;
    struct kept_read kept[NOMAD_KEPT_READS];
    size_t kept_next;
    struct nomad_sent sent[NOMAD_SENT_MAX]; /* a ring */
    size_t sent_next;
    struct returns *returns;
    struct follow *follow; /* NULL until asked for */
    struct nomad_log *log; /* the one that is read now; NULL: none */
};

struct nomad *nomad_of(struct driver *driver);

/* "/v1/<path>?namespace=<space>&region=…<more>", yours. path and more are escaped by the caller;
 * more begins with '&' or is "". space NULL: no namespace. */
char *nomad_client_path(const struct nomad *nomad, const char *path, const char *space,
                        const char *more);

/* Paths are taken over. The callback never runs inside the call. */
typedef void client_fn(void *arg, const struct http_answer *answer, bool sent,
                       const struct err *err);
void nomad_client_get(struct nomad *nomad, char *path, client_fn *fn, void *arg);
void nomad_client_put(struct nomad *nomad, char *path, const json_t *body, client_fn *fn,
                      void *arg);
/* Judged answer of a read, parsed: NULL and err. A new reference. An answer from a server that
 * knows no leader, or has not heard from it, is an error. */
json_t *nomad_client_parse(struct nomad *nomad, const struct http_answer *answer,
                           const struct err *failed, const char *what, struct err *err);
/* Of ops.h, on this driver's list. */
void nomad_op_begin(struct nomad *nomad, struct op *op, void (*drop)(struct op *op));
void nomad_client_later(struct nomad *nomad, int64_t delay_ms, loop_timer_fn *fn, void *arg);

/* look.c: one job, read now. The look is the caller's (look_free); NULL with err. */
typedef void look_fn(void *arg, struct nomad_look *look, const struct err *err);
void nomad_look_start(struct nomad *nomad, const char *space, const char *job, bool consistent,
                      look_fn *fn, void *arg);
void nomad_look_free(struct nomad_look *look); /* NULL is fine */

/* returns.c: which nodes report again since a moment. */
struct returns;
struct returns *nomad_returns_new(void);
void nomad_returns_free(struct returns *returns);
/* Notes their states and fills view->returned, in the arena. */
void nomad_returns_note(struct returns *returns, struct arena *arena, struct nomad_view *view);
bool nomad_returns_any(const struct returns *returns);

/* nomad.c: keeps what was read, for plan and settled. Takes the look over. */
const struct kept_read *nomad_keep(struct nomad *nomad, struct nomad_look *look,
                                   const struct nomad_group *group, const struct service *service);
const struct kept_read *nomad_kept(struct nomad *nomad, const char *id, const char *revision);

/* The slots in their own files. */
void nomad_follow(struct driver *driver);
void nomad_focus(struct driver *driver, const char *service_id);
void nomad_unfollow(struct nomad *nomad);
void nomad_read(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg);
void nomad_act(struct driver *driver, const struct action *action, const json_t *memo,
               driver_act_fn *fn, void *arg);
void nomad_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg);
void nomad_ledger_put(struct driver *driver, const char *key, const char *text,
                      const char *expected, driver_ledger_fn *fn, void *arg);
void nomad_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg);
void nomad_permissions(struct driver *driver, driver_permissions_fn *fn, void *arg);
void nomad_history(struct driver *driver, driver_history_fn *fn, void *arg);
void nomad_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink);
/* The namespace of what is not said to be in one. */
const char *nomad_home_space(const struct nomad *nomad);

#endif
