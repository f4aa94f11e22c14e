/* test_config.c: settings files, good and bad, and the environment without one. */
#include "test.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Every test starts from an environment of its own. */
static const char *home;

static void setup(void)
{
    static const char *const unset[] = {
        "DOCKER_HOST",   "DOCKER_CONTEXT",         "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
        "DOCKER_CONFIG", "LOCKSTEP_JOURNAL",       "XDG_CONFIG_HOME",   "XDG_STATE_HOME",
        "KUBECONFIG",    "KUBERNETES_SERVICE_HOST"};

    for (size_t i = 0; i < ARRAY_LEN(unset); i++)
        unsetenv(unset[i]);
    home = test_dir();
    setenv("HOME", home, 1);
}

/* Lives until a few calls later. */
static const char *path_in(const char *folder, const char *name)
{
    static char *kept[8];
    static unsigned next;
    char *path = xasprintf("%s/%s", folder, name);

    free(kept[next % ARRAY_LEN(kept)]);
    kept[next++ % ARRAY_LEN(kept)] = path;
    return path;
}

static const char *write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    ck_assert_int_eq(chmod(path, 0600), 0);
    return path;
}

static void parse(const char *text, struct config *config)
{
    config_parse(text, strlen(text), "/etc/x/config.yaml", config);
}

START_TEST(policy_for_rehearsals_is_read_in_any_order)
{
    struct config config;

    parse("rehearse_in: lab\nattended: required\nstable: 2h\nprofile: fast\n"
          "contexts: [{name: lab, kind: sim, endpoint: eight}]\n",
          &config);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_str_eq(profile_for(&config.profiles, "web")->name, "fast");
    ck_assert_str_eq(config.profiles.rehearse_in, "lab");
    ck_assert_int_eq(config.profiles.attended, ATTENDED_REQUIRED);
    ck_assert_int_eq(config.profiles.stable_ms, 7200000);
    config_release(&config);
    parse("attended: always\nrehearse_in: nowhere\n", &config);
    ck_assert_uint_eq(config.problem_count, 2);
    ck_assert(strstr(config.problems[0], "attended: 'always' is none of: recorded, required"));
    ck_assert(strstr(config.problems[1], "no context is called 'nowhere'"));
    config_release(&config);
}
END_TEST

START_TEST(a_profile_is_one_name_or_one_for_each_service)
{
    struct config config;

    parse("profile: fast\n", &config);
    ck_assert_uint_eq(config.problem_count, 0);
    ck_assert_str_eq(profile_for(&config.profiles, "web")->name, "fast");
    config_release(&config);
    parse("profile: {default: code, web: data}\n", &config);
    ck_assert_uint_eq(config.problem_count, 0);
    ck_assert_str_eq(profile_for(&config.profiles, "web")->name, "data");
    ck_assert_str_eq(profile_for(&config.profiles, "shop")->name, "code");
    config_release(&config);
    parse("profile: {web: quick}\n", &config);
    ck_assert_uint_eq(config.problem_count, 1);
    ck_assert_msg(strstr(config.problems[0], "profile.web: 'quick' is none of: plain, code") !=
                      NULL,
                  "%s", config.problems[0]);
    ck_assert(profile_is_plain(profile_for(&config.profiles, "web")));
    config_release(&config);
    parse("profile: 7\n", &config);
    ck_assert_uint_eq(config.problem_count, 1);
    config_release(&config);
}
END_TEST

