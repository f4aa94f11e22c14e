/* test_exec_plugin.c: credential plugins that work, fail, hang, shout, and print nonsense. Each is
 * a small shell script. */
#include "test.h"

#include "base/clock.h"
#include "base/text.h"
#include "drivers/kubernetes/exec_plugin.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BETA "client.authentication.k8s.io/v1beta1"
#define GOOD                                                                                       \
    "echo '{\"apiVersion\":\"" BETA                                                                \
    "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"tok\"}}'"

static struct clock *real;
static struct loop *loop;
static struct arena *arena;
static const char *home;
static struct kube_exec exec;
static struct kube_cluster cluster;
static struct exec_request request;

static struct {
    bool done;
    char *token;
    int64_t expires_utc_ms;
    struct err err;
} got;

static void setup(void)
{
    real = clock_new_real();
    loop = loop_new(real);
    arena = arena_new(1024);
    home = test_dir();
    got.done = false;
    got.token = NULL;
    exec = (struct kube_exec){
        .api_version = BETA, .install_hint = "", .interactive = KUBE_NEVER, .distrusted = ""};
    cluster = (struct kube_cluster){.server = "https://h"};
    request = (struct exec_request){
        .exec = &exec, .cluster = &cluster, .context = "prod", .user = "ann", .limit_ms = 10000};
}

static void teardown(void)
{
    free(got.token);
    loop_free(loop);
    clock_free(real);
    arena_free(arena);
}

static const char *script(const char *body)
{
    const char *path = arena_printf(arena, "%s/plugin", home);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fprintf(f, "#!/bin/sh\n%s\n", body);
    fclose(f);
    chmod(path, 0700);
    return path;
}

static void on_done(void *arg, const struct exec_answer *answer, const struct err *err)
{
    (void)arg;
    ck_assert(!got.done);
    got.done = true;
    got.err = *err;
    got.token = answer && answer->token ? xstrdup(answer->token) : NULL;
    got.expires_utc_ms = answer ? answer->expires_utc_ms : -2;
    ck_assert((answer == NULL) == (err->code != ERR_NONE));
}

static void run(const char *body)
{
    if (body)
        exec.command = script(body);
    free(got.token);
    got.done = false;
    exec_plugin_start(loop, &request, on_done, NULL);
    ck_assert(!got.done);
    while (!got.done)
        loop_turn(loop, -1);
}

static void expect(enum err_code code, const char *says)
{
    ck_assert_msg(got.err.code == code && strstr(got.err.text, says), "%d: %s", got.err.code,
                  got.err.text);
    ck_assert_msg(text_is_clean(got.err.text), "%s", got.err.text);
}

START_TEST(a_plugin_gives_a_token_and_its_end)
{
    run("echo '{\"apiVersion\":\"" BETA "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t"
        "\",\"expirationTimestamp\":\"2031-01-01T00:00:00Z\"}}'; echo noise >&2");
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    ck_assert_str_eq(got.token, "t");
    ck_assert_int_eq(got.expires_utc_ms, clock_parse_utc("2031-01-01T00:00:00Z"));
}
END_TEST

START_TEST(it_gets_arguments_variables_and_the_cluster_and_no_terminal)
{
    static const char *const args[] = {"get token", "$HOME", NULL};
    static const char *const env[] = {"LOCKSTEP_TEST_B=two", "LOCKSTEP_TEST_C=", NULL};

    setenv("LOCKSTEP_TEST_A", "one", 1);
    setenv("LOCKSTEP_TEST_B", "old", 1);
    exec.args = args;
    exec.env = env;
    exec.provide_cluster = true;
    cluster.ca_pem = "hello";
    run("[ \"$1\" = 'get token' ] && [ \"$2\" = '$HOME' ] && [ $# = 2 ] || exit 11\n"
        "[ \"$LOCKSTEP_TEST_A$LOCKSTEP_TEST_B$LOCKSTEP_TEST_C\" = onetwo ] || exit 12\n"
        "[ -z \"$(cat)\" ] || exit 13\n"
        "[ ! -t 0 ] && [ ! -t 1 ] && [ ! -t 2 ] || exit 14\n"
        "(: </dev/tty) 2>/dev/null && exit 15\n"
        "case $KUBERNETES_EXEC_INFO in\n"
        "*'\"interactive\":false'*'\"server\":\"https://h\"'*) ;; *) exit 16 ;; esac\n"
        "case $KUBERNETES_EXEC_INFO in\n"
        "*'\"certificate-authority-data\":\"aGVsbG8=\"'*) ;; *) exit 17 ;; esac\n" GOOD);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    ck_assert_str_eq(got.token, "tok");
}
END_TEST

START_TEST(it_gets_what_was_taken_out_of_our_environment)
{
    setenv("SSL_CERT_FILE", "/corporate.pem", 1);
    run("[ \"$SSL_CERT_FILE\" = /corporate.pem ] || exit 11\n" GOOD);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
}
END_TEST

