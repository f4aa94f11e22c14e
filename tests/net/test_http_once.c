/* test_http_once.c: a mutation reaches the server at most once.
 *
 * libcurl repeats a request by itself, whatever its method, when a connection it
 * reused dies before the first reply byte. A server that applies a POST and then loses the
 * connection would see it twice, and the second answer would come back as success. */
#include "test.h"

#include "base/mem.h"
#include "net/http_fixture.h"

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

static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};

/* A GET leaves a connection that could be reused. Without FRESH_CONNECT the mutation goes out on
 * it, the server closes it unanswered, and libcurl sends the mutation again on a new one: then
 * the count below is 2 (with before_request still there to stop it, the connection is 0). */
START_TEST(a_mutation_on_a_dying_connection_is_sent_exactly_once)
{
    size_t connection;

    server_reply(f.server, (struct server_reply){.on = "GET /warm", .body = "{}"});
    server_reply(f.server, (struct server_reply){.on = methods[_i], .trick = SERVER_CLOSE});
    server_reply(f.server, (struct server_reply){.on = methods[_i], .body = "{\"again\":true}"});
    ck_assert_int_eq(fixture_get(&f, "/warm")->status, 200);

    const struct result *r = fixture_send(&f, methods[_i], "/apply", "{\"step\":1}");
    ck_assert_uint_eq(server_count(f.server, methods[_i]), 1);
    ck_assert_ptr_nonnull(server_request(f.server, 1, &connection));
    ck_assert_uint_eq(connection, 1);
    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert_int_eq(r->status, 0);
    ck_assert(r->sent);
    ck_assert_ptr_nonnull(strstr(r->err.text, "closed before any answer"));
}
END_TEST

START_TEST(every_mutation_has_a_connection_of_its_own)
{
    static const char *const sent[] = {"POST", "GET", "POST", "GET"};
    static const size_t expected[] = {0, 1, 2, 1}; /* reads share one, and not a mutation's */

    server_reply(f.server, (struct server_reply){.body = "{}", .sticky = true});
    for (size_t i = 0; i < ARRAY_LEN(sent); i++) {
        size_t connection;
        if (strcmp(sent[i], "GET") == 0)
            ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
        else
            ck_assert_int_eq(fixture_send(&f, sent[i], "/a", "{}")->status, 200);
        ck_assert_ptr_nonnull(server_request(f.server, i, &connection));
        ck_assert_uint_eq(connection, expected[i]);
    }
}
END_TEST

START_TEST(a_read_on_a_dying_connection_may_be_sent_again)
{
    server_reply(f.server, (struct server_reply){.on = "GET /a", .body = "{}"});
    server_reply(f.server, (struct server_reply){.on = "GET /b", .trick = SERVER_CLOSE});
    server_reply(f.server, (struct server_reply){.on = "GET /b", .body = "{}"});
    ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
    ck_assert_int_eq(fixture_get(&f, "/b")->status, 200);
    ck_assert_uint_eq(server_count(f.server, "GET /b"), 2);
}
END_TEST

START_TEST(nothing_was_sent_when_there_is_no_connection)
{
    f.config.base_url = "http://127.0.0.1:1";
    fixture_client(&f);
    const struct result *r = fixture_send(&f, "POST", "/apply", "{}");

    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert(!r->sent);
    ck_assert_str_eq(r->err.text,
                     "POST /apply: cannot connect to http://127.0.0.1:1: Connection refused");
}
END_TEST

START_TEST(a_mutation_whose_answer_is_cut_may_have_been_applied)
{
    server_reply(f.server,
                 (struct server_reply){.body = "{\"ID\": 1}", .trick = SERVER_CUT, .at = 4});
    const struct result *r = fixture_send(&f, "POST", "/apply", "{}");

    ck_assert_int_eq(r->err.code, ERR_NETWORK);
    ck_assert_int_eq(r->status, 0);
    ck_assert(r->sent);
    ck_assert_str_eq(r->err.text,
                     "POST /apply: the connection was closed in the middle of the answer");
}
END_TEST

START_TEST(mutations_carry_exactly_what_was_given)
{
    static const struct {
        const char *method, *body, *has, *has_not;
    } rows[] = {
        {"POST", "{\"a\":1}", "Content-Length: 7\r\n", "Expect"},
        {"POST", "{\"a\":1}", "Content-Type: application/json\r\n", "urlencoded"},
        {"POST", "{\"a\":1}", "\r\n\r\n{\"a\":1}", "Transfer-Encoding"},
        {"POST", NULL, "Content-Length: 0\r\n", "Content-Type"},
        {"PUT", "{}", "PUT /x?version=7 HTTP/1.1\r\n", "POST"},
        {"DELETE", NULL, "DELETE /x?version=7 HTTP/1.1\r\n", "Content-Length"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        server_reply(f.server, (struct server_reply){.status = 201});
        ck_assert_int_eq(fixture_send(&f, rows[i].method, "/x?version=7", rows[i].body)->status,
                         201);
        const char *text = server_request(f.server, i, NULL);
        ck_assert_msg(strstr(text, rows[i].has) && !strstr(text, rows[i].has_not), "%s", text);
    }
}
END_TEST

static char large[3 << 20];

START_TEST(a_large_body_goes_out_whole_and_without_waiting)
{
    memset(large, 'x', sizeof large - 1);
    server_reply(f.server, (struct server_reply){.status = 200});
    ck_assert_int_eq(fixture_send(&f, "POST", "/large", large)->status, 200);
    const char *text = server_request(f.server, 0, NULL);
    ck_assert_uint_eq(strlen(strstr(text, "\r\n\r\n") + 4), sizeof large - 1);
}
END_TEST

SUITE(http_once)
{
    Suite *suite = suite_create("http_once");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, a_mutation_on_a_dying_connection_is_sent_exactly_once, 0,
                        (int)ARRAY_LEN(methods));
    tcase_add_test(tcase, every_mutation_has_a_connection_of_its_own);
    tcase_add_test(tcase, a_read_on_a_dying_connection_may_be_sent_again);
    tcase_add_test(tcase, nothing_was_sent_when_there_is_no_connection);
    tcase_add_test(tcase, a_mutation_whose_answer_is_cut_may_have_been_applied);
    tcase_add_test(tcase, mutations_carry_exactly_what_was_given);
    tcase_add_test(tcase, a_large_body_goes_out_whole_and_without_waiting);
    return suite;
}
