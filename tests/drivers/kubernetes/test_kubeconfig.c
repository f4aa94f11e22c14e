/* test_kubeconfig.c: files, merging, and what one context says, as kubectl reads it. */
#include "test.h"

#include "drivers/kubernetes/kubeconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *home;
static struct arena *arena;
static struct kubeconfig *kubeconfig;
static struct kube_context context;
static struct err err;

static void setup(void)
{
    home = test_dir();
    arena = arena_new(1024);
    setenv("HOME", home, 1);
    unsetenv("KUBECONFIG");
    kubeconfig = NULL;
    err = (struct err){0};
}

static void teardown(void)
{
    kubeconfig_free(kubeconfig);
    arena_free(arena);
}

static const char *path(const char *name)
{
    return arena_printf(arena, "%s/%s", home, name);
}

static const char *put(const char *name, const char *text)
{
    const char *full = path(name);
    char *slash = strrchr(full, '/');

    *slash = '\0';
    mkdir(full, 0700);
    *slash = '/';
    FILE *f = fopen(full, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    chmod(full, 0600);
    return full;
}

/* Reads again, from KUBECONFIG and HOME, and finds a context. */
static bool find(const char *name)
{
    kubeconfig_free(kubeconfig);
    err = (struct err){0};
    kubeconfig = kubeconfig_load("", &err);
    return kubeconfig && kubeconfig_find(kubeconfig, name, &context, &err);
}

#define HEAD    "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
#define CONTEXT "contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]\n"
#define CLUSTER "clusters: [{name: k, cluster: {server: 'https://10.0.0.1:6443'}}]\n"
#define USER    "users: [{name: u, user: {token: abc}}]\n"

START_TEST(the_usual_file_is_read)
{
    put(".kube/config", HEAD CONTEXT CLUSTER USER);
    ck_assert_msg(find(""), "%s", err.text);
    ck_assert_str_eq(context.name, "c");
    ck_assert_str_eq(context.file, path(".kube/config"));
    ck_assert_str_eq(context.scope, "shop");
    ck_assert_str_eq(context.cluster.server, "https://10.0.0.1:6443");
    ck_assert_str_eq(context.user.name, "u");
    ck_assert_str_eq(context.user.token, "abc");
    ck_assert_str_eq(kubeconfig_current(kubeconfig), "c");
}
END_TEST

START_TEST(without_any_file_there_is_none_and_no_error)
{
    ck_assert(!find(""));
    ck_assert_int_eq(err.code, ERR_NONE);
    unsetenv("HOME");
    ck_assert(!find(""));
    ck_assert_int_eq(err.code, ERR_NONE);
}
END_TEST

START_TEST(a_json_kubeconfig_with_tabs_is_read)
{
    put(".kube/config", "{\n\t\"current-context\": \"c\",\n\t\"contexts\": [{\"name\": \"c\", "
                        "\"context\": {\"cluster\": \"k\"}}],\n\t\"clusters\": [{\"name\": \"k\", "
                        "\"cluster\": {\"server\": \"https://h\"}}], \"users\": null}\n");
    ck_assert_msg(find(""), "%s", err.text);
    ck_assert_str_eq(context.user.name, "");
    ck_assert_str_eq(context.user.token, "");
}
END_TEST

/* The first file that has an entry decides all of it; missing and empty ones are skipped. */
START_TEST(the_first_file_of_a_list_wins_entry_by_entry)
{
    const char *one = put("a/one", "current-context: c\nusers: [{name: u, user: {username: ann, "
                                   "password: x}}]\n");
    const char *two =
        put("b/two", "contexts: [{name: c, context: {cluster: k, user: u}}]\nusers:\n- {name: u, "
                     "user: {token: second}}\n- {name: v, user: {token: other}}\n");
    const char *three =
        put("c/three",
            CLUSTER "contexts: [{name: d, context: {cluster: k, user: v}}]\ncurrent-context: d\n");
    const char *empty = put("d/empty", "# nothing here\n");

    setenv("KUBECONFIG",
           arena_printf(arena, "%s::/nonexistent/x:%s:%s:%s:%s", one, empty, two, one, three), 1);
    ck_assert_msg(find(""), "%s", err.text);
    ck_assert_str_eq(context.name, "c");
    ck_assert_str_eq(context.user.username, "ann");
    ck_assert_str_eq(context.user.token, "");
    ck_assert_str_eq(context.cluster.file, three);
    ck_assert_msg(find("d"), "%s", err.text);
    ck_assert_str_eq(context.user.token, "other");
    const char *names[4];
    ck_assert_uint_eq(kubeconfig_names(kubeconfig, names, 4), 2);
    ck_assert_str_eq(names[0], "c");
    ck_assert_str_eq(names[1], "d");
    ck_assert_uint_eq(kubeconfig_names(kubeconfig, names, 1), 1);
    ck_assert_str_eq(kubeconfig_files(kubeconfig),
                     arena_printf(arena, "%s, %s, %s", one, two, three));
}
END_TEST

START_TEST(a_named_file_must_be_there)
{
    ck_assert_ptr_null(kubeconfig_load(path("no"), &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    setenv("KUBECONFIG", "/nonexistent/a:/nonexistent/b", 1);
    ck_assert(!find(""));
    ck_assert_str_eq(err.text,
                     "KUBECONFIG=/nonexistent/a:/nonexistent/b names no file that is there");
}
END_TEST

START_TEST(relative_paths_start_at_the_file_that_has_them)
{
    put(".kube/config", HEAD CONTEXT
        "clusters: [{name: k, cluster: {server: h, certificate-authority: pki/ca.crt}}]\n"
        "users:\n- name: u\n  user:\n    client-certificate: pki/c.crt\n    client-key: /k/c.key\n"
        "    tokenFile: t\n    exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "
        "bin/login}\n");
    ck_assert_msg(find(""), "%s", err.text);
    ck_assert_str_eq(context.cluster.ca_file, path(".kube/pki/ca.crt"));
    ck_assert_str_eq(context.cluster.server, "https://h");
    ck_assert_str_eq(context.user.cert_file, path(".kube/pki/c.crt"));
    ck_assert_str_eq(context.user.key_file, "/k/c.key");
    ck_assert_str_eq(context.user.token_file, path(".kube/t"));
    ck_assert_str_eq(context.user.exec.command, path(".kube/bin/login"));
}
END_TEST

START_TEST(a_plugin_is_read_with_all_it_says)
{
    put(".kube/config", HEAD CONTEXT
        "clusters:\n- name: k\n  cluster:\n    server: https://h/prefix/?q#f\n"
        "    tls-server-name: inside\n    proxy-url: socks5://p:1\n    disable-compression: true\n"
        "    extensions:\n    - {name: other, extension: {a: 1}}\n"
        "    - {name: client.authentication.k8s.io/exec, extension: {audience: x}}\n"
        "users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n"
        "      command: aws\n      args: [eks, get-token, --cluster-name, 'my one']\n"
        "      env: [{name: AWS_PROFILE, value: prod}, {name: EMPTY, value: ''}]\n"
        "      installHint: get it\n      provideClusterInfo: true\n      interactiveMode: "
        "Never\n");
    ck_assert_msg(find(""), "%s", err.text);
    const struct kube_exec *exec = &context.user.exec;
    ck_assert_str_eq(exec->command, "aws");
    ck_assert_str_eq(exec->args[3], "my one");
    ck_assert_ptr_null(exec->args[4]);
    ck_assert_str_eq(exec->env[0], "AWS_PROFILE=prod");
    ck_assert_str_eq(exec->env[1], "EMPTY=");
    ck_assert_str_eq(exec->install_hint, "get it");
    ck_assert(exec->provide_cluster);
    ck_assert_int_eq(exec->interactive, KUBE_NEVER);
    ck_assert_str_eq(exec->distrusted, "");
    ck_assert_str_eq(context.cluster.server, "https://h/prefix");
    ck_assert_str_eq(context.cluster.tls_server_name, "inside");
    ck_assert_str_eq(context.cluster.proxy_url, "socks5://p:1");
    ck_assert(context.cluster.no_compression);
    ck_assert_str_eq(context.cluster.exec_config, "{\"audience\":\"x\"}");
    chmod(path(".kube/config"), 0666);
    ck_assert(find(""));
    ck_assert_ptr_nonnull(strstr(context.user.exec.distrusted, "others may write to"));
}
END_TEST

START_TEST(data_is_decoded_and_impersonation_is_kept)
{
    put(".kube/config", HEAD CONTEXT
        "clusters:\n- name: k\n  cluster:\n    server: https://h\n"
        "    certificate-authority-data: |\n      aGVs\n      bG8=\n"
        "users:\n- name: u\n  user:\n    client-certificate-data: Y2VydA==\n"
        "    client-key-data: a2V5\n    as: bob\n    as-uid: '7'\n    as-groups: [dev, ops]\n"
        "    as-user-extra: {Scopes: [view, edit], reason: [x]}\n");
    ck_assert_msg(find(""), "%s", err.text);
    ck_assert_str_eq(context.cluster.ca_pem, "hello");
    ck_assert_str_eq(context.user.cert_pem, "cert");
    ck_assert_str_eq(context.user.key_pem, "key");
    ck_assert_str_eq(context.user.as, "bob");
    ck_assert_str_eq(context.user.as_uid, "7");
    ck_assert_str_eq(context.user.as_groups[1], "ops");
    ck_assert_ptr_null(context.user.as_groups[2]);
    ck_assert_str_eq(context.user.as_extra[2], "Scopes");
    ck_assert_str_eq(context.user.as_extra[3], "edit");
    ck_assert_ptr_null(context.user.as_extra[6]);
}
END_TEST

/* Each breaks one thing; the complaint names file, line, path and what to do. */
static const struct {
    const char *text, *says;
} broken[] = {
    {"a: [\n", "/.kube/config: line 2, column 1: "},
    {"- x\n", ":1:1: expected an object, found an array"},
    {HEAD "contexts: {c: {}}\n", ":4:1: contexts: expected an array, found an object"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {token: 5}}]\n",
     ":6:26: users[0].user.token: expected a string, found a number"},
    {"current-context: [c]\n", ":1:1: current-context: expected a string, found an array"},
    {CONTEXT CLUSTER USER, "has no current-context; run: kubectl config use-context NAME"},
    {"current-context: cc\n" CONTEXT, "there is no context 'cc'. Did you mean 'c'?"},
    {HEAD CONTEXT USER, "contexts[0].context names the cluster 'k', and there is no such entry"},
    {HEAD CONTEXT CLUSTER, "contexts[0].context names the user 'u', and there is no such entry"},
    {HEAD "contexts: [{name: c, context: {user: u}}]\n", "contexts[0].context names no cluster"},
    {HEAD CONTEXT USER "clusters: [{name: k, cluster: {}}]\n",
     "clusters[0].cluster has no server; expected https://host:port"},
    {HEAD CONTEXT USER "clusters: [{name: k, cluster: {server: h, certificate-authority: a, "
                       "certificate-authority-data: aGk=}}]\n",
     "has both certificate-authority and certificate-authority-data"},
    {HEAD CONTEXT USER "clusters: [{name: k, cluster: {server: h, certificate-authority: a, "
                       "insecure-skip-tls-verify: true}}]\n",
     "remove insecure-skip-tls-verify"},
    {HEAD CONTEXT USER
     "clusters: [{name: k, cluster: {server: h, certificate-authority-data: '$$'}}]\n",
     "clusters[0].cluster.certificate-authority-data is not base64 of a text"},
    {HEAD CONTEXT USER "clusters: [{name: k, cluster: {server: h}}, {name: k, cluster: {}}]\n",
     "clusters[1] there is another entry called 'k'"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {token: a, username: b}}]\n",
     "has a token and a username"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {client-certificate: a}}]\n",
     "has a client certificate without client-key or client-key-data"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {client-key: a}}]\n",
     "has a client key without a client certificate"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {client-key: a, client-key-data: YQ==, "
                          "client-certificate: x}}]\n",
     "has both client-key and client-key-data"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {as-groups: [a]}}]\n",
     "without as: say whom to impersonate"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {as: a, as-groups: [1]}}]\n",
     "as-groups[0]: expected a string, found a number"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {auth-provider: {name: gcp}}}]\n",
     "'gcp' was removed from kubectl 1.26 and is not supported; install gke-gcloud-auth-plugin"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {auth-provider: {name: x}}}]\n",
     "use an exec plugin instead"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: x}}}]\n",
     "expected client.authentication.k8s.io/v1 or v1beta1"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: "
                          "client.authentication.k8s.io/v1alpha1}}}]\n",
     "aws eks update-kubeconfig"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: "
                          "client.authentication.k8s.io/v1}}}]\n",
     "needs interactiveMode: Never, IfAvailable or Always"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: x, apiVersion: "
                          "client.authentication.k8s.io/v1, interactiveMode: never}}}]\n",
     "has interactiveMode 'never'"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {apiVersion: "
                          "client.authentication.k8s.io/v1beta1}}}]\n",
     "users[0].user.exec has no command"},
    {HEAD CONTEXT CLUSTER "users: [{name: u, user: {exec: {command: x, env: [{name: a=b}], "
                          "apiVersion: client.authentication.k8s.io/v1beta1}}}]\n",
     "exec.env[0] is no variable"},
};

