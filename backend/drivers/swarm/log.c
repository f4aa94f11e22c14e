/* log.c: the log of one task, and of the tasks that take its place, and what they say of
 * themselves. */
#include "drivers/swarm/answer.h"
#include "drivers/swarm/log_task.h"
#include "drivers/swarm/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000 };

static const char *const state_words[SWARM_STATE_COUNT] = {
#define X(id, word) [SWARM_##id] = word,
    SWARM_STATES(X)
#undef X
};

struct swarm_log {
    struct op op;
    struct log_sink sink;
    char *service, *instance;
    bool previous;
    bool pending, dropped; /* an answer is on its way; nobody waits for it any more */
    char task[64];         /* that is streamed; "": none yet */
    char *said;            /* as told last */
    struct loop_timer *timer;
    struct http_request *stream;
    struct swarm_frames *frames;
};

static void look(void *arg);

static void drop(struct op *op)
{
    struct swarm_log *log = (struct swarm_log *)(void *)op;

    swarm_frames_free(log->frames);
    free(log->said);
    free(log->service);
    free(log->instance);
    free(log);
}

static void stop(struct swarm *swarm)
{
    struct swarm_log *log = swarm->log;

    swarm->log = NULL;
    http_cancel(log->stream);
    log->stream = NULL;
    loop_cancel(log->timer);
    log->dropped = true;
    if (!log->pending)
        op_end(&log->op);
}

static void end(struct swarm_log *log, const struct err *why)
{
    const struct log_sink sink = log->sink;

    stop(swarm_of(log->op.driver));
    sink.end(sink.arg, why);
}

static void say(struct swarm_log *log, int64_t at_utc_ms, const char *text)
{
    if (log->said && strcmp(log->said, text) == 0)
        return;
    free(log->said);
    log->said = xstrdup(text);
    log->sink.happened(log->sink.arg, at_utc_ms, text);
}

static void look_soon(struct swarm_log *log)
{
    log->timer = loop_after(swarm_of(log->op.driver)->base.env.loop, LOOK_MS, look, log);
}

static void on_line(void *arg, const char *line)
{
    const struct swarm_log *log = arg;

    log->sink.line(log->sink.arg, line);
}

static bool on_bytes(void *arg, const char *bytes, size_t len)
{
    swarm_frames_feed(((struct swarm_log *)arg)->frames, bytes, len);
    return true;
}

static void on_stream_end(void *arg, const struct http_answer *answer, bool sent,
                          const struct err *failed)
{
    struct swarm_log *log = arg;
    struct err err = {0};

    (void)sent;
    log->stream = NULL;
    swarm_frames_end(log->frames);
    if (!answer_judge(answer, true, failed, false, "reading the log", &err)) {
        answer_explain_socket(swarm_of(log->op.driver)->socket, &err);
        if (err.code == ERR_NETWORK || answer->status == 404) {
            log->task[0] = '\0'; /* again, with what is there then */
            say(log, -1, err.text);
        } else {
            end(log, &err);
        }
    } else if (log->previous) {
        end(log, NULL);
    }
}

static void open_stream(struct swarm_log *log, const struct swarm_task *task)
{
    struct swarm *swarm = swarm_of(log->op.driver);
    char *id = http_escape(task->id);
    char *path = xasprintf("%s/tasks/%s/logs?stdout=1&stderr=1&follow=%d&tail=%d", swarm->prefix,
                           id, task->state <= SWARM_RUNNING, LOG_TAIL);

    http_cancel(log->stream);
    swarm_frames_free(log->frames);
    log->frames = swarm_frames_new(on_line, log);
    snprintf(log->task, sizeof log->task, "%s", task->id);
    log->stream = http_stream(swarm->http, path, 0, on_bytes, on_stream_end, log);
    free(path);
    free(id);
}

static void take(struct swarm_log *log, const struct swarm_task *task)
{
    const char *words = task->error[0] ? task->error : task->message;
    char text[400];

    snprintf(text, sizeof text, "%s%s%s", state_words[task->state], words[0] ? ": " : "", words);
    say(log, task->since_utc_ms, text);
    /* Before it has a container there is nothing to be read. */
    if (strcmp(log->task, task->id) != 0 && task->state >= SWARM_STARTING &&
        task->state != SWARM_REJECTED)
        open_stream(log, task);
    look_soon(log);
}

static void on_look(void *arg, const struct swarm_view *view, json_t *raw, const struct err *failed)
{
    struct swarm_log *log = arg;
    struct err err = {0};

    (void)raw;
    log->pending = false;
    if (log->dropped) {
        op_end(&log->op);
        return;
    }
    if (!view && failed->code == ERR_NETWORK) {
        say(log, -1, failed->text);
        look_soon(log);
        return;
    }
    const struct swarm_task *task =
        view ? swarm_log_task(view, &view->services[0], log->instance, log->previous) : NULL;
    if (task) {
        take(log, task);
        return;
    }
    if (!view)
        err = *failed;
    else if (log->previous)
        err_set(&err, ERR_NOT_FOUND, "%s has not restarted: there is no log of before",
                log->instance);
    else
        err_set(&err, ERR_NOT_FOUND, "no task is called '%s'", log->instance);
    end(log, log->task[0] && err.code == ERR_NOT_FOUND ? NULL : &err);
}

static void look(void *arg)
{
    struct swarm_log *log = arg;

    log->timer = NULL;
    if (log->previous && log->task[0])
        return; /* its stream ends it */
    log->pending = true;
    look_start(swarm_of(log->op.driver), log->service, on_look, log);
}

void swarm_log(struct driver *driver, const struct log_query *query, const struct log_sink *sink)
{
    struct swarm *swarm = swarm_of(driver);

    if (swarm->log)
        stop(swarm);
    if (!query)
        return;
    struct swarm_log *log = swarm->log = xcalloc(1, sizeof *log);
    log->sink = *sink;
    log->service = xstrdup(query->service_id);
    log->instance = xstrdup(query->instance);
    log->previous = query->previous;
    swarm_op_begin(swarm, &log->op, drop);
    log->timer = loop_after(swarm->base.env.loop, 0, look, log);
}
