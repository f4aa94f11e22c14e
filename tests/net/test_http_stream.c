/* test_http_stream.c: streams bring bytes as they come, and end in all the ways streams end. */
#include "test.h"

#include "base/mem.h"
#include "net/http_fixture.h"

#include <stdlib.h>
#include <string.h>

static struct fixture f;
static struct http_request *stream;
static char heard[4096];
static enum { KEEP, STOP, CANCEL, FREE } reaction;

static void open_fixture(void)
{
    fixture_open(&f);
    heard[0] = '\0';
    reaction = KEEP;
}

static void close_fixture(void)
{
    fixture_close(&f);
}

static bool hear(void *arg, const char *bytes, size_t len)
{
    size_t n = strlen(heard);

    ck_assert_ptr_eq(arg, &f);
    ck_assert_uint_gt(len, 0);
    ck_assert_uint_lt(n + len, sizeof heard);
    memcpy(heard + n, bytes, len);
    heard[n + len] = '\0';
    if (reaction == CANCEL)
        http_cancel(stream);
    if (reaction == FREE) {
        http_free(f.http);
        f.http = NULL;
    }
    return reaction != STOP;
}

static void listen_to(int64_t idle_ms)
{
    stream = http_stream(f.http, "/events", idle_ms, hear, fixture_done, &f);
}

static void wait_heard(const char *text)
{
    while (strcmp(heard, text) != 0)
        loop_turn(f.loop, -1);
}

START_TEST(bytes_arrive_as_they_are_sent)
{
    server_reply(f.server, (struct server_reply){.body = "{\"a\":1}\n", .trick = SERVER_HOLD});
    listen_to(0);
    wait_heard("{\"a\":1}\n");
    server_push(f.server, "{\"b\":");
    wait_heard("{\"a\":1}\n{\"b\":");
    server_push(f.server, "2}\n");
    wait_heard("{\"a\":1}\n{\"b\":2}\n");
    server_drop(f.server);
    const struct result *r = fixture_wait(&f);
    ck_assert_int_eq(r->err.code, ERR_NONE);
    ck_assert_int_eq(r->status, 200);
    ck_assert_uint_eq(r->body_len, 0);
}
END_TEST

START_TEST(a_stream_outlives_the_total_time_limit)
{
    f.config.total_ms = 60;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.body = "a", .trick = SERVER_HOLD});
    listen_to(0);
    wait_heard("a");
    int64_t until_ms = loop_now_ms(f.loop) + 120;
    while (loop_now_ms(f.loop) < until_ms)
        loop_turn(f.loop, until_ms - loop_now_ms(f.loop));
    ck_assert(!f.result.done);
    server_push(f.server, "b");
    wait_heard("ab");
}
END_TEST

START_TEST(a_cut_in_the_middle_of_a_chunk_is_an_error_after_its_bytes)
{
    server_reply(f.server, (struct server_reply){
                               .body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "8\r\n{\"a\":1}\n\r\n8\r\n{\"b\"",
                               .trick = SERVER_RAW});
    listen_to(0);
    const struct result *r = fixture_wait(&f);
    ck_assert_str_eq(heard, "{\"a\":1}\n{\"b\"");
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
}
END_TEST

START_TEST(a_stream_that_says_nothing_ends_after_its_idle_limit)
{
    server_reply(f.server, (struct server_reply){.body = "a", .trick = SERVER_HOLD});
    listen_to(80);
    int64_t start_ms = loop_now_ms(f.loop);
    const struct result *r = fixture_wait(&f);
    ck_assert_str_eq(heard, "a");
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert_str_eq(r->err.text, "GET /events: nothing came for 80 ms");
    ck_assert_int_ge(loop_now_ms(f.loop) - start_ms, 80);
}
END_TEST

START_TEST(a_stream_that_drips_is_not_idle)
{
    server_reply(f.server, (struct server_reply){.body = "0123456789012345678901234567890",
                                                 .trick = SERVER_DRIP});
    listen_to(200);
    ck_assert_int_eq(fixture_wait(&f)->err.code, ERR_NONE);
    ck_assert_str_eq(heard, "0123456789012345678901234567890");
}
END_TEST

