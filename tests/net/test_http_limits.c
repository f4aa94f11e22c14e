/* test_http_limits.c: what a server may not do to us, and what we do not do for it. */
#include "test.h"

#include "base/mem.h"
#include "net/http_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fixture f;

static void open_fixture(void)
{
    fixture_open(&f);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

static const char *const secrets[] = {"X-Nomad-Token: canary", "Authorization: Bearer canary",
                                      "X-Registry-Auth: canary", NULL};

START_TEST(a_redirect_is_an_answer_and_is_not_followed)
{
    static const int statuses[] = {301, 302, 303, 307, 308};
    struct server *other = server_new();
    char *location = xasprintf("Location: %s/elsewhere\r\n", server_url(other));

    f.config.headers = secrets;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){
                               .status = statuses[_i], .headers = location, .sticky = true});
    server_reply(other, (struct server_reply){.body = "{}", .sticky = true});
    ck_assert_int_eq(fixture_get(&f, "/here")->status, statuses[_i]);
    ck_assert_int_eq(fixture_send(&f, "POST", "/here", "{}")->status, statuses[_i]);
    ck_assert_uint_eq(server_connections(other), 0);
    for (size_t i = 0; secrets[i]; i++)
        ck_assert_ptr_nonnull(strstr(server_request(f.server, 0, NULL), secrets[i]));
    server_free(other);
    free(location);
}
END_TEST

START_TEST(proxies_of_the_environment_are_ignored)
{
    static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "all_proxy",  "ALL_PROXY"};
    struct server *proxy = server_new();

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        setenv(names[i], server_url(proxy), 1);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.body = "{}", .sticky = true});
    ck_assert_int_eq(fixture_get(&f, "/")->status, 200);
    ck_assert_int_eq(fixture_send(&f, "POST", "/", "{}")->status, 200);
    ck_assert_uint_eq(server_connections(proxy), 0);
    server_free(proxy);
}
END_TEST

START_TEST(a_configured_proxy_is_used_whatever_no_proxy_says)
{
    struct server *proxy = server_new();

    setenv("no_proxy", "*", 1);
    f.config.proxy_url = server_url(proxy);
    fixture_client(&f);
    server_reply(proxy, (struct server_reply){.on = "GET http://127.0.0.1:", .body = "{}"});
    ck_assert_int_eq(fixture_get(&f, "/x")->status, 200);
    ck_assert_uint_eq(server_connections(f.server), 0);
    server_free(proxy);
}
END_TEST

START_TEST(passwords_of_netrc_are_not_used)
{
    const char *home = test_dir();
    char *path = xasprintf("%s/.netrc", home);
    FILE *netrc = fopen(path, "w");

    ck_assert_ptr_nonnull(netrc);
    fputs("machine 127.0.0.1 login me password canary\ndefault login me password canary\n", netrc);
    fclose(netrc);
    setenv("HOME", home, 1);
    setenv("NETRC", path, 1);
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.status = 401,
                                                 .headers = "WWW-Authenticate: Basic realm=x\r\n"});
    ck_assert_int_eq(fixture_get(&f, "/")->status, 401);
    ck_assert_uint_eq(server_count(f.server, NULL), 1);
    ck_assert_ptr_null(strstr(server_request(f.server, 0, NULL), "Authorization"));
    free(path);
}
END_TEST

START_TEST(cookies_and_compression_are_not_asked_for)
{
    server_reply(f.server,
                 (struct server_reply){.headers = "Set-Cookie: id=1; Path=/\r\n", .sticky = true});
    fixture_get(&f, "/");
    fixture_get(&f, "/");
    for (size_t i = 0; i < 2; i++) {
        const char *text = server_request(f.server, i, NULL);
        ck_assert_ptr_null(strstr(text, "Cookie"));
        ck_assert_ptr_null(strstr(text, "Accept-Encoding"));
        ck_assert_ptr_nonnull(strstr(text, "\r\nUser-Agent: lockstep/"));
    }
}
END_TEST

/* Ceilings. */

