/* test_probe.c: answers that are numbers, answers that are none, and asking for real. */
#include "base/json.h"
#include "base/mem.h"
#include "health/probe.h"
#include "net/server.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VECTOR(results)                                                                            \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" results "]}}"
#define SERIES(number)                                                                             \
    "{\"metric\":{\"a\":\"\\u001b[31m\"},\"value\":[1772442000.1,\"" number "\"]}"

/* `said` NULL: it is `number`. */
static const struct {
    const char *text, *said;
    double number;
} prometheus[] = {
    {VECTOR(SERIES("0")), NULL, 0},
    {VECTOR(SERIES("1840")), NULL, 1840},
    {VECTOR(SERIES("1.5e3")), NULL, 1500},
    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"7\"]}}", NULL, 7},
    {VECTOR(""), "nothing is not zero", 0},
    {VECTOR(SERIES("1") "," SERIES("2")), "2 series; sum() makes them one", 0},
    {VECTOR(SERIES("NaN")), "expected a number that is not negative, found 'NaN'", 0},
    {VECTOR(SERIES("+Inf")), "found '+Inf'", 0},
    {VECTOR(SERIES("-1")), "found '-1'", 0},
    {VECTOR(SERIES("")), "expected a number as text", 0},
    {VECTOR(SERIES("1e999")), "found '+Inf'", 0},
    {VECTOR("{\"metric\":{},\"value\":[1]}"), "expected", 0},
    {VECTOR("{\"metric\":{},\"value\":7}"), "expected an array", 0},
    {VECTOR("7"), "expected", 0},
    {VECTOR("{\"metric\":{},\"histogram\":[1,{}]}"), "expected an array", 0},
    {"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
     "the query gives a matrix", 0},
    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse \\u001b[2J error\"}",
     "the query is refused: parse \\x1b[2J error", 0},
    {"{\"status\":\"success\"}", "expected an object", 0},
    {"{}", "status", 0},
    {"[]", "expected an object", 0},
    {"", "answer", 0},
    {"<html>", "answer", 0},
    {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}", "array", 0},
};

START_TEST(what_a_prometheus_answers_is_a_number_or_said_to_be_none)
{
    for (size_t i = 0; i < ARRAY_LEN(prometheus); i++) {
        struct err err = {0};
        double number = -1;
        bool good =
            probe_read_prometheus(prometheus[i].text, strlen(prometheus[i].text), &number, &err);
        ck_assert_msg(good == !prometheus[i].said, "%s: %s", prometheus[i].text, err.text);
        if (good)
            ck_assert_double_eq(number, prometheus[i].number);
        else
            ck_assert_msg(strstr(err.text, prometheus[i].said) != NULL, "%s: %s",
                          prometheus[i].text, err.text);
    }
}
END_TEST

static const struct {
    const char *text, *path, *said;
    double number;
} paths[] = {
    {"{\"rows\":{\"old\":[4,5]}}", "rows.old[1]", NULL, 5},
    {"{\"rows\":\"12\"}", "rows", NULL, 12},
    {"[[{\"n\":3}]]", "[0][0].n", NULL, 3},
    {"{\"rows\":4}", "rows.old", "expected an object, found a number", 0},
    {"{\"rows\":{}}", "rows.old", "rows.old", 0},
    {"{\"rows\":[1]}", "rows[1]", "rows[1]", 0},
    {"{\"rows\":[1]}", "rows[-1]", "expected [NUMBER]", 0},
    {"{\"rows\":[1]}", "rows[1", "expected [NUMBER]", 0},
    {"{\"rows\":[1]}", "rows..x", "expected a name", 0},
    {"{\"rows\":null}", "rows", "found null", 0},
    {"{\"rows\":true}", "rows", "expected", 0},
    {"{\"rows\":-4}", "rows", "found '-4'", 0},
    {"{\"rows\":\"4 rows\"}", "rows", "found '4 rows'", 0},
    {"7", "", "answer", 0},
};

START_TEST(a_place_in_a_document_is_a_number_or_said_to_be_none)
{
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct err err = {0};
        double number = -1;
        bool good =
            probe_read_path(paths[i].text, strlen(paths[i].text), paths[i].path, &number, &err);
        ck_assert_msg(good == !paths[i].said, "%s %s: %s", paths[i].text, paths[i].path, err.text);
        if (good)
            ck_assert_double_eq(number, paths[i].number);
        else
            ck_assert_msg(strstr(err.text, paths[i].said) != NULL, "%s %s: %s", paths[i].text,
                          paths[i].path, err.text);
    }
}
END_TEST

START_TEST(what_a_command_prints_is_a_number_or_said_to_be_none)
{
    static const char *const good[] = {"0", "0\n", " 12 \n", "1e3", "0.5"};
    static const char *const bad[] = {"",     "\n", "-1",  "nan",   "inf", "12 rows",
                                      "0x10", "1,", "1 2", "1e400", "٣",   "1\0002"};
    double number;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct err err = {0};
        ck_assert_msg(probe_read_number(good[i], strlen(good[i]), &number, &err), "%s", err.text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        ck_assert_msg(
            !probe_read_number(bad[i], i + 1 == ARRAY_LEN(bad) ? 3 : strlen(bad[i]), &number, &err),
            "%s is taken", bad[i]);
    }
}
END_TEST