START_TEST(a_full_file_is_read_as_it_says)
{
    struct config config;

    parse("journal: ~/trail.jsonl\n"
          "canary: 2\n"
          "waves: [20, 50, 100]\n"
          "theme: dark\n"
          "glyphs: ascii\n"
          "contexts:\n"
          "  - {name: eu, kind: swarm, endpoint: 'tcp://10.0.0.1:2376', ca_file: pki/ca.pem,\n"
          "     cert_file: /k/cert.pem, key_file: /k/key.pem, settle: 90s, read_only: true}\n"
          "  - name: toy\n"
          "    kind: sim\n"
          "    endpoint: knight\n"
          "    seed: 7\n",
          &config);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_uint_eq(config.plan.canary, 2);
    ck_assert_uint_eq(config.plan.wave_count, 3);
    ck_assert_uint_eq(config.plan.waves[1], 50);
    ck_assert_str_eq(config.theme, "dark");
    ck_assert_int_eq(config.glyphs, CONFIG_GLYPHS_ASCII);
    ck_assert_str_eq(config.journal, path_in(home, "trail.jsonl"));
    ck_assert_uint_eq(config.context_count, 2);
    const struct cluster_config *eu = &config.contexts[0], *toy = &config.contexts[1];
    ck_assert_str_eq(eu->name, "eu");
    ck_assert_str_eq(eu->ca_file, "/etc/x/pki/ca.pem");
    ck_assert_str_eq(eu->cert_file, "/k/cert.pem");
    ck_assert_int_eq(eu->settle_ms, 90000);
    ck_assert(eu->production);
    ck_assert_str_eq(toy->endpoint, "knight");
    ck_assert_uint_eq(toy->seed, 7);
    ck_assert(!toy->production);
    config_release(&config);
}
END_TEST

START_TEST(what_is_measured_and_what_happens_by_itself_is_per_service)
{
    struct config config;

    parse("metrics:\n  url: http://prom:9090\n  every: 1m\n  services:\n"
          "    default: {set: [cadvisor, http_requests_total]}\n"
          "    shop: {set: istio, latency: own}\n"
          "rollback: {shop: auto}\nauto: {default: until wave 2, shop: until stable, db: off}\n",
          &config);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_int_eq(config.metrics.every_ms, 60000);
    const struct metrics_row *shop = metrics_for(&config.metrics, "shop");
    ck_assert_str_eq(shop->query[MEASURE_LATENCY], "own");
    ck_assert_ptr_nonnull(strstr(shop->query[MEASURE_ERRORS], "istio_requests_total"));
    const struct metrics_row *web = metrics_for(&config.metrics, "web");
    ck_assert_ptr_nonnull(strstr(web->query[MEASURE_ERRORS], "{service=\"{service}\","));
    ck_assert_ptr_nonnull(strstr(web->query[MEASURE_SATURATION], "container_cpu_usage"));
    ck_assert(auto_rolls_back(&config.autos, "shop") && !auto_rolls_back(&config.autos, "web"));
    ck_assert_uint_eq(auto_waves(&config.autos, "web"), 2);
    ck_assert_uint_eq(auto_waves(&config.autos, "shop"), AUTO_STABLE);
    ck_assert_uint_eq(auto_waves(&config.autos, "db"), 0);
    config_release(&config);
}
END_TEST

START_TEST(json_is_a_settings_file_too)
{
    struct config config;

    parse("{\"contexts\": [{\"name\": \"a\", \"kind\": \"swarm\"}], \"canary\": 3}", &config);
    ck_assert_uint_eq(config.problem_count, 0);
    ck_assert_str_eq(config.contexts[0].endpoint, "unix:///var/run/docker.sock");
    ck_assert_uint_eq(config.plan.canary, 3);
    config_release(&config);
}
END_TEST

static const char *const empties[] = {"", "\n\n", "# nothing yet\n", "---\n", "{}", "null\n"};

START_TEST(an_empty_file_configures_nothing)
{
    struct config config;

    parse(empties[_i], &config);
    ck_assert_msg(config.problem_count == 0, "%s", config.problems[0]);
    ck_assert_uint_eq(config.context_count, 0);
    config_release(&config);
}
END_TEST