START_TEST(a_body_up_to_its_ceiling_is_whole)
{
    f.config.body_max = 100000;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.trick = SERVER_HUGE, .at = 100000});
    ck_assert_uint_eq(fixture_get(&f, "/")->body_len, 100000);
}
END_TEST

START_TEST(a_body_above_its_ceiling_is_a_limit)
{
    f.config.body_max = 100 << 10;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.trick = SERVER_HUGE, .at = (100 << 10) + 1});
    const struct result *r = fixture_get(&f, "/");
    ck_assert_int_eq(r->err.code, ERR_LIMIT);
    ck_assert_str_eq(r->err.text, "GET /: the answer is larger than 100 KiB");
    ck_assert_uint_eq(r->body_len, 0);
}
END_TEST

START_TEST(a_body_announced_above_its_ceiling_is_not_read)
{
    server_reply(f.server, (struct server_reply){
                               .body = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
                               .trick = SERVER_RAW});
    const struct result *r = fixture_get(&f, "/");
    ck_assert_int_eq(r->err.code, ERR_LIMIT);
    ck_assert_str_eq(r->err.text, "GET /: the answer is larger than 8192 KiB");
}
END_TEST

START_TEST(headers_without_end_are_a_limit)
{
    static char headers[80 << 10];

    for (size_t i = 0; i + 10 < sizeof headers; i += 10)
        memcpy(headers + i, "X-Yy: zz\r\n", 11);
    server_reply(f.server, (struct server_reply){.headers = headers});
    const struct result *r = fixture_get(&f, "/");
    ck_assert_int_eq(r->err.code, ERR_LIMIT);
    ck_assert_str_eq(r->err.text, "GET /: the answer is larger than 64 KiB");
}
END_TEST

START_TEST(a_dripping_body_meets_the_total_time_limit)
{
    f.config.total_ms = 150;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.body = "0123456789012345678901234567890123456789"
                                                         "0123456789012345678901234567890123456789",
                                                 .trick = SERVER_DRIP});
    const struct result *r = fixture_send(&f, "POST", "/drip", "{}");
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert_str_eq(r->err.text, "POST /drip: no whole answer within 150 ms");
    ck_assert(r->sent);
}
END_TEST

START_TEST(a_silent_server_meets_the_total_time_limit)
{
    f.config.total_ms = 100;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.trick = SERVER_SILENT});
    const struct result *r = fixture_get(&f, "/silent");
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert(r->sent);
}
END_TEST

static const struct {
    const char *raw;
    enum err_code code;
} noise[] = {
    {"SSH-2.0-OpenSSH_9.2\r\n", ERR_PROTOCOL},
    {"\x15\x03\x01\x02\x02\x16", ERR_PROTOCOL},
    {"HTTP/1.1\r\n", ERR_PROTOCOL},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour", ERR_NETWORK},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", ERR_NETWORK},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n", ERR_NETWORK},
};

START_TEST(what_is_not_a_whole_http_answer_is_an_error)
{
    server_reply(f.server,
                 (struct server_reply){.body = noise[_i].raw, .trick = SERVER_RAW, .sticky = true});
    const struct result *r = fixture_get(&f, "/");
    ck_assert_msg(r->err.code == noise[_i].code, "%d: %s", (int)r->err.code, r->err.text);
    ck_assert_int_eq(r->status, 0);
    ck_assert_uint_eq(r->body_len, 0);
}
END_TEST

static const struct {
    const char *header;
    int64_t low_ms, high_ms;
} retries[] = {
    {"", -1, -1},
    {"Retry-After: 7\r\n", 7000, 7000},
    {"retry-after:   30  \r\n", 30000, 30000},
    {"Retry-After: 0\r\n", 1000, 1000},
    {"Retry-After: 121\r\n", 120000, 120000},
    {"Retry-After: 1000000000000\r\n", 120000, 120000},
    {"Retry-After: 99999999999999999999999999999999\r\n", 120000, 120000},
    {"Retry-After: -5\r\n", -1, -1},
    {"Retry-After: 1e12\r\n", -1, -1},
    {"Retry-After: soon\r\n", -1, -1},
    {"Retry-After:\r\n", -1, -1},
    {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 1000, 1000},
    {"Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", 120000, 120000},
};

