/* test_prometheus.c: a server of metrics that lies, is slow, or says nothing. */
#include "health/prometheus.h"
#include "net/server.h"

#include "base/mem.h"
#include "base/text.h"
#include "test.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK(type, result)                                                                           \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"
#define ERROR(text) "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"" text "\"}"

/* What comes, and what becomes of it: an error, or one number (of the last point of the first
 * series). */
static const struct {
    const char *what;
    long status;
    const char *body;
    enum err_code code;
    size_t series;
    double value;
    const char *says; /* part of the error */
} answers[] = {
    {"a value", 200, OK("vector", "[{\"metric\":{},\"value\":[17.25,\"0.25\"]}]"), 0, 1, 0.25, ""},
    {"a scalar", 200, OK("scalar", "[17.25,\"3\"]"), 0, 1, 3, ""},
    {"small", 200, OK("vector", "[{\"metric\":{},\"value\":[1,\"1.5e-07\"]}]"), 0, 1, 1.5e-7, ""},
    {"a range", 200, OK("matrix", "[{\"metric\":{},\"values\":[[1,\"1\"],[2,\"2\"]]}]"), 0, 1, 2,
     ""},
    {"nothing", 200, OK("vector", "[]"), 0, 0, 0, ""},
    {"an empty range", 200, OK("matrix", "[{\"metric\":{},\"values\":[]}]"), 0, 1, NAN, ""},
    {"not a number", 200, OK("vector", "[{\"metric\":{},\"value\":[1,\"NaN\"]}]"), 0, 1, NAN, ""},
    {"endless", 200, OK("vector", "[{\"metric\":{},\"value\":[1,\"+Inf\"]}]"), 0, 1, INFINITY, ""},
    {"endless", 200, OK("vector", "[{\"metric\":{},\"value\":[1,\"-Inf\"]}]"), 0, 1, -INFINITY, ""},
    {"a number that is none", 200, OK("vector", "[{\"metric\":{},\"value\":[1,\"0x10\"]}]"),
     ERR_PROTOCOL, 0, 0, "data.result[0].value[1]: expected a number as text"},
    {"a bare number", 200, OK("vector", "[{\"metric\":{},\"value\":[1,2]}]"), ERR_PROTOCOL, 0, 0,
     "expected a string"},
    {"no time", 200, OK("vector", "[{\"metric\":{},\"value\":[\"1\",\"2\"]}]"), ERR_PROTOCOL, 0, 0,
     "[time, \"value\"]"},
    {"a time out of this world", 200, OK("vector", "[{\"metric\":{},\"value\":[1e300,\"2\"]}]"),
     ERR_PROTOCOL, 0, 0, "seconds since 1970"},
    {"time that runs back", 200, OK("matrix", "[{\"metric\":{},\"values\":[[2,\"1\"],[1,\"2\"]]}]"),
     ERR_PROTOCOL, 0, 0, "a time after the one before"},
    {"labels that are none", 200, OK("vector", "[{\"metric\":[],\"value\":[1,\"2\"]}]"),
     ERR_PROTOCOL, 0, 0, "metric"},
    {"a label that is a number", 200, OK("vector", "[{\"metric\":{\"a\":1},\"value\":[1,\"2\"]}]"),
     ERR_PROTOCOL, 0, 0, "metric.a"},
    {"a kind of its own", 200, OK("streams", "[]"), ERR_PROTOCOL, 0, 0, "vector, matrix or scalar"},
    {"a list", 200, "[]", ERR_PROTOCOL, 0, 0, "expected an object"},
    {"a page", 200, "<html>log in</html>", ERR_PROTOCOL, 0, 0, "line 1"},
    {"half", 200, "{\"status\":\"success\",\"data\":", ERR_PROTOCOL, 0, 0, ""},
    {"an empty body", 200, "", ERR_PROTOCOL, 0, 0, ""},
    {"a wrong query", 400, ERROR("1:5: parse error"), ERR_REJECTED, 0, 0, "1:5: parse error"},
    {"too much work", 422, ERROR("query timed out"), ERR_REJECTED, 0, 0, "query timed out"},
    {"success that is none", 200, ERROR("so sorry"), ERR_REJECTED, 0, 0, "so sorry"},
    {"nobody known", 401, "", ERR_AUTH, 0, 0, "answered 401"},
    {"forbidden", 403, "no", ERR_AUTH, 0, 0, "no"},
    {"too many", 429, "slow down", ERR_NETWORK, 0, 0, "slow down"},
    {"a proxy", 502, "<html>\033[31mbad gateway", ERR_NETWORK, 0, 0, "\\x1b[31mbad gateway"},
    {"not there", 404, "404 page not found", ERR_PROTOCOL, 0, 0, "answered 404"},
};