/* One wrong thing each, and what must be said of it. */
static const struct {
    const char *text, *said;
} wrong[] = {
    {"contxts: []\n",
     "config.yaml:1:1: contxts: there is no such setting. Did you mean 'contexts'?"},
    {"canary: 0\n", "canary"},
    {"canary: many\n", "canary"},
    {"waves: [10, 5, 100]\n", "waves[1]: 5 is not above the wave before it"},
    {"waves: [10, 50]\n", "waves: the last wave must be 100, not 50"},
    {"waves: []\n", "waves: expected 1 to 8 percentages, found 0"},
    {"waves: [1,2,3,4,5,6,7,8,100]\n", "waves: expected 1 to 8 percentages, found 9"},
    {"glyphs: latin1\n", "glyphs: 'latin1' is none of: auto, utf8, ascii"},
    {"contexts: swarm\n", "contexts"},
    {"theme: x\nwatch:\n  lisen: off\n",
     "config.yaml:3:3: watch.lisen: there is no such setting. Did you mean 'listen'?"},
    {"metrics: [1]\n", "metrics: expected an object, found an array"},
    {"metrics: {url: 'prom:9090'}\n",
     "metrics.url: expected http:// or https://, found 'prom:9090'"},
    {"metrics:\n  evry: 1s\n",
     "config.yaml:2:3: metrics.evry: there is no such setting. Did you mean 'every'?"},
    {"metrics: {services: {web: {set: envoi}}}\n",
     "metrics.services.web.set: 'envoi' is none of: http_requests_total, envoy, istio"},
    {"metrics: {services: {web: {errors: e}}}\n", "errors needs traffic"},
    {"metrics: {services: {web: {}}}\n", "nothing to judge by"},
    {"metrics: {services: {web: {latncy: e}}}\n",
     "metrics.services.web.latncy: there is no such setting. Did you mean 'latency'?"},
    {"metrics: {services: {web: {latency: 7}}}\n", "latency: expected a string"},
    {"rollback: yes please\n", "rollback: expected manual or auto, found 'yes please'"},
    {"rollback: {web: 1}\n", "rollback.web: expected a string"},
    {"auto: until wave 0\n", "auto: expected off, until wave N or until stable"},
    {"auto: {web: until wave 1x}\n", "auto.web: expected off, until wave N or until stable"},
    {"watch: [1]\n", "watch: expected an object, found an array"},
    {"watch: {sinks: 7}\n", "watch.sinks: expected an array, found a number"},
    {"watch: {sinks: [7]}\n", "watch.sinks[0]: expected an object, found a number"},
    {"watch: {sinks: [{url: 'http://x'}]}\n", "watch.sinks[0].kind: say what it is"},
    {"watch: {sinks: [{kind: stdout}]}\n", "'stdout' is none of: alertmanager, webhook, command"},
    {"watch:\n  sinks:\n    - kind: webhook\n      url: ftp://x\n",
     "config.yaml:3:7: watch.sinks[0].url: expected http:// or https://, found 'ftp://x'"},
    {"watch: {sinks: [{kind: webhook}]}\n", "url: expected http:// or https://, found ''"},
    {"watch: {sinks: [{kind: webhook, url: 'http://x', command: [a]}]}\n",
     "only a sink of kind command has a command"},
    {"watch: {sinks: [{kind: command}]}\n", "a sink of kind command needs a command"},
    {"watch: {sinks: [{kind: command, command: []}]}\n", "expected 1 to 32 words, found 0"},
    {"watch: {sinks: [{kind: command, command: ['']}]}\n", "the first word is empty"},
    {"watch: {sinks: [{kind: command, command: a}]}\n", "command: expected an array"},
    {"watch: {sinks: [{kind: command, command: [a], url: 'http://x'}]}\n",
     "a sink of kind command has only name, command and timeout"},
    {"watch: {sinks: [{kind: alertmanager, url: 'http://x', secret_file: s}]}\n",
     "only a webhook is signed, not alertmanager"},
    {"watch: {sinks: [{kind: alertmanager, url: 'http://x', timeout: 11s}]}\n", "at most 10s"},
    {"watch: {sinks: [{kind: alertmanager, url: 'http://a'}, {kind: alertmanager, url: "
     "'http://b'}]}\n",
     "there are two sinks called 'alertmanager'; name them"},
    {"watch: {sinks: [{kind: webhook, name: stdout, url: 'http://x'}]}\n",
     "there are two sinks called 'stdout'"},
    {"watch: {blind: soon}\n", "watch.blind: expected a time such as"},
    {"probes: {}\n", "probes: expected an array, found an object"},
    {"probes: [1]\n", "probes[0]: expected an object"},
    {"probes:\n  - {store: d, gone: x}\n", "config.yaml:2:5: probes[0]: a probe asks in one way"},
    {"probes: [{store: d, url: 'http://x'}]\n", "a probe has a store and what is gone, or clients"},
    {"probes: [{store: d, gone: x, clients: c, usage: y, url: 'http://x'}]\n",
     "a probe has a store and what is gone, or clients"},
    {"probes: [{store: d, gone: x, url: 'http://x', command: [a]}]\n", "a probe asks in one way"},
    {"probes: [{store: d, gone: x, prometheus: 'http://x'}]\n", "prometheus and query go together"},
    {"probes: [{store: d, gone: x, url: 'x'}]\n", "expected http:// or https://, found 'x'"},
    {"probes: [{store: d, gone: x, url: 'http://x', coverage: y}]\n",
     "coverage is asked of a Prometheus"},
    {"probes: [{clients: c, usage: y, prometheus: 'http://x', query: z}]\n",
     "say with coverage what share of these clients the query sees"},
    {"probes: [{store: d, gone: x, prometheus: 'http://x', query: z, coverage_least: 101}]\n",
     "probes[0].coverage_least: at most 100"},
    {"contexts: [7]\n", "contexts[0]"},
    {"contexts: [{kind: swarm}]\n", "contexts[0].name: a context needs a name"},
    {"contexts: [{name: a}]\n",
     "contexts[0].kind: say what it is: kubernetes, nomad, swarm or sim"},
    {"contexts: [{name: a, kind: swam}]\n",
     "contexts[0].kind: 'swam' is none of: kubernetes, nomad, swarm, sim"},
    {"contexts: [{name: a, kind: sim, endpont: x}]\n",
     "contexts[0].endpont: there is no such setting. Did you mean 'endpoint'?"},
    {"contexts: [{name: 'demo:x', kind: sim}]\n", "names that begin with demo:"},
    {"contexts: [{name: \"a b\", kind: sim}]\n", "contexts[0].name"},
    {"contexts: [{name: a, kind: swarm, endpoint: 'ssh://root@h'}]\n", "ssh is not supported"},
    {"contexts: [{name: a, kind: swarm, endpoint: '10.0.0.1'}]\n",
     "is no address of a Docker engine"},
    {"contexts: [{name: a, kind: swarm, cert_file: x}]\n", "cert_file and key_file go together"},
    {"contexts: [{name: a, kind: sim, settle: 5}]\n", "contexts[0].settle"},
    {"contexts: [{name: a, kind: sim, settle: 5d}]\n", "expected a time such as 500ms, 30s or 5m"},
    {"contexts: [{name: a, kind: sim, production: maybe}]\n", "contexts[0].production"},
    {"contexts: [{name: a, kind: sim, seed: -1}]\n", "contexts[0].seed"},
    {"contexts: [{name: a, kind: sim}, {name: a, kind: sim}]\n",
     "there are two contexts called 'a'"},
    {"canary: 1\ncanary: 2\n", "line 2, column 1: duplicate key"},
    {"contexts: [\n", "config.yaml"},
    {"[1, 2]\n", "expected"},
};