START_TEST(retry_after_is_clamped)
{
    server_reply(f.server, (struct server_reply){.status = 429, .headers = retries[_i].header});
    const struct result *r = fixture_get(&f, "/");
    ck_assert_int_eq(r->status, 429);
    ck_assert_int_ge(r->retry_after_ms, retries[_i].low_ms);
    ck_assert_int_le(r->retry_after_ms, retries[_i].high_ms);
}
END_TEST

START_TEST(read_only_lets_nothing_but_reads_out)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"};

    f.config.read_only = true;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.sticky = true});
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const struct result *r = fixture_send(&f, methods[i], "/x", NULL);
        ck_assert_int_eq(r->err.code, ERR_UNSUPPORTED);
        ck_assert(!r->sent);
        ck_assert_ptr_nonnull(strstr(r->err.text, "read-only: "));
    }
    ck_assert_uint_eq(server_connections(f.server), 0);
    ck_assert_int_eq(fixture_get(&f, "/x")->status, 200);
    ck_assert_int_eq(fixture_send(&f, "HEAD", "/x", NULL)->status, 200);
}
END_TEST

START_TEST(paths_and_methods_that_were_not_escaped_are_not_sent)
{
    static const struct {
        const char *method, *path;
    } rows[] = {
        {"GET", ""},
        {"GET", "x"},
        {"GET", "/a b"},
        {"GET", "/a\r\nX: y"},
        {"GET", "/a/../b"},
        {"GET", "/.."},
        {"GET", "/./a"},
        {"GET", "/a#b"},
        {"GET", "/\xc3\xa9"},
        {"GET", "/..?a=b"},
        {"GET", "@host/path"},
        {"GET\r\nX: y", "/"},
        {"GET /x HTTP/1.1", "/"},
        {"", "/"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct result *r = fixture_send(&f, rows[i].method, rows[i].path, NULL);
        ck_assert_msg(r->err.code == ERR_PROTOCOL && !r->sent, "row %zu: %s", i, r->err.text);
    }
    ck_assert_uint_eq(server_connections(f.server), 0);
    server_reply(f.server, (struct server_reply){.sticky = true});
    ck_assert_int_eq(fixture_get(&f, "/a..b/...?x=../y&z=%2F")->status, 200);
}
END_TEST

START_TEST(a_unix_socket_is_spoken_to_like_a_host)
{
    char *path = xasprintf("%s/docker.sock", test_dir());
    struct server *unix_server = server_new_unix(path);

    f.config.base_url = "http://localhost";
    f.config.unix_socket = path;
    fixture_client(&f);
    server_reply(unix_server, (struct server_reply){.on = "GET /v1.43/info", .body = "{\"a\":1}"});
    server_reply(unix_server, (struct server_reply){.on = "POST /v1.43/x", .status = 201});
    ck_assert_str_eq(fixture_get(&f, "/v1.43/info")->body, "{\"a\":1}");
    ck_assert_int_eq(fixture_send(&f, "POST", "/v1.43/x", "{}")->status, 201);
    ck_assert_ptr_nonnull(strstr(server_request(unix_server, 0, NULL), "\r\nHost: localhost\r\n"));
    ck_assert_uint_eq(server_connections(f.server), 0);
    server_free(unix_server);
    free(path);
}
END_TEST

START_TEST(a_missing_unix_socket_is_named)
{
    f.config.base_url = "http://localhost";
    f.config.unix_socket = "/nonexistent/docker.sock";
    fixture_client(&f);
    const struct result *r = fixture_get(&f, "/info");
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert_str_eq(r->err.text, "GET /info: cannot connect to /nonexistent/docker.sock: "
                                  "No such file or directory");
}
END_TEST

static void cancel_other(void *arg, const struct http_answer *answer, bool sent,
                         const struct err *err)
{
    (void)answer;
    (void)sent;
    (void)err;
    http_cancel(*(struct http_request **)arg);
    f.result.done = true;
}

START_TEST(a_cancelled_request_never_calls_back)
{
    struct http_request *victim;

    server_reply(f.server, (struct server_reply){.on = "GET /slow", .trick = SERVER_SILENT});
    server_reply(f.server, (struct server_reply){.on = "GET /quick"});
    victim = http_get(f.http, "/slow", fixture_done, &f);
    http_get(f.http, "/quick", cancel_other, &victim);
    fixture_wait(&f);
    http_cancel(http_get(f.http, "/slow", fixture_done, &f));
    http_cancel(http_get(f.http, "not a path", fixture_done, &f));
    http_cancel(NULL);
    for (int i = 0; i < 5; i++)
        loop_turn(f.loop, 0);
}
END_TEST

static void free_all(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    (void)arg;
    (void)answer;
    (void)sent;
    (void)err;
    http_free(f.http);
    f.http = NULL;
    f.result.done = true;
}

START_TEST(a_callback_may_free_the_client)
{
    server_reply(f.server, (struct server_reply){.on = "GET /slow", .trick = SERVER_SILENT});
    server_reply(f.server, (struct server_reply){.on = "GET /quick"});
    http_get(f.http, "/slow", fixture_done, &f);
    http_get(f.http, "/quick", free_all, NULL);
    fixture_wait(&f);
    ck_assert_ptr_null(f.http);
}
END_TEST

static void get_more(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    int *left = arg;

    (void)sent;
    ck_assert_msg(answer->status == 200, "%s", err->text);
    if (--*left)
        http_get(f.http, "/again", get_more, arg);
    else
        f.result.done = true;
}

START_TEST(a_callback_may_start_the_next_request)
{
    int left = 50;

    server_reply(f.server, (struct server_reply){.sticky = true});
    http_get(f.http, "/again", get_more, &left);
    fixture_wait(&f);
    ck_assert_uint_eq(server_count(f.server, "GET /again"), 50);
    ck_assert_uint_eq(server_connections(f.server), 1);
}
END_TEST

static void add_environment_tests(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, a_redirect_is_an_answer_and_is_not_followed, 0, 5);
    tcase_add_test(tcase, proxies_of_the_environment_are_ignored);
    tcase_add_test(tcase, a_configured_proxy_is_used_whatever_no_proxy_says);
    tcase_add_test(tcase, passwords_of_netrc_are_not_used);
    tcase_add_test(tcase, cookies_and_compression_are_not_asked_for);
    tcase_add_test(tcase, read_only_lets_nothing_but_reads_out);
    tcase_add_test(tcase, paths_and_methods_that_were_not_escaped_are_not_sent);
    tcase_add_test(tcase, a_unix_socket_is_spoken_to_like_a_host);
    tcase_add_test(tcase, a_missing_unix_socket_is_named);
    tcase_add_test(tcase, a_cancelled_request_never_calls_back);
    tcase_add_test(tcase, a_callback_may_free_the_client);
    tcase_add_test(tcase, a_callback_may_start_the_next_request);
}

SUITE(http_limits)
{
    Suite *suite = suite_create("http_limits");
    TCase *tcase = test_case(suite, "threads", 20);

    add_environment_tests(tcase);
    tcase_add_test(tcase, a_body_up_to_its_ceiling_is_whole);
    tcase_add_test(tcase, a_body_above_its_ceiling_is_a_limit);
    tcase_add_test(tcase, a_body_announced_above_its_ceiling_is_not_read);
    tcase_add_test(tcase, headers_without_end_are_a_limit);
    tcase_add_test(tcase, a_dripping_body_meets_the_total_time_limit);
    tcase_add_test(tcase, a_silent_server_meets_the_total_time_limit);
    tcase_add_loop_test(tcase, what_is_not_a_whole_http_answer_is_an_error, 0,
                        (int)ARRAY_LEN(noise));
    tcase_add_loop_test(tcase, retry_after_is_clamped, 0, (int)ARRAY_LEN(retries));
    return suite;
}