START_TEST(an_answer_becomes_values_or_an_error_that_says_where)
{
    struct arena *arena = arena_new(1024);
    struct prom_answer out;
    struct err err = {0};
    const char *body = answers[_i].body;

    bool good = prom_judge(answers[_i].status, body, strlen(body), "prom", arena, &out, &err);
    ck_assert_msg(good == (answers[_i].code == ERR_NONE), "%s: %s", answers[_i].what, err.text);
    ck_assert_msg(err.code == answers[_i].code && strstr(err.text, answers[_i].says), "%s: %s: %s",
                  answers[_i].what, err_word(err.code), err.text);
    ck_assert(text_is_clean(err.text));
    ck_assert_uint_eq(out.count, answers[_i].series);
    double value = out.count && out.series[0].point_count
                       ? out.series[0].points[out.series[0].point_count - 1].value
                       : NAN;
    ck_assert_msg(!good || !out.count || value == answers[_i].value ||
                      (isnan(value) && isnan(answers[_i].value)),
                  "%s: %g", answers[_i].what, value);
    arena_free(arena);
}
END_TEST

START_TEST(labels_and_warnings_are_cleaned)
{
    static const char body[] =
        "{\"status\":\"success\",\"warnings\":[\"\\u001b]0;x\\u0007\"],\"data\":{\"resultType\":"
        "\"vector\",\"result\":[{\"metric\":{\"ver\\u001b[2Jsion\":\"\\u202e6\"},"
        "\"value\":[1,\"2\"]}]}}";
    struct arena *arena = arena_new(1024);
    struct prom_answer out;
    struct err err = {0};

    ck_assert(prom_judge(200, body, sizeof body - 1, "prom", arena, &out, &err));
    ck_assert_str_eq(out.warning, "\\x1b]0;x\\x07");
    ck_assert_str_eq(out.series[0].labels[0].name, "ver\\x1b[2Jsion");
    ck_assert_str_eq(out.series[0].labels[0].value, "<U+202E>6");
    ck_assert_ptr_null(prom_label(&out.series[0], "version"));
    arena_free(arena);
}
END_TEST

START_TEST(more_series_than_the_ceiling_are_left_out_and_it_is_said)
{
    char *body = xcalloc(PROM_SERIES_MAX + 2, 48);
    size_t len = 0;
    struct arena *arena = arena_new(1024);
    struct prom_answer out;
    struct err err = {0};

    for (int i = 0; i <= PROM_SERIES_MAX; i++)
        len += (size_t)snprintf(body + len, 48, "%s{\"metric\":{},\"value\":[1,\"%d\"]}",
                                i ? "," : "", i);
    char *whole = xasprintf(OK("vector", "[%s]"), body);
    ck_assert(prom_judge(200, whole, strlen(whole), "prom", arena, &out, &err));
    ck_assert_uint_eq(out.count, PROM_SERIES_MAX);
    ck_assert(out.cut);
    arena_free(arena);
    free(whole);
    free(body);
}
END_TEST

START_TEST(numbers_are_read_whatever_the_locale_says)
{
    double value = 0;

    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is there, 0,25 would be a number */
    ck_assert(prom_number("0.25", &value) && value == 0.25);
    setlocale(LC_ALL, "C.UTF-8");
    ck_assert(prom_number("-12", &value) && value == -12);
    static const char *const none[] = {"",    ".",     "1.e", "e5",  " 1",  "1 ",
                                       "0x1", "nan()", "inf", "1,5", "--1", "1e+"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        ck_assert_msg(!prom_number(none[i], &value), "'%s'", none[i]);
}
END_TEST

START_TEST(what_is_put_into_a_query_cannot_leave_its_quotes)
{
    static const struct prom_value values[] = {
        {"version", "6\"} or vector(0) #"}, {"service", "a'b\\c\n"}, {NULL, NULL}};
    char *query = prom_fill("up{v=\"{version}\", s='{service}', n=\"{node}\"} {version", values);

    ck_assert_str_eq(query, "up{v=\"6\\x22} or vector(0) #\", s='a\\x27b\\x5cc\\x0a', "
                            "n=\"{node}\"} {version");
    free(query);
}
END_TEST

/* ---- over HTTP ---- */

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct server *server;
    struct prom *prom;
    bool done;
    size_t count;
    double value;
    struct err err;
};