START_TEST(a_wrong_setting_is_named_with_its_path)
{
    struct config config;

    parse(wrong[_i].text, &config);
    ck_assert_uint_eq(config.problem_count, 1);
    ck_assert_msg(strstr(config.problems[0], wrong[_i].said) != NULL, "'%s' is not said in '%s'",
                  wrong[_i].said, config.problems[0]);
    config_release(&config);
}
END_TEST

START_TEST(all_problems_of_a_file_are_reported)
{
    struct config config;

    parse("canary: 0\nthem: x\ncontexts:\n- {name: a, kind: sim, sed: 1}\n- {kind: swarm}\n"
          "- 5\nwaves: [3]\n",
          &config);
    ck_assert_uint_eq(config.problem_count, 6);
    config_release(&config);
}
END_TEST

START_TEST(endless_problems_have_a_ceiling)
{
    struct config config;
    char *text = xcalloc(20000, 1);
    size_t used = 0;

    for (int i = 0; i < 1000; i++)
        used += (size_t)snprintf(text + used, 20000 - used, "key%d: 1\n", i);
    parse(text, &config);
    ck_assert_uint_eq(config.problem_count, CONFIG_PROBLEMS_MAX);
    config_release(&config);
    free(text);
}
END_TEST

START_TEST(control_characters_in_a_key_do_not_reach_the_message)
{
    struct config config;

    parse("\"a\\e[31mb\": 1\n", &config);
    ck_assert_uint_eq(config.problem_count, 1);
    ck_assert_ptr_null(strchr(config.problems[0], '\033'));
    config_release(&config);
}
END_TEST

