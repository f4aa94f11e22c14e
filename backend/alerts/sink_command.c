/* sink_command.c: a program that gets one alert as JSON on its stdin; no shell.
 *
 * Exit status 0 within the time limit means that it took the alert; anything else that it did not.
 * Its output goes to our stderr. */
#include "alerts/sink.h"

#include "base/process.h"

#include <stdlib.h>
#include <string.h>

struct command {
    struct sink base;
    struct loop *loop;
    const struct sink_settings *settings;
    struct process *process;  /* NULL: it does not run */
    struct loop_timer *timer; /* it could not be started: to be told soon */
    int64_t limit_ms;
    sink_done_fn *done;
    void *arg;
    struct err err;
};

static struct sink *command_open(const struct sink_env *env, struct err *err)
{
    struct command *sink = xcalloc(1, sizeof *sink);
    int64_t limit = env->settings->timeout_ms;

    (void)err;
    sink->base.ops = &sink_command;
    sink->loop = env->loop;
    sink->settings = env->settings;
    sink->limit_ms = limit > 0 && limit < SINK_TIME_MS ? limit : SINK_TIME_MS;
    return &sink->base;
}

static void on_end(void *arg, const struct process_end *end)
{
    struct command *sink = arg;
    bool late = end->how == PROCESS_LATE;
    char how[80];

    sink->process = NULL;
    if (end->how != PROCESS_EXITED || end->code != 0)
        err_set(&sink->err, late ? ERR_NETWORK : ERR_REJECTED, "%.200s %s",
                sink->settings->command[0], process_describe(end, how, sizeof how));
    sink->done(sink->arg, late, &sink->err);
}

static void tell(void *arg)
{
    struct command *sink = arg;

    sink->timer = NULL;
    err_prefix(&sink->err, "%.200s", sink->settings->command[0]);
    sink->done(sink->arg, false, &sink->err);
}

static void command_send(struct sink *base, const struct sink_item *items, size_t count,
                         sink_done_fn *done, void *arg)
{
    struct command *sink = (struct command *)base;
    json_t *root = alert_json(items->alert, items->event);
    char *body = json_text(root);
    const struct process_request request = {.argv = sink->settings->command,
                                            .input = body,
                                            .input_len = strlen(body),
                                            .limit_ms = sink->limit_ms};

    (void)count; /* one: batch_max */
    sink->done = done;
    sink->arg = arg;
    sink->err = (struct err){0};
    sink->process = process_start(sink->loop, &request, on_end, sink, &sink->err);
    if (!sink->process)
        sink->timer = loop_after(sink->loop, 0, tell, sink);
    free(body);
    json_decref(root);
}

static void command_close(struct sink *base)
{
    struct command *sink = (struct command *)base;

    process_cancel(sink->process);
    loop_cancel(sink->timer);
    free(sink);
}

const struct sink_ops sink_command = {
    .name = "command",
    .batch_max = 1,
    .open = command_open,
    .send = command_send,
    .close = command_close,
};