START_TEST(what_is_wrong_is_named_with_file_line_and_path)
{
    put(".kube/config", broken[_i].text);
    ck_assert(!find(""));
    ck_assert_int_eq(err.code, ERR_CONFIG);
    ck_assert_msg(strstr(err.text, broken[_i].says) != NULL, "%d: %s", _i, err.text);
    ck_assert_msg(strstr(err.text, "config") != NULL, "%s", err.text);
}
END_TEST

START_TEST(an_unreadable_file_says_so)
{
    mkdir(path(".kube"), 0700);
    mkdir(path(".kube/config"), 0700);
    ck_assert(!find(""));
    ck_assert_ptr_nonnull(strstr(err.text, "/.kube/config: Is a directory"));
}
END_TEST

START_TEST(a_small_file_is_read_whole_or_refused)
{
    ck_assert_str_eq(kubeconfig_read_file(arena, put("t", "abc\n"), "token file", &err), "abc\n");
    ck_assert_ptr_null(kubeconfig_read_file(arena, path("none"), "token file", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read the token file"));
    err = (struct err){0};
    ck_assert_ptr_null(kubeconfig_read_file(arena, home, "token file", &err));
    err = (struct err){0};
    const char *big = put("big", "");
    ck_assert_int_eq(truncate(big, KUBECONFIG_PEM_MAX + 1), 0);
    ck_assert_ptr_null(kubeconfig_read_file(arena, big, "token file", &err));
    ck_assert_int_eq(err.code, ERR_CONFIG);
}
END_TEST

SUITE(kubeconfig)
{
    Suite *suite = suite_create("kubeconfig");
    TCase *tcase = test_case(suite, "kubeconfig", 10);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_usual_file_is_read);
    tcase_add_test(tcase, without_any_file_there_is_none_and_no_error);
    tcase_add_test(tcase, a_json_kubeconfig_with_tabs_is_read);
    tcase_add_test(tcase, the_first_file_of_a_list_wins_entry_by_entry);
    tcase_add_test(tcase, a_named_file_must_be_there);
    tcase_add_test(tcase, relative_paths_start_at_the_file_that_has_them);
    tcase_add_test(tcase, a_plugin_is_read_with_all_it_says);
    tcase_add_test(tcase, data_is_decoded_and_impersonation_is_kept);
    tcase_add_loop_test(tcase, what_is_wrong_is_named_with_file_line_and_path, 0,
                        (int)ARRAY_LEN(broken));
    tcase_add_test(tcase, an_unreadable_file_says_so);
    tcase_add_test(tcase, a_small_file_is_read_whole_or_refused);
    return suite;
}
