/* test_process.c: programs that print, read, hang, shout and leave others behind; each is a small
 * shell script. */
#include "test.h"

#include "base/mem.h"
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct clock *real;
static struct loop *loop;
static struct process_request request;
static const char *line[] = {"sh", "-c", NULL, NULL};

static struct {
    int count;
    struct process_end end; /* its texts are dead */
    char *out, *said;
} got;

static void setup(void)
{
    real = clock_new_real();
    loop = loop_new(real);
    memset(&got, 0, sizeof got);
    request =
        (struct process_request){.argv = line, .out_max = 4096, .said_max = 64, .limit_ms = 60000};
}

static void teardown(void)
{
    free(got.out);
    free(got.said);
    loop_free(loop);
    clock_free(real);
}

static void on_end(void *arg, const struct process_end *end)
{
    (void)arg;
    ck_assert_int_eq(got.count++, 0);
    got.end = *end;
    free(got.out);
    free(got.said);
    got.out = xstrdup(end->out);
    got.said = xstrdup(end->said);
}

static struct process *start(const char *script)
{
    struct err err = {0};

    line[2] = script;
    struct process *process = process_start(loop, &request, on_end, NULL, &err);
    ck_assert_msg(process != NULL, "%s", err.text);
    return process;
}

static void run(const char *script)
{
    got.count = 0;
    start(script);
    while (!got.count)
        loop_turn(loop, -1);
}

static const struct {
    const char *script, *out, *said;
    enum process_how how;
    int code;
    const char *describe;
} ends[] = {
    {"echo one; echo two >&2", "one\n", "two\n", PROCESS_EXITED, 0, "failed (exit status 0)"},
    {"printf half; exit 7", "half", "", PROCESS_EXITED, 7, "failed (exit status 7)"},
    {"kill -TERM $$", "", "", PROCESS_SIGNALLED, SIGTERM, "was ended by signal 15"},
    {"cat; tty 2>/dev/null", "not a tty\n", "", PROCESS_EXITED, 1, "failed (exit status 1)"},
    {"i=0; while [ $i -lt 99 ]; do echo a line; i=$((i+1)); done >&2; printf end >&2", "",
     "line\na line\na line\na line\na line\na line\na line\na line\na line\nend", PROCESS_EXITED, 0,
     "failed (exit status 0)"},
};

START_TEST(what_it_printed_and_how_it_ended_are_told)
{
    char text[80];

    run(ends[_i].script);
    ck_assert_str_eq(got.out, ends[_i].out);
    ck_assert_uint_eq(got.end.out_len, strlen(ends[_i].out));
    ck_assert_str_eq(got.said, ends[_i].said);
    ck_assert_int_eq((int)got.end.how, (int)ends[_i].how);
    ck_assert_int_eq(got.end.code, ends[_i].code);
    ck_assert_str_eq(process_describe(&got.end, text, sizeof text), ends[_i].describe);
}
END_TEST

START_TEST(input_larger_than_a_pipe_arrives_whole)
{
    size_t len = 1 << 20;
    char *input = xcalloc(len + 1, 1);

    memset(input, 'x', len);
    request.input = input;
    request.input_len = len;
    run("wc -c | tr -d ' '");
    ck_assert_str_eq(got.out, "1048576\n");
    run("exit 3"); /* and one that reads nothing of it ends neither us nor its own way */
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_EXITED);
    ck_assert_int_eq(got.end.code, 3);
    free(input);
}
END_TEST

/* The reading end of a pipe whose other end a script holds open, with all that it starts. */
static int held_pipe(int *writing)
{
    int ends_of[2];

    ck_assert_int_eq(pipe2(ends_of, O_CLOEXEC), 0);
    *writing = ends_of[1];
    fcntl(*writing, F_SETFD, 0);
    return ends_of[0];
}

/* Blocks until nobody holds it any more: with the group alive, the test runs into its limit. */
static void check_gone(int fd, int writing)
{
    char byte;

    close(writing);
    while (read(fd, &byte, 1) > 0)
        ;
    close(fd);
}

START_TEST(what_takes_too_long_is_killed_with_all_that_it_started)
{
    char text[80];
    int writing, fd = held_pipe(&writing);

    request.limit_ms = 300;
    run("sleep 600 & sleep 600");
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_LATE);
    ck_assert_str_eq(process_describe(&got.end, text, sizeof text),
                     "did not end within 300 ms and was killed");
    check_gone(fd, writing);
}
END_TEST

