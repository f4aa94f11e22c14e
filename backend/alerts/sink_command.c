/* sink_command.c: a program that gets one alert as JSON on its stdin; no shell.
 *
 * It has a time limit, then its whole group is killed. Exit status 0 means that it took the alert;
 * anything else that it did not. Its output goes to our stderr. Its end is looked for by waitpid,
 * not by the end of a pipe: what it leaves behind may hold that for hours. */
#include "alerts/sink.h"

#include "net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHECK_MS = 20 };

extern char **environ;

struct command {
    struct sink base;
    struct loop *loop;
    const struct sink_settings *settings;
    struct loop_timer *timer;
    struct loop_fd *watch;
    int in;    /* its stdin, -1: closed */
    pid_t pid; /* 0: not running */
    char *body;
    size_t len, sent;
    int64_t deadline_ms, limit_ms;
    sink_done_fn *done;
    void *arg;
    struct err err;
};

static struct sink *command_open(const struct sink_env *env, struct err *err)
{
    struct command *sink = xcalloc(1, sizeof *sink);
    int64_t limit = env->settings->timeout_ms;

    (void)err;
    http_init(); /* whoever ends first must not end us by SIGPIPE */
    sink->base.ops = &sink_command;
    sink->loop = env->loop;
    sink->settings = env->settings;
    sink->limit_ms = limit > 0 && limit < SINK_TIME_MS ? limit : SINK_TIME_MS;
    sink->in = -1;
    return &sink->base;
}

static void close_in(struct command *sink)
{
    loop_unwatch(sink->watch);
    sink->watch = NULL;
    if (sink->in >= 0)
        close(sink->in);
    sink->in = -1;
}

static void kill_group(struct command *sink)
{
    if (!sink->pid)
        return;
    kill(-sink->pid, SIGKILL);
    while (waitpid(sink->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    sink->pid = 0;
}

static void end(struct command *sink, bool maybe)
{
    sink->timer = NULL;
    close_in(sink);
    free(sink->body);
    sink->body = NULL;
    sink->done(sink->arg, maybe, &sink->err);
}

static void feed(int fd, unsigned ready, void *arg)
{
    struct command *sink = arg;

    (void)ready;
    while (sink->sent < sink->len) {
        ssize_t n = write(fd, sink->body + sink->sent, sink->len - sink->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0)
            break; /* it does not read: its exit status tells */
        sink->sent += (size_t)n;
    }
    close_in(sink);
}

static void look(void *arg)
{
    struct command *sink = arg;
    const char *name = sink->settings->command[0];
    int state = 0;
    pid_t got = waitpid(sink->pid, &state, WNOHANG);

    if (got == sink->pid) {
        sink->pid = 0;
        if (WIFSIGNALED(state))
            err_set(&sink->err, ERR_REJECTED, "%.200s was ended by signal %d", name,
                    WTERMSIG(state));
        else if (WEXITSTATUS(state) != 0)
            err_set(&sink->err, ERR_REJECTED, "%.200s failed (exit status %d)", name,
                    WEXITSTATUS(state));
        end(sink, false);
    } else if (loop_now_ms(sink->loop) >= sink->deadline_ms) {
        kill_group(sink);
        err_set(&sink->err, ERR_NETWORK, "%.200s did not end within %lld ms and was killed", name,
                (long long)sink->limit_ms);
        end(sink, true);
    } else {
        sink->timer = loop_after(sink->loop, CHECK_MS, look, sink);
    }
}

static void tell(void *arg)
{
    end(arg, false);
}

static int spawn(struct command *sink, int in)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigemptyset(&all);
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int rc = posix_spawnp(&sink->pid, sink->settings->command[0], &actions, &attr,
                          (char **)(uintptr_t)sink->settings->command, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return rc;
}

static void command_send(struct sink *base, const struct sink_item *items, size_t count,
                         sink_done_fn *done, void *arg)
{
    struct command *sink = (struct command *)base;
    json_t *root = alert_json(items->alert, items->event);
    int ends[2];

    (void)count; /* one: batch_max */
    sink->done = done;
    sink->arg = arg;
    sink->err = (struct err){0};
    sink->body = json_text(root);
    sink->len = strlen(sink->body);
    sink->sent = 0;
    json_decref(root);
    if (pipe2(ends, O_CLOEXEC)) {
        err_set(&sink->err, ERR_LIMIT, "no file descriptor is left for a command");
        sink->timer = loop_after(sink->loop, 0, tell, sink);
        return;
    }
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    int rc = spawn(sink, ends[0]);
    close(ends[0]);
    sink->in = ends[1];
    if (rc) {
        sink->pid = 0;
        err_set(&sink->err, ERR_CONFIG, "%.200s cannot be run: %s", sink->settings->command[0],
                strerror(rc));
        sink->timer = loop_after(sink->loop, 0, tell, sink);
        return;
    }
    sink->watch = loop_watch(sink->loop, sink->in, LOOP_WRITE, feed, sink);
    sink->deadline_ms = loop_now_ms(sink->loop) + sink->limit_ms;
    sink->timer = loop_after(sink->loop, CHECK_MS, look, sink);
}

static void command_close(struct sink *base)
{
    struct command *sink = (struct command *)base;

    kill_group(sink);
    close_in(sink);
    loop_cancel(sink->timer);
    free(sink->body);
    free(sink);
}

const struct sink_ops sink_command = {
    .name = "command",
    .batch_max = 1,
    .open = command_open,
    .send = command_send,
    .close = command_close,
};