static struct probe_settings blank(void)
{
    return (struct probe_settings){
        .prometheus = "", .query = "", .coverage = "", .url = "", .path = ""};
}

START_TEST(a_query_is_asked_and_its_coverage_decides)
{
    struct server *server = server_new();
    struct clock *clock = clock_new_real();
    struct probe_settings probe = blank();
    struct probe_result result;
    char *url = xasprintf("%s/prom/", server_url(server));

    server_reply(server, (struct server_reply){.on = "GET /prom/api/v1/query?query=sum%28calls%29 ",
                                               .body = VECTOR(SERIES("0.2")),
                                               .sticky = true});
    server_reply(server, (struct server_reply){.on = "GET /prom/api/v1/query?query=seen ",
                                               .body = VECTOR(SERIES("0.995"))});
    server_reply(server, (struct server_reply){.on = "GET /prom/api/v1/query?query=seen ",
                                               .body = VECTOR(SERIES("0.5"))});
    probe.prometheus = url;
    probe.query = "sum(calls)";
    probe.coverage = "seen";
    struct err err = {0};
    ck_assert_msg(probe_ask(&probe, clock, NULL, &result, &err), "%s", err.text);
    ck_assert_uint_eq(result.count, 1); /* a trace is a trace */
    ck_assert_msg(strstr(result.evidence, "measured: 1 by sum(calls) at ") &&
                      strstr(result.evidence, "sees 99.5 % of them"),
                  "%s", result.evidence);
    ck_assert(!probe_ask(&probe, clock, NULL, &result, &err));
    ck_assert_str_eq(err.text, "the query sees only 50.0 % of them, and at least 99 % are needed");
    server_free(server);
    err = (struct err){0};
    ck_assert(!probe_ask(&probe, clock, NULL, &result, &err));
    ck_assert_int_eq((int)err.code, (int)ERR_NETWORK);
    clock_free(clock);
    free(url);
}
END_TEST

START_TEST(hostile_answers_are_no_numbers)
{
    static const struct server_reply row[] = {
        {.status = 500},
        {.status = 302, .headers = "Location: /x\r\n"},
        {.trick = SERVER_CLOSE},
        {.trick = SERVER_HUGE, .at = 10 << 20},
        {.trick = SERVER_CUT, .body = "{\"rows\":0}", .at = 5},
        {.trick = SERVER_RAW, .body = "rows: 0\r\n"},
        {.body = "\033]0;rows\007"},
    };
    struct server *server = server_new();
    struct clock *clock = clock_new_real();
    struct probe_settings probe = blank();
    struct probe_result result;
    char *url = xasprintf("%s/stats", server_url(server));

    probe.url = url;
    probe.path = "rows";
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct err err = {0};
        server_reply(server, row[i]);
        ck_assert_msg(!probe_ask(&probe, clock, NULL, &result, &err), "answer %zu is taken", i);
        ck_assert(err.text[0] && !strchr(err.text, '\033'));
    }
    server_free(server);
    clock_free(clock);
    free(url);
}
END_TEST

START_TEST(a_command_is_asked_without_a_shell)
{
    const char *const zero[] = {"printf", "{\"old\": %s}", "0", NULL},
                      *const fails[] = {"false", NULL}, *const gone[] = {"/nonexistent/x", NULL};
    struct clock *clock = clock_new_real();
    struct probe_settings probe = blank();
    struct probe_result result;
    struct err err = {0};

    probe.command = zero;
    probe.path = "old";
    ck_assert_msg(probe_ask(&probe, clock, NULL, &result, &err), "%s", err.text);
    ck_assert_uint_eq(result.count, 0);
    probe.command = fails;
    ck_assert(!probe_ask(&probe, clock, NULL, &result, &err));
    ck_assert_msg(strstr(err.text, "exit status 1") != NULL, "%s", err.text);
    err = (struct err){0};
    probe.command = gone;
    ck_assert(!probe_ask(&probe, clock, NULL, &result, &err));
    ck_assert_int_eq((int)err.code, (int)ERR_CONFIG);
    clock_free(clock);
}
END_TEST

SUITE(probe)
{
    Suite *suite = suite_create("probe");
    TCase *tc = test_case(suite, "asking", 60);

    tcase_add_test(tc, what_a_prometheus_answers_is_a_number_or_said_to_be_none);
    tcase_add_test(tc, a_place_in_a_document_is_a_number_or_said_to_be_none);
    tcase_add_test(tc, what_a_command_prints_is_a_number_or_said_to_be_none);
    tcase_add_test(tc, a_query_is_asked_and_its_coverage_decides);
    tcase_add_test(tc, hostile_answers_are_no_numbers);
    tcase_add_test(tc, a_command_is_asked_without_a_shell);
    return suite;
}
