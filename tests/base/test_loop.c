/* test_loop.c: callbacks come in order, and may cancel anything. */
#include "test.h"

#include "base/loop.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A word to say, as the void * of a callback. */
#define WORD(text) ((char[]){text})

static struct clock *the_clock;
static struct loop *the_loop;
static char said[128];

static void open_virtual(void)
{
    the_clock = clock_new_virtual(0);
    the_loop = loop_new(the_clock);
    said[0] = '\0';
}

static void open_real(void)
{
    the_clock = clock_new_real();
    the_loop = loop_new(the_clock);
    said[0] = '\0';
}

static void close_loop(void)
{
    loop_free(the_loop);
    clock_free(the_clock);
}

static void say(void *arg)
{
    size_t n = strlen(said);

    snprintf(said + n, sizeof said - n, "%s", (const char *)arg);
}

static void run_all(void)
{
    while (loop_turn(the_loop, -1))
        ;
}

START_TEST(timers_run_by_time_then_by_age)
{
    loop_after(the_loop, 20, say, WORD("d"));
    loop_after(the_loop, 10, say, WORD("b"));
    loop_after(the_loop, 10, say, WORD("c"));
    loop_after(the_loop, -5, say, WORD("a"));
    loop_after(the_loop, 86400000, say, WORD("e"));
    run_all();
    ck_assert_str_eq(said, "abcde");
    ck_assert_int_eq(loop_now_ms(the_loop), 86400000);
}
END_TEST

START_TEST(a_virtual_clock_jumps_one_timer_at_a_time)
{
    loop_after(the_loop, 1000, say, WORD("a"));
    loop_after(the_loop, 5000, say, WORD("b"));
    ck_assert(loop_turn(the_loop, -1));
    ck_assert_int_eq(loop_now_ms(the_loop), 1000);
    ck_assert_str_eq(said, "a");
    ck_assert(!loop_turn(the_loop, -1));
    ck_assert_int_eq(loop_now_ms(the_loop), 5000);
}
END_TEST

static void again(void *arg)
{
    int *left = arg;

    if (--*left)
        loop_after(the_loop, 0, again, arg);
}

START_TEST(a_timer_set_by_a_timer_waits_for_the_next_turn)
{
    int left = 3;

    loop_after(the_loop, 0, again, &left);
    loop_turn(the_loop, 0);
    ck_assert_int_eq(left, 2);
    run_all();
    ck_assert_int_eq(left, 0);
}
END_TEST

static struct loop_timer *victim;

static void cancel_victim(void *arg)
{
    (void)arg;
    loop_cancel(victim);
    loop_cancel(NULL);
}

START_TEST(a_timer_may_cancel_one_that_is_due_too)
{
    loop_after(the_loop, 10, cancel_victim, NULL);
    victim = loop_after(the_loop, 10, say, WORD("never"));
    loop_after(the_loop, 10, say, WORD("b"));
    run_all();
    ck_assert_str_eq(said, "b");
}
END_TEST

static void post_from_callback(void *arg)
{
    say(WORD("1"));
    loop_post(the_loop, say, arg);
}

START_TEST(posts_run_in_order_and_before_the_clock_jumps)
{
    loop_after(the_loop, 50, say, WORD("t"));
    loop_post(the_loop, post_from_callback, WORD("3"));
    loop_post(the_loop, say, WORD("2"));
    run_all();
    ck_assert_str_eq(said, "123t");
}
END_TEST

/* File descriptors. */

static int ends[2][2];
static struct loop_fd *watches[2];

static void open_pipes(void)
{
    open_virtual();
    ck_assert_int_eq(pipe(ends[0]), 0);
    ck_assert_int_eq(pipe(ends[1]), 0);
}