START_TEST(what_prints_too_much_is_killed)
{
    char text[80];

    run("while :; do echo y; done");
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_LOUD);
    ck_assert_str_eq(process_describe(&got.end, text, sizeof text), "printed more than 4 KiB");
    run("head -c 5000 /dev/zero"); /* also when it ended before that was seen */
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_LOUD);
    run("head -c 4096 /dev/zero");
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_EXITED);
    ck_assert_uint_eq(got.end.out_len, 4096);
}
END_TEST

START_TEST(what_it_leaves_behind_does_not_keep_us_waiting)
{
    run("sleep 600 & echo $!");
    ck_assert_int_eq((int)got.end.how, (int)PROCESS_EXITED);
    ck_assert_int_eq(kill((pid_t)strtol(got.out, NULL, 10), SIGKILL), 0);
}
END_TEST

START_TEST(a_cancelled_one_is_killed_and_says_nothing)
{
    int writing, fd = held_pipe(&writing);
    struct process *process = start("sleep 600 & sleep 600");

    process_cancel(process);
    process_cancel(NULL);
    ck_assert(!loop_turn(loop, 0));
    ck_assert_int_eq(got.count, 0);
    check_gone(fd, writing);
}
END_TEST

START_TEST(ignored_and_blocked_signals_are_its_own_again)
{
    const char *const blocked[] = {"grep", "SigBlk", "/proc/self/status", NULL};
    sigset_t term, old;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &old);
    run("kill -PIPE $$");
    ck_assert_int_eq(got.end.code, SIGPIPE);
    request.argv = blocked; /* without a shell, which unblocks them */
    run(NULL);
    ck_assert_str_eq(got.out, "SigBlk:\t0000000000000000\n");
    sigprocmask(SIG_SETMASK, &old, NULL);
}
END_TEST

START_TEST(it_gets_no_file_of_ours)
{
    run("ls /proc/self/fd | wc -l");
    char *alone = xstrdup(got.out);
    struct process *other = start("sleep 600");
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    run("ls /proc/self/fd | wc -l");
    ck_assert_str_eq(got.out, alone);
    process_cancel(other);
    close(fd);
    free(alone);
}
END_TEST

START_TEST(its_session_is_its_own_unless_it_may_use_the_terminal)
{
    char ours[20];

    snprintf(ours, sizeof ours, "%d\n", (int)getsid(0));
    run("[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ]");
    ck_assert_int_eq(got.end.code, 0);
    request.terminal = true;
    run("cut -d' ' -f6 /proc/$$/stat");
    ck_assert_str_eq(got.out, ours);
}
END_TEST

START_TEST(its_environment_is_the_one_that_was_given)
{
    const char *const env[] = {"LOCKSTEP_TEST=given", "PATH=/usr/bin:/bin", NULL};

    setenv("LOCKSTEP_TEST", "ours", 1);
    run("echo $LOCKSTEP_TEST");
    ck_assert_str_eq(got.out, "ours\n");
    request.env = env;
    run("echo $LOCKSTEP_TEST");
    ck_assert_str_eq(got.out, "given\n");
}
END_TEST

START_TEST(what_cannot_be_run_is_an_error)
{
    const char *const none[] = {"lockstep-no-such-program", NULL};
    struct err err = {0};

    request.argv = none;
    ck_assert_ptr_null(process_start(loop, &request, on_end, NULL, &err));
    ck_assert_int_eq((int)err.code, (int)ERR_CONFIG);
    ck_assert_str_eq(err.text, "cannot be run: No such file or directory");
    ck_assert(!loop_turn(loop, 0));
    ck_assert_int_eq(got.count, 0);
}
END_TEST

SUITE(process)
{
    Suite *suite = suite_create("process");
    TCase *tc = test_case(suite, "running", 30);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, what_it_printed_and_how_it_ended_are_told, 0, (int)ARRAY_LEN(ends));
    tcase_add_test(tc, input_larger_than_a_pipe_arrives_whole);
    tcase_add_test(tc, what_takes_too_long_is_killed_with_all_that_it_started);
    tcase_add_test(tc, what_prints_too_much_is_killed);
    tcase_add_test(tc, what_it_leaves_behind_does_not_keep_us_waiting);
    tcase_add_test(tc, a_cancelled_one_is_killed_and_says_nothing);
    tcase_add_test(tc, ignored_and_blocked_signals_are_its_own_again);
    tcase_add_test(tc, it_gets_no_file_of_ours);
    tcase_add_test(tc, its_session_is_its_own_unless_it_may_use_the_terminal);
    tcase_add_test(tc, its_environment_is_the_one_that_was_given);
    tcase_add_test(tc, what_cannot_be_run_is_an_error);
    return suite;
}
