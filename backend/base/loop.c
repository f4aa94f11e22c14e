/* loop.c: poll(2), a sorted list of timers, and a pipe that wakes it.
 *
 * Handles that die inside a callback are only marked and are freed at the end
 * of the turn, so that any callback may cancel anything. */
#include "base/loop.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer sleeps are cut: poll does not count the time a machine was suspended, our clock does. */
enum { SLEEP_MAX_MS = 60000 };
#define DELAY_MAX (INT64_MAX / 4)

struct loop_fd {
    struct loop_fd *next;
    int fd;
    unsigned want;
    loop_fd_fn *fn;
    void *arg;
    bool dead, fresh;
};

struct loop_timer {
    struct loop_timer *next;
    struct loop *loop;
    int64_t due_ms;
    loop_timer_fn *fn;
    void *arg;
};

struct post {
    struct post *next;
    loop_timer_fn *fn;
    void *arg;
};

struct loop {
    struct clock *clock;
    struct loop_fd *fds;
    size_t fd_count;
    struct loop_timer *timers; /* sorted by due_ms, first in first out on ties */
    struct pollfd *polls;
    size_t poll_cap;
    int wake[2];
    pthread_mutex_t lock; /* guards posts and stop */
    struct post *posts, **posts_tail;
    bool stop;
};

struct loop *loop_new(struct clock *clock)
{
    struct loop *loop = xcalloc(1, sizeof *loop);

    loop->clock = clock;
    loop->posts_tail = &loop->posts;
    pthread_mutex_init(&loop->lock, NULL);
    if (pipe2(loop->wake, O_CLOEXEC | O_NONBLOCK))
        fatal("no file descriptors are left for a pipe");
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    for (struct loop_fd *w = loop->fds, *next; w; w = next) {
        next = w->next;
        free(w);
    }
    for (struct loop_timer *t = loop->timers, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    for (struct post *p = loop->posts, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    close(loop->wake[0]);
    close(loop->wake[1]);
    pthread_mutex_destroy(&loop->lock);
    free(loop->polls);
    free(loop);
}

struct clock *loop_clock(const struct loop *loop)
{
    return loop->clock;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return clock_now_ms(loop->clock);
}

struct loop_fd *loop_watch(struct loop *loop, int fd, unsigned want, loop_fd_fn *fn, void *arg)
{
    struct loop_fd *w = xcalloc(1, sizeof *w);

    *w = (struct loop_fd){loop->fds, fd, want, fn, arg, false, true};
    loop->fds = w;
    loop->fd_count++;
    return w;
}

void loop_watch_set(struct loop_fd *watch, unsigned want)
{
    watch->want = want;
}

void loop_unwatch(struct loop_fd *watch)
{
    if (watch)
        watch->dead = true;
}

struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms, loop_timer_fn *fn, void *arg)
{
    struct loop_timer *t = xcalloc(1, sizeof *t), **at = &loop->timers;

    t->loop = loop;
    t->due_ms = loop_now_ms(loop) + (delay_ms < 0           ? 0
                                     : delay_ms < DELAY_MAX ? delay_ms
                                                            : DELAY_MAX);
    t->fn = fn;
    t->arg = arg;
    while (*at && (*at)->due_ms <= t->due_ms)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    return t;
}

void loop_cancel(struct loop_timer *timer)
{
    if (!timer)
        return;
    for (struct loop_timer **at = &timer->loop->timers; *at; at = &(*at)->next)
        if (*at == timer) {
            *at = timer->next;
            free(timer);
            return;
        }
}

static void wake(struct loop *loop)
{
    ssize_t n = write(loop->wake[1], "w", 1);
    (void)n; /* a full pipe wakes just as well */
}

void loop_post(struct loop *loop, loop_timer_fn *fn, void *arg)
{
    struct post *p = xcalloc(1, sizeof *p);

    p->fn = fn;
    p->arg = arg;
    pthread_mutex_lock(&loop->lock);
    *loop->posts_tail = p;
    loop->posts_tail = &p->next;
    pthread_mutex_unlock(&loop->lock);
    wake(loop);
}

void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->stop = true;
    pthread_mutex_unlock(&loop->lock);
    wake(loop);
}

static bool run_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct post *p = loop->posts;
    loop->posts = NULL;
    loop->posts_tail = &loop->posts;
    pthread_mutex_unlock(&loop->lock);
    bool any = p != NULL;
    for (struct post *next; p; p = next) {
        next = p->next;
        p->fn(p->arg);
        free(p);
    }
    return any;
}

