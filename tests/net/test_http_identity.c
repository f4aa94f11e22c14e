/* test_http_identity.c: who a client speaks as when that comes from memory, and when it changes. */
#include "test.h"

#include "base/mem.h"
#include "net/certs.h"
#include "net/http_fixture.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR_S = 31536000 };

static const struct cert_spec specs[] = {
    {"ca", NULL, NULL, YEAR_S},
    {"other-ca", NULL, NULL, YEAR_S},
    {"server", "IP:127.0.0.1,DNS:cluster.internal", "ca", YEAR_S},
    {"client", "DNS:operator", "ca", YEAR_S},
    {"client2", "DNS:operator2", "ca", YEAR_S},
    {"old", "DNS:operator", "ca", -60},
};

static struct fixture f;
static const char *dir;
static struct arena *arena;

static const char *path(const char *name, const char *ending)
{
    return arena_printf(arena, "%s/%s.%s", dir, name, ending);
}

static const char *pem(const char *name, const char *ending)
{
    char text[4096];
    FILE *file = fopen(path(name, ending), "r");

    ck_assert_ptr_nonnull(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return arena_strdup(arena, text);
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

static void serve(bool ask_client)
{
    const struct server_tls tls = {
        .cert = path("server", "crt"),
        .key = path("server", "key"),
        .client_ca = ask_client ? path("ca", "crt") : NULL,
    };

    f.server = server_new_tls(&tls);
    server_reply(f.server, (struct server_reply){.body = "{}", .sticky = true});
    f.config.base_url = server_url(f.server);
}

static void speak_as(const char *name)
{
    f.config.ca_pem = pem("ca", "crt");
    f.config.cert_pem = pem(name, "crt");
    f.config.key_pem = pem(name, "key");
}

/* On which connection the nth request came. */
static size_t connection_of(size_t nth)
{
    size_t connection = 99;

    ck_assert_ptr_nonnull(server_request(f.server, nth, &connection));
    return connection;
}

START_TEST(an_identity_from_memory_is_shown_and_the_authority_is_believed)
{
    serve(true);
    speak_as("client");
    fixture_client(&f);
    const struct result *r = fixture_get(&f, "/version");
    ck_assert_msg(r->status == 200, "%s", r->err.text);
    f.config.server_name = "cluster.internal";
    fixture_client(&f);
    r = fixture_get(&f, "/version");
    ck_assert_msg(r->status == 200, "%s", r->err.text);
    f.config.server_name = "";
    f.config.ca_pem = pem("other-ca", "crt");
    fixture_client(&f);
    r = fixture_get(&f, "/version");
    ck_assert_int_eq(r->err.code, ERR_AUTH);
}
END_TEST

START_TEST(a_renewed_certificate_takes_a_connection_of_its_own)
{
    struct err err = {0};

    serve(true);
    speak_as("client");
    fixture_client(&f);
    ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
    ck_assert_int_eq(fixture_get(&f, "/b")->status, 200);
    ck_assert_uint_eq(connection_of(1), connection_of(0));
    speak_as("client2");
    ck_assert_msg(http_renew(f.http, &f.config, &err), "%s", err.text);
    ck_assert_int_eq(fixture_get(&f, "/c")->status, 200);
    ck_assert_uint_ne(connection_of(2), connection_of(0));
    ck_assert_int_eq(fixture_get(&f, "/d")->status, 200);
    ck_assert_uint_eq(connection_of(3), connection_of(2));
}
END_TEST

START_TEST(a_renewed_token_goes_with_the_next_request_on_the_same_connection)
{
    static const char *const first[] = {"Authorization: Bearer one", NULL};
    static const char *const second[] = {"Authorization: Bearer two", NULL};
    struct err err = {0};

    serve(false);
    f.config.ca_pem = pem("ca", "crt");
    f.config.headers = first;
    fixture_client(&f);
    ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
    f.config.headers = second;
    ck_assert(http_renew(f.http, &f.config, &err));
    ck_assert_int_eq(fixture_get(&f, "/b")->status, 200);
    ck_assert_ptr_nonnull(strstr(server_request(f.server, 0, NULL), "Bearer one"));
    ck_assert_ptr_nonnull(strstr(server_request(f.server, 1, NULL), "Bearer two"));
    ck_assert_uint_eq(connection_of(1), connection_of(0));
}
END_TEST

START_TEST(what_cannot_be_renewed_changes_nothing)
{
    struct err err = {0};

    serve(true);
    speak_as("client");
    fixture_client(&f);
    speak_as("old");
    ck_assert(!http_renew(f.http, &f.config, &err));
    ck_assert_int_eq(err.code, ERR_AUTH);
    ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
}
END_TEST

static const char *with_passphrase(const char *name)
{
    BIO *in = BIO_new_file(path(name, "key"), "r"), *out = BIO_new(BIO_s_mem());
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char word[] = "secret", *bytes;

    ck_assert_ptr_nonnull(key);
    ck_assert(PEM_write_bio_PKCS8PrivateKey(out, key, EVP_aes_128_cbc(), word, 6, NULL, NULL));
    long len = BIO_get_mem_data(out, &bytes);
    const char *text = arena_printf(arena, "%.*s", (int)len, bytes);
    EVP_PKEY_free(key);
    BIO_free(in);
    BIO_free(out);
    return text;
}

START_TEST(an_identity_that_cannot_work_is_refused_before_any_connection)
{
    struct err err;

    serve(true);
    const struct {
        const char *cert, *key;
        enum err_code code;
        const char *says;
    } rows[] = {
        {pem("old", "crt"), pem("old", "key"), ERR_AUTH, "the client certificate expired on 20"},
        {pem("client", "crt"), pem("client2", "key"), ERR_CONFIG, "does not belong to"},
        {pem("client", "crt"), with_passphrase("client"), ERR_CONFIG, "has a passphrase"},
        {pem("client", "crt"), "hello", ERR_CONFIG, "the client key is no PEM private key"},
        {"hello", pem("client", "key"), ERR_CONFIG, "the client certificate is no PEM certificate"},
        {pem("client", "crt"), NULL, ERR_CONFIG, "go together"},
        {NULL, pem("client", "key"), ERR_CONFIG, "go together"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        err = (struct err){0};
        f.config.ca_pem = pem("ca", "crt");
        f.config.cert_pem = rows[i].cert;
        f.config.key_pem = rows[i].key;
        ck_assert_ptr_null(http_new(f.loop, &f.config, &err));
        ck_assert_msg(err.code == rows[i].code && strstr(err.text, rows[i].says), "%zu: %s", i,
                      err.text);
    }
    f.config = (struct http_config){.base_url = server_url(f.server), .ca_pem = "hello"};
    err = (struct err){0};
    ck_assert_ptr_null(http_new(f.loop, &f.config, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "the certificate authority is no PEM certificate"));
    ck_assert_uint_eq(server_connections(f.server), 0);
}
END_TEST

START_TEST(a_server_that_is_not_checked_may_only_be_looked_at)
{
    struct err err = {0};

    serve(false);
    f.config.insecure = true;
    ck_assert_ptr_null(http_new(f.loop, &f.config, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "may only be looked at"));
    f.config.read_only = true;
    fixture_client(&f);
    ck_assert_int_eq(fixture_get(&f, "/a")->status, 200);
    ck_assert_int_eq(fixture_send(&f, "POST", "/a", "{}")->err.code, ERR_UNSUPPORTED);
    ck_assert_uint_eq(server_count(f.server, "POST"), 0);
}
END_TEST

START_TEST(a_proxy_is_told_where_to_and_nothing_of_ours)
{
    static const char *const secret[] = {"Authorization: Bearer canary", NULL};
    struct server *proxy = server_new();

    server_reply(proxy, (struct server_reply){.status = 403, .sticky = true});
    serve(false);
    f.config.ca_pem = pem("ca", "crt");
    f.config.headers = secret;
    f.config.proxy_url = server_url(proxy);
    fixture_client(&f);
    const struct result *r = fixture_get(&f, "/a");
    ck_assert_int_ne(r->err.code, ERR_NONE);
    ck_assert_uint_eq(server_count(proxy, "CONNECT 127.0.0.1:"), 1);
    ck_assert_ptr_null(strstr(server_request(proxy, 0, NULL), "canary"));
    ck_assert_uint_eq(server_connections(f.server), 0);
    server_free(proxy);
}
END_TEST

START_TEST(what_was_unset_is_kept_for_programs_we_start)
{
    setenv("SSL_CERT_FILE", "/corporate/ca.pem", 1);
    http_init();
    const char *const *kept = http_unset_variables();
    bool found = false;
    for (size_t i = 0; kept[i]; i++)
        found = found || strcmp(kept[i], "SSL_CERT_FILE=/corporate/ca.pem") == 0;
    ck_assert(found);
    ck_assert_ptr_null(getenv("SSL_CERT_FILE"));
}
END_TEST

SUITE(http_identity)
{
    Suite *suite = suite_create("http_identity");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_test(tcase, an_identity_from_memory_is_shown_and_the_authority_is_believed);
    tcase_add_test(tcase, a_renewed_certificate_takes_a_connection_of_its_own);
    tcase_add_test(tcase, a_renewed_token_goes_with_the_next_request_on_the_same_connection);
    tcase_add_test(tcase, what_cannot_be_renewed_changes_nothing);
    tcase_add_test(tcase, an_identity_that_cannot_work_is_refused_before_any_connection);
    tcase_add_test(tcase, a_server_that_is_not_checked_may_only_be_looked_at);
    tcase_add_test(tcase, a_proxy_is_told_where_to_and_nothing_of_ours);
    tcase_add_test(tcase, what_was_unset_is_kept_for_programs_we_start);
    return suite;
}
