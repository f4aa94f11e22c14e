/* log.c: the log of one pod and what its Events say.
 *
 * The server ends the stream with the container, so a restart is found by looking at the pod again:
 * each life of the container is streamed once. */
#include "base/lines.h"
#include "drivers/kubernetes/answer.h"
#include "drivers/kubernetes/feed.h"
#include "drivers/kubernetes/log_pod.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000 };

struct kube_log {
    struct op op; /* so that close drops it */
    struct log_sink sink;
    char scope[64], name[254];
    bool previous, named; /* named: service and instance can be such */
    int64_t streamed;     /* the life that was told; -1 none */
    char *happened;       /* as told last */
    struct call *call;
    struct loop_timer *timer;
    struct lines *lines;
    struct feed *events;
};

static void look(void *arg);

static void drop(struct op *op)
{
    struct kube_log *log = (struct kube_log *)(void *)op;

    op_kube(op)->log = NULL;
    api_cancel(log->call);
    loop_cancel(log->timer);
    feed_free(log->events);
    lines_free(log->lines);
    free(log->happened);
    free(log);
}

static void end(struct kube_log *log, const struct err *why)
{
    const struct log_sink sink = log->sink;

    op_end(&log->op);
    sink.end(sink.arg, why);
}

/* The same is said once. */
static void say(struct kube_log *log, int64_t at_utc_ms, const char *text)
{
    if (!text[0] || (log->happened && strcmp(log->happened, text) == 0))
        return;
    free(log->happened);
    log->happened = xstrdup(text);
    log->sink.happened(log->sink.arg, at_utc_ms, text);
}

static void look_in(struct kube_log *log, int64_t delay_ms)
{
    log->timer = loop_after(op_kube(&log->op)->base.env.loop, delay_ms, look, log);
}

static void on_line(void *arg, const char *line)
{
    const struct kube_log *log = arg;

    log->sink.line(log->sink.arg, line);
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
    struct kube_log *log = arg;

    lines_feed(log->lines, bytes, len);
    return true;
}

static void on_stream_end(void *arg, const struct http_answer *answer, bool sent,
                          const struct err *failed)
{
    struct kube_log *log = arg;
    struct err err = {0};
    char what[400];

    (void)sent;
    log->call = NULL;
    lines_end(log->lines);
    snprintf(what, sizeof what, "reading the log of pod %s/%s", log->scope, log->name);
    bool ok = api_judge(answer, true, failed, NULL, what, &err);
    /* 400 is "waiting to start", 404 "no such container (yet)": what the pod says, says more. */
    bool passing = err.code == ERR_NETWORK || answer->status == 400 || answer->status == 404;
    if (log->previous || (!ok && !passing)) {
        end(log, ok ? NULL : &err);
        return;
    }
    if (!ok)
        log->streamed = -1;
    if (err.code == ERR_NETWORK) /* of a lost node the server cannot ask */
        say(log, -1, err.text);
    look_in(log, LOOK_MS);
}

static void stream(struct kube_log *log, const struct kube_log_pod *pod)
{
    char *name = http_escape(log->name), *container = http_escape(pod->container);
    char *path =
        xasprintf("/api/v1/namespaces/%s/pods/%s/log?container=%s&tailLines=%d%s", log->scope, name,
                  container, LOG_TAIL, log->previous ? "&previous=true" : "&follow=true");

    log->streamed = pod->restarts;
    lines_free(log->lines);
    log->lines = lines_new(on_line, log);
    log->call = api_stream(op_kube(&log->op), path, on_bytes, on_stream_end, log);
    free(name);
    free(container);
}

static void judge(struct kube_log *log, const struct kube_log_pod *pod)
{
    struct err err = {0};

    if (log->previous && !pod->restarted) {
        err_set(&err, ERR_NOT_FOUND, "%s has not restarted: there is no log of before", log->name);
        end(log, &err);
    } else if (log->previous || (pod->restarts >= 0 && pod->restarts != log->streamed)) {
        stream(log, pod);
    } else if (pod->over) {
        end(log, NULL);
    } else {
        look_in(log, LOOK_MS);
    }
}

static void on_pod(void *arg, const struct http_answer *answer, bool sent, const struct err *failed)
{
    struct kube_log *log = arg;
    struct err err = {0};
    char what[400];

    (void)sent;
    log->call = NULL;
    snprintf(what, sizeof what, "reading pod %s/%s", log->scope, log->name);
    json_t *pod = api_parse(answer, failed, what, &err);
    if (!pod && err.code == ERR_NETWORK) {
        say(log, -1, err.text);
        look_in(log, LOOK_MS);
    } else if (!pod) {
        bool gone = err.code == ERR_NOT_FOUND && log->streamed >= 0;
        end(log, gone ? NULL : &err);
    } else {
        struct arena *arena = arena_new(512);
        struct kube_log_pod seen = kube_log_look(pod, arena);
        say(log, seen.at_utc_ms, seen.happened);
        judge(log, &seen);
        arena_free(arena);
    }
    json_decref(pod);
}

static void on_event(void *arg, const json_t *event, unsigned round)
{
    const struct kube_log *log = arg;
    struct arena *arena = arena_new(256);
    int64_t at;
    const char *text = kube_event_text(event, arena, &at);

    (void)round;
    if (text[0])
        log->sink.happened(log->sink.arg, at, text);
    arena_free(arena);
}

static void on_event_gone(void *arg, const json_t *event)
{
    (void)arg, (void)event;
}

static void on_events_listed(void *arg, unsigned round)
{
    (void)arg, (void)round;
}

/* Without Events the log is a log. */
static void on_events_changed(void *arg, enum feed_state state)
{
    (void)arg, (void)state;
}

static const struct feed_ops event_ops = {.put = on_event,
                                          .drop = on_event_gone,
                                          .listed = on_events_listed,
                                          .changed = on_events_changed};

static void look(void *arg)
{
    struct kube_log *log = arg;
    struct err err = {0};

    log->timer = NULL;
    if (!log->named) {
        err_set(&err, ERR_NOT_FOUND, "'%s' is no pod of this cluster", log->name);
        end(log, &err);
        return;
    }
    char *name = http_escape(log->name);
    log->call = api_get(op_kube(&log->op),
                        xasprintf("/api/v1/namespaces/%s/pods/%s", log->scope, name), on_pod, log);
    free(name);
}

static void open_events(struct kube_log *log)
{
    char *name = http_escape(log->name);
    char *path = xasprintf("/api/v1/namespaces/%s/events", log->scope);
    char *selector =
        xasprintf("fieldSelector=involvedObject.kind%%3DPod,involvedObject.name%%3D%s", name);

    log->events = feed_new(op_kube(&log->op), path, selector, &event_ops, log);
    free(selector);
    free(path);
    free(name);
}

void kube_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink)
{
    struct kube *kube = kube_of(driver);
    enum kube_kind kind;
    char ignored[254];

    if (kube->log)
        op_end(&kube->log->op);
    if (!query)
        return;
    struct kube_log *log = kube->log = xcalloc(1, sizeof *log);
    log->sink = *sink;
    log->previous = query->previous;
    log->streamed = -1;
    log->named = query->instance[0] && strlen(query->instance) < sizeof log->name &&
                 kube_parse_id(query->service_id, &kind, log->scope, ignored);
    snprintf(log->name, sizeof log->name, "%s", query->instance);
    api_op_begin(kube, &log->op, drop);
    if (log->named)
        open_events(log);
    look_in(log, 0);
}
