/* test_sinks.c: what really leaves: requests of the HTTP sinks, programs of the command sink, lines
 * on stdout. On a real clock and real sockets of this machine's loopback. */
#include "alerts/sink.h"
#include "base/mem.h"
#include "net/server.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct clock *wall;
static struct loop *loop;
static struct server *server;
static const char *folder;

static void setup(void)
{
    folder = test_dir();
    wall = clock_new_real();
    loop = loop_new(wall);
}

static void setup_server(void)
{
    setup();
    server = server_new();
}

static void teardown(void)
{
    if (server)
        server_free(server);
    server = NULL;
    loop_free(loop);
    clock_free(wall);
}

static const struct alert sample = {.id = "0123456789abcdef0123456789abcdef",
                                    .cluster = "lab",
                                    .service_id = "svc-web",
                                    .name = "web",
                                    .kind = "step",
                                    .rule = "R3",
                                    .sentence = "more than one step is live: 4, 5 and \"6\"",
                                    .object = "node w3",
                                    .fact = "runs 4",
                                    .way_out = "U goes back",
                                    .first_utc_ms = 1772442000000,
                                    .last_utc_ms = 1772442060000};

struct outcome_of {
    bool done, maybe;
    struct err err;
};

static void on_done(void *arg, bool maybe, const struct err *err)
{
    struct outcome_of *out = arg;

    ck_assert(!out->done);
    *out = (struct outcome_of){true, maybe, *err};
}

static struct outcome_of send_items(const struct sink_ops *ops, const struct sink_settings *set,
                                    const struct sink_item *items, size_t count, int out)
{
    const struct sink_env env = {loop, set, out, true, NULL};
    struct outcome_of got = {false, false, {0}};
    struct err err = {0};
    struct sink *sink = ops->open(&env, &err);

    ck_assert_msg(sink != NULL, "%s", err.text);
    ops->send(sink, items, count, on_done, &got);
    ck_assert(!got.done); /* never from inside send */
    while (!got.done)
        loop_turn(loop, 100);
    ops->close(sink);
    return got;
}

static struct outcome_of send_one(const struct sink_ops *ops, const struct sink_settings *set)
{
    const struct sink_item item = {&sample, ALERT_OPENED};

    return send_items(ops, set, &item, 1, -1);
}

