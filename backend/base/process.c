/* process.c: starting, feeding, listening, ending. See process.h.
 *
 * The end is looked for by waitpid, not by the end of the output: helpers that a program leaves
 * behind may hold its pipes for hours. */
#include "base/process.h"

#include "base/mem.h"

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

/* Our end of one of its streams. */
struct stream {
    int fd; /* -1: closed, or there is none */
    struct loop_fd *watch;
    char *bytes;
    size_t len, cap;
    size_t max;
    bool keeps_end; /* more than max: the start is dropped */
    bool too_much;
};

struct process {
    struct loop *loop;
    struct loop_timer *timer;
    process_done_fn *fn;
    void *arg;
    pid_t pid; /* 0: not running */
    bool grouped;
    struct stream in, out, said;
    size_t sent; /* of in.bytes */
    int64_t deadline_ms, limit_ms;
};

static void close_stream(struct stream *s)
{
    loop_unwatch(s->watch);
    s->watch = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void end_stream(struct stream *s)
{
    close_stream(s);
    if (s->bytes)
        explicit_bzero(s->bytes, s->cap); /* it may be a credential */
    free(s->bytes);
}

static void kill_process(struct process *p)
{
    if (!p->pid)
        return;
    kill(p->grouped ? -p->pid : p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    p->pid = 0;
}

void process_cancel(struct process *p)
{
    if (!p)
        return;
    kill_process(p);
    loop_cancel(p->timer);
    end_stream(&p->in);
    end_stream(&p->out);
    end_stream(&p->said);
    free(p);
}

/* ---- its streams ---- */

static void on_writable(int fd, unsigned ready, void *arg)
{
    struct process *p = arg;

    (void)ready;
    while (p->sent < p->in.len) {
        ssize_t n = write(fd, p->in.bytes + p->sent, p->in.len - p->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0)
            break; /* it does not read: how it ends tells */
        p->sent += (size_t)n;
    }
    close_stream(&p->in);
}

/* What is there now; closes at its end. */
static void drain(struct stream *s)
{
    while (s->fd >= 0 && !s->too_much) {
        ARRAY_RESERVE(s->bytes, s->cap, s->len + 4097);
        ssize_t got = read(s->fd, s->bytes + s->len, 4096);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (got <= 0) {
            close_stream(s);
            return;
        }
        s->len += (size_t)got;
        if (s->len > s->max && s->keeps_end) {
            memmove(s->bytes, s->bytes + s->len - s->max, s->max);
            s->len = s->max;
        }
        s->too_much = s->len > s->max;
    }
}

static void on_readable(int fd, unsigned ready, void *arg)
{
    (void)fd;
    (void)ready;
    drain(arg);
}

static const char *text_of(struct stream *s)
{
    if (!s->bytes)
        return "";
    s->bytes[s->len] = '\0'; /* drain reserved it */
    return s->bytes;
}

/* ---- the end ---- */

static void finish(struct process *p, enum process_how how, int code)
{
    drain(&p->out);
    drain(&p->said);
    if (p->out.too_much) /* also when it ended well: what was kept is not all of it */
        how = PROCESS_LOUD;
    const struct process_end end = {.how = how,
                                    .code = code,
                                    .limit_ms = p->limit_ms,
                                    .out_max = p->out.max,
                                    .out = text_of(&p->out),
                                    .out_len = p->out.len,
                                    .said = text_of(&p->said),
                                    .said_len = p->said.len};
    p->fn(p->arg, &end);
    process_cancel(p);
}

static void look(void *arg)
{
    struct process *p = arg;
    int state = 0;
    pid_t got = waitpid(p->pid, &state, WNOHANG);

    p->timer = NULL;
    if (got == p->pid) {
        p->pid = 0;
        finish(p, WIFSIGNALED(state) ? PROCESS_SIGNALLED : PROCESS_EXITED,
               WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state));
    } else if (p->out.too_much || loop_now_ms(p->loop) >= p->deadline_ms) {
        kill_process(p);
        finish(p, PROCESS_LATE, 0);
    } else {
        p->timer = loop_after(p->loop, PROCESS_CHECK_MS, look, p);
    }
}

const char *process_describe(const struct process_end *end, char *out, size_t size)
{
    bool whole = end->limit_ms % 1000 == 0;

    switch (end->how) {
    case PROCESS_EXITED:
        snprintf(out, size, "failed (exit status %d)", end->code);
        break;
    case PROCESS_SIGNALLED:
        snprintf(out, size, "was ended by signal %d", end->code);
        break;
    case PROCESS_LATE:
        snprintf(out, size, "did not end within %lld %s and was killed",
                 (long long)(whole ? end->limit_ms / 1000 : end->limit_ms), whole ? "s" : "ms");
        break;
    case PROCESS_LOUD:
        snprintf(out, size, "printed more than %zu KiB", end->out_max >> 10);
        break;
    }
    return out;
}

/* ---- the start ---- */

/* The child's end of a new pipe, or -1. */
static int open_stream(struct stream *s, bool writes)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return -1;
    s->fd = ends[writes];
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    return ends[!writes];
}

