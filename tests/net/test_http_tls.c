/* test_http_tls.c: whom a client believes, and what it shows of itself. */
#include "test.h"

#include "base/mem.h"
#include "net/certs.h"
#include "net/http_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { YEAR_S = 31536000 };

static const struct cert_spec specs[] = {
    {"ca", NULL, NULL, YEAR_S},
    {"other-ca", NULL, NULL, YEAR_S},
    {"server", "IP:127.0.0.1,DNS:cluster.internal", "ca", YEAR_S},
    {"wrong-host", "DNS:elsewhere.example", "ca", YEAR_S},
    {"expired", "IP:127.0.0.1", "ca", -60},
    {"client", "DNS:operator", "ca", YEAR_S},
    {"stranger", "DNS:operator", "other-ca", YEAR_S},
};

static struct fixture f;
static const char *dir;
static struct arena *arena;

static const char *file(const char *name, const char *ending)
{
    return arena_printf(arena, "%s/%s.%s", dir, name, ending);
}

static void open_fixture(void)
{
    fixture_open_bare(&f);
    arena = arena_new(1024);
    dir = test_dir();
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        certs_make(dir, &specs[i]);
}

static void close_fixture(void)
{
    fixture_close(&f);
    arena_free(arena);
}

static void serve_as(const char *name, bool ask_client)
{
    const struct server_tls tls = {
        .cert = file(name, "crt"),
        .key = file(name, "key"),
        .client_ca = ask_client ? file("ca", "crt") : NULL,
    };

    f.server = server_new_tls(&tls);
    server_reply(f.server, (struct server_reply){.body = "{}", .sticky = true});
    f.config.base_url = server_url(f.server);
    f.config.ca_file = file("ca", "crt");
}

static const struct {
    const char *server, *ca, *server_name;
    bool ask_client;
    const char *client; /* NULL: none shown */
    enum err_code code;
    const char *says;
} meetings[] = {
    {"server", "ca", "", false, NULL, ERR_NONE, ""},
    {"server", "ca", "cluster.internal", false, NULL, ERR_NONE, ""},
    {"server", "other-ca", "", false, NULL, ERR_AUTH, "unable to get local issuer certificate"},
    {"server", "ca", "other.internal", false, NULL, ERR_AUTH, "other.internal"},
    {"server", "", "", false, NULL, ERR_AUTH, "unable to get local issuer certificate"},
    {"wrong-host", "ca", "", false, NULL, ERR_AUTH, "127.0.0.1"},
    {"expired", "ca", "", false, NULL, ERR_AUTH, "expired"},
    {"server", "ca", "", true, "client", ERR_NONE, ""},
    {"server", "ca", "", true, NULL, ERR_AUTH, "alert"},
    {"server", "ca", "", true, "stranger", ERR_AUTH, "alert"},
};

START_TEST(only_the_right_identities_talk)
{
    serve_as(meetings[_i].server, meetings[_i].ask_client);
    f.config.ca_file = meetings[_i].ca[0] ? file(meetings[_i].ca, "crt") : "";
    f.config.server_name = meetings[_i].server_name;
    if (meetings[_i].client) {
        f.config.cert_file = file(meetings[_i].client, "crt");
        f.config.key_file = file(meetings[_i].client, "key");
    }
    fixture_client(&f);
    const struct result *r = fixture_get(&f, "/version");
    ck_assert_msg(r->err.code == meetings[_i].code && strstr(r->err.text, meetings[_i].says), "%s",
                  r->err.text);
    ck_assert_uint_eq(server_count(f.server, NULL), meetings[_i].code == ERR_NONE);
    ck_assert_int_eq(r->status, meetings[_i].code == ERR_NONE ? 200 : 0);
}
END_TEST

START_TEST(a_server_name_is_for_tls_only)
{
    serve_as("server", false);
    f.config.server_name = "cluster.internal";
    fixture_client(&f);
    ck_assert_int_eq(fixture_get(&f, "/version")->status, 200);
    char *host = xasprintf("\r\nHost: %s\r\n", server_url(f.server) + strlen("https://"));
    ck_assert_msg(strstr(server_request(f.server, 0, NULL), host) != NULL, "%s",
                  server_request(f.server, 0, NULL));
    free(host);
}
END_TEST

START_TEST(mutations_go_over_tls_too)
{
    serve_as("server", false);
    fixture_client(&f);
    const struct result *r = fixture_send(&f, "POST", "/apply", "{\"a\":1}");
    ck_assert_msg(r->status == 200, "%s", r->err.text);
    ck_assert_uint_eq(server_count(f.server, "POST /apply"), 1);
}
END_TEST

START_TEST(tls_secrets_are_not_written_to_a_key_log)
{
    const char *log = file("secrets", "log");

    setenv("SSLKEYLOGFILE", log, 1);
    serve_as("server", false);
    fixture_client(&f);
    ck_assert_int_eq(fixture_get(&f, "/version")->status, 200);
    ck_assert_ptr_null(getenv("SSLKEYLOGFILE"));
    ck_assert_int_ne(access(log, F_OK), 0);
}
END_TEST

START_TEST(plain_http_is_not_accepted_where_tls_was_asked_for)
{
    char *url;

    f.server = server_new();
    url = xasprintf("https%s", server_url(f.server) + strlen("http"));
    f.config.base_url = url;
    f.config.ca_file = file("ca", "crt");
    f.config.connect_ms = 200;
    fixture_client(&f);
    const struct result *r = fixture_send(&f, "POST", "/apply", "{}");
    ck_assert_int_ne(r->err.code, ERR_NONE);
    ck_assert(!r->sent);
    ck_assert_uint_eq(server_count(f.server, NULL), 0);
    free(url);
}
END_TEST

START_TEST(a_file_that_is_no_certificate_is_a_config_error)
{
    static const struct {
        const char *ca, *cert, *key;
    } rows[] = {{"ca.key", NULL, NULL},
                {"ca.crt", "client.key", "client.key"},
                {"ca.crt", "client.crt", "stranger.key"}};

    serve_as("server", true);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.config.ca_file = arena_printf(arena, "%s/%s", dir, rows[i].ca);
        f.config.cert_file = rows[i].cert ? arena_printf(arena, "%s/%s", dir, rows[i].cert) : "";
        f.config.key_file = rows[i].key ? arena_printf(arena, "%s/%s", dir, rows[i].key) : "";
        fixture_client(&f);
        const struct result *r = fixture_get(&f, "/version");
        ck_assert_msg(r->err.code == ERR_CONFIG, "%zu: %s", i, r->err.text);
    }
}
END_TEST

SUITE(http_tls)
{
    Suite *suite = suite_create("http_tls");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, only_the_right_identities_talk, 0, (int)ARRAY_LEN(meetings));
    tcase_add_test(tcase, a_server_name_is_for_tls_only);
    tcase_add_test(tcase, mutations_go_over_tls_too);
    tcase_add_test(tcase, tls_secrets_are_not_written_to_a_key_log);
    tcase_add_test(tcase, plain_http_is_not_accepted_where_tls_was_asked_for);
    tcase_add_test(tcase, a_file_that_is_no_certificate_is_a_config_error);
    return suite;
}
