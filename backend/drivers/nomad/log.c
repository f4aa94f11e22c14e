/* log.c: the log of one allocation and what its task events say.
 *
 * Nomad keeps what all lives of a task wrote in one log, so its restarts need no look of ours. What
 * it wrote to stdout and to stderr are two streams. */
#include "base/lines.h"
#include "drivers/nomad/answer.h"
#include "drivers/nomad/client.h"
#include "drivers/nomad/log_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000, TAIL_BYTES = 40000, STREAMS = 2, NS_IN_MS = 1000000 };

struct nomad_log {
    struct op op;
    struct log_sink sink;
    char *space, *job, *instance;
    bool pending, dropped; /* an answer is on its way; nobody waits for it any more */
    bool over;
    int64_t told_ns; /* up to this event */
    char id[64], task[256];
    char *said; /* trouble, as told last */
    struct loop_timer *timer;
    struct nomad_log_stream {
        struct nomad_log *log;
        struct http_request *request;
        struct lines *lines;
    } streams[STREAMS];
};

static void look(void *arg);

static void drop(struct op *op)
{
    struct nomad_log *log = (struct nomad_log *)(void *)op;

    for (size_t i = 0; i < STREAMS; i++)
        lines_free(log->streams[i].lines);
    free(log->said);
    free(log->space);
    free(log->job);
    free(log->instance);
    free(log);
}

static void stop(struct nomad *nomad)
{
    struct nomad_log *log = nomad->log;

    nomad->log = NULL;
    for (size_t i = 0; i < STREAMS; i++) {
        http_cancel(log->streams[i].request);
        log->streams[i].request = NULL;
    }
    loop_cancel(log->timer);
    log->dropped = true;
    if (!log->pending)
        op_end(&log->op);
}

static void end(struct nomad_log *log, const struct err *why)
{
    const struct log_sink sink = log->sink;

    stop(nomad_of(log->op.driver));
    sink.end(sink.arg, why);
}

static void say(struct nomad_log *log, const char *text)
{
    if (log->said && strcmp(log->said, text) == 0)
        return;
    free(log->said);
    log->said = xstrdup(text);
    log->sink.happened(log->sink.arg, -1, text);
}

static void on_line(void *arg, const char *line)
{
    const struct nomad_log *log = arg;

    log->sink.line(log->sink.arg, line);
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
    lines_feed(((struct nomad_log_stream *)arg)->lines, bytes, len);
    return true;
}

static void on_stream_end(void *arg, const struct http_answer *answer, bool sent,
                          const struct err *failed)
{
    struct nomad_log_stream *stream = arg;
    struct nomad_log *log = stream->log;
    struct err err = {0};

    (void)sent;
    stream->request = NULL;
    lines_end(stream->lines);
    bool ok = nomad_answer_judge(answer, true, failed, false, "reading the log", &err);
    if (!ok && err.code == ERR_AUTH)
        end(log, &err);
    else if (!ok && answer->status != 404) /* not written to yet */
        say(log, err.text);
    else if (log->over && !log->streams[0].request && !log->streams[1].request)
        end(log, NULL);
}

static void open_stream(struct nomad_log *log, size_t i)
{
    static const char *const types[STREAMS] = {"stdout", "stderr"};
    struct nomad_log_stream *stream = &log->streams[i];
    char *task = http_escape(log->task), *id = http_escape(log->id);
    char *where = xasprintf("client/fs/logs/%s", id);
    char *more = xasprintf("&task=%s&type=%s&plain=true&follow=%s&origin=end&offset=%d", task,
                           types[i], log->over ? "false" : "true", TAIL_BYTES);
    char *path = nomad_client_path(nomad_of(log->op.driver), where, log->space, more);

    stream->log = log;
    lines_free(stream->lines);
    stream->lines = lines_new(on_line, log);
    stream->request =
        http_stream(nomad_of(log->op.driver)->http, path, 0, on_bytes, on_stream_end, stream);
    free(path);
    free(more);
    free(where);
    free(id);
    free(task);
}

