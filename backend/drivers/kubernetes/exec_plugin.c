/* exec_plugin.c: the process: starting, listening, ending. See exec_plugin.h.
 *
 * Its end is looked for by waitpid every 20 ms, not by the end of its output: helpers that it
 * leaves behind may hold the pipes for hours. */
#include "drivers/kubernetes/exec_plugin.h"

#include "base/text.h"
#include "net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct stream {
    int fd; /* -1: closed */
    struct loop_fd *watch;
    char *bytes;
    size_t len, cap;
};

struct exec_run {
    struct loop *loop;
    struct loop_timer *timer;
    exec_done_fn *fn;
    void *arg;
    pid_t pid; /* 0: not running */
    bool grouped;
    struct stream out, said;
    int64_t deadline_ms, limit_ms;
    bool too_much;
    char *command, *context, *user, *hint, *api_version;
    struct err err;
};

static void close_stream(struct stream *s)
{
    loop_unwatch(s->watch);
    s->watch = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void kill_run(struct exec_run *run)
{
    if (!run->pid)
        return;
    kill(run->grouped ? -run->pid : run->pid, SIGKILL);
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    run->pid = 0;
}

void exec_plugin_cancel(struct exec_run *run)
{
    if (!run)
        return;
    kill_run(run);
    loop_cancel(run->timer);
    close_stream(&run->out);
    close_stream(&run->said);
    if (run->out.bytes)
        explicit_bzero(run->out.bytes, run->out.cap);
    free(run->out.bytes);
    free(run->said.bytes);
    free(run->command);
    free(run->context);
    free(run->user);
    free(run->hint);
    free(run->api_version);
    free(run);
}

/* Reading. */

/* Keeps the end of what was said when it becomes too much. */
static void drop_start(struct stream *s)
{
    if (s->len <= EXEC_ERR_MAX)
        return;
    memmove(s->bytes, s->bytes + s->len - EXEC_ERR_MAX, EXEC_ERR_MAX);
    s->len = EXEC_ERR_MAX;
}

/* What is there now; closes at its end. */
static void drain(struct exec_run *run, struct stream *s)
{
    ssize_t got = 1;

    while (s->fd >= 0 && !run->too_much) {
        ARRAY_RESERVE(s->bytes, s->cap, s->len + 4097);
        got = read(s->fd, s->bytes + s->len, 4096);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (got <= 0) {
            close_stream(s);
            return;
        }
        s->len += (size_t)got;
        if (s == &run->said)
            drop_start(s);
        else
            run->too_much = s->len > EXEC_OUT_MAX;
    }
}

static void on_out(int fd, unsigned ready, void *arg)
{
    struct exec_run *run = arg;

    (void)fd;
    (void)ready;
    drain(run, &run->out);
}

static void on_said(int fd, unsigned ready, void *arg)
{
    struct exec_run *run = arg;

    (void)fd;
    (void)ready;
    drain(run, &run->said);
}

/* The end. */

static void finish(struct exec_run *run, const struct exec_answer *answer)
{
    exec_done_fn *fn = run->fn;
    void *arg = run->arg;
    struct err err = run->err;

    if (err.code != ERR_NONE)
        err_prefix(&err, "credential plugin '%.60s' of user '%.60s'", run->command, run->user);
    run->timer = NULL;
    fn(arg, err.code == ERR_NONE ? answer : NULL, &err);
    exec_plugin_cancel(run);
}

/* What to do about a plugin that gave nothing. */
static const char *advice(const struct exec_run *run, char *out, size_t size)
{
    if (run->hint[0])
        snprintf(out, size, "%s", run->hint);
    else if (run->context[0])
        snprintf(out, size, "try: kubectl --context %s get namespaces", run->context);
    else
        snprintf(out, size, "log in with its own command");
    return out;
}

static void complain_exit(struct exec_run *run, int state)
{
    char line[160], todo[120];

    exec_plugin_last_line(run->said.bytes, run->said.len, line, sizeof line);
    advice(run, todo, sizeof todo);
    if (WIFSIGNALED(state))
        err_set(&run->err, ERR_AUTH, "was ended by signal %d%s%s; %s", WTERMSIG(state),
                line[0] ? ": " : "", line, todo);
    else
        err_set(&run->err, ERR_AUTH, "failed (exit status %d)%s%s; %s", WEXITSTATUS(state),
                line[0] ? ": " : "", line, todo);
}

static void end_run(struct exec_run *run, int state)
{
    struct arena *arena = arena_new(4096);
    struct exec_answer answer = {0};

    run->pid = 0;
    drain(run, &run->out);
    drain(run, &run->said);
    if (run->too_much)
        err_set(&run->err, ERR_LIMIT, "printed more than %d KiB", EXEC_OUT_MAX >> 10);
    else if (state != 0)
        complain_exit(run, state);
    else
        exec_plugin_parse(run->out.bytes ? run->out.bytes : "", run->out.len, run->api_version,
                          arena, &answer, &run->err);
    finish(run, &answer);
    arena_free(arena);
}

static void look(void *arg)
{
    struct exec_run *run = arg;
    char todo[120];
    int state = 0;
    pid_t got = waitpid(run->pid, &state, WNOHANG);

    run->timer = NULL;
    if (got == run->pid) {
        end_run(run, state);
    } else if (run->too_much || loop_now_ms(run->loop) >= run->deadline_ms) {
        kill_run(run);
        if (run->too_much)
            err_set(&run->err, ERR_LIMIT, "printed more than %d KiB", EXEC_OUT_MAX >> 10);
        else
            err_set(&run->err, ERR_NETWORK, "did not end within %lld s and was killed; %s",
                    (long long)(run->limit_ms + 999) / 1000, advice(run, todo, sizeof todo));
        finish(run, NULL);
    } else {
        run->timer = loop_after(run->loop, EXEC_CHECK_MS, look, run);
    }
}

static void tell_failed(void *arg)
{
    finish(arg, NULL);
}

/* The start. */

static bool is_named(const char *variable, const char *with)
{
    size_t len = strcspn(with, "=");

    return strncmp(variable, with, len) == 0 && variable[len] == '=';
}

/* The user's environment, what was taken out of it, the entry's variables over it, and the info. */
static char **make_environment(const struct exec_request *request, bool interactive)
{
    const char *const *unset = http_unset_variables(), *const *own = request->exec->env;
    size_t count = 0, n = 0;

    for (size_t i = 0; environ[i]; i++)
        count++;
    for (size_t i = 0; unset[i]; i++)
        count++;
    for (size_t i = 0; own && own[i]; i++)
        count++;
    char **out = xcalloc(count + 2, sizeof *out);
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; part ? unset[i] != NULL : environ[i] != NULL; i++) {
            const char *variable = part ? unset[i] : environ[i];
            bool replaced = is_named(variable, "KUBERNETES_EXEC_INFO=");
            for (size_t j = 0; own && own[j]; j++)
                replaced = replaced || is_named(variable, own[j]);
            if (!replaced)
                out[n++] = xstrdup(variable);
        }
    for (size_t i = 0; own && own[i]; i++)
        out[n++] = xstrdup(own[i]);
    char *info = exec_plugin_info(request->exec, request->cluster, interactive);
    out[n++] = xasprintf("KUBERNETES_EXEC_INFO=%s", info);
    free(info);
    return out;
}

