/* test_metrics.c: the request parser against hostile requests, the page, and the server. */
#include "alerts/lab.h"
#include "alerts/metrics.h"
#include "base/mem.h"
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const char *bytes;
    int status;
    const char *path;
} requests[] = {
    {"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 200, "/metrics"},
    {"GET /metrics?x=1 HTTP/1.0\r\n\r\n", 200, "/metrics"},
    {"GET /metrics HTTP/1.1\n\n", 200, "/metrics"},
    {"HEAD / HTTP/1.1\r\n\r\n", 200, "/"},
    {"GET /metrics HTTP/1.1\r\nHost: x\r\n", 0, ""},
    {"", 0, ""},
    {"GET", 0, ""},
    {"\r\n\r\n", 400, ""},
    {"\n\n", 400, ""},
    {"POST /metrics HTTP/1.1\r\n\r\n", 405, ""},
    {"GETT /metrics HTTP/1.1\r\n\r\n", 405, ""},
    {"GET  /metrics HTTP/1.1\r\n\r\n", 400, ""},
    {"GET /metrics HTTP/2.0\r\n\r\n", 400, ""},
    {"GET /metrics HTTP/1.2\r\n\r\n", 400, ""},
    {"GET /metrics\r\n\r\n", 400, ""},
    {"GET http://x/metrics HTTP/1.1\r\n\r\n", 400, ""},
    {"GET /\x1b[31m HTTP/1.1\r\n\r\n", 400, ""},
    {"GET /\xff HTTP/1.1\r\n\r\n", 400, ""},
    {" GET / HTTP/1.1\r\n\r\n", 400, ""},
    {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n\r\n", 400, ""},
    {"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
     "HTTP/1.1\r\n\r\n",
     404, ""},
};

START_TEST(requests_are_parsed_or_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct metrics_request request;
        int status = metrics_parse(requests[i].bytes, strlen(requests[i].bytes), &request);
        ck_assert_msg(status == requests[i].status, "%s: %d", requests[i].bytes, status);
        if (status == 200)
            ck_assert_str_eq(request.path, requests[i].path);
    }
    struct metrics_request request;
    ck_assert_int_eq(metrics_parse("GET /\0 HTTP/1.1\r\n\r\n", 20, &request), 400);
    char *long_one = xcalloc(METRICS_REQUEST_MAX + 1, 1);
    memset(long_one, 'a', METRICS_REQUEST_MAX);
    ck_assert_int_eq(metrics_parse(long_one, METRICS_REQUEST_MAX, &request), 431);
    ck_assert_int_eq(metrics_parse(long_one, METRICS_REQUEST_MAX - 1, &request), 0);
    free(long_one);
}
END_TEST

static struct lab lab;
static struct metrics_server *server;

static void setup(void)
{
    struct err err = {0};

    lab_open(&lab, "eight", test_dir());
    lab_start(&lab, 0);
    lab_run(&lab, 60000);
    server = metrics_serve(engine_loop(lab.engine), lab.watch[0], "127.0.0.1:0", false, &err);
    ck_assert_msg(server != NULL, "%s", err.text);
}

static void teardown(void)
{
    metrics_close(server);
    lab_close(&lab);
}

static int dial(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)strtol(strrchr(metrics_address(server), ':') + 1, NULL, 10));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* The whole answer; the loop turns meanwhile. */
static char *ask(const char *request)
{
    size_t cap = 1 << 20, len = 0;
    char *out = xcalloc(cap, 1);
    int fd = dial();

    ck_assert_int_eq((int)send(fd, request, strlen(request), MSG_NOSIGNAL), (int)strlen(request));
    for (ssize_t n = 1; n != 0;) {
        loop_turn(engine_loop(lab.engine), 10);
        n = recv(fd, out + len, cap - 1 - len, MSG_DONTWAIT);
        len += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return out;
}

static bool has_line(const char *page, const char *line)
{
    const char *at = strstr(page, line);

    return at && at[strlen(line)] == '\n' && (at == page || at[-1] == '\n');
}

START_TEST(a_scrape_sees_steps_states_alarms_and_deliveries)
{
    lab_push(&lab, "6", 3);
    lab_until(&lab, 1, 60000);
    lab_inject(&lab, SIM_NODE_SILENT, "w3");
    lab_run(&lab, 30000);
    char *page = ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert_msg(strncmp(page, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s", page);
    ck_assert(
        has_line(page, "lockstep_versions_live{context=\"lab\",service=\"web\",id=\"svc-web\"} 2"));
    ck_assert(
        has_line(page, "lockstep_steps_live{context=\"lab\",service=\"web\",id=\"svc-web\"} 1"));
    ck_assert(has_line(page, "lockstep_nodes{context=\"lab\",state=\"silent\"} 1"));
    ck_assert(has_line(page, "lockstep_context_up{context=\"lab\"} 1"));
    ck_assert(has_line(page, "lockstep_watch_speaks{context=\"lab\",state=\"leads\"} 1"));
    ck_assert(has_line(page, "lockstep_deliveries_total{sink=\"lab\",outcome=\"delivered\"} 1"));
    ck_assert(has_line(page, "lockstep_deliveries_pending{sink=\"lab\"} 0"));
    ck_assert_ptr_nonnull(strstr(page, "kind=\"drift\",rule=\"R3\""));
    ck_assert_ptr_nonnull(strstr(page, ",verb=\"rollback\",answer=\""));
    ck_assert_ptr_nonnull(
        strstr(page, "lockstep_actions_recent{context=\"lab\",service=\"web\",id=\"svc-web\","
                     "outcome=\"applied\"} 3"));
    free(page);
}
END_TEST

/* Every line is a comment or NAME{LABELS} VALUE, and every family is announced once. */
START_TEST(the_page_is_well_formed)
{
    char *page = ask("GET /metrics HTTP/1.1\r\n\r\n"), *save = NULL;
    char *body = strstr(page, "\r\n\r\n") + 4, family[100] = "";

    for (char *line = strtok_r(body, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "# TYPE ", 7) == 0)
            snprintf(family, sizeof family, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        if (line[0] == '#')
            continue;
        size_t name = strcspn(line, "{ ");
        ck_assert_msg(name == strlen(family) && strncmp(line, family, name) == 0, "%s in %s", line,
                      family);
        const char *value = strrchr(line, ' ');
        char *end = NULL;
        ck_assert_ptr_nonnull(value);
        strtod(value + 1, &end);
        ck_assert_msg(end != value + 1 && *end == '\0', "%s", line);
    }
    free(page);
}
END_TEST

START_TEST(other_requests_get_an_answer_and_the_connection_ends)
{
    static const struct {
        const char *request, *status;
    } row[] = {
        {"GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
        {"DELETE /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
        {"\x16\x03\x01\x02\n\n", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 "},
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        char *page = ask(row[i].request);
        ck_assert_msg(strncmp(page, row[i].status, strlen(row[i].status)) == 0, "%s", page);
        free(page);
    }
    char *page = ask("HEAD /metrics HTTP/1.1\r\n\r\n");
    ck_assert_str_eq(strstr(page, "\r\n\r\n"), "\r\n\r\n");
    free(page);
}
END_TEST

START_TEST(many_silent_clients_keep_nobody_out_for_long)
{
    int fds[METRICS_CLIENTS_MAX + 4];

    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = dial();
        loop_turn(engine_loop(lab.engine), 0);
    }
    lab_run(&lab, METRICS_CLIENT_MS + 2000);
    lab_run(&lab, METRICS_CLIENT_MS + 2000);
    char *page = ask("GET /metrics HTTP/1.1\r\n\r\n");
    ck_assert(strncmp(page, "HTTP/1.1 200", 12) == 0);
    free(page);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
}
END_TEST

START_TEST(an_address_that_others_reach_must_be_meant)
{
    static const char *const bad[] = {
        "",           "9797",      ":9797",     "localhost:9797", "127.0.0.1:99999x",
        "127.0.0.1:", "127.0.0.1", "0.0.0.0:0", "[::]:0"};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err = (struct err){0};
        ck_assert_msg(!metrics_serve(engine_loop(lab.engine), lab.watch[0], bad[i], false, &err),
                      "%s", bad[i]);
        ck_assert_msg(err.code == ERR_CONFIG, "%s: %s", bad[i], err.text);
    }
    struct metrics_server *other =
        metrics_serve(engine_loop(lab.engine), lab.watch[0], metrics_address(server), false, &err);
    ck_assert_ptr_null(other);
}
END_TEST

SUITE(metrics)
{
    Suite *suite = suite_create("metrics");
    TCase *parsing = test_case(suite, "parsing", 20), *tc = test_case(suite, "serving", 60);

    tcase_add_test(parsing, requests_are_parsed_or_refused);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_scrape_sees_steps_states_alarms_and_deliveries);
    tcase_add_test(tc, the_page_is_well_formed);
    tcase_add_test(tc, other_requests_get_an_answer_and_the_connection_ends);
    tcase_add_test(tc, many_silent_clients_keep_nobody_out_for_long);
    tcase_add_test(tc, an_address_that_others_reach_must_be_meant);
    return suite;
}