static void put(int fd)
{
    ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void read_one(int fd, unsigned ready, void *arg)
{
    char c;

    ck_assert(ready & LOOP_READ);
    ck_assert_int_eq(read(fd, &c, 1), 1);
    say(arg);
}

static void unwatch_both(int fd, unsigned ready, void *arg)
{
    read_one(fd, ready, arg);
    loop_unwatch(watches[0]);
    loop_unwatch(watches[1]);
    loop_unwatch(NULL);
}

START_TEST(a_readable_fd_runs_its_callback)
{
    watches[0] = loop_watch(the_loop, ends[0][0], LOOP_READ, read_one, WORD("r"));
    ck_assert(loop_turn(the_loop, 0));
    ck_assert_str_eq(said, "");
    put(ends[0][1]);
    loop_turn(the_loop, -1);
    ck_assert_str_eq(said, "r");
}
END_TEST

START_TEST(a_callback_may_unwatch_itself_and_others_that_are_ready)
{
    watches[0] = loop_watch(the_loop, ends[0][0], LOOP_READ, unwatch_both, WORD("r"));
    watches[1] = loop_watch(the_loop, ends[1][0], LOOP_READ, unwatch_both, WORD("r"));
    put(ends[0][1]);
    put(ends[1][1]);
    ck_assert(!loop_turn(the_loop, -1));
    ck_assert_str_eq(said, "r");
}
END_TEST

static void replace_other(int fd, unsigned ready, void *arg)
{
    read_one(fd, ready, arg);
    /* the other pipe is ready in this turn too: its number now means another file */
    int other = fd == ends[0][0] ? 1 : 0;
    loop_unwatch(watches[other]);
    close(ends[other][0]);
    int fresh[2];
    ck_assert_int_eq(pipe(fresh), 0);
    ck_assert_int_eq(fresh[0], ends[other][0]);
    watches[other] = loop_watch(the_loop, fresh[0], LOOP_READ, read_one, WORD("wrong"));
}

START_TEST(readiness_of_a_closed_fd_does_not_reach_its_successor)
{
    watches[0] = loop_watch(the_loop, ends[0][0], LOOP_READ, replace_other, WORD("r"));
    watches[1] = loop_watch(the_loop, ends[1][0], LOOP_READ, replace_other, WORD("r"));
    put(ends[0][1]);
    put(ends[1][1]);
    loop_turn(the_loop, -1);
    loop_turn(the_loop, 0);
    ck_assert_str_eq(said, "r");
}
END_TEST

static void note_ready(int fd, unsigned ready, void *arg)
{
    (void)fd;
    *(unsigned *)arg = ready;
}

START_TEST(a_hangup_is_told_but_not_to_who_asked_for_nothing)
{
    unsigned ready = 0;

    watches[0] = loop_watch(the_loop, ends[0][0], 0, note_ready, &ready);
    close(ends[0][1]);
    loop_turn(the_loop, 0);
    ck_assert_uint_eq(ready, 0);
    loop_watch_set(watches[0], LOOP_READ);
    loop_turn(the_loop, 0);
    ck_assert(ready & LOOP_HANGUP);
}
END_TEST

START_TEST(a_writable_fd_is_told_until_nobody_wants_to_write)
{
    unsigned ready = 0;

    watches[0] = loop_watch(the_loop, ends[0][1], LOOP_WRITE, note_ready, &ready);
    loop_turn(the_loop, 0);
    ck_assert_uint_eq(ready, LOOP_WRITE);
    ready = 0;
    loop_watch_set(watches[0], 0);
    loop_turn(the_loop, 0);
    ck_assert_uint_eq(ready, 0);
}
END_TEST

START_TEST(ready_fds_come_before_a_clock_jump)
{
    watches[0] = loop_watch(the_loop, ends[0][0], LOOP_READ, unwatch_both, WORD("r"));
    loop_after(the_loop, 1000, say, WORD("t"));
    put(ends[0][1]);
    loop_turn(the_loop, -1);
    ck_assert_int_eq(loop_now_ms(the_loop), 0);
    run_all();
    ck_assert_str_eq(said, "rt");
}
END_TEST

/* Threads. */

enum { POSTS = 2000 };

static int counted;
static void *posters[2];

static void count_post(void *arg)
{
    (void)arg;
    if (++counted == 2 * POSTS)
        loop_stop(the_loop);
}

static void *post_many(void *arg)
{
    for (int i = 0; i < POSTS; i++)
        loop_post(the_loop, count_post, arg);
    return NULL;
}

START_TEST(posts_of_other_threads_all_arrive)
{
    pthread_t threads[2];

    counted = 0;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    loop_run(the_loop);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(counted, 2 * POSTS);
}
END_TEST

static void *stop_it(void *arg)
{
    loop_stop(arg);
    return NULL;
}

START_TEST(another_thread_stops_a_sleeping_loop)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, stop_it, the_loop), 0);
    loop_run(the_loop);
    pthread_join(thread, NULL);
}
END_TEST

SUITE(loop)
{
    Suite *suite = suite_create("loop");
    TCase *timers = test_case(suite, "timers", 10), *fds = test_case(suite, "fds", 10),
          *threads = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(timers, open_virtual, close_loop);
    tcase_add_test(timers, timers_run_by_time_then_by_age);
    tcase_add_test(timers, a_virtual_clock_jumps_one_timer_at_a_time);
    tcase_add_test(timers, a_timer_set_by_a_timer_waits_for_the_next_turn);
    tcase_add_test(timers, a_timer_may_cancel_one_that_is_due_too);
    tcase_add_test(timers, posts_run_in_order_and_before_the_clock_jumps);
    tcase_add_checked_fixture(fds, open_pipes, close_loop);
    tcase_add_test(fds, a_readable_fd_runs_its_callback);
    tcase_add_test(fds, a_callback_may_unwatch_itself_and_others_that_are_ready);
    tcase_add_test(fds, readiness_of_a_closed_fd_does_not_reach_its_successor);
    tcase_add_test(fds, a_hangup_is_told_but_not_to_who_asked_for_nothing);
    tcase_add_test(fds, a_writable_fd_is_told_until_nobody_wants_to_write);
    tcase_add_test(fds, ready_fds_come_before_a_clock_jump);
    tcase_add_checked_fixture(threads, open_real, close_loop);
    tcase_add_test(threads, posts_of_other_threads_all_arrive);
    tcase_add_test(threads, another_thread_stops_a_sleeping_loop);
    return suite;
}
