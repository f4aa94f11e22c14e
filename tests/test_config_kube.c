/* test_config_kube.c: contexts of kind kubernetes: from the settings, from the kubeconfig, and
 * which of several environments counts. */
#include "test.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *home;
static struct arena *arena;
static struct config config;

static void setup(void)
{
    static const char *const unset[] = {
        "DOCKER_HOST",   "DOCKER_CONTEXT",          "DOCKER_CONFIG",
        "KUBECONFIG",    "KUBERNETES_SERVICE_HOST", "XDG_CONFIG_HOME",
        "XDG_STATE_HOME"};

    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        unsetenv(unset[i]);
    home = test_dir();
    arena = arena_new(1024);
    setenv("HOME", home, 1);
    config = (struct config){0};
}

static void teardown(void)
{
    if (config.arena)
        config_release(&config);
    arena_free(arena);
}

static const char *put(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", home, name);

    for (char *slash = strchr(path + strlen(home) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    chmod(path, 0600);
    const char *kept = arena_strdup(arena, path);
    free(path);
    return kept;
}

#define BODY                                                                                       \
    "contexts: [{name: prod-eu, context: {cluster: k}}, {name: kind-lab, context: {cluster: "      \
    "k}}]\n"                                                                                       \
    "clusters: [{name: k, cluster: {server: 'https://10.0.0.1:6443'}}]\n"

static void load(const char *kubeconfig)
{
    if (config.arena)
        config_release(&config);
    config_load_with(NULL, kubeconfig, &config);
}

START_TEST(the_current_context_of_kubectl_is_the_cluster)
{
    put(".kube/config", "current-context: prod-eu\n" BODY);
    load("");
    ck_assert_uint_eq(config.problem_count, 0);
    ck_assert_uint_eq(config.context_count, 1);
    ck_assert(config.from_environment);
    const struct cluster_config *c = &config.contexts[0];
    ck_assert_str_eq(c->name, "prod-eu");
    ck_assert_str_eq(c->kind, "kubernetes");
    ck_assert_str_eq(c->kube_context, "prod-eu");
    ck_assert_str_eq(c->kubeconfig, "");
    ck_assert_str_eq(c->endpoint, "https://10.0.0.1:6443");
    ck_assert(c->production);
    put(".kube/config", "current-context: kind-lab\n" BODY);
    load("");
    ck_assert(!config.contexts[0].production);
}
END_TEST

START_TEST(what_is_named_in_the_environment_is_shown_together)
{
    setenv("DOCKER_HOST", "tcp://10.1.1.1:2375", 1);
    setenv("KUBECONFIG", put("k", "current-context: prod-eu\n" BODY), 1);
    load("");
    ck_assert_uint_eq(config.problem_count, 0);
    ck_assert_uint_eq(config.context_count, 2);
    ck_assert_str_eq(config.contexts[0].name, "swarm");
    ck_assert_str_eq(config.contexts[1].name, "prod-eu");
}
END_TEST

START_TEST(a_settings_file_with_contexts_comes_first)
{
    put(".kube/config", "current-context: prod-eu\n" BODY);
    put(".config/lockstep/config.yaml", "contexts: [{name: a, kind: sim}]\n");
    load("");
    ck_assert_uint_eq(config.context_count, 1);
    ck_assert_str_eq(config.contexts[0].name, "a");
}
END_TEST

/* kubeconfig at its default place, KUBECONFIG, DOCKER_HOST; contexts found and the problem said. */
static const struct {
    const char *usual, *named;
    bool docker;
    size_t count;
    const char *says;
} worlds[] = {
    {NULL, NULL, true, 1, ""},
    {"a: [\n", NULL, false, 0, "/.kube/config: line 2"},
    {"a: [\n", NULL, true, 1, ""}, /* who named another cluster is not bothered */
    {NULL, "a: [\n", true, 1, "/k: line 2"},
    {NULL, "/nonexistent", false, 0, "KUBECONFIG=/nonexistent names no file that is there"},
    {BODY, NULL, true, 1, ""}, /* no current context */
};

START_TEST(a_broken_kubeconfig_is_told_where_it_matters)
{
    if (worlds[_i].usual)
        put(".kube/config", worlds[_i].usual);
    if (worlds[_i].named)
        setenv("KUBECONFIG",
               worlds[_i].named[0] == '/' ? worlds[_i].named : put("k", worlds[_i].named), 1);
    if (worlds[_i].docker)
        setenv("DOCKER_HOST", "tcp://10.1.1.1:2375", 1);
    load("");
    ck_assert_uint_eq(config.context_count, worlds[_i].count);
    ck_assert_uint_eq(config.problem_count, worlds[_i].says[0] != '\0');
    if (config.problem_count)
        ck_assert_msg(strstr(config.problems[0], worlds[_i].says) != NULL, "%s",
                      config.problems[0]);
}
END_TEST

static const struct cluster_config *find(const char *name, struct err *err)
{
    *err = (struct err){0};
    return config_find(&config, name, err);
}

START_TEST(a_context_of_the_kubeconfig_is_found_by_name)
{
    struct err err;

    put(".kube/config", "current-context: prod-eu\n" BODY);
    put(".config/lockstep/config.yaml", "contexts: [{name: prod-us, kind: sim}]\n");
    load("");
    const struct cluster_config *c = find("kind-lab", &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    ck_assert_str_eq(c->kube_context, "kind-lab");
    ck_assert_str_eq(c->endpoint, "https://10.0.0.1:6443");
    ck_assert_ptr_null(find("kind-lob", &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_msg(strstr(err.text, "/.config/lockstep/config.yaml or ") &&
                      strstr(err.text, "/.kube/config. Did you mean 'kind-lab'?"),
                  "%s", err.text);
    ck_assert_str_eq(find("prod-us", &err)->kind, "sim");
    put(".kube/config", "a: [\n");
    ck_assert_ptr_null(find("kind-lab", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/.kube/config: line 2"));
}
END_TEST

START_TEST(a_kubeconfig_of_the_command_line_is_the_one)
{
    struct err err;
    const char *file = put("other", "current-context: kind-lab\n" BODY);

    put(".kube/config", "current-context: prod-eu\n" BODY);
    put(".config/lockstep/config.yaml",
        "contexts: [{name: prod-eu, kind: kubernetes}, {name: b, kind: kubernetes, kubeconfig: "
        "own}]\n");
    load(file);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_str_eq(config.contexts[0].kubeconfig, file);
    ck_assert_str_eq(config.contexts[1].kubeconfig,
                     arena_printf(arena, "%s/.config/lockstep/own", home));
    const struct cluster_config *c = find("", &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    ck_assert_str_eq(c->name, "kind-lab");
    ck_assert_str_eq(c->kubeconfig, file);
    load(put("none", BODY));
    ck_assert_ptr_null(find("", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "none: has no current-context"));
    load("/nonexistent/x");
    ck_assert_ptr_null(find("", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read /nonexistent/x: No such file"));
}
END_TEST

START_TEST(several_kubernetes_contexts_are_configured_side_by_side)
{
    static const char text[] =
        "contexts:\n"
        "- {name: eu, kind: kubernetes, context: prod-eu, namespaces: 'a, b'}\n"
        "- {name: kind-lab, kind: kubernetes, kubeconfig: ~/lab}\n";

    config_parse(text, strlen(text), "/etc/x/config.yaml", &config);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_str_eq(config.contexts[0].kube_context, "prod-eu");
    ck_assert_str_eq(config.contexts[0].namespaces, "a, b");
    ck_assert(config.contexts[0].production);
    ck_assert_str_eq(config.contexts[1].kube_context, "kind-lab");
    ck_assert_str_eq(config.contexts[1].kubeconfig, arena_printf(arena, "%s/lab", home));
    ck_assert(!config.contexts[1].production);
}
END_TEST

static const struct {
    const char *text, *says;
} wrong[] = {
    {"contexts: [{name: a, kind: kubernetes, endpoint: 'https://h'}]\n",
     "contexts[0]: kubernetes takes its address and identity from a kubeconfig"},
    {"contexts: [{name: a, kind: swarm, context: b}]\n",
     "contexts[0]: kubeconfig, context and namespaces are for kubernetes"},
};

START_TEST(what_does_not_go_together_is_told)
{
    config_parse(wrong[_i].text, strlen(wrong[_i].text), "/etc/x/config.yaml", &config);
    ck_assert_uint_eq(config.problem_count, 1);
    ck_assert_msg(strstr(config.problems[0], wrong[_i].says) != NULL, "%s", config.problems[0]);
}
END_TEST

START_TEST(a_long_name_keeps_its_end)
{
    struct err err;
    const char *arn = "arn:aws:eks:eu-central-1:123456789012:cluster/"
                      "a-quite-long-name-of-a-cluster-production";

    put(".kube/config",
        arena_printf(arena,
                     "contexts: [{name: '%s', context: {cluster: k}}]\ncurrent-context: '%s'\n"
                     "clusters: [{name: k, cluster: {server: h}}]\n",
                     arn, arn));
    load("");
    ck_assert_uint_eq(strlen(config.contexts[0].name), 63);
    ck_assert_str_eq(config.contexts[0].name, arn + strlen(arn) - 63);
    ck_assert_str_eq(config.contexts[0].kube_context, arn);
    ck_assert_ptr_nonnull(find(arn, &err));
}
END_TEST

SUITE(config_kube)
{
    Suite *suite = suite_create("config_kube");
    TCase *tcase = test_case(suite, "config_kube", 10);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_current_context_of_kubectl_is_the_cluster);
    tcase_add_test(tcase, what_is_named_in_the_environment_is_shown_together);
    tcase_add_test(tcase, a_settings_file_with_contexts_comes_first);
    tcase_add_loop_test(tcase, a_broken_kubeconfig_is_told_where_it_matters, 0,
                        (int)ARRAY_LEN(worlds));
    tcase_add_test(tcase, a_context_of_the_kubeconfig_is_found_by_name);
    tcase_add_test(tcase, a_kubeconfig_of_the_command_line_is_the_one);
    tcase_add_test(tcase, several_kubernetes_contexts_are_configured_side_by_side);
    tcase_add_loop_test(tcase, what_does_not_go_together_is_told, 0, (int)ARRAY_LEN(wrong));
    tcase_add_test(tcase, a_long_name_keeps_its_end);
    return suite;
}