static json_t *body_of(const char *request)
{
    const char *body = strstr(request, "\r\n\r\n");
    struct err err = {0};

    ck_assert_ptr_nonnull(body);
    json_t *root = json_parse(body + 4, strlen(body + 4), "body", &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    return root;
}

static const char *text_at(const json_t *object, const char *a, const char *b)
{
    const json_t *value = json_object_get(object, a);

    if (b)
        value = json_object_get(value, b);
    const char *text = json_string_value(value);
    ck_assert_msg(text != NULL, "no %s %s", a, b ? b : "");
    return text;
}

START_TEST(an_alertmanager_gets_labels_that_identify_and_an_end_ahead)
{
    char *url = xasprintf("%s/am/", server_url(server));
    const struct sink_settings set = {.name = "am", .url = url};
    struct alert over = sample;
    const struct sink_item items[] = {{&sample, ALERT_OPENED}, {&over, ALERT_RESOLVED}};

    over.resolved_utc_ms = sample.first_utc_ms + 90000;
    server_reply(server, (struct server_reply){.on = "POST /am/api/v2/alerts "});
    struct outcome_of got = send_items(&sink_alertmanager, &set, items, 2, -1);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    json_t *list = body_of(server_request(server, 0, NULL));
    const json_t *open = json_array_get(list, 0), *end = json_array_get(list, 1);
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_str_eq(text_at(open, "labels", "alertname"), "LockstepStep");
    ck_assert_str_eq(text_at(open, "labels", "severity"), "critical");
    ck_assert_str_eq(text_at(open, "labels", "service_id"), "svc-web");
    ck_assert_ptr_null(json_object_get(json_object_get(open, "labels"), "id"));
    ck_assert(json_equal(json_object_get(open, "labels"), json_object_get(end, "labels")));
    ck_assert_str_eq(text_at(open, "startsAt", NULL), "2026-03-02T09:00:00.000Z");
    ck_assert_int_gt(clock_parse_utc(text_at(open, "endsAt", NULL)), clock_utc_ms(wall));
    ck_assert_str_eq(text_at(end, "endsAt", NULL), "2026-03-02T09:01:30.000Z");
    json_decref(list);
    free(url);
}
END_TEST

START_TEST(a_webhook_is_signed_over_exactly_what_is_sent)
{
    char *url = xasprintf("%s/hook?team=a", server_url(server));
    char *secret = xasprintf("%s/secret", folder), sum[HASH_TEXT];
    const struct sink_settings set = {.name = "w", .url = url, .secret_file = secret};
    FILE *f = fopen(secret, "w");

    fputs("Jefe\n", f);
    fclose(f);
    chmod(secret, 0600);
    server_reply(server, (struct server_reply){.on = "POST /hook?team=a ", .status = 204});
    struct outcome_of got = send_one(&sink_webhook, &set);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    const char *request = server_request(server, 0, NULL);
    const char *body = strstr(request, "\r\n\r\n") + 4;
    hash_hmac_text("Jefe", 4, body, strlen(body), sum);
    char *header = xasprintf("X-Lockstep-Signature-256: sha256=%s\r\n", sum);
    ck_assert_msg(strstr(request, header) != NULL, "%s in %s", header, request);
    json_t *root = body_of(request);
    ck_assert_str_eq(text_at(root, "event", NULL), "opened");
    ck_assert_str_eq(text_at(root, "sentence", NULL), sample.sentence);
    json_decref(root);
    /* RFC 4231, case 2 */
    hash_hmac_text("Jefe", 4, "what do ya want for nothing?", 28, sum);
    ck_assert_str_eq(sum, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    free(header);
    free(secret);
    free(url);
}
END_TEST

/* What a receiver may answer, and what is made of it. */
static const struct {
    struct server_reply reply;
    enum err_code code;
    bool maybe;
    const char *said;
} answers[] = {
    {{.status = 200, .body = "{}"}, ERR_NONE, false, ""},
    {{.status = 202}, ERR_NONE, false, ""},
    {{.status = 301, .headers = "Location: http://127.0.0.1:1/\r\n"}, ERR_NETWORK, true, "301"},
    {{.status = 400, .body = "{\"error\":\"bad \\u001b[31m labels\"}"}, ERR_REJECTED, false, "400"},
    {{.status = 401}, ERR_AUTH, false, "401"},
    {{.status = 404}, ERR_REJECTED, false, "404"},
    {{.status = 429}, ERR_NETWORK, true, "429"},
    {{.status = 503, .body = "NaN"}, ERR_NETWORK, true, "503"},
    {{.trick = SERVER_CLOSE}, ERR_NETWORK, true, ""},
    {{.trick = SERVER_RAW, .body = "SSH-2.0-OpenSSH_9.2\r\n"}, ERR_PROTOCOL, false, ""},
    {{.trick = SERVER_HUGE, .at = 10 << 20}, ERR_LIMIT, false, ""},
    {{.trick = SERVER_SILENT}, ERR_NETWORK, true, ""},
};

START_TEST(hostile_answers_are_outcomes)
{
    char *url = xasprintf("%s/hook", server_url(server));
    const struct sink_settings set = {.name = "w", .url = url, .timeout_ms = 600};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        server_reply(server, answers[i].reply);
        struct outcome_of got = send_one(&sink_webhook, &set);
        ck_assert_msg(got.err.code == answers[i].code, "answer %zu: %s: %s", i,
                      err_word(got.err.code), got.err.text);
        ck_assert_msg(got.maybe == answers[i].maybe, "answer %zu: maybe %d", i, got.maybe);
        ck_assert_msg(strstr(got.err.text, answers[i].said) != NULL, "%s", got.err.text);
        ck_assert_ptr_null(strchr(got.err.text, '\033'));
    }
    free(url);
}
END_TEST

START_TEST(a_receiver_that_is_not_there_is_an_outcome)
{
    const struct sink_settings set = {.name = "w", .url = "http://127.0.0.1:1/x"};

    struct outcome_of got = send_one(&sink_webhook, &set);
    ck_assert_int_eq((int)got.err.code, (int)ERR_NETWORK);
    ck_assert(!got.maybe);
}
END_TEST

START_TEST(a_secret_that_others_may_read_is_refused)
{
    char *secret = xasprintf("%s/open-secret", folder);
    const struct sink_settings set = {
        .name = "w", .url = "http://127.0.0.1:1/", .secret_file = secret};
    const struct sink_env env = {loop, &set, -1, true, NULL};
    struct err err = {0};
    FILE *f = fopen(secret, "w");

    fputs("x", f);
    fclose(f);
    chmod(secret, 0644);
    ck_assert_ptr_null(sink_webhook.open(&env, &err));
    ck_assert_msg(strstr(err.text, "chmod 600") != NULL, "%s", err.text);
    free(secret);
}
END_TEST

/* A script in a file of its own; the path lives until the next one. */
static const char *script(const char *text)
{
    static char path[600];
    static int number;

    snprintf(path, sizeof path, "%s/cmd-%d", folder, number++);
    FILE *f = fopen(path, "w");
    fprintf(f, "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n%s\n", text);
    fclose(f);
    chmod(path, 0700);
    return path;
}

START_TEST(a_command_gets_the_alarm_on_stdin_and_its_arguments_as_they_are)
{
    const char *path = script("cat >got.json; printf '%s|' \"$@\" >args");
    const char *const command[] = {path, "a b", "$(id)", "; rm x", NULL};
    const struct sink_settings set = {.name = "c", .command = command};
    char line[200] = "", file[700];

    struct outcome_of got = send_one(&sink_command, &set);
    ck_assert_msg(got.err.code == ERR_NONE, "%s", got.err.text);
    snprintf(file, sizeof file, "%s/got.json", folder);
    struct err err = {0};
    json_t *root = json_parse_file(file, &err);
    ck_assert_msg(root != NULL, "%s", err.text);
    ck_assert_str_eq(text_at(root, "id", NULL), sample.id);
    json_decref(root);
    snprintf(file, sizeof file, "%s/args", folder);
    FILE *f = fopen(file, "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    fclose(f);
    ck_assert_str_eq(line, "a b|$(id)|; rm x|");
}
END_TEST

static const struct {
    const char *script, *said;
    enum err_code code;
    bool maybe;
    int64_t limit_ms; /* 0: the usual one */
} ends[] = {
    {"exit 0", "", ERR_NONE, false, 0}, /* without reading a byte */
    {"cat >/dev/null; exit 7", "exit status 7", ERR_REJECTED, false, 0},
    {"kill -TERM $$", "signal 15", ERR_REJECTED, false, 0},
    {"sleep 60 & sleep 60", "did not end within 300 ms", ERR_NETWORK, true, 300},
    {"sleep 5 >/dev/null 2>&1 & exit 0", "", ERR_NONE, false, 0}, /* leaves something behind */
};

START_TEST(the_end_of_a_command_is_an_outcome)
{
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        const char *const command[] = {script(ends[i].script), NULL};
        const struct sink_settings set = {
            .name = "c", .command = command, .timeout_ms = ends[i].limit_ms};
        struct outcome_of got = send_one(&sink_command, &set);
        ck_assert_msg(got.err.code == ends[i].code && got.maybe == ends[i].maybe, "%s: %s",
                      ends[i].script, got.err.text);
        ck_assert_msg(strstr(got.err.text, ends[i].said) != NULL, "%s", got.err.text);
    }
}
END_TEST

START_TEST(a_command_that_is_not_there_is_an_outcome)
{
    const char *const command[] = {"/nonexistent/pager", NULL};
    const struct sink_settings set = {.name = "c", .command = command};

    struct outcome_of got = send_one(&sink_command, &set);
    ck_assert_int_eq((int)got.err.code, (int)ERR_CONFIG);
}
END_TEST

START_TEST(stdout_gets_whole_lines_and_a_reader_that_stands_still_is_an_outcome)
{
    int ends_of[2];
    const struct sink_settings set = {.name = "stdout"};
    const struct sink_item item = {&sample, ALERT_OPENED};
    struct outcome_of got;
    int sent = 0;

    ck_assert_int_eq(pipe(ends_of), 0);
    do {
        got = send_items(&sink_stdout, &set, &item, 1, ends_of[1]);
        sent += got.err.code == ERR_NONE;
    } while (got.err.code == ERR_NONE && sent < 10000);
    ck_assert_int_gt(sent, 10);
    ck_assert_int_eq((int)got.err.code, (int)ERR_NETWORK);
    close(ends_of[1]);
    FILE *f = fdopen(ends_of[0], "r");
    char line[5000];
    int lines = 0;
    while (fgets(line, sizeof line, f)) {
        struct err err = {0};
        json_t *root = json_parse(line, strlen(line), "line", &err);
        ck_assert_msg(root != NULL, "%s", err.text);
        json_decref(root);
        lines++;
    }
    fclose(f);
    ck_assert_int_eq(lines, sent);
}
END_TEST

START_TEST(a_line_for_people_says_what_where_and_the_way_out)
{
    char line[1200];
    struct alert over = sample;

    over.resolved_utc_ms = sample.first_utc_ms + 90000;
    ck_assert_str_eq(alert_line(&sample, ALERT_OPENED, line, sizeof line),
                     "2026-03-02T09:00:00.000Z ALARM    step     R3 web@lab: more than one step is "
                     "live: 4, 5 and \"6\". Way out: U goes back");
    ck_assert_str_eq(alert_line(&over, ALERT_RESOLVED, line, sizeof line),
                     "2026-03-02T09:01:30.000Z resolved step     R3 web@lab: more than one step is "
                     "live: 4, 5 and \"6\" (lasted 1m30s)");
}
END_TEST

SUITE(sinks)
{
    Suite *suite = suite_create("sinks");
    TCase *tc = test_case(suite, "http", 60), *local = test_case(suite, "local", 60);

    tcase_add_checked_fixture(tc, setup_server, teardown);
    tcase_add_checked_fixture(local, setup, teardown);
    tcase_add_test(tc, an_alertmanager_gets_labels_that_identify_and_an_end_ahead);
    tcase_add_test(tc, a_webhook_is_signed_over_exactly_what_is_sent);
    tcase_add_test(tc, hostile_answers_are_outcomes);
    tcase_add_test(tc, a_receiver_that_is_not_there_is_an_outcome);
    tcase_add_test(tc, a_secret_that_others_may_read_is_refused);
    tcase_add_test(local, a_command_gets_the_alarm_on_stdin_and_its_arguments_as_they_are);
    tcase_add_test(local, the_end_of_a_command_is_an_outcome);
    tcase_add_test(local, a_command_that_is_not_there_is_an_outcome);
    tcase_add_test(local, stdout_gets_whole_lines_and_a_reader_that_stands_still_is_an_outcome);
    tcase_add_test(local, a_line_for_people_says_what_where_and_the_way_out);
    return suite;
}
