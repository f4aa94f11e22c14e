/* loop.h: the one place where the engine thread sleeps.
 *
 * File descriptors, timers and posted work. Callbacks run only from loop_run or
 * loop_turn, one at a time, on the thread that runs the loop, and never from
 * inside the call that registered them. With a virtual clock the loop never
 * sleeps: when nothing is ready it moves the clock to the next timer. */
#ifndef LOCKSTEP_BASE_LOOP_H
#define LOCKSTEP_BASE_LOOP_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_fd;

enum loop_ready { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 };

typedef void loop_fd_fn(int fd, unsigned ready, void *arg);
typedef void loop_timer_fn(void *arg);

struct loop *loop_new(struct clock *clock); /* the clock is borrowed */
void loop_free(struct loop *loop);          /* drops every watch, timer and post */

struct clock *loop_clock(const struct loop *loop);
int64_t loop_now_ms(const struct loop *loop);

/* `want` is a set of enum loop_ready. The fd is borrowed. One watch per fd. */
struct loop_fd *loop_watch(struct loop *loop, int fd, unsigned want, loop_fd_fn *fn, void *arg);
void loop_watch_set(struct loop_fd *watch, unsigned want);
void loop_unwatch(struct loop_fd *watch); /* NULL is fine; safe inside any callback */

/* One shot. The handle dies when the callback runs or with loop_cancel. */
struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms, loop_timer_fn *fn, void *arg);
void loop_cancel(struct loop_timer *timer); /* NULL is fine; safe inside any callback */

/* From any thread: fn(arg) runs on the loop's thread soon, in order. */
void loop_post(struct loop *loop, loop_timer_fn *fn, void *arg);

/* One turn: runs what is ready; sleeps at most max_wait_ms of real time (-1: until something
 * is ready, or for a minute). False when no watch, timer or post is left: only another
 * thread's post could ever make something ready. */
bool loop_turn(struct loop *loop, int64_t max_wait_ms);
void loop_run(struct loop *loop);  /* turns until loop_stop */
void loop_stop(struct loop *loop); /* from any thread */

#endif
