/* test_verb_metrics.c: `lockstep check --metrics`: which query returns nothing, and why. */
#include "base/mem.h"
#include "net/server.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR(result)                                                                             \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" result "]}}"
#define ONE(value)        VECTOR("{\"metric\":{},\"value\":[1,\"" value "\"]}")
#define HAS(label, value) "{\"metric\":{\"" label "\":\"" value "\"},\"value\":[1,\"1\"]}"
#define NONE              VECTOR("")
#define REFUSED           "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:2: what?\"}"

/* One query of the settings, what the server knows, and what is said of it. */
static const struct {
    const char *query;
    struct {
        const char *query, *body; /* NULL: nothing for every other query */
        int status;
    } known[6];
    const char *state, *why;
    int exit;
} row[] = {
    {"up", {{"up", ONE("0.5"), 0}}, "ok", "1 series, now 0.5", 0},
    {"up{v='{version}'}", {{"up{v='4'}", ONE("2"), 0}}, "ok", "4  1 series, now 2", 0},
    {"a[{window}]", {{"a[4000ms]", ONE("1"), 0}}, "ok", "1 series", 0},
    {"up", {{"up", VECTOR(HAS("a", "1") "," HAS("a", "2")), 0}}, "several", "2 series where", 1},
    {"up", {{"up", ONE("NaN"), 0}}, "nothing", "the value is NaN: divided by nothing?", 1},
    {"up", {{"up", ONE("-Inf"), 0}}, "nothing", "the value is -Inf", 1},
    {"up(", {{"up(", REFUSED, 400}}, "refused", "1:2: what?", 1},
    {"up", {{"up", "<html>", 502}}, "unreached", "answered 502", 3},
    {"up", {{"up", "<html>log in", 200}}, "unreached", "line 1", 3},
    {"up", {{"up", "no", 401}}, "unreached", "answered 401", 3},
    {"http_request{a='b'}",
     {{"group by (__name__) ({__name__=~\"http.*\"})",
       VECTOR(HAS("__name__", "http_requests") "," HAS("__name__", "http_x")), 0}},
     "nothing",
     "there is no metric http_request there. Did you mean 'http_requests'?",
     1},
    {"http_requests",
     {{"group by (__name__) ({__name__=~\"http.*\"})",
       VECTOR(HAS("__name__", "http_requests_total")), 0}},
     "nothing",
     "Did you mean 'http_requests_total'?",
     1},
    {"other", {{NULL, NULL, 0}}, "nothing", "there is no metric other there.", 1},
    {"m{a=\"x\",b=\"y\"}",
     {{"count(m)", ONE("2"), 0},
      {"count(m{a=\"x\"})", ONE("2"), 0},
      {"group by (b) (m)", VECTOR(HAS("b", "z") "," HAS("b", "w")), 0}},
     "nothing",
     "no series of m has b=\"y\"; b there: z, w",
     1},
    {"m{a=\"x\"}",
     {{"count(m)", ONE("2"), 0},
      {"group by (a) (m)", VECTOR("{\"metric\":{},\"value\":[1,\"1\"]}"), 0}},
     "nothing",
     "no series of m has a label a",
     1},
    {"m{a=\"x\",b=\"y\"}",
     {{"count(m)", ONE("2"), 0},
      {"count(m{a=\"x\"})", ONE("1"), 0},
      {"count(m{b=\"y\"})", ONE("1"), 0}},
     "nothing",
     "each label of m{a=\"x\",b=\"y\"} is there, but no series has them all together",
     1},
    {"m{a=\"x\"}",
     {{"count(last_over_time(m{a=\"x\"}[1d]))", ONE("1"), 0},
      {"count(last_over_time(m{a=\"x\"}[12h]))", ONE("1"), 0},
      {"count(last_over_time(m{a=\"x\"}[3h]))", ONE("1"), 0}},
     "nothing",
     "m{a=\"x\"} ended 1h to 3h ago: is it still exported, and scraped?",
     1},
    {"m", {{"count(last_over_time(m[1d]))", ONE("1"), 0}}, "nothing", "m ended 12h to 1d ago", 1},
    {"m{a=\"x\"}",
     {{"count(last_over_time(m{a=\"x\"}[1d]))", ONE("1"), 0},
      {"count(last_over_time(m{a=\"x\"}[1m]))", ONE("1"), 0}},
     "nothing",
     "ended less than 1m ago",
     1},
    {"rate(m[{window}])",
     {{"count(m)", ONE("3"), 0}, {"max(count_over_time(m[4000ms]))", ONE("1"), 0}},
     "nothing",
     "m has series, but within 4000ms only 1 sample of each, and a rate needs two",
     1},
    {"rate(m[{window}]) > 9",
     {{"count(m)", ONE("3"), 0}, {"max(count_over_time(m[4000ms]))", ONE("4"), 0}},
     "nothing",
     "the query makes nothing of them",
     1},
    {"(sum(rate(m{c=\"5\"}[{window}])) or vector(0)) / sum(rate(m[{window}]))",
     {{"count(m)", ONE("3"), 0}},
     "nothing",
     "m has series, but within 4000ms only 0 samples",
     1},
    {"m",
     {{"count(m)", "{\"status\":\"error\",\"error\":\"overloaded\"}", 503}},
     "nothing",
     "why is not known: ",
     1},
    {"m{i=\"{instance}\"}", {{"count(m)", ONE("1"), 0}}, "nothing", "is a pattern: it needs =~", 1},
    {"vector(1) > 2", {{NULL, NULL, 0}}, "nothing", "no metric is named in it", 1},
    {"m{n=\"{scope}\"}", {{NULL, NULL, 0}}, "unasked", "it needs {scope}", 1},
};