static struct lab lab;

static void open_lab(void)
{
    lab = (struct lab){.clock = clock_new_real()};
    lab.loop = loop_new(lab.clock);
    lab.server = server_new();
}

static void close_lab(void)
{
    prom_free(lab.prom);
    server_free(lab.server);
    loop_free(lab.loop);
    clock_free(lab.clock);
}

static void make_client(const char *token_file)
{
    char *url = xasprintf("%s/prometheus/", server_url(lab.server));
    const struct prom_config config = {url, token_file, NULL, 300};
    struct err err = {0};

    lab.prom = prom_new(lab.loop, &config, &err);
    ck_assert_msg(lab.prom != NULL, "%s", err.text);
    free(url);
}

static void on_answer(void *arg, const struct prom_answer *answer, const struct err *err)
{
    ck_assert_ptr_eq(arg, &lab);
    ck_assert(!lab.done);
    ck_assert((answer == NULL) == (err != NULL));
    lab.done = true;
    if (err)
        lab.err = *err;
    else
        lab.count = answer->count;
    if (answer && answer->count)
        lab.value = answer->series[0].points[0].value;
}

static void wait_for_it(void)
{
    ck_assert(!lab.done);
    while (!lab.done)
        loop_turn(lab.loop, -1);
    lab.done = false;
}

START_TEST(a_query_is_asked_under_the_path_of_the_address)
{
    make_client(NULL);
    server_reply(lab.server, (struct server_reply){.on = "GET /prometheus/api/v1/query?query=up%7B",
                                                   .body = OK("scalar", "[1,\"7\"]")});
    prom_instant(lab.prom, "up{a=\"b c\"}", 0, on_answer, &lab);
    wait_for_it();
    ck_assert_msg(lab.value == 7, "%s", lab.err.text);
    server_reply(lab.server, (struct server_reply){.on = "GET /prometheus/api/v1/query_range?query="
                                                         "up&start=1.500&end=9.000&step=0.250",
                                                   .body = OK("matrix", "[]")});
    prom_range(lab.prom, "up", 1500, 9000, 250, on_answer, &lab);
    wait_for_it();
    ck_assert_uint_eq(lab.err.code, ERR_NONE);
    ck_assert_uint_eq(lab.count, 0);
}
END_TEST

static const struct {
    const char *what;
    struct server_reply reply;
    enum err_code code;
} bad[] = {
    {"10 MB", {.trick = SERVER_HUGE, .at = 10 << 20}, ERR_LIMIT},
    {"slow",
     {.trick = SERVER_DRIP, .body = OK("vector", "[]") "                            "},
     ERR_NETWORK},
    {"silent", {.trick = SERVER_SILENT}, ERR_NETWORK},
    {"cut", {.trick = SERVER_CUT, .body = OK("vector", "[]"), .at = 20}, ERR_NETWORK},
    {"closed", {.trick = SERVER_CLOSE}, ERR_NETWORK},
    {"not HTTP", {.trick = SERVER_RAW, .body = "SSH-2.0-x\r\n\r\n"}, ERR_PROTOCOL},
    {"a redirect", {.status = 302, .headers = "Location: /login\r\n"}, ERR_PROTOCOL},
};

START_TEST(a_server_that_does_not_answer_well_is_an_error_soon)
{
    make_client(NULL);
    server_reply(lab.server, bad[_i].reply);
    prom_instant(lab.prom, "up", 0, on_answer, &lab);
    wait_for_it();
    ck_assert_msg(lab.err.code == bad[_i].code, "%s: %s: %s", bad[_i].what, err_word(lab.err.code),
                  lab.err.text);
    ck_assert_msg(strncmp(lab.err.text, server_url(lab.server), strlen(server_url(lab.server))) ==
                      0,
                  "%s: %s", bad[_i].what, lab.err.text);
}
END_TEST

static void write_token(const char *path, const char *token)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(token, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_token_is_read_anew_for_every_query)
{
    char *path = xasprintf("%s/token", test_dir());

    write_token(path, "one\n");
    make_client(path);
    server_reply(lab.server, (struct server_reply){.body = OK("vector", "[]"), .sticky = true});
    prom_instant(lab.prom, "up", 0, on_answer, &lab);
    wait_for_it();
    write_token(path, "two\n");
    prom_instant(lab.prom, "up", 0, on_answer, &lab);
    wait_for_it();
    ck_assert_ptr_nonnull(
        strstr(server_request(lab.server, 0, NULL), "Authorization: Bearer one\r"));
    ck_assert_ptr_nonnull(
        strstr(server_request(lab.server, 1, NULL), "Authorization: Bearer two\r"));
    unlink(path);
    prom_instant(lab.prom, "up", 0, on_answer, &lab);
    wait_for_it();
    ck_assert_int_eq(lab.err.code, ERR_CONFIG);
    free(path);
}
END_TEST