START_TEST(a_server_that_never_answers_ends_by_the_idle_limit_too)
{
    server_reply(f.server, (struct server_reply){.trick = SERVER_SILENT});
    listen_to(80);
    ck_assert_int_eq(fixture_wait(&f)->err.code, ERR_NETWORK);
}
END_TEST

START_TEST(a_refused_stream_gives_its_body_to_the_end)
{
    server_reply(f.server,
                 (struct server_reply){.status = 410, .body = "{\"message\":\"too old\"}"});
    listen_to(0);
    const struct result *r = fixture_wait(&f);
    ck_assert_int_eq(r->status, 410);
    ck_assert_str_eq(r->body, "{\"message\":\"too old\"}");
    ck_assert_str_eq(heard, "");
}
END_TEST

START_TEST(a_refusal_without_end_is_a_limit)
{
    server_reply(f.server,
                 (struct server_reply){.status = 500, .trick = SERVER_HUGE, .at = 10 << 20});
    listen_to(0);
    ck_assert_int_eq(fixture_wait(&f)->err.code, ERR_LIMIT);
}
END_TEST

static size_t total;

static bool count_bytes(void *arg, const char *bytes, size_t len)
{
    (void)arg;
    (void)bytes;
    total += len;
    return true;
}

START_TEST(a_stream_may_be_longer_than_any_body)
{
    f.config.body_max = 1 << 20;
    fixture_client(&f);
    total = 0;
    server_reply(f.server, (struct server_reply){.trick = SERVER_HUGE, .at = 20 << 20});
    http_stream(f.http, "/events", 0, count_bytes, fixture_done, &f);
    const struct result *r = fixture_wait(&f);
    ck_assert_msg(r->err.code == ERR_NONE, "%s", r->err.text);
    ck_assert_uint_eq(total, 20 << 20);
}
END_TEST

START_TEST(a_listener_may_stop_cancel_or_free)
{
    static const unsigned char reactions[] = {STOP, CANCEL, FREE};

    reaction = reactions[_i];
    server_reply(f.server, (struct server_reply){.body = "a", .trick = SERVER_HOLD});
    listen_to(_i ? 1000 : 0);
    wait_heard("a");
    for (int i = 0; i < 3; i++)
        loop_turn(f.loop, 0);
    ck_assert_int_eq(f.result.done, reaction == STOP);
    ck_assert_int_eq(f.result.err.code, ERR_NONE);
    ck_assert_int_eq(f.result.status, reaction == STOP ? 200 : 0);
}
END_TEST

START_TEST(a_stream_does_not_hold_up_other_requests)
{
    server_reply(f.server,
                 (struct server_reply){.on = "GET /events", .body = "a", .trick = SERVER_HOLD});
    server_reply(f.server, (struct server_reply){.sticky = true});
    listen_to(0);
    wait_heard("a");
    ck_assert_int_eq(fixture_send(&f, "POST", "/apply", "{}")->status, 200);
    ck_assert_int_eq(fixture_get(&f, "/x")->status, 200);
}
END_TEST

SUITE(http_stream)
{
    Suite *suite = suite_create("http_stream");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_test(tcase, bytes_arrive_as_they_are_sent);
    tcase_add_test(tcase, a_stream_outlives_the_total_time_limit);
    tcase_add_test(tcase, a_cut_in_the_middle_of_a_chunk_is_an_error_after_its_bytes);
    tcase_add_test(tcase, a_stream_that_says_nothing_ends_after_its_idle_limit);
    tcase_add_test(tcase, a_stream_that_drips_is_not_idle);
    tcase_add_test(tcase, a_server_that_never_answers_ends_by_the_idle_limit_too);
    tcase_add_test(tcase, a_refused_stream_gives_its_body_to_the_end);
    tcase_add_test(tcase, a_refusal_without_end_is_a_limit);
    tcase_add_test(tcase, a_stream_may_be_longer_than_any_body);
    tcase_add_loop_test(tcase, a_listener_may_stop_cancel_or_free, 0, 3);
    tcase_add_test(tcase, a_stream_does_not_hold_up_other_requests);
    return suite;
}
