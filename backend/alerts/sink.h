/* sink.h: where alerts go: one row per kind of receiver, in one table.
 *
 * For every sink: nothing blocks; one call of send is under way at a time; `done` runs once, later,
 * from the loop, never from inside send and never after close. What send is given is copied.
 * A sink does not retry: who calls it does. */
#ifndef LOCKSTEP_ALERTS_SINK_H
#define LOCKSTEP_ALERTS_SINK_H

#include "alerts/alert.h"
#include "alerts/settings.h"
#include "base/loop.h"

enum sink_limit {
    SINK_TIME_MS = 10000, /* after so long without an answer a delivery has failed */
    SINK_RESEND_MS = 20000,
    SINK_STALE_MS = 180000, /* what is not sent again for so long ends by itself (Alertmanager) */
};

struct sink_item {
    const struct alert *alert;
    enum alert_event event;
};

/* err NONE: the receiver has all of it. `maybe`: it may have, although err says that it failed. */
typedef void sink_done_fn(void *arg, bool maybe, const struct err *err);

struct sink_env {
    struct loop *loop;
    const struct sink_settings *settings; /* outlives the sink */
    int out;                              /* stdout's: the descriptor to print on */
    bool json;                            /* stdout's */
    void *arg;                            /* scripted sinks of tests */
};

struct sink;
struct sink_ops {
    const char *name;
    size_t batch_max; /* items of one send */
    bool local;       /* every process has its own: nobody else can have delivered to it */
    bool resends;     /* what is open is sent again and again */
    struct sink *(*open)(const struct sink_env *env, struct err *err);
    void (*send)(struct sink *sink, const struct sink_item *items, size_t count, sink_done_fn *done,
                 void *arg);
    void (*close)(struct sink *sink);
};

/* First member of every sink. */
struct sink {
    const struct sink_ops *ops;
};

extern const struct sink_ops sink_stdout, sink_alertmanager, sink_webhook, sink_command;
/* In the order of enum sink_kind. */
extern const struct sink_ops *const sink_table[];

/* The answer to a POST as an outcome: 2xx is good; anything else is said with the receiver's words.
 */
struct http_answer;
bool sink_judge_answer(const struct http_answer *answer, const struct err *failed, struct err *err);

/* The body for the Alertmanager's POST /api/v2/alerts; what is open ends at ends_utc_ms. Yours. */
char *alertmanager_body(const struct sink_item *items, size_t count, int64_t ends_utc_ms);

#endif