START_TEST(what_cannot_be_asked_is_an_error_and_never_inside_the_call)
{
    char *query = xcalloc(PROM_QUERY_MAX + 2, 1);

    memset(query, 'x', PROM_QUERY_MAX + 1);
    make_client(NULL);
    prom_instant(lab.prom, query, 0, on_answer, &lab);
    wait_for_it();
    ck_assert_int_eq(lab.err.code, ERR_LIMIT);
    ck_assert_uint_eq(server_connections(lab.server), 0);
    free(query);
}
END_TEST

START_TEST(nothing_comes_after_it_was_dropped)
{
    make_client(NULL);
    server_reply(lab.server, (struct server_reply){.body = OK("vector", "[]"), .sticky = true});
    prom_instant(lab.prom, "up", 0, on_answer, NULL); /* would fail: not its arg */
    prom_cancel(lab.prom, NULL);
    prom_instant(lab.prom, "up", 0, on_answer, &lab);
    wait_for_it();
    prom_instant(lab.prom, "up", 0, on_answer, NULL);
}
END_TEST

START_TEST(an_address_that_cannot_be_is_refused_at_once)
{
    static const char *const urls[] = {"",        "prom:9090",   "ftp://prom",
                                       "http://", "http://a b/", "http://u:p@prom"};

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct err err = {0};
        ck_assert_msg(!prom_new(lab.loop, &(struct prom_config){.url = urls[i]}, &err), "%s",
                      urls[i]);
        ck_assert_msg(err.code == ERR_CONFIG, "%s: %s", urls[i], err.text);
    }
}
END_TEST

START_TEST(plain_http_is_exposed_unless_it_stays_on_this_machine)
{
    static const struct {
        const char *url;
        bool exposed;
    } urls[] = {
        {"http://prom:9090", true},          {"http://10.0.0.1", true},
        {"https://prom:9090", false},        {"http://localhost:9090/x", false},
        {"http://LOCALHOST", false},         {"http://127.0.0.1:9090", false},
        {"http://127.8.0.1/", false},        {"http://127.0.0.1.evil.example", true},
        {"http://[::1]:9090", false},        {"http://[::2]:9090", true},
        {"http://me:pw@127.0.0.1:9", false}, {"http://127.0.0.1:9@prom/", true},
        {"http://localhost.example", true},  {"http://prom/?a@127.0.0.1", true},
        {"http://0.0.0.0:9090", true},       {"http://", true},
    };

    for (size_t i = 0; i < ARRAY_LEN(urls); i++)
        ck_assert_msg(prom_is_exposed(urls[i].url) == urls[i].exposed, "%s", urls[i].url);
}
END_TEST

SUITE(prometheus)
{
    Suite *suite = suite_create("prometheus");
    TCase *pure = test_case(suite, "answers", 10), *http = test_case(suite, "http", 20);

    tcase_add_loop_test(pure, an_answer_becomes_values_or_an_error_that_says_where, 0,
                        ARRAY_LEN(answers));
    tcase_add_test(pure, labels_and_warnings_are_cleaned);
    tcase_add_test(pure, more_series_than_the_ceiling_are_left_out_and_it_is_said);
    tcase_add_test(pure, numbers_are_read_whatever_the_locale_says);
    tcase_add_test(pure, what_is_put_into_a_query_cannot_leave_its_quotes);
    tcase_add_test(pure, plain_http_is_exposed_unless_it_stays_on_this_machine);
    tcase_add_checked_fixture(http, open_lab, close_lab);
    tcase_add_test(http, a_query_is_asked_under_the_path_of_the_address);
    tcase_add_loop_test(http, a_server_that_does_not_answer_well_is_an_error_soon, 0,
                        ARRAY_LEN(bad));
    tcase_add_test(http, a_token_is_read_anew_for_every_query);
    tcase_add_test(http, what_cannot_be_asked_is_an_error_and_never_inside_the_call);
    tcase_add_test(http, nothing_comes_after_it_was_dropped);
    tcase_add_test(http, an_address_that_cannot_be_is_refused_at_once);
    return suite;
}