static char **make_arguments(const struct kube_exec *exec)
{
    size_t count = 0;

    while (exec->args && exec->args[count])
        count++;
    char **out = xcalloc(count + 2, sizeof *out);
    out[0] = xstrdup(exec->command);
    for (size_t i = 0; i < count; i++)
        out[i + 1] = xstrdup(exec->args[i]);
    return out;
}

static void free_list(char **list)
{
    for (size_t i = 0; list[i]; i++) {
        explicit_bzero(list[i], strlen(list[i]));
        free(list[i]);
    }
    free(list);
}

/* 0 or an errno. The child's own stdout and stderr are the writing ends. */
static int spawn(struct exec_run *run, const struct exec_request *request, bool interactive,
                 int out, int said)
{
    char **arguments = make_arguments(request->exec);
    char **environment = make_environment(request, interactive);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigemptyset(&all);
    sigaddset(&all, SIGPIPE);
    sigaddset(&all, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!interactive) {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
        flags |= POSIX_SPAWN_SETSID; /* no way to the terminal, and a group to be killed */
        run->grouped = true;
    }
    posix_spawnattr_setflags(&attr, flags);
    int rc =
        posix_spawnp(&run->pid, request->exec->command, &actions, &attr, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    free_list(arguments);
    free_list(environment);
    return rc;
}

static int open_pipe(struct stream *s)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        fatal("no file descriptor is left for a credential plugin");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    s->fd = ends[0];
    return ends[1];
}

/* Why it must not even be tried. */
static bool check_request(const struct exec_request *request, struct err *err)
{
    if (request->exec->distrusted && request->exec->distrusted[0])
        return err_set(err, ERR_CONFIG, "is not run, because %s", request->exec->distrusted);
    if (request->exec->interactive == KUBE_ALWAYS && !request->terminal)
        return err_set(err, ERR_AUTH,
                       "asks on a terminal, and this one is in use (interactiveMode: Always); run "
                       "`lockstep status` once in another one, or log in so that it need not ask");
    return true;
}

static void start_process(struct exec_run *run, const struct exec_request *request)
{
    bool interactive = request->terminal && request->exec->interactive != KUBE_NEVER;
    int out = open_pipe(&run->out), said = open_pipe(&run->said);
    int rc = spawn(run, request, interactive, out, said);

    close(out);
    close(said);
    if (rc != 0) {
        run->pid = 0;
        err_set(&run->err, ERR_CONFIG, "cannot be run: %s%s%s", strerror(rc),
                run->hint[0] ? "; " : "; install it, or mend its command in the kubeconfig",
                run->hint);
        return;
    }
    run->out.watch = loop_watch(run->loop, run->out.fd, LOOP_READ, on_out, run);
    run->said.watch = loop_watch(run->loop, run->said.fd, LOOP_READ, on_said, run);
    run->limit_ms = request->limit_ms ? request->limit_ms
                    : interactive     ? EXEC_TERMINAL_LIMIT_MS
                                      : EXEC_LIMIT_MS;
    run->deadline_ms = loop_now_ms(run->loop) + run->limit_ms;
}

struct exec_run *exec_plugin_start(struct loop *loop, const struct exec_request *request,
                                   exec_done_fn *fn, void *arg)
{
    struct exec_run *run = xcalloc(1, sizeof *run);
    const char *hint = request->exec->install_hint;
    char line[120], name[80];

    http_init(); /* what it takes out of the environment is put back for the plugin */
    run->loop = loop;
    run->fn = fn;
    run->arg = arg;
    run->out.fd = run->said.fd = -1;
    text_clean_into(name, sizeof name, request->exec->command, strlen(request->exec->command));
    run->command = xstrdup(name);
    run->context = xstrdup(request->context);
    run->user = xstrdup(request->user);
    run->hint = xstrdup(
        exec_plugin_last_line(hint ? hint : "", hint ? strlen(hint) : 0, line, sizeof line));
    run->api_version = xstrdup(request->exec->api_version);
    if (check_request(request, &run->err))
        start_process(run, request);
    run->timer = run->pid ? loop_after(loop, EXEC_CHECK_MS, look, run)
                          : loop_after(loop, 0, tell_failed, run);
    return run;
}
