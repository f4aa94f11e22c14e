/* test_config_nomad.c: Nomad's own variables, as its command line reads them. */
#include "config.h"
#include "test.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const variables[] = {"NOMAD_ADDR",        "NOMAD_TOKEN",
                                        "NOMAD_REGION",      "NOMAD_NAMESPACE",
                                        "NOMAD_CACERT",      "NOMAD_CLIENT_CERT",
                                        "NOMAD_CLIENT_KEY",  "NOMAD_TLS_SERVER_NAME",
                                        "NOMAD_SKIP_VERIFY", "NOMAD_CAPATH",
                                        "DOCKER_HOST",       "DOCKER_CONTEXT",
                                        "KUBECONFIG",        "KUBERNETES_SERVICE_HOST",
                                        "XDG_CONFIG_HOME",   "XDG_STATE_HOME"};

static void setup(void)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    setenv("HOME", test_dir(), 1);
}

static const struct {
    const char *variable, *value;
    size_t field;
} fields[] = {
    {"NOMAD_TOKEN", "7f3a-11", offsetof(struct cluster_config, token)},
    {"NOMAD_REGION", "eu", offsetof(struct cluster_config, region)},
    {"NOMAD_NAMESPACE", "shop", offsetof(struct cluster_config, namespaces)},
    {"NOMAD_CACERT", "/pki/ca.pem", offsetof(struct cluster_config, ca_file)},
    {"NOMAD_CLIENT_CERT", "/pki/cert.pem", offsetof(struct cluster_config, cert_file)},
    {"NOMAD_CLIENT_KEY", "/pki/key.pem", offsetof(struct cluster_config, key_file)},
    {"NOMAD_TLS_SERVER_NAME", "server.global.nomad", offsetof(struct cluster_config, server_name)},
};

static const char *field_of(const struct cluster_config *cluster, size_t field)
{
    const char *text;

    memcpy(&text, (const char *)cluster + field, sizeof text);
    return text;
}

START_TEST(each_variable_is_one_field_and_no_other)
{
    struct config config;

    setenv("NOMAD_ADDR", "https://nomad.example:4646", 1);
    setenv(fields[_i].variable, fields[_i].value, 1);
    ck_assert(config_load(NULL, &config));
    ck_assert_uint_eq(config.context_count, 1);
    const struct cluster_config *cluster = &config.contexts[0];
    ck_assert_str_eq(cluster->name, "nomad");
    ck_assert_str_eq(cluster->kind, "nomad");
    ck_assert_str_eq(cluster->endpoint, "https://nomad.example:4646");
    ck_assert(cluster->production);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *text = field_of(cluster, fields[i].field);
        ck_assert_str_eq(text ? text : "", (int)i == _i ? fields[i].value : "");
    }
    config_release(&config);
}
END_TEST

/* Every namespace is what lockstep asks for anyway. */
START_TEST(a_star_is_every_namespace)
{
    struct config config;

    setenv("NOMAD_ADDR", "http://127.0.0.1:4646", 1);
    setenv("NOMAD_NAMESPACE", "*", 1);
    ck_assert(config_load(NULL, &config));
    ck_assert_str_eq(config.contexts[0].namespaces, "");
    config_release(&config);
}
END_TEST

static const struct {
    const char *address, *variable, *value;
    const char *words; /* NULL: it is fine */
} addresses[] = {
    {"http://127.0.0.1:4646", NULL, NULL, NULL},
    {"unix:///run/nomad.sock", NULL, NULL, NULL},
    {"127.0.0.1:4646", NULL, NULL, "is no address of Nomad"},
    {"https://", NULL, NULL, "is no address of Nomad"},
    {"unix://run/nomad.sock", NULL, NULL, "is no address of Nomad"},
    {"https://n:4646", "NOMAD_SKIP_VERIFY", "true", "does not give a token to a server that it"},
    {"https://n:4646", "NOMAD_SKIP_VERIFY", "0", NULL},
    {"https://n:4646", "NOMAD_SKIP_VERIFY", "false", NULL},
    {"https://n:4646", "NOMAD_CAPATH", "/pki", "NOMAD_CAPATH is not supported"},
};

START_TEST(an_address_is_taken_or_refused_with_the_reason)
{
    struct config config;

    setenv("NOMAD_ADDR", addresses[_i].address, 1);
    if (addresses[_i].variable)
        setenv(addresses[_i].variable, addresses[_i].value, 1);
    config_load(NULL, &config);
    ck_assert_uint_eq(config.problem_count, addresses[_i].words ? 1 : 0);
    if (addresses[_i].words)
        ck_assert_msg(strstr(config.problems[0], addresses[_i].words) &&
                          strstr(config.problems[0], "NOMAD_"),
                      "%s", config.problems[0]);
    else
        ck_assert_str_eq(config.contexts[0].endpoint, addresses[_i].address);
    config_release(&config);
}
END_TEST

START_TEST(without_an_address_there_is_no_such_context)
{
    struct config config;

    setenv("NOMAD_TOKEN", "7f3a-11", 1);
    config_load(NULL, &config);
    for (size_t i = 0; i < config.context_count; i++)
        ck_assert_str_ne(config.contexts[i].kind, "nomad");
    config_release(&config);
}
END_TEST

SUITE(config_nomad)
{
    Suite *suite = suite_create("config-nomad");
    TCase *tc = test_case(suite, "environment", 10);

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, each_variable_is_one_field_and_no_other, 0, ARRAY_LEN(fields));
    tcase_add_test(tc, a_star_is_every_namespace);
    tcase_add_loop_test(tc, an_address_is_taken_or_refused_with_the_reason, 0,
                        ARRAY_LEN(addresses));
    tcase_add_test(tc, without_an_address_there_is_no_such_context);
    return suite;
}