START_TEST(production_is_assumed_unless_name_or_file_say_otherwise)
{
    static const struct {
        const char *name;
        bool production;
    } rows[] = {{"eu", true},        {"kind-a", false},         {"k3d-x", false},
                {"minikube", false}, {"docker-desktop", false}, {"kindly", true}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(config_name_is_production(rows[i].name) == rows[i].production, "%s",
                      rows[i].name);
}
END_TEST

START_TEST(a_context_is_found_by_name_and_demo_is_the_simulator)
{
    struct config config;
    struct err err = {0};

    parse("contexts: [{name: europe, kind: swarm}]", &config);
    ck_assert_ptr_eq(config_find(&config, "europe", &err), &config.contexts[0]);
    const struct cluster_config *demo = config_find(&config, "demo:eight", &err);
    ck_assert_str_eq(demo->name, "demo:eight");
    ck_assert_str_eq(demo->kind, "sim");
    ck_assert_str_eq(demo->endpoint, "eight");
    ck_assert(!demo->production);
    ck_assert_ptr_null(config_find(&config, "eurpe", &err));
    ck_assert_int_eq(err.code, ERR_USAGE);
    ck_assert_str_eq(err.text,
                     "there is no context 'eurpe' in /etc/x/config.yaml. Did you mean 'europe'?");
    config_release(&config);
}
END_TEST

static void expect_problem(const char *file, const char *said)
{
    struct config config;

    ck_assert(!config_load(file, &config));
    ck_assert_msg(strstr(config.problems[0], said) != NULL, "'%s' is not said in '%s'", said,
                  config.problems[0]);
    config_release(&config);
}

START_TEST(a_file_that_others_may_write_to_is_refused)
{
    const char *file = write_file(path_in(home, "c.yaml"), "canary: 1\n");

    ck_assert_int_eq(chmod(file, 0620), 0);
    expect_problem(file, "others may write to it (mode 0620); run: chmod go-w");
    ck_assert_int_eq(chmod(file, 0602), 0);
    expect_problem(file, "others may write to it (mode 0602)");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    expect_problem(home, "is not a regular file");
    expect_problem(path_in(home, "nowhere.yaml"), "there is no such file");
    expect_problem("/dev/zero", "is not a regular file");
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
    const char *file = write_file(path_in(home, "c.yaml"), "");

    ck_assert_int_eq(truncate(file, CONFIG_FILE_MAX + 1), 0);
    expect_problem(file, "is larger than");
}
END_TEST

static void load(const char *file, struct config *config)
{
    ck_assert_msg(config_load(file, config), "%s", config->problems[0]);
}

START_TEST(the_usual_file_is_found)
{
    struct config config;
    const char *folder = path_in(home, "lockstep");

    setenv("XDG_CONFIG_HOME", home, 1);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_file(path_in(folder, "config.yaml"), "contexts: [{name: a, kind: sim}]\n");
    load(NULL, &config);
    ck_assert(config.file_found);
    ck_assert(!config.from_environment);
    ck_assert_str_eq(config.contexts[0].name, "a");
    ck_assert_str_eq(config.journal, path_in(home, ".local/state/lockstep/journal.jsonl"));
    config_release(&config);
}
END_TEST

START_TEST(docker_host_makes_a_production_context)
{
    struct config config;

    setenv("DOCKER_HOST", "tcp://10.1.1.1:2375", 1);
    setenv("XDG_STATE_HOME", "/var/state", 1);
    load(NULL, &config);
    ck_assert(!config.file_found);
    ck_assert(config.from_environment);
    ck_assert_uint_eq(config.context_count, 1);
    ck_assert_str_eq(config.contexts[0].name, "swarm");
    ck_assert_str_eq(config.contexts[0].endpoint, "tcp://10.1.1.1:2375");
    ck_assert_str_eq(config.contexts[0].ca_file, "");
    ck_assert(config.contexts[0].production);
    ck_assert_str_eq(config.journal, "/var/state/lockstep/journal.jsonl");
    config_release(&config);
}
END_TEST

START_TEST(docker_tls_variables_name_the_certificates)
{
    struct config config;

    setenv("DOCKER_HOST", "tcp://10.1.1.1:2376", 1);
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    load(NULL, &config);
    ck_assert_str_eq(config.contexts[0].ca_file, path_in(home, ".docker/ca.pem"));
    config_release(&config);
    setenv("DOCKER_CERT_PATH", "/certs", 1);
    load(NULL, &config);
    ck_assert_str_eq(config.contexts[0].cert_file, "/certs/cert.pem");
    ck_assert_str_eq(config.contexts[0].key_file, "/certs/key.pem");
    config_release(&config);
}
END_TEST

START_TEST(ssh_and_docker_contexts_are_explained)
{
    setenv("DOCKER_HOST", "ssh://ops@host", 1);
    expect_problem(NULL, "DOCKER_HOST: ssh://ops@host: ssh is not supported");
    unsetenv("DOCKER_HOST");
    setenv("DOCKER_CONTEXT", "staging", 1);
    expect_problem(NULL, "docker contexts are not supported; use DOCKER_HOST or config.yaml");
    unsetenv("DOCKER_CONTEXT");
    setenv("DOCKER_CONFIG", home, 1);
    write_file(path_in(home, "config.json"), "{\"currentContext\": \"far\"}");
    expect_problem(NULL, "the docker context 'far' is in use");
    write_file(path_in(home, "config.json"), "{\"currentContext\": ");
    expect_problem(NULL, "looking for the docker context in use");
}
END_TEST

START_TEST(the_default_docker_context_and_docker_host_win_over_a_chosen_one)
{
    struct config config;

    setenv("DOCKER_CONTEXT", "default", 1);
    load(NULL, &config);
    config_release(&config);
    setenv("DOCKER_CONTEXT", "staging", 1);
    setenv("DOCKER_HOST", "unix:///run/x.sock", 1);
    load(NULL, &config);
    ck_assert_str_eq(config.contexts[0].endpoint, "unix:///run/x.sock");
    config_release(&config);
}
END_TEST

START_TEST(every_setting_has_help_and_a_name_of_its_own)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        ck_assert(config_settings[i].help[0] != '\0');
        for (size_t j = 0; j < i; j++)
            ck_assert(strcmp(config_settings[i].section, config_settings[j].section) != 0 ||
                      strcmp(config_settings[i].name, config_settings[j].name) != 0);
    }
}
END_TEST

