/* sink_stdout.c: alerts as lines for people or as JSON lines.
 *
 * What reads them may stand still. A line is written only when poll says that there is room, and
 * is short enough (PIPE_BUF) for a pipe to take it whole then. */
#include "alerts/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stdout_sink {
    struct sink base;
    struct sink_env env;
    struct loop_timer *timer;
    sink_done_fn *done;
    void *arg;
    struct err err;
};

static struct sink *stdout_open(const struct sink_env *env, struct err *err)
{
    struct stdout_sink *sink = xcalloc(1, sizeof *sink);

    (void)err;
    sink->base.ops = &sink_stdout;
    sink->env = *env;
    return &sink->base;
}

static bool write_line(int fd, const char *line, size_t len, struct err *err)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
        return err_set(err, ERR_NETWORK, "whoever reads stdout stands still");
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, line + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, ERR_DISK, "stdout cannot be written: %s", strerror(errno));
        done += (size_t)n;
    }
    return true;
}

static void tell(void *arg)
{
    struct stdout_sink *sink = arg;

    sink->timer = NULL;
    sink->done(sink->arg, false, &sink->err);
}

static void stdout_send(struct sink *base, const struct sink_item *items, size_t count,
                        sink_done_fn *done, void *arg)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;
    char text[PIPE_BUF];

    (void)count; /* one: batch_max */
    sink->done = done;
    sink->arg = arg;
    sink->err = (struct err){0};
    if (sink->env.json) {
        json_t *root = alert_json(items->alert, items->event);
        char *json = json_text(root);
        snprintf(text, sizeof text - 1, "%s", json);
        free(json);
        json_decref(root);
    } else {
        alert_line(items->alert, items->event, text, sizeof text - 1);
    }
    size_t len = strlen(text);
    text[len++] = '\n';
    write_line(sink->env.out, text, len, &sink->err);
    sink->timer = loop_after(sink->env.loop, 0, tell, sink);
}

static void stdout_close(struct sink *base)
{
    struct stdout_sink *sink = (struct stdout_sink *)base;

    loop_cancel(sink->timer);
    free(sink);
}

const struct sink_ops sink_stdout = {
    .name = "stdout",
    .batch_max = 1,
    .local = true,
    .open = stdout_open,
    .send = stdout_send,
    .close = stdout_close,
};
