/* test_credentials.c: one way to one cluster: what is sent, when it is renewed, what is told. */
#include "test.h"

#include "base/clock.h"
#include "base/text.h"
#include "drivers/kubernetes/credentials.h"
#include "drivers/kubernetes/credentials_proxy.h"
#include "net/certs.h"
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { YEAR_S = 31536000 };

static const struct cert_spec specs[] = {
    {"ca", NULL, NULL, YEAR_S},
    {"server", "IP:127.0.0.1,DNS:cluster.internal", "ca", YEAR_S},
    {"client", "DNS:operator", "ca", YEAR_S},
    {"old", "DNS:operator", "ca", -60},
};

static struct clock *real;
static struct loop *loop;
static struct arena *arena;
static const char *home;
static struct server *server;
static struct kube_access *access_;
static struct cluster_config config;

static struct {
    unsigned count;
    struct http *http;
    struct err err;
    long status;
    bool done;
} got;

static const char *path(const char *name)
{
    return arena_printf(arena, "%s/%s", home, name);
}

static void setup(void)
{
    static const char *const variables[] = {"KUBECONFIG",  "KUBERNETES_SERVICE_HOST",
                                            "HTTPS_PROXY", "https_proxy",
                                            "HTTP_PROXY",  "http_proxy",
                                            "NO_PROXY",    "no_proxy"};

    real = clock_new_real();
    loop = loop_new(real);
    arena = arena_new(1024);
    home = test_dir();
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", home, 1);
    server = NULL;
    access_ = NULL;
    memset(&got, 0, sizeof got);
    config = (struct cluster_config){.name = "k", .kind = "kubernetes"};
    for (size_t i = 0; i < ARRAY_LEN(specs); i++)
        certs_make(home, &specs[i]);
}

static void teardown(void)
{
    kube_access_close(access_);
    server_free(server);
    loop_free(loop);
    clock_free(real);
    arena_free(arena);
}

#define VERSION "{\"major\":\"1\",\"minor\":\"26\",\"gitVersion\":\"v1.26.0\"}"

