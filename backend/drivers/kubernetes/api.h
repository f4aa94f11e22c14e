/* api.h: the driver from inside: requests to one API server, and what is under way. Private to
 * this folder. */
#ifndef LOCKSTEP_DRIVERS_KUBERNETES_API_H
#define LOCKSTEP_DRIVERS_KUBERNETES_API_H

#include "drivers/kubernetes/credentials.h"
#include "drivers/kubernetes/facts.h"
#include "drivers/kubernetes/manifest.h"
#include "drivers/ops.h"
#include "net/http.h"

enum kube_limit {
    KUBE_SETTLE_MS = 60000, /* the server itself gives up on a request after that */
    KUBE_PAGE = 500,
    KUBE_BACKOFF_MS = 800,
    KUBE_BACKOFF_MAX_MS = 30000,
    KUBE_LIST_MS = 60000,   /* one page of a list, at most */
    KUBE_QUIET_MS = 180000, /* a watch without a bookmark is dead */
    KUBE_PROBE_MS = 5000,
    KUBE_FORBIDDEN_MS = 60000, /* until what was forbidden or missing is asked for again */
    KUBE_READ_TRIES = 4,
    KUBE_KEPT_READS = 16,
};

struct kube;

/* A service as last read, with its raw objects: what plan, settled and act look at. */
struct kube_read;

struct follow;
struct kube_log;
struct call_claim;
struct kube {
    struct driver base;
    struct driver_caps caps;
    struct kube_access *access;
    struct op_list ops;
    bool closing;              /* each op is dropped by itself */
    struct call_claim *claims; /* credentials that are being asked for */
    struct kube_read *kept[KUBE_KEPT_READS];
    size_t kept_next;
    struct follow *follow;         /* NULL until asked for */
    struct kube_log *log;          /* the one that is read now; NULL: none */
    struct kube_manifest manifest; /* that a start named; ref "": none */
    bool lists_only;               /* the server cannot tell a list as a watch (WatchList) */
    unsigned seed;                 /* of jitter */
};

struct kube *kube_of(struct driver *driver);

static inline struct kube *op_kube(const struct op *op)
{
    return kube_of(op->driver);
}

/* `op` is the first member of something from xcalloc. */
void api_op_begin(struct kube *kube, struct op *op, void (*drop)(struct op *op));
void api_drop_all(struct kube *kube);

/* A request under way; its callback runs once, never inside the call, and it is gone with it. A 401
 * was answered with fresh credentials once before anybody hears of it. Paths are taken over. */
struct call;
typedef void api_fn(void *arg, const struct http_answer *answer, bool sent, const struct err *err);
struct call *api_get(struct kube *kube, char *path, api_fn *fn, void *arg);
struct call *api_stream(struct kube *kube, char *path, http_data_fn *data, api_fn *fn, void *arg);
/* body NULL: none. content_type is borrowed for ever. */
struct call *api_send(struct kube *kube, const char *method, char *path, const char *content_type,
                      const json_t *body, api_fn *fn, void *arg);
void api_cancel(struct call *call); /* NULL is fine */

void api_end(struct kube *kube); /* after kube_access_close */

/* Judged answer of a read, parsed: NULL and err. A new reference. */
json_t *api_parse(const struct http_answer *answer, const struct err *failed, const char *what,
                  struct err *err);
void api_later(struct kube *kube, int64_t delay_ms, loop_timer_fn *fn, void *arg);
/* Grows from KUBE_BACKOFF_MS to its maximum, with jitter; retry_after_ms of the answer counts. */
int64_t api_backoff(struct kube *kube, int64_t *backoff_ms, int64_t retry_after_ms);

/* The slots in their own files. */
void kube_follow(struct driver *driver);
void kube_focus(struct driver *driver, const char *service_id);
void kube_unfollow(struct kube *kube);
void kube_read_service(struct driver *driver, const char *service_id, driver_read_fn *fn,
                       void *arg);
void kube_forget_reads(struct kube *kube);
bool kube_plan_slot(struct driver *driver, const struct service *service, const json_t *memo,
                    struct action *action, json_t **new_memo, struct err *err);
bool kube_settled_slot(struct driver *driver, const struct service *service,
                       const struct action *action);
void kube_act(struct driver *driver, const struct action *action, const json_t *memo,
              driver_act_fn *fn, void *arg);
void kube_fence_slot(struct driver *driver, const char *service_id, const char *revision,
                     driver_act_fn *fn, void *arg);
void kube_ledger_get(struct driver *driver, const char *key, driver_ledger_fn *fn, void *arg);
void kube_ledger_put(struct driver *driver, const char *key, const char *text, const char *expected,
                     driver_ledger_fn *fn, void *arg);
void kube_ledger_list(struct driver *driver, driver_list_fn *fn, void *arg);
bool kube_describe(struct driver *driver, const char *service_id,
                   const struct driver_manifest *manifest, char artifact[DRIVER_ARTIFACT],
                   struct err *err);
void kube_history(struct driver *driver, driver_history_fn *fn, void *arg);
void kube_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink);

#endif