/* 0 or an errno. ends: the child's, -1 where it gets none of ours. */
static int spawn(struct process *p, const struct process_request *request, const int ends[3])
{
    char *const *env = request->env ? (char *const *)(uintptr_t)request->env : environ;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, usual;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attr, &usual);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                            (p->grouped ? POSIX_SPAWN_SETSID : 0)));
    if (ends[0] >= 0)
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    else if (!request->terminal)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1] >= 0 ? ends[1] : STDERR_FILENO,
                                     STDOUT_FILENO);
    if (ends[2] >= 0)
        posix_spawn_file_actions_adddup2(&actions, ends[2], STDERR_FILENO);
    int rc = posix_spawnp(&p->pid, request->argv[0], &actions, &attr,
                          (char *const *)(uintptr_t)request->argv, env);
    if (rc)
        p->pid = 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return rc;
}

static bool run(struct process *p, const struct process_request *request, struct err *err)
{
    const bool wanted[3] = {request->input && !request->terminal, request->out_max > 0,
                            request->said_max > 0 && !request->terminal};
    struct stream *const streams[3] = {&p->in, &p->out, &p->said};
    int ends[3] = {-1, -1, -1}, rc = 0;

    for (int i = 0; i < 3; i++)
        if (wanted[i] && (ends[i] = open_stream(streams[i], i == 0)) < 0)
            err_set(err, ERR_LIMIT, "no file descriptor is left for a command");
    if (!err_failed(err))
        rc = spawn(p, request, ends);
    for (int i = 0; i < 3; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return p->pid || err_set(err, ERR_CONFIG, "cannot be run: %s", strerror(rc));
}

/* A program that ends before it read its input must not end us, too. */
static void ignore_sigpipe(void)
{
    struct sigaction old;

    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

struct process *process_start(struct loop *loop, const struct process_request *request,
                              process_done_fn *fn, void *arg, struct err *err)
{
    struct process *p = xcalloc(1, sizeof *p);

    p->loop = loop;
    p->fn = fn;
    p->arg = arg;
    p->grouped = !request->terminal;
    p->in.fd = p->out.fd = p->said.fd = -1;
    p->out.max = request->out_max;
    p->said.max = request->said_max;
    p->said.keeps_end = true;
    p->limit_ms = request->limit_ms;
    p->deadline_ms = loop_now_ms(loop) + request->limit_ms;
    if (!run(p, request, err)) {
        process_cancel(p);
        return NULL;
    }
    if (p->in.fd >= 0) {
        ignore_sigpipe();
        p->in.bytes = xstrndup(request->input, request->input_len);
        p->in.len = p->in.cap = request->input_len;
        p->in.watch = loop_watch(loop, p->in.fd, LOOP_WRITE, on_writable, p);
    }
    if (p->out.fd >= 0)
        p->out.watch = loop_watch(loop, p->out.fd, LOOP_READ, on_readable, &p->out);
    if (p->said.fd >= 0)
        p->said.watch = loop_watch(loop, p->said.fd, LOOP_READ, on_readable, &p->said);
    p->timer = loop_after(loop, PROCESS_CHECK_MS, look, p);
    return p;
}
