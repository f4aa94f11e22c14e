/* test_http_words.c: what may be configured, and what an answer says in words. */
#include "test.h"

#include "base/mem.h"
#include "base/text.h"
#include "net/http_fixture.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *base_url, *server_name, *ca_file, *key_file, *proxy_url, *header;
    const char *says; /* NULL: accepted */
} configs[] = {
    {"http://127.0.0.1:4646", "", "", "", "", NULL, NULL},
    {"https://[::1]:6443/k8s/clusters/c-1/", "", "", "", "", NULL, NULL},
    {"https://10.0.0.1", "kubernetes.default.svc", "", "", "", NULL, NULL},
    {"https://h", "", "/dev/null", "", "", "X-Nomad-Token: abc", NULL},
    {"http://h", "", "", "", "socks5h://127.0.0.1:1080", "Accept: a/b;c=d", NULL},
    {"", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"localhost:2375", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"tcp://localhost:2375", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"file:///etc/passwd", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"http://", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"http://h:99999", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"http://h\r\nX: y", "", "", "", "", NULL, "expected an address like https://host:port"},
    {"http://h/?a=b", "", "", "", "", NULL, "http://h/?a=b: an address has no query"},
    {"http://h/#a", "", "", "", "", NULL, "http://h/#a: an address has no query"},
    {"https://me:canary@h", "", "", "", "", NULL, "an address with a user name is not accepted"},
    {"https://h", "a b", "", "", "", NULL, "https://h: the TLS server name is not a host name"},
    {"http://h", "name", "", "", "", NULL, "http://h: a TLS server name needs an https address"},
    {"http://h", "", "/dev/null", "", "", NULL, "http://h: TLS files are given, but the address"},
    {"https://h", "", "/none/ca.pem", "", "", NULL,
     "cannot read the CA file /none/ca.pem: No such file or directory"},
    {"https://h", "", "", "/dev/null", "", NULL, "https://h: a key file without a certificate"},
    {"http://h", "", "", "", "127.0.0.1:3128", NULL, "the proxy address must begin with"},
    {"http://h", "", "", "", "", "X-Token: canary\r\nX-Evil: 1",
     "header X-Token: expected a value"},
    {"http://h", "", "", "", "", "X-Token: can\nary", "header X-Token: expected a value"},
    {"http://h", "", "", "", "", "X-Token:", "header X-Token: expected a value"},
    {"http://h", "", "", "", "", "canary", "header \"canary\": expected \"Name: value\""},
    {"http://h", "", "", "", "", "X Token: canary", "header \"X\": expected \"Name: value\""},
    {"http://h", "", "", "", "", "content-length: 5", "header content-length: is set by lockstep"},
    {"http://h", "", "", "", "", "Transfer-Encoding: chunked", "header Transfer-Encoding: is set"},
};

START_TEST(what_cannot_be_right_is_a_config_error)
{
    struct fixture f;
    struct err err = {0};
    const char *headers[] = {configs[_i].header, NULL};

    fixture_open_bare(&f);
    f.config.base_url = configs[_i].base_url;
    f.config.server_name = configs[_i].server_name;
    f.config.ca_file = configs[_i].ca_file;
    f.config.key_file = configs[_i].key_file;
    f.config.proxy_url = configs[_i].proxy_url;
    f.config.headers = headers;
    f.http = http_new(f.loop, &f.config, &err);
    ck_assert_msg((f.http != NULL) == (configs[_i].says == NULL), "%s", err.text);
    if (configs[_i].says) {
        ck_assert_int_eq(err.code, ERR_CONFIG);
        ck_assert_msg(strstr(err.text, configs[_i].says) != NULL, "%s", err.text);
        ck_assert(!strstr(err.text, "canary") || !strstr(configs[_i].header, ":"));
    }
    fixture_close(&f);
}
END_TEST

START_TEST(a_path_of_the_address_goes_before_the_request)
{
    struct fixture f;

    fixture_open(&f);
    char *url = xasprintf("%s/k8s/c-1/", server_url(f.server));
    f.config.base_url = url;
    fixture_client(&f);
    server_reply(f.server, (struct server_reply){.on = "GET /k8s/c-1/version HTTP"});
    ck_assert_int_eq(fixture_get(&f, "/version")->status, 200);
    fixture_close(&f);
    free(url);
}
END_TEST

static const struct {
    long status;
    const char *body, *says;
} answers[] = {
    {200, "", "200 OK"},
    {503, "{\"message\":\"This node is not a swarm manager.\"}",
     "503 Service Unavailable: This node is not a swarm manager."},
    {500, "{\"error\":\"rpc error\"}", "500 Internal Server Error: rpc error"},
    {500, "\n  job not found\nsecond line", "500 Internal Server Error: job not found"},
    {409, "{\"kind\":\"Status\",\"message\":\"the object has been modified\\nline\",\"code\":409}",
     "409 Conflict: the object has been modified"},
    {404, "{\"message\":7}", "404 Not Found: {\"message\":7}"},
    {400, "{\"message\":\"\\u001b[31mred\\u202e\"}", "400 Bad Request: \\x1b[31mred<U+202E>"},
    {418, "", "418 refused"},
    {599, "", "599 server error"},
    {302, "", "302 Found"},
    {0, "", "no answer"},
};

START_TEST(answers_are_described_in_one_clean_line)
{
    struct http_answer answer = {.status = answers[_i].status,
                                 .body = answers[_i].body,
                                 .body_len = strlen(answers[_i].body)};
    char out[400];

    http_describe(&answer, out, sizeof out);
    ck_assert_str_eq(out, answers[_i].says);
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    char body[1000], out[400];
    struct http_answer answer = {.status = 500, .body = body, .body_len = sizeof body - 1};

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    http_describe(&answer, out, sizeof out);
    ck_assert_uint_eq(strlen(out), strlen("500 Internal Server Error: ") + 200);
    ck_assert(text_is_clean(out));
}
END_TEST

START_TEST(escaped_words_are_one_segment)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"web-1_a.b~c", "web-1_a.b~c"},
        {"a/b", "a%2Fb"},
        {"..", "%2E%2E"},
        {".", "%2E"},
        {"...", "..."},
        {"", ""},
        {"a b?c=d&e#f", "a%20b%3Fc%3Dd%26e%23f"},
        {"\xc3\xa9\r\n", "%C3%A9%0D%0A"},
        {"{\"label\":[\"x\"]}", "%7B%22label%22%3A%5B%22x%22%5D%7D"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *out = http_escape(rows[i].in);
        ck_assert_str_eq(out, rows[i].out);
        free(out);
    }
}
END_TEST

SUITE(http_words)
{
    Suite *suite = suite_create("http_words");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_loop_test(tcase, what_cannot_be_right_is_a_config_error, 0, (int)ARRAY_LEN(configs));
    tcase_add_test(tcase, a_path_of_the_address_goes_before_the_request);
    tcase_add_loop_test(tcase, answers_are_described_in_one_clean_line, 0, (int)ARRAY_LEN(answers));
    tcase_add_test(tcase, a_long_message_is_cut);
    tcase_add_test(tcase, escaped_words_are_one_segment);
    return suite;
}