static int digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* "…?query=a%28b" -> "a(b" */
static void take_query(const char *path, char *out, size_t size)
{
    const char *at = strstr(path, "query=");
    size_t len = 0;

    for (at = at ? at + 6 : ""; *at && *at != '&' && *at != ' ' && len + 1 < size; at++) {
        bool escaped = *at == '%' && at[1] && at[2];
        out[len++] = escaped ? (char)(digit(at[1]) * 16 + digit(at[2])) : *at;
        at += escaped ? 2 : 0;
    }
    out[len] = '\0';
}

static bool answer(void *arg, const char *method, const char *path, const char *body,
                   struct server_reply *reply)
{
    size_t now = *(const size_t *)arg;
    char query[2048];

    (void)method;
    (void)body;
    take_query(path, query, sizeof query);
    *reply = (struct server_reply){.body = NONE};
    for (size_t i = 0; i < ARRAY_LEN(row[now].known) && row[now].known[i].query; i++)
        if (strcmp(row[now].known[i].query, query) == 0)
            *reply = (struct server_reply){.body = row[now].known[i].body,
                                           .status = row[now].known[i].status};
    return true;
}

static void write_settings(const struct program *program, const char *url, const char *query)
{
    char *quoted = xstrdup(""), *text;

    for (; *query; query++) {
        text = xasprintf("%s%s%c", quoted, *query == '"' ? "\\" : "", *query);
        free(quoted);
        quoted = text;
    }
    text = xasprintf("contracts: [4.yaml, 5.yaml]\n"
                     "metrics: {url: '%s', every: 4s, services: {web: {latency: \"%s\"}}}\n",
                     url, quoted);
    program_write(program, "c.yaml", text);
    program_write(program, "4.yaml", "service: web\nversion: \"4\"\nchange: [code]\n");
    program_write(program, "5.yaml",
                  "service: web\nversion: \"5\"\nfollows: [\"4\"]\nchange: [code]\n");
    free(text);
    free(quoted);
}

START_TEST(what_returns_nothing_is_said_with_its_reason)
{
    struct program program;
    struct server *server = server_new();
    size_t now = 0;

    program_init(&program);
    server_handle(server, answer, &now);
    for (; now < ARRAY_LEN(row); now++) {
        write_settings(&program, server_url(server), row[now].query);
        struct said said = program_run(&program, "check --metrics --config %/c.yaml");
        ck_assert_msg(said.status == row[now].exit, "%s: exit %d: %s%s", row[now].query,
                      said.status, said.out, said.err);
        ck_assert_msg(strstr(said.out, row[now].state) && strstr(said.out, row[now].why),
                      "%s: expected %s: %s, got: %s%s", row[now].query, row[now].state,
                      row[now].why, said.out, said.err);
        said_release(&said);
    }
    server_free(server);
}
END_TEST

static const struct {
    const char *words, *settings;
    int exit;
    const char *says;
} bad[] = {
    {"check --metrics --config %/c.yaml", "contexts: []\n", 2, "metrics.services is not set"},
    {"check --metrics --config %/c.yaml", "metrics: {services: {web: {latency: a}}}\n", 2,
     "metrics.url is not set"},
    {"check --metrics --config %/c.yaml",
     "metrics: {url: 'http://127.0.0.1:1', services: {web: 1}}\n", 2,
     "metrics.services.web: expected an object"},
    {"check --metrics --config %/c.yaml",
     "metrics: {url: 'http://127.0.0.1:1', services: {default: {latency: a}}}\n", 2,
     "no service is named"},
    {"check --metrics db --config %/c.yaml",
     "metrics: {url: 'http://127.0.0.1:1', services: {web: {latency: a}}}\n", 2,
     "has nothing of 'db'"},
    {"check --metrics --config %/c.yaml",
     "metrics: {url: 'http://127.0.0.1:1', services: {web: {latency: a, saturation: b}}}\n", 3,
     "cannot connect"},
    {"check --metrics web --config %/c.yaml",
     "metrics: {url: 'http://127.0.0.1:1', services: {web: {latency: '{version}'}}}\n", 1,
     "no contract names one"},
    {"check --config %/c.yaml x", "", 2, "--config belongs to --metrics"},
    {"check", "", 2, "expected: lockstep check FILE..."},
};