static void add_files(Suite *suite)
{
    TCase *tcase = test_case(suite, "files", 10);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_file_that_others_may_write_to_is_refused);
    tcase_add_test(tcase, what_is_no_file_is_refused);
    tcase_add_test(tcase, a_huge_file_is_refused);
    tcase_add_test(tcase, the_usual_file_is_found);
    tcase_add_test(tcase, docker_host_makes_a_production_context);
    tcase_add_test(tcase, docker_tls_variables_name_the_certificates);
    tcase_add_test(tcase, ssh_and_docker_contexts_are_explained);
    tcase_add_test(tcase, the_default_docker_context_and_docker_host_win_over_a_chosen_one);
}

SUITE(config)
{
    Suite *suite = suite_create("config");
    TCase *tcase = test_case(suite, "settings", 10);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, policy_for_rehearsals_is_read_in_any_order);
    tcase_add_test(tcase, a_profile_is_one_name_or_one_for_each_service);
    tcase_add_test(tcase, a_full_file_is_read_as_it_says);
    tcase_add_test(tcase, json_is_a_settings_file_too);
    tcase_add_test(tcase, what_is_measured_and_what_happens_by_itself_is_per_service);
    tcase_add_loop_test(tcase, an_empty_file_configures_nothing, 0, ARRAY_LEN(empties));
    tcase_add_loop_test(tcase, a_wrong_setting_is_named_with_its_path, 0, ARRAY_LEN(wrong));
    tcase_add_test(tcase, all_problems_of_a_file_are_reported);
    tcase_add_test(tcase, endless_problems_have_a_ceiling);
    tcase_add_test(tcase, control_characters_in_a_key_do_not_reach_the_message);
    tcase_add_test(tcase, production_is_assumed_unless_name_or_file_say_otherwise);
    tcase_add_test(tcase, a_context_is_found_by_name_and_demo_is_the_simulator);
    tcase_add_test(tcase, every_setting_has_help_and_a_name_of_its_own);
    add_files(suite);
    return suite;
}
