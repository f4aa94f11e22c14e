/* client.h: the driver from inside: requests to one engine, and what is under way. Private to this
 * folder. */
#ifndef LOCKSTEP_DRIVERS_SWARM_CLIENT_H
#define LOCKSTEP_DRIVERS_SWARM_CLIENT_H

#include "drivers/ops.h"
#include "drivers/swarm/facts.h"
#include "net/http.h"

enum swarm_limit {
    SWARM_CONNECT_MS = 2000,
    SWARM_TOTAL_MS = 25000, /* an engine without quorum answers after 20 s */
    SWARM_SETTLE_MS = 25000,
    SWARM_POLL_MS = 1000,
    SWARM_WAKE_MS = 150, /* between two looks that events ask for */
    SWARM_BACKOFF_MS = 800,
    SWARM_BACKOFF_MAX_MS = 30000,
    SWARM_READ_TRIES = 5,
    SWARM_LINE_MAX = 64 << 10, /* one event */
    SWARM_KEPT_READS = 16,
};

struct swarm;

/* A service as last read, with its raw JSON: what plan and settled look at. */
struct kept_read {
    json_t *raw;
    struct arena *arena;
    struct swarm_service service;
};

struct follow;
struct ghosts;
struct swarm {
    struct driver base;
    struct driver_caps caps;
    struct http *http;
    char socket[108];
    char prefix[SWARM_PREFIX_TEXT]; /* "" until the engine was asked */
    struct op_list ops;
    struct call *waiting; /* for the prefix */
    bool asking;
    struct kept_read kept[SWARM_KEPT_READS];
    size_t kept_next;
    struct ghosts *ghosts;
    struct follow *follow; /* NULL until asked for */
    struct swarm_log *log; /* the one that is read now; NULL: none */
};

struct swarm *swarm_of(struct driver *driver);

/* Paths are without the prefix and taken over. The callback never runs inside the call. */
typedef void client_fn(void *arg, const struct http_answer *answer, bool sent,
                       const struct err *err);
void client_get(struct swarm *swarm, char *path, client_fn *fn, void *arg);
void client_post(struct swarm *swarm, char *path, const json_t *body, client_fn *fn, void *arg);
/* The engine is to be asked for its version again before the next request. */
void client_forget(struct swarm *swarm);
/* Judged answer of a read, parsed: NULL and err. A new reference. */
json_t *client_parse(struct swarm *swarm, const struct http_answer *answer,
                     const struct err *failed, const char *what, struct err *err);
/* For path and query: the escaped text of a JSON filter, {"key":["value"]}; yours. */
char *client_filter(const char *key, const char *value);
/* Of ops.h, on this driver's list. */
void swarm_op_begin(struct swarm *swarm, struct op *op, void (*drop)(struct op *op));
void client_later(struct swarm *swarm, int64_t delay_ms, loop_timer_fn *fn, void *arg);

/* swarm.c: keeps what was read, for plan and settled. Takes both over. */
const struct swarm_service *swarm_keep(struct swarm *swarm, json_t *raw, struct err *err);
const struct swarm_service *swarm_kept(struct swarm *swarm, const char *id, const char *revision);

/* The slots in their own files. */
void swarm_follow(struct driver *driver);
void swarm_focus(struct driver *driver, const char *service_id);
void swarm_unfollow(struct swarm *swarm);
void swarm_read(struct driver *driver, const char *service_id, driver_read_fn *fn, void *arg);
void swarm_act(struct driver *driver, const struct action *action, const json_t *memo,
               driver_act_fn *fn, void *arg);
void swarm_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg);
void swarm_ledger_put(struct driver *driver, const char *key, const char *text,
                      const char *expected, driver_ledger_fn *fn, void *arg);
void swarm_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg);
void swarm_permissions(struct driver *driver, driver_permissions_fn *fn, void *arg);
void swarm_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink);

#endif