START_TEST(settings_that_are_wrong_and_a_server_that_is_not_there_are_told_apart)
{
    struct program program;

    program_init(&program);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        program_write(&program, "c.yaml", bad[i].settings);
        struct said said = program_run(&program, bad[i].words);
        ck_assert_msg(said.status == bad[i].exit, "%s: exit %d: %s%s", bad[i].words, said.status,
                      said.out, said.err);
        ck_assert_msg(strstr(said.out, bad[i].says) || strstr(said.err, bad[i].says),
                      "expected '%s': %s%s", bad[i].says, said.out, said.err);
        said_release(&said);
    }
}
END_TEST

START_TEST(a_server_that_is_silent_is_not_asked_all_the_rest)
{
    struct program program;
    struct server *server = server_new();

    program_init(&program);
    server_reply(server, (struct server_reply){.trick = SERVER_CLOSE, .sticky = true});
    char *text = xasprintf("metrics: {url: '%s', services: {a: {latency: x, saturation: y}, "
                           "b: {latency: x, saturation: y}, c: {latency: x, saturation: y}}}\n",
                           server_url(server));
    program_write(&program, "c.yaml", text);
    struct said said = program_run(&program, "check --metrics --config %/c.yaml");
    ck_assert_int_eq(said.status, 3);
    ck_assert_ptr_nonnull(strstr(said.out, "not asked: the server does not answer"));
    ck_assert_uint_le(server_count(server, "GET /api/v1/query?query=y"), 1);
    ck_assert_uint_gt(server_count(server, "GET /api/v1/query?query=x"), 0);
    said_release(&said);
    server_free(server);
    free(text);
}
END_TEST

START_TEST(a_named_version_and_scope_are_asked_for_and_no_other)
{
    struct program program;
    struct server *server = server_new();

    program_init(&program);
    server_reply(server, (struct server_reply){.body = NONE, .sticky = true});
    write_settings(&program, server_url(server), "a{v='{version}',n='{scope}'}");
    struct said said = program_run(&program, "check --metrics shop/web 9 --config %/c.yaml");
    ck_assert_int_eq(said.status, 1);
    ck_assert_ptr_nonnull(strstr(said.out, "asked: a{v='9',n='shop'}"));
    ck_assert_uint_eq(server_count(server, "GET /api/v1/query?query=a%7Bv%3D%274"), 0);
    said_release(&said);
    server_free(server);
}
END_TEST

START_TEST(doctor_says_whether_the_server_answers_and_who_can_listen)
{
    struct program program;
    struct server *server = server_new();
    const char *port = strrchr(server_url(server), ':');

    program_init(&program);
    server_reply(server, (struct server_reply){.body = ONE("1"), .sticky = true});
    for (int other = 0; other < 2; other++) { /* 0.0.0.0 leads here, but only the system knows */
        char *text = xasprintf("contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                               "metrics: {url: 'http://%s%s', services: {web: {latency: a}}}\n",
                               other ? "0.0.0.0" : "127.0.0.1", port);
        program_write(&program, "c.yaml", text);
        struct said said = program_run(&program, "doctor --config %/c.yaml --journal %/j");
        ck_assert_msg(said.status == 0, "%s%s", said.out, said.err);
        ck_assert_ptr_nonnull(strstr(said.out, "answers"));
        ck_assert_int_eq(strstr(said.out, "plain http to another host") != NULL, other);
        said_release(&said);
        free(text);
    }
    program_write(&program, "c.yaml",
                  "contexts: [{name: s, kind: sim, endpoint: eight}]\n"
                  "metrics: {url: 'http://127.0.0.1:1', services: {web: {latency: a}}}\n");
    struct said said = program_run(&program, "doctor --config %/c.yaml --journal %/j");
    ck_assert_int_eq(said.status, 3);
    ck_assert_ptr_nonnull(strstr(said.out, "every bake that is measured waits"));
    said_release(&said);
    server_free(server);
}
END_TEST

SUITE(verb_metrics)
{
    Suite *suite = suite_create("verb_metrics");
    TCase *tc = test_case(suite, "program", 60);

    tcase_add_test(tc, what_returns_nothing_is_said_with_its_reason);
    tcase_add_test(tc, settings_that_are_wrong_and_a_server_that_is_not_there_are_told_apart);
    tcase_add_test(tc, a_server_that_is_silent_is_not_asked_all_the_rest);
    tcase_add_test(tc, a_named_version_and_scope_are_asked_for_and_no_other);
    tcase_add_test(tc, doctor_says_whether_the_server_answers_and_who_can_listen);
    return suite;
}