static void run_due_timers(struct loop *loop)
{
    const int64_t now = loop_now_ms(loop);

    /* Timers set by these callbacks with no delay wait for the next turn. */
    size_t count = 0;
    for (struct loop_timer *t = loop->timers; t && t->due_ms <= now; t = t->next)
        count++;
    while (count-- && loop->timers && loop->timers->due_ms <= now) {
        struct loop_timer *t = loop->timers;
        loop->timers = t->next;
        loop_timer_fn *fn = t->fn;
        void *arg = t->arg;
        free(t);
        fn(arg);
    }
}

static void sweep(struct loop *loop)
{
    for (struct loop_fd **at = &loop->fds; *at;) {
        struct loop_fd *w = *at;
        if (w->dead) {
            *at = w->next;
            loop->fd_count--;
            free(w);
        } else {
            w->fresh = false;
            at = &w->next;
        }
    }
}

static size_t fill_polls(struct loop *loop)
{
    size_t n = 0;

    ARRAY_RESERVE(loop->polls, loop->poll_cap, loop->fd_count + 1);
    loop->polls[n++] = (struct pollfd){loop->wake[0], POLLIN, 0};
    for (struct loop_fd *w = loop->fds; w; w = w->next) {
        short events = 0;
        if (w->want & LOOP_READ)
            events = (short)(events | POLLIN);
        if (w->want & LOOP_WRITE)
            events = (short)(events | POLLOUT);
        /* poll reports a hangup to who asked for nothing too, again and again */
        loop->polls[n++] = (struct pollfd){w->want ? w->fd : -1, events, 0};
    }
    return n;
}

static bool run_ready_fds(struct loop *loop)
{
    bool any = false;
    char drain[64];
    size_t i = 1;

    if (loop->polls[0].revents)
        while (read(loop->wake[0], drain, sizeof drain) == sizeof drain)
            ;
    for (struct loop_fd *w = loop->fds; w; w = w->next) {
        if (w->fresh)
            continue; /* added by a callback of this turn: not polled yet */
        short r = loop->polls[i++].revents;
        unsigned ready = ((r & POLLIN) ? LOOP_READ : 0U) | ((r & POLLOUT) ? LOOP_WRITE : 0U) |
                         ((r & (POLLERR | POLLHUP | POLLNVAL)) ? LOOP_HANGUP : 0U);
        if (!w->want) /* a callback of this turn lost interest */
            ready = 0;
        ready &= w->want | LOOP_HANGUP;
        if (ready && !w->dead) {
            w->fn(w->fd, ready, w->arg);
            any = true;
        }
    }
    return any;
}

static int64_t until_timer_ms(const struct loop *loop)
{
    if (!loop->timers)
        return -1;
    int64_t left = loop->timers->due_ms - loop_now_ms(loop);
    return left > 0 ? left : 0;
}

static int poll_wait_ms(struct loop *loop, int64_t max_wait_ms)
{
    int64_t wait = until_timer_ms(loop);

    if (wait >= 0)
        wait = clock_real_wait_ms(loop->clock, wait);
    if (wait < 0 || (max_wait_ms >= 0 && max_wait_ms < wait))
        wait = max_wait_ms;
    return wait > SLEEP_MAX_MS ? SLEEP_MAX_MS : (int)wait;
}

static bool has_posts(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool any = loop->posts != NULL;
    pthread_mutex_unlock(&loop->lock);
    return any;
}

bool loop_turn(struct loop *loop, int64_t max_wait_ms)
{
    sweep(loop);
    size_t n = fill_polls(loop);
    int rc = poll(loop->polls, (nfds_t)n, poll_wait_ms(loop, max_wait_ms));
    if (rc < 0 && errno != EINTR)
        fatal("poll failed: %s", strerror(errno));
    bool any = rc > 0 && run_ready_fds(loop);
    any |= run_posts(loop);
    if (!any && clock_is_virtual(loop->clock) && until_timer_ms(loop) > 0)
        clock_advance_ms(loop->clock, until_timer_ms(loop));
    run_due_timers(loop);
    sweep(loop);
    return loop->fds || loop->timers || has_posts(loop);
}

void loop_run(struct loop *loop)
{
    for (;;) {
        pthread_mutex_lock(&loop->lock);
        bool stop = loop->stop;
        loop->stop = false;
        pthread_mutex_unlock(&loop->lock);
        if (stop)
            return;
        loop_turn(loop, -1);
    }
}