static void serve(bool ask_client)
{
    const struct server_tls tls = {.cert = path("server.crt"),
                                   .key = path("server.key"),
                                   .client_ca = ask_client ? path("ca.crt") : NULL};

    server = server_new_tls(&tls);
    server_reply(server,
                 (struct server_reply){.on = "GET /version", .body = VERSION, .sticky = true});
    server_reply(server, (struct server_reply){.on = "GET /here", .body = "{}", .sticky = true});
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(path(name), "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    chmod(path(name), 0700);
}

/* A kubeconfig whose cluster is the server and believes the CA. */
static void write_config(const char *cluster, const char *user)
{
    write_file(
        "config",
        arena_printf(arena,
                     "current-context: here\ncontexts: [{name: here, context: {cluster: k, "
                     "user: u}}]\nclusters: [{name: k, cluster: {server: '%s', %s}}]\nusers: "
                     "[{name: u, user: {%s}}]\n",
                     server_url(server), cluster, user));
    config.kubeconfig = path("config");
}

static bool open_access(struct err *err)
{
    *err = (struct err){0};
    kube_access_close(access_);
    access_ = kube_access_open(loop, &config, err);
    return access_ != NULL;
}

static void on_access(void *arg, struct http *http, const struct err *err)
{
    (void)arg;
    got.count++;
    got.http = http;
    got.err = *err;
    ck_assert((http == NULL) == (err->code != ERR_NONE));
}

static struct http *get(bool refresh)
{
    unsigned before = got.count;

    kube_access_get(access_, refresh, on_access, NULL);
    ck_assert_msg(got.count == before, "called from inside");
    while (got.count == before)
        loop_turn(loop, -1);
    return got.http;
}

static void on_answer(void *arg, const struct http_answer *answer, bool sent, const struct err *err)
{
    (void)arg;
    (void)sent;
    got.status = answer->status;
    got.err = *err;
    got.done = true;
}

/* One request with what the access gives; the request as the server saw it. */
static const char *visit(bool refresh)
{
    size_t before = server_count(server, NULL);

    ck_assert_msg(get(refresh) != NULL, "%s", got.err.text);
    before = server_count(server, NULL);
    got.done = false;
    http_get(got.http, "/here", on_answer, NULL);
    while (!got.done)
        loop_turn(loop, -1);
    ck_assert_msg(got.status == 200, "%ld %s", got.status, got.err.text);
    return server_request(server, before, NULL);
}

static void open_good(const char *cluster, const char *user)
{
    struct err err;

    write_config(cluster, user);
    ck_assert_msg(open_access(&err), "%s", err.text);
}

#define CA "certificate-authority: ca.crt"

static const struct {
    const char *user, *header;
} ways[] = {
    {"token: abc", "\r\nAuthorization: Bearer abc\r\n"},
    {"tokenFile: t", "\r\nAuthorization: Bearer from-file\r\n"},
    {"token: abc, tokenFile: t", "\r\nAuthorization: Bearer from-file\r\n"},
    {"username: ann, password: 'p:w'", "\r\nAuthorization: Basic YW5uOnA6dw==\r\n"},
    {"token: abc, as: bob", "\r\nImpersonate-User: bob\r\n"},
    {"token: abc, as: bob, as-uid: '7'", "\r\nImpersonate-Uid: 7\r\n"},
    {"token: abc, as: bob, as-groups: [a, b]",
     "\r\nImpersonate-Group: a\r\nImpersonate-Group: b\r\n"},
    {"token: abc, as: bob, as-user-extra: {'A/b': [x]}", "\r\nImpersonate-Extra-a%2Fb: x\r\n"},
    {"token: abc, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: /no/such}",
     "\r\nAuthorization: Bearer abc\r\n"},
};

START_TEST(every_way_of_saying_who_we_are_is_sent)
{
    serve(false);
    write_file("t", "from-file\n");
    open_good(CA, ways[_i].user);
    const char *seen = visit(false);
    ck_assert_msg(strstr(seen, ways[_i].header) != NULL, "%s", seen);
    ck_assert_str_eq(kube_access_place(access_)->version, "v1.26.0");
}
END_TEST

START_TEST(a_certificate_from_files_is_shown)
{
    serve(true);
    open_good(CA, "client-certificate: client.crt, client-key: client.key");
    visit(false);
    open_good(CA ", tls-server-name: cluster.internal",
              "client-certificate: client.crt, client-key: client.key");
    visit(false);
}
END_TEST

START_TEST(a_token_file_is_read_again_after_a_401)
{
    serve(false);
    write_file("t", "one");
    open_good(CA, "tokenFile: t");
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer one\r\n"));
    write_file("t", "two");
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer one\r\n")); /* not yet a minute old */
    struct http *before = got.http;
    ck_assert_ptr_nonnull(strstr(visit(true), "Bearer two\r\n"));
    ck_assert_ptr_eq(got.http, before);
}
END_TEST

START_TEST(a_new_login_in_the_kubeconfig_is_noticed_after_a_401)
{
    serve(false);
    open_good(CA, "token: one");
    visit(false);
    write_config(CA, "token: two");
    ck_assert_ptr_nonnull(strstr(visit(true), "Bearer two\r\n"));
}
END_TEST

START_TEST(a_context_that_now_leads_elsewhere_is_not_followed)
{
    struct server *first;

    serve(false);
    open_good(CA, "token: one");
    visit(false);
    first = server;
    serve(false);
    write_config(CA, "token: two");
    ck_assert_ptr_null(get(true));
    ck_assert_ptr_nonnull(strstr(got.err.text, "now leads to another server"));
    ck_assert_uint_eq(server_count(server, NULL), 0);
    server_free(first);
}
END_TEST

#define PLUGIN                                                                                     \
    "echo run >>runs\n"                                                                            \
    "printf "                                                                                      \
    "'{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\","       \
    "\"status\":{\"token\":\"t%%d\",\"expirationTimestamp\":\"%%s\"}}' $(wc -l <runs) "
#define EXEC "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./plugin}"

static void write_plugin(const char *expires)
{
    write_file("plugin", arena_printf(arena, "#!/bin/sh\ncd %s\n" PLUGIN "%s\n", home, expires));
}

START_TEST(a_plugin_runs_once_until_its_token_ends_or_is_refused)
{
    serve(false);
    write_plugin("2090-01-01T00:00:00Z");
    open_good(CA, EXEC);
    ck_assert_int_ne(access(path("runs"), F_OK), 0); /* opening runs nothing */
    for (int i = 0; i < 3; i++)                      /* asked at once: one run */
        kube_access_get(access_, false, on_access, NULL);
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer t1\r\n"));
    ck_assert_uint_eq(got.count, 4);
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer t1\r\n"));
    ck_assert_ptr_nonnull(strstr(visit(true), "Bearer t2\r\n"));
    /* a 401 for a request that was under way meanwhile does not run it once more */
    ck_assert_ptr_nonnull(strstr(visit(true), "Bearer t2\r\n"));
}
END_TEST

START_TEST(a_token_that_has_ended_is_asked_for_again)
{
    serve(false);
    write_plugin("2001-01-01T00:00:00Z");
    open_good(CA, EXEC);
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer t1\r\n"));
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer t2\r\n"));
}
END_TEST

START_TEST(a_failing_plugin_is_tried_again_with_the_next_question)
{
    serve(false);
    write_file("plugin", "#!/bin/sh\necho 'please log in' >&2\nexit 1\n");
    open_good(CA, EXEC);
    ck_assert_ptr_null(get(false));
    ck_assert_int_eq(got.err.code, ERR_AUTH);
    ck_assert_msg(strstr(got.err.text, "context here: credential plugin '") &&
                      strstr(got.err.text,
                             "/plugin' of user 'u': failed (exit status 1): please log "
                             "in; try: kubectl --context here get namespaces"),
                  "%s", got.err.text);
    write_plugin("2090-01-01T00:00:00Z");
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer t1\r\n"));
}
END_TEST

START_TEST(closing_while_a_plugin_runs_calls_nobody)
{
    serve(false);
    write_file("plugin", "#!/bin/sh\nsleep 600\n");
    open_good(CA, EXEC);
    kube_access_get(access_, false, on_access, NULL);
    loop_turn(loop, 10);
    kube_access_close(access_);
    access_ = NULL;
    ck_assert(!loop_turn(loop, 0));
    ck_assert_uint_eq(got.count, 0);
}
END_TEST

static void close_in_callback(void *arg, struct http *http, const struct err *err)
{
    (void)arg;
    (void)http;
    (void)err;
    got.count++;
    kube_access_close(access_);
    access_ = NULL;
}

START_TEST(a_callback_may_close)
{
    serve(false);
    open_good(CA, "token: a");
    kube_access_get(access_, false, close_in_callback, NULL);
    kube_access_get(access_, false, close_in_callback, NULL);
    while (got.count == 0)
        loop_turn(loop, -1);
    while (loop_turn(loop, 0))
        ;
    ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(a_server_that_is_not_checked_is_only_looked_at)
{
    serve(false);
    open_good("insecure-skip-tls-verify: true", "token: abc");
    visit(false);
    const struct kube_place *place = kube_access_place(access_);
    ck_assert(place->read_only);
    ck_assert_ptr_nonnull(strstr(place->view_only, "insecure-skip-tls-verify: nobody checks"));
    got.done = false;
    http_send(got.http, "PATCH", "/here", "application/json", "{}", 2, on_answer, NULL);
    while (!got.done)
        loop_turn(loop, -1);
    ck_assert_int_eq(got.err.code, ERR_UNSUPPORTED);
    ck_assert_uint_eq(server_count(server, "PATCH"), 0);
}
END_TEST

START_TEST(without_tls_nothing_that_proves_who_we_are_is_sent)
{
    server = server_new();
    server_reply(server, (struct server_reply){.on = "GET /version", .body = VERSION});
    server_reply(server, (struct server_reply){.on = "GET /here", .body = "{}"});
    write_plugin("2090-01-01T00:00:00Z");
    open_good("disable-compression: false", "username: ann, password: canary");
    const char *seen = visit(false);
    ck_assert_ptr_null(strstr(seen, "Authorization"));
    ck_assert_str_eq(kube_access_place(access_)->view_only, ""); /* this machine: kubectl proxy */
}
END_TEST

START_TEST(plain_http_over_a_network_is_only_looked_at)
{
    struct err err;

    write_file("config", "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
                         "clusters: [{name: k, cluster: {server: 'http://10.1.2.3:8080'}}]\n");
    config.kubeconfig = path("config");
    ck_assert_msg(open_access(&err), "%s", err.text);
    ck_assert_ptr_nonnull(strstr(kube_access_place(access_)->view_only, "plain http"));
    ck_assert(kube_access_place(access_)->read_only);
}
END_TEST

START_TEST(the_account_of_a_pod_is_used_where_there_is_no_kubeconfig)
{
    struct err err;
    const char *url;

    serve(false);
    url = server_url(server);
    write_file("token", "pod-token\n");
    write_file("namespace", "shop");
    config.kube_account = home;
    setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", strrchr(url, ':') + 1, 1);
    ck_assert_msg(open_access(&err), "%s", err.text);
    ck_assert_ptr_nonnull(strstr(visit(false), "Bearer pod-token\r\n"));
    ck_assert_str_eq(kube_access_place(access_)->namespace, "shop");
    ck_assert_str_eq(kube_access_place(access_)->context, "");
    write_file("token", "rotated");
    ck_assert_ptr_nonnull(strstr(visit(true), "Bearer rotated\r\n"));
    unsetenv("KUBERNETES_SERVICE_HOST");
    ck_assert(!open_access(&err));
    ck_assert_ptr_nonnull(strstr(err.text, "there is no kubeconfig: set KUBECONFIG"));
}
END_TEST

START_TEST(an_ipv6_account_gets_brackets)
{
    struct err err;

    write_file("token", "t");
    config.kube_account = home;
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    ck_assert_msg(open_access(&err), "%s", err.text);
    ck_assert_str_eq(kube_access_place(access_)->server, "https://[fd00::1]:443");
}
END_TEST

START_TEST(what_is_configured_is_in_the_place)
{
    const struct kube_place *place;

    serve(false);
    config.namespaces = "shop, pay,,infra";
    setenv("HTTPS_PROXY", "http://me:secret@proxy:3128", 1);
    write_config(CA ", proxy-url: 'http://a:b@inner:1'", "token: x, as: bob");
    struct err err;
    ck_assert_msg(open_access(&err), "%s", err.text);
    place = kube_access_place(access_);
    ck_assert_uint_eq(place->namespace_count, 3);
    ck_assert_str_eq(place->namespaces[2], "infra");
    ck_assert_str_eq(place->namespace, "default");
    ck_assert_str_eq(place->user, "bob");
    ck_assert_str_eq(place->proxy, "http://inner:1");
    ck_assert_str_eq(place->context, "here");
    ck_assert(!place->read_only);
}
END_TEST

/* One line each; told when opened, or when first asked. */
static const struct {
    const char *cluster, *user;
    bool opens;
    enum err_code code;
    const char *says;
} wrong[] = {
    {"certificate-authority: none", "token: a", false, ERR_CONFIG,
     "cannot read the certificate authority "},
    {"certificate-authority: ca.key", "token: a", false, ERR_CONFIG,
     "context here: user 'u': the certificate authority is no PEM certificate"},
    {CA, "client-certificate: client.crt, client-key: none", false, ERR_CONFIG,
     "cannot read the client key "},
    {CA, "client-certificate: client.crt, client-key: old.key", false, ERR_CONFIG,
     "the client key does not belong to the client certificate"},
    {CA, "client-certificate: client.key, client-key: client.key", false, ERR_CONFIG,
     "the client certificate is no PEM certificate"},
    {CA, "client-certificate: old.crt, client-key: old.key", true, ERR_AUTH,
     "context here: user 'u': the client certificate expired on 20"},
    {CA, "tokenFile: none", false, ERR_CONFIG, "cannot read the token file "},
    {CA, "tokenFile: empty", false, ERR_CONFIG, "is empty"},
    {CA, "token: \"a\\nb\"", false, ERR_CONFIG,
     "header Authorization: expected a value of one line"},
    {CA ", proxy-url: 'ftp://x'", "token: a", false, ERR_CONFIG, "the proxy address must begin"},
    {CA, EXEC, true, ERR_CONFIG, "cannot be run: No such file or directory"},
    {"disable-compression: true", "token: a", true, ERR_AUTH,
     "context here: GET /version: TLS identity not accepted"},
};

START_TEST(what_cannot_work_is_one_line)
{
    struct err err;

    serve(false);
    write_file("empty", "\n");
    write_config(wrong[_i].cluster, wrong[_i].user);
    ck_assert_msg(open_access(&err) == wrong[_i].opens, "%s", err.text);
    if (wrong[_i].opens) {
        ck_assert_ptr_null(get(false));
        err = got.err;
    }
    ck_assert_msg(err.code == wrong[_i].code && strstr(err.text, wrong[_i].says), "%d %s", err.code,
                  err.text);
    ck_assert(text_is_clean(err.text));
    ck_assert_uint_eq(server_count(server, "GET /here"), 0);
}
END_TEST

static const struct {
    int status;
    const char *body;
    enum err_code code;
} strangers[] = {
    {200, "<html>welcome to nginx</html>", ERR_CONFIG},
    {404, "not found", ERR_CONFIG},
    {200, "{\"Version\":\"20.10\"}", ERR_CONFIG},
    {302, "", ERR_CONFIG},
    {503, "overloaded", ERR_NETWORK},
    {401, "{\"kind\":\"Status\"}", ERR_NONE},
    {403, "{\"kind\":\"Status\"}", ERR_NONE},
};

START_TEST(a_server_that_is_not_kubernetes_is_said_to_be_none)
{
    server = server_new();
    server_reply(server,
                 (struct server_reply){.status = strangers[_i].status, .body = strangers[_i].body});
    open_good("disable-compression: false", "token: a");
    get(false);
    ck_assert_int_eq(got.err.code, strangers[_i].code);
    if (got.err.code == ERR_CONFIG) {
        ck_assert_msg(strstr(got.err.text,
                             "but not as a Kubernetes API server; check the server of "
                             "this context in ") != NULL,
                      "%s", got.err.text);
        server_reply(server, (struct server_reply){.body = VERSION});
        ck_assert_msg(get(false) != NULL, "%s", got.err.text); /* the next question asks again */
    }
}
END_TEST

/* Proxies of the environment, as Go's programs read them. */
static const struct {
    const char *proxy, *no_proxy, *server, *chosen;
} proxies[] = {
    {"http://p:3128", "", "https://k:6443", "http://p:3128"},
    {"p:3128", "", "https://k:6443", "http://p:3128"},
    {"http://p", "", "http://k:6443", ""},
    {"", "", "https://k", ""},
    {"http://p", "", "https://localhost:6443", ""},
    {"http://p", "", "https://127.0.0.7:6443", ""},
    {"http://p", "", "https://[::1]:6443", ""},
    {"http://p", "*", "https://k", ""},
    {"http://p", "k", "https://k:6443/x", ""},
    {"http://p", "other, k", "https://K", ""},
    {"http://p", "example.com", "https://a.example.com", ""},
    {"http://p", "example.com", "https://notexample.com", "http://p"},
    {"http://p", ".example.com", "https://example.com", "http://p"},
    {"http://p", ".example.com", "https://a.example.com", ""},
    {"http://p", "*.example.com", "https://a.example.com", ""},
    {"http://p", "k:6443", "https://k:6443", ""},
    {"http://p", "k:443", "https://k:6443", "http://p"},
    {"http://p", "k:443", "https://k", ""},
    {"http://p", "10.0.0.0/8", "https://10.1.2.3:6443", ""},
    {"http://p", "10.0.0.0/8", "https://11.1.2.3:6443", "http://p"},
    {"http://p", "10.1.2.3", "https://10.1.2.3:6443", ""},
    {"http://p", "fd00::/16", "https://[fd00::5]:6443", ""},
    {"http://p", "/,//,:,[,.,*.", "https://k", "http://p"},
};

START_TEST(a_proxy_is_chosen_as_kubectl_would)
{
    const struct proxy_environment env = {.https_proxy = proxies[_i].proxy,
                                          .no_proxy = proxies[_i].no_proxy};

    ck_assert_str_eq(proxy_choose(arena, &env, proxies[_i].server), proxies[_i].chosen);
}
END_TEST

SUITE(credentials)
{
    Suite *suite = suite_create("credentials");
    TCase *tcase = test_case(suite, "threads", 20);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_way_of_saying_who_we_are_is_sent, 0, (int)ARRAY_LEN(ways));
    tcase_add_test(tcase, a_certificate_from_files_is_shown);
    tcase_add_test(tcase, a_token_file_is_read_again_after_a_401);
    tcase_add_test(tcase, a_new_login_in_the_kubeconfig_is_noticed_after_a_401);
    tcase_add_test(tcase, a_context_that_now_leads_elsewhere_is_not_followed);
    tcase_add_test(tcase, a_plugin_runs_once_until_its_token_ends_or_is_refused);
    tcase_add_test(tcase, a_token_that_has_ended_is_asked_for_again);
    tcase_add_test(tcase, a_failing_plugin_is_tried_again_with_the_next_question);
    tcase_add_test(tcase, closing_while_a_plugin_runs_calls_nobody);
    tcase_add_test(tcase, a_callback_may_close);
    tcase_add_test(tcase, a_server_that_is_not_checked_is_only_looked_at);
    tcase_add_test(tcase, without_tls_nothing_that_proves_who_we_are_is_sent);
    tcase_add_test(tcase, plain_http_over_a_network_is_only_looked_at);
    tcase_add_test(tcase, the_account_of_a_pod_is_used_where_there_is_no_kubeconfig);
    tcase_add_test(tcase, an_ipv6_account_gets_brackets);
    tcase_add_test(tcase, what_is_configured_is_in_the_place);
    tcase_add_loop_test(tcase, what_cannot_work_is_one_line, 0, (int)ARRAY_LEN(wrong));
    tcase_add_loop_test(tcase, a_server_that_is_not_kubernetes_is_said_to_be_none, 0,
                        (int)ARRAY_LEN(strangers));
    tcase = test_case(suite, "proxies", 10);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_proxy_is_chosen_as_kubectl_would, 0, (int)ARRAY_LEN(proxies));
    return suite;
}