static const struct {
    const char *body;
    enum err_code code;
    const char *says;
} bad[] = {
    {"echo 'Token has expired' >&2; exit 255", ERR_AUTH, "credential plugin '/tmp/"},
    {"echo first >&2; echo 'Token has expired' >&2; exit 255", ERR_AUTH,
     "of user 'ann': failed (exit status 255): Token has expired; try: kubectl --context prod "},
    {"printf '\\033[2J\\033]0;owned\\007\\033[31mdenied\\033[0m\\n' >&2; exit 1", ERR_AUTH,
     "(exit status 1): denied; try"},
    {"printf 'a\\302\\233b\\001\\r\\n' >&2; exit 1", ERR_AUTH, "(exit status 1): a\\x9b"},
    {"kill -9 $$", ERR_AUTH, "was ended by signal 9"},
    {"echo hello", ERR_PROTOCOL, "its output: line 1, column 5"},
    {"printf '\\033[31m{}'", ERR_PROTOCOL, "its output: line 1"},
    {":", ERR_PROTOCOL, "it printed nothing"},
    {"echo '[]'", ERR_PROTOCOL, "expected an object, found an array"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}'",
     ERR_PROTOCOL, "the kubeconfig expects ExecCredential of " BETA},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" BETA "\"}'", ERR_PROTOCOL,
     "status: expected an object, found nothing"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" BETA "\",\"status\":{}}'", ERR_PROTOCOL,
     "neither a token nor a client certificate"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" BETA
     "\",\"status\":{\"clientKeyData\":\"x\"}}'",
     ERR_PROTOCOL, "a key without a certificate"},
    {"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" BETA
     "\",\"status\":{\"token\":\"x\",\"expirationTimestamp\":\"soon\"}}'",
     ERR_PROTOCOL, "'soon' is no time"},
    {"head -c 2000000 /dev/zero", ERR_LIMIT, "printed more than 1024 KiB"},
    {"while :; do echo y; done", ERR_LIMIT, "printed more than 1024 KiB"},
};

START_TEST(a_plugin_that_gives_nothing_is_one_clean_line)
{
    run(bad[_i].body);
    ck_assert_ptr_null(got.token);
    expect(bad[_i].code, bad[_i].says);
}
END_TEST

START_TEST(a_plugin_that_hangs_is_killed_with_its_children)
{
    const char *pid_file = arena_printf(arena, "%s/pid", home);

    request.limit_ms = 1000;
    run(arena_printf(arena, "sleep 600 & echo $! >%s; wait", pid_file));
    expect(ERR_NETWORK, "did not end within 1 s and was killed; try: kubectl --context prod");
    FILE *f = fopen(pid_file, "r");
    int pid = 0;
    ck_assert(f && fscanf(f, "%d", &pid) == 1);
    fclose(f);
    while (kill(pid, 0) == 0) { /* until its new parent has taken note */
        char state = '?', path[64];
        snprintf(path, sizeof path, "/proc/%d/stat", pid);
        FILE *stat_file = fopen(path, "r");
        if (!stat_file)
            break;
        int n = fscanf(stat_file, "%*d (%*[^)]) %c", &state);
        fclose(stat_file);
        if (n != 1 || state == 'Z')
            break;
    }
}
END_TEST

START_TEST(a_helper_left_behind_does_not_keep_us_waiting)
{
    const char *pid_file = arena_printf(arena, "%s/pid", home);
    int pid = 0;

    run(arena_printf(arena, "sleep 600 & echo $! >%s\n%s", pid_file, GOOD));
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    FILE *f = fopen(pid_file, "r");
    ck_assert(f && fscanf(f, "%d", &pid) == 1);
    fclose(f);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
}
END_TEST

START_TEST(many_words_on_stderr_keep_their_end)
{
    run("i=0; while [ $i -lt 3000 ]; do echo 'a line of some length'; i=$((i+1)); done >&2\n"
        "echo 'the last one' >&2; exit 3");
    expect(ERR_AUTH, "(exit status 3): the last one;");
}
END_TEST

START_TEST(what_cannot_be_run_says_what_to_do)
{
    exec.command = "lockstep-no-such-plugin";
    run(NULL);
    expect(ERR_CONFIG, "cannot be run: No such file or directory; install it");
    exec.install_hint = "To install:\n\033[1mget it from the shop\033[0m\n";
    run(NULL);
    expect(ERR_CONFIG, "cannot be run: No such file or directory; get it from the shop");
    exec.distrusted = "others may write to /x";
    run(GOOD);
    expect(ERR_CONFIG, "is not run, because others may write to /x");
    exec.distrusted = "";
    exec.interactive = KUBE_ALWAYS;
    run(GOOD);
    expect(ERR_AUTH, "asks on a terminal, and this one is in use");
    request.terminal = true;
    run("case $KUBERNETES_EXEC_INFO in *'\"interactive\":true'*) ;; *) exit 9 ;; esac\n" GOOD);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
}
END_TEST

START_TEST(a_cancelled_plugin_says_nothing)
{
    exec.command = script("sleep 600");
    struct exec_run *started = exec_plugin_start(loop, &request, on_done, NULL);
    loop_turn(loop, 10);
    exec_plugin_cancel(started);
    exec_plugin_cancel(NULL);
    ck_assert(!loop_turn(loop, 0));
    ck_assert(!got.done);
}
END_TEST

SUITE(exec_plugin)
{
    Suite *suite = suite_create("exec_plugin");
    TCase *tcase = test_case(suite, "exec_plugin", 20);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_plugin_gives_a_token_and_its_end);
    tcase_add_test(tcase, it_gets_arguments_variables_and_the_cluster_and_no_terminal);
    tcase_add_test(tcase, it_gets_what_was_taken_out_of_our_environment);
    tcase_add_loop_test(tcase, a_plugin_that_gives_nothing_is_one_clean_line, 0,
                        (int)ARRAY_LEN(bad));
    tcase_add_test(tcase, a_plugin_that_hangs_is_killed_with_its_children);
    tcase_add_test(tcase, a_helper_left_behind_does_not_keep_us_waiting);
    tcase_add_test(tcase, many_words_on_stderr_keep_their_end);
    tcase_add_test(tcase, what_cannot_be_run_says_what_to_do);
    tcase_add_test(tcase, a_cancelled_plugin_says_nothing);
    return suite;
}