static void tell_events(struct nomad_log *log, const struct nomad_log_alloc *alloc)
{
    for (size_t i = 0; i < alloc->event_count; i++) {
        const struct nomad_log_event *event = &alloc->events[i];
        if (event->at_ns <= log->told_ns)
            continue;
        log->told_ns = event->at_ns;
        log->sink.happened(log->sink.arg, event->at_ns / NS_IN_MS, event->text);
    }
}

/* A stream that has ended while the task lives is opened again; of one that is over, once. */
static void follow(struct nomad_log *log, const struct nomad_log_alloc *alloc)
{
    bool first = !log->task[0] && alloc->task[0];
    bool was_over = log->over;

    log->over = alloc->over;
    if (!alloc->task[0])
        return;
    snprintf(log->id, sizeof log->id, "%s", alloc->id);
    snprintf(log->task, sizeof log->task, "%s", alloc->task);
    for (size_t i = 0; i < STREAMS; i++)
        if (!log->streams[i].request && !(was_over && !first))
            open_stream(log, i);
}

static void on_allocs(void *arg, const struct http_answer *answer, bool sent,
                      const struct err *failed)
{
    struct nomad_log *log = arg;
    struct arena *arena = arena_new(1024);
    struct nomad_log_alloc alloc = {.id = ""};
    struct err err = {0};

    (void)sent;
    log->pending = false;
    if (log->dropped) {
        op_end(&log->op);
        arena_free(arena);
        return;
    }
    json_t *value = nomad_client_parse(nomad_of(log->op.driver), answer, failed,
                                       "reading the allocation", &err);
    bool ok = value && nomad_log_look(value, log->job, log->instance, arena, &alloc, &err);
    if (ok && !alloc.id[0])
        err_set(&err, ERR_NOT_FOUND, "no allocation is called '%s'", log->instance);
    if (ok && alloc.id[0]) {
        tell_events(log, &alloc);
        follow(log, &alloc);
        log->timer = loop_after(nomad_of(log->op.driver)->base.env.loop, LOOK_MS, look, log);
    } else if (err.code == ERR_NETWORK) {
        say(log, err.text);
        log->timer = loop_after(nomad_of(log->op.driver)->base.env.loop, LOOK_MS, look, log);
    } else {
        end(log, log->id[0] && err.code == ERR_NOT_FOUND ? NULL : &err);
    }
    json_decref(value);
    arena_free(arena);
}

static void look(void *arg)
{
    struct nomad_log *log = arg;
    const char *prefix = nomad_log_prefix(log->instance);
    struct err err = {0};

    log->timer = NULL;
    if (!log->space || !prefix[0]) {
        err_set(&err, ERR_NOT_FOUND, "no allocation is called '%s'", log->instance);
        end(log, &err);
        return;
    }
    if (log->over && !log->streams[0].request && !log->streams[1].request) {
        end(log, NULL);
        return;
    }
    char *more = xasprintf("&prefix=%s", prefix);
    log->pending = true;
    nomad_client_get(nomad_of(log->op.driver),
                     nomad_client_path(nomad_of(log->op.driver), "allocations", log->space, more),
                     on_allocs, log);
    free(more);
}

void nomad_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink)
{
    struct nomad *nomad = nomad_of(driver);
    struct arena *arena = arena_new(512);
    const char *space, *job, *group;

    if (nomad->log)
        stop(nomad);
    if (query) {
        struct nomad_log *log = nomad->log = xcalloc(1, sizeof *log);
        log->sink = *sink;
        log->instance = xstrdup(query->instance);
        if (nomad_parse_id(arena, query->service_id, &space, &job, &group)) {
            log->space = xstrdup(space);
            log->job = xstrdup(job);
        }
        nomad_op_begin(nomad, &log->op, drop);
        log->timer = loop_after(nomad->base.env.loop, 0, look, log);
    }
    arena_free(arena);
}
